//! JSON of other tools: a name or word of one meaning is understood, and one of two possible meanings is refused.

use env::{Completion, Instant};
use history::format::{Format, Kind, LeftOut};
use history::{Call, Point};
use kv_types::Output;

use crate::calls::{ABSENT, MISMATCH, SWAPPED, WRITTEN, call, cas, delete, found, get, parsed, put, refusal};

fn calls(text: &str) -> Vec<Call> {
    parsed(text).history.calls().to_vec()
}

/// The refusal of one line.
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
        call(0, kv_types::Operation::Cas { key: "".into(), expected: Some("1".into()), value: None }, (5, 6), SWAPPED),
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
    // Our own lines have an order, and bytes where a value is no UTF-8.
    let ours = "{\"process\":0,\"type\":\"invoke\",\"f\":\"write\",\"value\":[200,1],\"order\":1}\n";
    let bytes = kv_types::Operation::Put { key: "".into(), value: [200, 1][..].into() };
    assert_eq!(parsed(ours).history.calls()[0].input, bytes);
}

#[test]
fn processes_may_have_names_but_not_names_and_numbers() {
    let of = |name: &str| format!("{{\"process\":{name},\"type\":\"invoke\",\"f\":\"read\"}}\n");
    let named = calls(&[of("\"bob\""), of("\"alice\"")].concat());
    assert_eq!(named.iter().map(|call| call.process).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(calls(&of("\"17\""))[0].process, 17);
    let digits = ["\"1a\"", "\"0\"", "\"12\"", "\"012\""].map(of).concat();
    assert_eq!(calls(&digits).iter().map(|call| call.process).collect::<Vec<_>>(), [0, 1, 12, 2]);
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

#[test]
fn a_list_is_no_bytes_where_a_line_is_not_surely_ours() {
    let of = |list: &str| {
        let set =
            "an operation on a set or a list, which stormglass does not judge: Jepsen's checker/set-full or Elle does";
        format!("line 2: \"read\" of {list} is {set}")
    };
    for key in ["", "\"key\":\"s\","] {
        let invoke = format!("{{{key}\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}}");
        for (value, list) in [("[]", "an array of 0"), ("[1]", "an array of 1"), ("[1,2,3]", "an array of 3")] {
            let ok = format!("{{{key}\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"value\":{value}}}");
            assert_eq!(refusal(format!("{invoke}\n{ok}\n")), of(list));
        }
    }
    let pair = r#"{"process":0,"type":"invoke","f":"read","key":"x"}
{"process":0,"type":"ok","f":"read","key":"x","value":[1,2]}"#;
    assert_eq!(refusal(pair), of("an array"));
    let written = r#"{"process":0,"type":"invoke","f":"write","key":"x","value":[1,2]}"#;
    assert_eq!(refused(written), r#"expected a value with "write", found ["1" "2"]"#);
    let named = r#"{"process":"0","type":"invoke","f":"write","key":"x","value":[200],"order":1}"#;
    assert!(refused(named).ends_with("found an array of 1"), "{}", refused(named));
}

#[test]
fn a_named_process_with_an_operation_is_a_client() {
    let unknown = "expected a function in \"f\", such as \"read\", \"write\" or \"cas\", found \"swap\"";
    for field in ["\"key\":\"x\"", "\"value\":2", "\"input\":2"] {
        let line = format!("{{\"client\":\"bob\",\"event\":\"call\",\"op\":\"swap\",{field}}}");
        assert_eq!(refused(&line), unknown, "{field}");
    }
    let read = "{\"client\":\"bob\",\"event\":\"call\",\"op\":\"read\"}\n";
    let swap = "{\"client\":\"bob\",\"event\":\"return\",\"op\":\"swap\"}\n";
    assert_eq!(refusal([read, swap].concat()), format!("line 2: {unknown}"));
    let mixed = "expected no operation of a process that has lines of another kind, found \"bob\"";
    assert_eq!(refusal([swap, read].concat()), format!("line 2: {mixed}"));
    let other = [&read.replace("bob", "eve"), swap].concat();
    assert_eq!(parsed(&other).left_out, LeftOut { processes: 1, ..LeftOut::default() });
}

#[test]
fn the_process_minus_one_is_the_nemesis_where_its_function_is_none_of_a_client() {
    let nemesis = "{\"process\":-1,\"type\":\"info\",\"f\":\"start-partition\",\"value\":null}\n";
    let read = "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n";
    let told = parsed(&[nemesis, read].concat());
    assert_eq!(told.left_out, LeftOut { nemesis: 1, ..LeftOut::default() });
    let refused = refusal(nemesis.replace("start-partition", "write"));
    assert_eq!(refused, "line 1: expected a process in \"process\", found -1");
}

#[test]
fn keys_under_other_names_are_read_or_refused() {
    let edn = |key: &str| {
        format!("{{:process 0, :type :invoke, :f :read, {key} 1}}\n{{:process 1, :type :invoke, :f :read, {key} 2}}\n")
    };
    for key in [":k", ":register", ":key"] {
        assert_eq!(calls(&edn(key))[1].input, get("2"), "{key}");
    }
    let problem = "expected the key of each operation in :key, or one :account in all of them, found 1 before, 2 here";
    assert_eq!(refusal(edn(":account")), format!("line 2: {problem}"));
    let json = |field: &str, value: &str| {
        format!("{{\"process\":{value},\"type\":\"invoke\",\"f\":\"read\",{}}}\n", field.replace('@', value))
    };
    for (field, name) in [
        (r#""object":"x@""#, "object"),
        (r#""obj":"x@""#, "obj"),
        (r#""account":"x@""#, "account"),
        (r#""id":"x@""#, "id"),
        (r#""args":{"key":"x@"}"#, "args"),
    ] {
        let expected = format!(
            "line 2: expected the key of each operation in \"key\", or one \"{name}\" in all of them, \
             found \"x1\" before, \"x2\" here"
        );
        assert_eq!(refusal([json(field, "1"), json(field, "2")].concat()), expected);
        assert_eq!(calls(&[json(field, "1"), json(field, "2").replace("x2", "x1")].concat()).len(), 2);
        let keyed = [json(field, "1"), json(field, "2")].concat().replace("\"f\"", "\"key\":\"k\",\"f\"");
        assert_eq!(calls(&keyed)[1].input, get("k"));
    }
    assert_eq!(calls(&json(r#""Key":"x@""#, "1"))[0].input, get("x1"), "Go writes names with a capital");
}

#[test]
fn an_object_that_is_a_whole_operation_is_refused() {
    let whole = "one object is a whole operation: give a line for its invocation and one for its completion";
    for object in [
        r#"{"client":1,"op":"put","key":"x","value":"1","call":1,"return":2}"#,
        r#"{"ClientId":1,"Input":{"op":1,"key":"x","value":"1"},"Call":1,"Output":{"value":""},"Return":2}"#,
        r#"{"client":1,"start":1,"end":2,"op":"write","key":"x","value":"1"}"#,
        r#"{"client":0,"type":"write","key":"x","value":1,"start":1,"end":5}"#,
    ] {
        assert_eq!(refused(object), whole, "{object}");
        assert_eq!(refusal(format!("[\n{object}]")), format!("line 2: {whole}"));
    }
    let ended = r#"{"client":0,"type":"invoke","f":"write","value":1,"start":1,"end":5}"#;
    assert_eq!(calls(ended).len(), 1, "a line that says its event is that line");
}
