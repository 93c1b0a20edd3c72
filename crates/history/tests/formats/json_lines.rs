//! Histories as JSON lines, read and written.

use env::{Completion, Instant};
use history::format::{self, Kind, Limits};
use history::{Call, History, Point};
use kv_types::{Operation, Output};

use crate::calls::{MISMATCH, SWAPPED, WRITTEN, append, call, cas, delete, found, get, parsed, put, unfinished};
use crate::samples;

fn at(order: u64, nanos: u64) -> Point {
    Point { order, time: Some(Instant(nanos)) }
}

fn written(history: &History) -> String {
    let mut text = Vec::new();
    format::write(history, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn operations_on_keys_are_read_with_their_times_and_numbers() {
    let bytes = Completion::Ok(Output::Value(Some([255, 0][..].into())));
    let calls = [
        Call { process: 1, input: put("k1", "c1-1."), invoked: at(56, 1234), completed: Some((at(60, 1234), WRITTEN)) },
        Call {
            process: 2,
            input: cas("k1", None, "c2-1."),
            invoked: at(57, 1300),
            completed: Some((at(61, 2000), MISMATCH)),
        },
        Call { process: 1, input: get("k1"), invoked: at(62, 2001), completed: Some((at(63, 3001), bytes)) },
        Call { process: 2, input: delete("k1"), invoked: at(64, 3002), completed: None },
    ];
    assert_eq!(parsed(samples::JSON_LINES).history.calls(), calls);
}

#[test]
fn a_register_is_read_and_lines_without_a_number_have_that_of_the_line() {
    let text = r#"{"process":0,"type":"invoke","f":"write","value":"4"}
{"process":1,"type":"invoke","f":"read","value":null}
{"process":0,"type":"ok","f":"write","value":"4"}

{"process":1,"type":"ok","f":"read","value":""}
{"process":0,"type":"invoke","f":"cas","value":["4","5"]}
{"process":0,"type":"ok","f":"cas","swapped":true}
{"process":0,"type":"invoke","f":"write","value":null}
{"process":0,"type":"fail","f":"write"}
"#;
    let parsed = parsed(text);
    let calls = [
        call(0, put("", "4"), (1, 3), WRITTEN),
        call(1, get(""), (2, 5), found("")),
        call(0, cas("", Some("4"), "5"), (6, 7), SWAPPED),
        call(0, delete(""), (8, 9), Completion::Fail),
    ];
    assert_eq!(parsed.kind, Kind::Register);
    assert_eq!(parsed.history.calls(), calls);
}

#[test]
fn values_may_be_any_bytes() {
    let text = r#"{"process":0,"type":"invoke","f":"cas","key":[0,255],"value":[[128],"\n"],"order":1}
{"process":1,"type":"invoke","f":"append","key":"","value":[128,129],"order":2}
"#;
    let bytes = |bytes: &[u8]| bytes.into();
    let key = bytes(&[0, 255]);
    let calls = [
        unfinished(0, Operation::Cas { key, expected: Some(bytes(&[128])), value: Some("\n".into()) }, 1),
        unfinished(1, Operation::Append { key: "".into(), value: bytes(&[128, 129]) }, 2),
    ];
    assert_eq!(parsed(text).history.calls(), calls);
    assert_eq!(
        format::read(written(&parsed(text).history).as_bytes(), &Limits::default()).unwrap().history.calls(),
        calls
    );
}

#[test]
fn a_history_is_written_in_the_order_of_its_events() {
    let mut history = History::new();
    history.invoke(1, put("k", "a"), at(3, 10)).unwrap();
    history.invoke(2, get("k"), at(4, 11)).unwrap();
    history.complete(2, found("a"), at(7, 12)).unwrap();
    history.invoke(2, cas("k", None, "b"), Point::line(9)).unwrap();
    history.complete(2, MISMATCH, Point::line(10)).unwrap();
    history.complete(1, Completion::Info, Point::line(11)).unwrap();
    history.invoke(1, append("", "c"), Point::line(12)).unwrap();
    history.complete(1, Completion::Fail, Point::line(13)).unwrap();
    let expected = r#"{"process":1,"type":"invoke","f":"put","key":"k","value":"a","time":10,"order":3}
{"process":2,"type":"invoke","f":"get","key":"k","time":11,"order":4}
{"process":2,"type":"ok","f":"get","key":"k","value":"a","time":12,"order":7}
{"process":2,"type":"invoke","f":"cas","key":"k","value":[null,"b"],"order":9}
{"process":2,"type":"ok","f":"cas","key":"k","swapped":false,"order":10}
{"process":1,"type":"info","f":"put","key":"k","order":11}
{"process":1,"type":"invoke","f":"append","key":"","value":"c","order":12}
{"process":1,"type":"fail","f":"append","key":"","order":13}
"#;
    assert_eq!(written(&history), expected);
}

#[test]
fn a_history_of_the_empty_key_alone_is_written_as_a_register() {
    let mut history = History::new();
    history.invoke(1, delete(""), Point::line(1)).unwrap();
    history.complete(1, WRITTEN, Point::line(2)).unwrap();
    history.invoke(1, cas("", None, "3"), Point::line(3)).unwrap();
    let expected = r#"{"process":1,"type":"invoke","f":"write","value":null,"order":1}
{"process":1,"type":"ok","f":"write","order":2}
{"process":1,"type":"invoke","f":"cas","value":[null,"3"],"order":3}
"#;
    assert_eq!(written(&history), expected);
    // A register knows no append.
    history.complete(1, SWAPPED, Point::line(4)).unwrap();
    history.invoke(1, append("", "4"), Point::line(5)).unwrap();
    let text = written(&history);
    assert!(
        text.starts_with(r#"{"process":1,"type":"invoke","f":"delete","key":"","value":null,"order":1}"#),
        "{text}"
    );
    assert_eq!(parsed(&text).history, history);
}

#[test]
fn a_history_may_be_written_to_whatever_takes_bytes() {
    let parsed = parsed(samples::JSON_LINES);
    let mut text = Vec::new();
    let to: &mut dyn std::io::Write = &mut text;
    format::write(&parsed.history, to).unwrap();
    assert_eq!(String::from_utf8(text).unwrap(), samples::JSON_LINES);
    let mut full = &mut [0; 10][..];
    assert!(format::write(&parsed.history, &mut full).is_err());
}
