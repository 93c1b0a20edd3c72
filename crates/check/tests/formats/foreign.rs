//! JSON of other tools: names and words that mean one thing are understood, and what may mean two is refused.

use check::history::format::{Format, Kind};
use check::{Call, Point};
use env::{Completion, Instant, Output};

use crate::calls::{ABSENT, MISMATCH, SWAPPED, WRITTEN, call, cas, delete, found, get, parsed, put, refusal};

fn calls(text: &str) -> Vec<Call> {
    parsed(text).history.calls().to_vec()
}

/// What is said of one line.
fn refused(line: &str) -> String {
    refusal(line).strip_prefix("line 1: ").expect("it has one line").to_string()
}

#[test]
fn an_event_and_a_function_are_told_by_the_values_of_their_fields() {
    let written = [call(0, put("k", "1"), (1, 2), WRITTEN)];
    for (invoke, end) in [
        (r#""type":"invoke","f":"write""#, r#""type":"ok","f":"write""#),
        (r#""type":"invocation","op":"put""#, r#""type":"OK","op":"put""#),
        (r#""op":"invoke","f":"w""#, r#""op":"ok","f":"w""#),
        (r#""event":"call","operation":"SET""#, r#""event":"return","operation":"SET""#),
        (r#""type":"write","phase":"start""#, r#""type":"write","phase":"end","ok":true"#),
        (r#""action":"Put","status":":invoke""#, r#""action":"Put","status":"success","error":null"#),
    ] {
        let text =
            format!("{{\"process\":0,{invoke},\"key\":\"k\",\"value\":1}}\n{{\"process\":0,{end},\"key\":\"k\"}}\n");
        assert_eq!(calls(&text), written, "{text}");
    }
}

#[test]
fn fields_that_disagree_are_refused() {
    let two = r#"expected one field for "type", found two"#;
    assert_eq!(refused(r#"{"process":0,"f":"read","event":"invoke","status":"ok"}"#), two);
    assert_eq!(refused(r#"{"process":0,"f":"read","event":"call","phase":"return"}"#), two);
    assert_eq!(refused(r#"{"client":0,"thread":1,"f":"read","type":"invoke"}"#), two.replace("type", "process"));
}

#[test]
fn an_end_is_an_ok_unless_something_says_that_it_failed() {
    let invoke = r#"{"process":0,"type":"call","f":"write","value":1}"#;
    let end = |fields: &str| format!("{invoke}\n{{\"process\":0,\"f\":\"write\",{fields}}}\n");
    assert_eq!(calls(&end(r#""type":"return""#)), [call(0, put("", "1"), (1, 2), WRITTEN)]);
    assert_eq!(calls(&end(r#""type":"return","status":"fail""#)), [call(0, put("", "1"), (1, 2), Completion::Fail)]);
    assert_eq!(calls(&end(r#""type":"Timeout""#)), [call(0, put("", "1"), (1, 2), Completion::Info)]);
    for fields in [r#""type":"return","error":"x""#, r#""type":"return","ok":false"#, r#""type":"error""#] {
        let expected = "line 2: expected a \"fail\" if it surely did not happen, or else an \"info\", \
                        found an operation that ended in an error";
        assert_eq!(refusal(end(fields)), expected);
    }
}

#[test]
fn a_compare_and_swap_says_in_its_value_whether_it_took_effect() {
    let text = r#"{"process":0,"type":"invoke","f":"cas","value":[null,1]}
{"process":0,"type":"ok","f":"cas","value":true}
{"process":0,"type":"invoke","f":"compare-and-set","value":[1,2]}
{"process":0,"type":"ok","f":"compare-and-set","value":false}
{"process":0,"type":"invoke","f":"cas","value":[1,null]}
{"process":0,"type":"ok","f":"cas","value":[1,null]}
"#;
    let expected = [
        call(0, cas("", None, "1"), (1, 2), SWAPPED),
        call(0, cas("", Some("1"), "2"), (3, 4), MISMATCH),
        call(0, env::Operation::Cas { key: "".into(), expected: Some("1".into()), value: None }, (5, 6), SWAPPED),
    ];
    assert_eq!(calls(text), expected);
}

#[test]
fn what_is_asked_and_what_is_answered_may_have_fields_of_their_own() {
    let text = r#"{"process":0,"type":"invoke","f":"put","key":"k","input":"a"}
{"process":0,"type":"ok","f":"put","key":"k","input":"a","output":"done"}
{"process":0,"type":"invoke","f":"get","key":"k","input":null}
{"process":0,"type":"ok","f":"get","key":"k","input":null,"output":"a"}
"#;
    assert_eq!(calls(text), [call(0, put("k", "a"), (1, 2), WRITTEN), call(0, get("k"), (3, 4), found("a"))]);
}

#[test]
fn two_integers_are_a_pair_or_a_key_with_a_value_or_bytes() {
    let tuple = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":[3,1]}\n";
    let told = parsed(tuple);
    assert_eq!(told.kind, Kind::KeyValue);
    assert_eq!(told.history.calls()[0].input, put("3", "1"));
    let swap = "{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[3,1]}\n";
    assert_eq!(parsed(swap).history.calls()[0].input, cas("", Some("3"), "1"));
    let keyed = "{\"process\":0,\"type\":\"invoke\",\"f\":\"cas\",\"value\":[7,[3,1]]}\n";
    assert_eq!(parsed(keyed).history.calls()[0].input, cas("7", Some("3"), "1"));
    // Our own lines have a key or an order, and bytes where a value is no UTF-8.
    let ours = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":[200,1],\"order\":1}\n";
    let bytes = env::Operation::Put { key: "".into(), value: [200, 1][..].into() };
    assert_eq!(parsed(ours).history.calls()[0].input, bytes);
}

#[test]
fn processes_may_have_names_but_not_names_and_numbers() {
    let of = |name: &str| format!("{{\"process\":{name},\"type\":\"invoke\",\"f\":\"read\"}}\n");
    let named = calls(&[of("\"bob\""), of("\"alice\"")].concat());
    assert_eq!(named.iter().map(|call| call.process).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(calls(&of("\"17\""))[0].process, 17);
    assert_eq!(
        refusal([of("\"bob\""), of("3")].concat()),
        "line 2: expected the name of a process, as before, found 3"
    );
    assert_eq!(
        refusal([of("3"), of("\"bob\"")].concat()),
        "line 2: expected the number of a process, as before, found \"bob\""
    );
}

#[test]
fn times_may_be_fractions_of_seconds_or_dates_or_in_another_unit() {
    let nanos = |time: &str| {
        let text = format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",{time}}}\n");
        parsed(&text).history.calls()[0].invoked.time
    };
    assert_eq!(nanos(r#""t_ns":5"#), Some(Instant(5)));
    assert_eq!(nanos(r#""time_ms":5"#), Some(Instant(5_000_000)));
    assert_eq!(nanos(r#""ts":1.5"#), Some(Instant(1_500_000_000)));
    assert_eq!(nanos(r#""ts_us":1.5"#), Some(Instant(1_500)));
    assert_eq!(nanos(r#""timestamp":"1970-01-01T00:00:01.5Z""#), Some(Instant(1_500_000_000)));
    assert_eq!(nanos(r#""t_ns":7,"ts":"noon""#), Some(Instant(7)), "the name that says a unit counts");
    let mixed = r#"{"process":0,"type":"invoke","f":"read","ts":5}
{"process":0,"type":"ok","f":"read","value":null,"ts":5.5}
"#;
    assert_eq!(refusal(mixed), r#"line 2: expected nanoseconds in "time", found 5.5"#);
}

#[test]
fn objects_may_be_in_an_array_or_over_lines() {
    let objects = [
        r#"{"process": 0, "type": "invoke", "f": "write", "value": null}"#,
        r#"{"process": 0, "type": "ok", "f": "write", "value": null}"#,
        r#"{"process": 0, "type": "invoke", "f": "read"}"#,
        r#"{"process": 0, "type": "ok", "f": "read", "value": null}"#,
    ];
    let one_line = format!("[{}]", objects.join(","));
    let lines = format!("[\n{}\n]\n", objects.join(",\n"));
    let spread = objects.join("\n").replace(", ", ",\n  ");
    for text in [one_line, lines, spread] {
        let told = parsed(&text);
        assert_eq!(told.format, Format::Json);
        let calls: Vec<_> =
            told.history.calls().iter().map(|call| (call.input.clone(), call.completed.clone())).collect();
        let ends: Vec<_> = calls.iter().map(|(_, end)| end.clone().map(|(_, completion)| completion)).collect();
        assert_eq!((&calls[0].0, &calls[1].0), (&delete(""), &get("")));
        assert_eq!(ends, [Some(Completion::Ok(Output::Written)), Some(ABSENT)]);
    }
    let cut = format!("[{}", objects.join(","));
    assert_eq!(refusal(cut), "line 1: expected a ']', found the end of the history");
    let twice = format!("[{}]\n[{}]", objects.join(","), objects.join(","));
    assert_eq!(refusal(twice), "line 2: expected operations in one sequence, or in none, found another bracket");
}

#[test]
fn a_place_in_an_array_is_the_number_of_its_line() {
    let text =
        "[\n{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"},\n\n{\"process\":0,\"type\":\"info\",\"f\":\"read\"}]";
    let calls = calls(text);
    assert_eq!(calls[0].invoked, Point::line(2));
    assert_eq!(calls[0].completed, Some((Point::line(4), Completion::Info)));
}
