//! An answer in more than one field: a failure is never read as a success, and two answers are refused.

use env::Completion;
use kv_types::Output;

use crate::calls::{MISMATCH, SWAPPED, WRITTEN, found, parsed, refusal};

/// The two lines of an operation of another tool, the second with these fields too.
fn operation(f: &str, argument: &str, end: &str) -> String {
    format!("{{\"process\":0,\"type\":\"invoke\",\"f\":\"{f}\"{argument}}}\n{{\"process\":0,\"f\":\"{f}\",{end}}}\n")
}

/// The completion of the one operation of a text.
fn completion(text: &str) -> Completion<Output> {
    let completed = parsed(text).history.calls()[0].completed.clone();
    completed.unwrap_or_else(|| panic!("it has not ended: {text}")).1
}

/// The refusal of the second line.
fn refused(f: &str, argument: &str, end: &str) -> String {
    refusal(operation(f, argument, end)).strip_prefix("line 2: ").expect("the first line is good").to_string()
}

const FAILED: &str = "expected a \"fail\" if it surely did not happen, or else an \"info\", found an";

#[test]
fn a_boolean_beside_an_ok_compare_and_swap_says_whether_it_swapped() {
    for (end, expected) in [
        (r#""type":"ok","value":[2,3],"success":false"#, MISMATCH),
        (r#""type":"return","value":[2,3],"result":false"#, MISMATCH),
        (r#""type":"ok","result":false,"swapped":false"#, MISMATCH),
        (r#""type":"ok","value":[2,3],"success":true"#, SWAPPED),
        (r#""type":"ok","value":[2,3],"result":"ok""#, SWAPPED),
    ] {
        assert_eq!(completion(&operation("cas", r#","value":[2,3]"#, end)), expected, "{end}");
    }
    let edn = "{:process 0, :type :invoke, :f :cas, :value [2 3]}\n{:process 0, :type :ok, :f :cas, :value false}\n";
    assert_eq!(completion(edn), MISMATCH);
    assert_eq!(completion(&edn.replace("false", "true")), SWAPPED);
    for end in [
        r#""type":"ok","swapped":true,"success":false"#,
        r#""type":"ok","value":true,"result":false"#,
        r#""type":"ok","success":true,"result":false"#,
    ] {
        let expected = "expected one answer of \"cas\", found true and false";
        assert_eq!(refused("cas", r#","value":[2,3]"#, end), expected, "{end}");
    }
    let other = refused("cas", r#","value":[2,3]"#, r#""type":"ok","value":[2,3],"result":"mismatch""#);
    assert!(other.ends_with("found \"mismatch\""), "{other}");
}

#[test]
fn an_end_that_says_that_it_failed_is_no_ok() {
    for (end, found) in [
        (r#""type":"ok","error":"timeout""#, "operation that ended in an error"),
        (r#""type":"return","err":"timeout""#, "operation that ended in an error"),
        (r#""type":"ok","success":false"#, "operation that ended in an error"),
        (r#""type":"ok","status":"error""#, "operation that ended in an error"),
        (r#""type":"ok","success":"false""#, "end with the success \"false\""),
        (r#""type":"return","success":"false""#, "end with the success \"false\""),
        (r#""type":"return","status":"aborted""#, "end with the status \"aborted\""),
        (r#""type":"return","status":"rejected""#, "end with the status \"rejected\""),
        (r#""type":"ok","outcome":"lost""#, "end with the status \"lost\""),
        (r#""type":"ok","status":503"#, "end with the status 503"),
    ] {
        assert_eq!(refused("write", r#","value":1"#, end), format!("{FAILED} {found}"), "{end}");
    }
    let two = r#"expected one field for "type", found two"#;
    assert_eq!(refused("write", r#","value":1"#, r#""type":"ok","status":"timeout""#), two);
    assert_eq!(refused("write", r#","value":1"#, r#""type":"ok","event":"call""#), two);
    for end in [
        r#""type":"ok","error":null,"success":true,"status":"ok""#,
        r#""type":"return","err":"","success":null,"status":200"#,
        r#""type":"ok","event":"return","status":"write","kind":"client""#,
    ] {
        assert_eq!(completion(&operation("write", r#","value":1"#, end)), WRITTEN, "{end}");
    }
    assert_eq!(
        completion(&operation("write", r#","value":1"#, r#""type":"info","status":"aborted""#)),
        Completion::Info
    );
}

#[test]
fn the_output_of_a_write_is_a_word_on_success_or_its_value() {
    for output in ["null", "true", "\"OK\"", "1", "\"1\""] {
        let end = format!(r#""type":"return","output":{output}"#);
        assert_eq!(completion(&operation("write", r#","value":1"#, &end)), WRITTEN, "{output}");
    }
    let write = |end: &str| refused("write", r#","value":1"#, end);
    let expected = "expected null, true, \"ok\" or its own value as the output of an ok \"write\", found";
    assert_eq!(write(r#""type":"return","value":1,"result":"timeout""#), format!("{expected} \"timeout\""));
    assert_eq!(write(r#""type":"return","value":1,"result":{"ok":false}"#), format!("{expected} an object"));
    let other = "expected a completion of \"write\" \"1\", found \"timeout\"";
    assert_eq!(write(r#""type":"return","result":"timeout""#), other);
    for (f, key) in [("acquire", ""), ("release", ""), ("delete", r#","key":"k""#)] {
        let expected = format!("expected null, true, \"ok\" or \"done\" as the output of an ok \"{f}\", found false");
        assert_eq!(refused(f, key, r#""type":"return","result":false"#), expected);
        parsed(&operation(f, key, r#""type":"return","result":true"#));
    }
}

#[test]
fn a_read_whose_value_is_null_is_answered_by_its_output() {
    let value = |end: &str| completion(&operation("read", "", &format!(r#""type":"ok",{end}"#)));
    assert_eq!(value(r#""value":null,"output":"1""#), found("1"));
    assert_eq!(value(r#""value":1,"output":"1""#), found("1"));
    assert_eq!(value(r#""value":"1","result":null"#), found("1"));
    for (end, answers) in [
        (r#""type":"ok","value":1,"output":2"#, "1 and 2"),
        (r#""type":"ok","value":null,"result":"ok""#, "null and \"ok\""),
    ] {
        assert_eq!(refused("read", "", end), format!("expected one answer of \"read\", found {answers}"));
    }
}

#[test]
fn a_line_has_one_function() {
    let two = r#"{"process":0,"type":"invoke","f":"read","op":"write","value":1}"#;
    assert_eq!(refusal(two), r#"line 1: expected one function in a line, found "read" and "write""#);
    let two = r#"{"process":0,"event":"invoke","op":"read","command":"cas","value":1}"#;
    assert_eq!(refusal(two), r#"line 1: expected one function in a line, found "read" and "cas""#);
    let one = r#"{"process":0,"event":"invoke","op":"get","command":"read","key":1}"#;
    assert_eq!(parsed(one).history.calls().len(), 1);
}
