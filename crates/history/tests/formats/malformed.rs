//! Every way in which a line can be wrong, and the message for it.

use crate::calls::refusal;

/// Checks the message about the last line of each of these texts.
fn assert_refusals(cases: &[(&[&str], &str)]) {
    for (lines, problem) in cases {
        assert_eq!(refusal(lines.join("\n")), format!("line {}: {problem}", lines.len()), "of {lines:#?}");
    }
}

/// The same of the messages of `jepsen.util` in a log.
fn assert_log_refusals(cases: &[(&[&str], &str)]) {
    for (messages, problem) in cases {
        let text: String = messages.iter().map(|message| format!("INFO  jepsen.util - {message}\n")).collect();
        assert_eq!(refusal(text), format!("line {}: {problem}", messages.len()), "of {messages:#?}");
    }
}

#[test]
fn a_text_that_is_no_utf8_is_refused_at_the_line_of_the_first_such_byte() {
    assert_eq!(refusal(b"noise\n\n\xff\xfe\n\xfe"), "line 3: expected UTF-8, found the byte 0xff");
    let edn = b"{:process 0, :type :invoke, :f :write,\n :value \"\xe9\"}\n";
    assert_eq!(refusal(edn), "line 2: expected UTF-8, found the byte 0xe9");
    assert_eq!(refusal(b"\xc3"), "line 1: expected UTF-8, found the byte 0xc3");
    assert_eq!(refusal(b"\n\n\x80"), "line 3: expected UTF-8, found the byte 0x80");
}

#[test]
fn the_fields_of_a_log_line_are_a_process_what_happened_a_function_and_a_value() {
    let event = ":invoke, :ok, :fail or :info";
    let value = "an integer, nil or a vector of two";
    assert_log_refusals(&[
        (&[""], "expected a process, found the end of the line"),
        (&["x :invoke :read nil"], "expected a process, found x"),
        (&["-1 :invoke :read nil"], "expected a process, found -1"),
        (&["99999999999999999999 :invoke"], "expected a process, found 99999999999999999999"),
        (&["3"], &format!("expected {event}, found the end of the line")),
        (&["3 :invok"], &format!("expected {event}, found :invok")),
        (&["3 nodes are up"], &format!("expected {event}, found nodes")),
        (&["3 :invoke"], "expected :read, :write or :cas, found the end of the line"),
        (&["3 :invoke :get nil"], "expected :read, :write or :cas, found :get"),
        (&["3 :invoke read nil"], "expected :read, :write or :cas, found read"),
        (&["3 :invoke :read"], &format!("expected {value}, found the end of the line")),
        (&["3 :invoke :read ni"], &format!("expected {value}, found ni")),
        (&["3 :invoke :read nil nil"], "expected the end of the line, found 'nil'"),
        (&["3 :invoke :read nil", "3 :info :read"], &format!("expected {value}, found the end of the line")),
        (&["3 :invoke :write 4x"], &format!("expected {value}, found 4x")),
        (&["3 :invoke :write 9/2"], &format!("expected {value}, found 9/2")),
        (&["3 :invoke :write ##NaN"], &format!("expected {value}, found ##NaN")),
        (&["3 :invoke :write ]"], &format!("expected {value}, found ']'")),
        (&["3 :invoke :cas [4"], &format!("expected {value}, found the end of the line")),
        (&["3 :invoke :cas [4 :a]"], &format!("expected {value}, found :a")),
        (&["3 :invoke :write [4 [5 6]]"], &format!("expected {value}, found a vector")),
        (&["3 :invoke :cas [4 5 6]"], "expected a vector of two values, found a vector of 3"),
    ]);
}

#[test]
fn a_log_line_that_is_cut_short_before_it_says_whose_it_is_is_refused() {
    const BEGUN: &str = "INFO  jepsen.util - 3 :invoke :read nil";
    assert_refusals(&[
        (&[BEGUN, "INF"], "expected a logger and its message, found 'INF'"),
        (&[BEGUN, "2024-01-01 12:00:00"], "expected a logger and its message, found '2024-01-01 12:00:00'"),
        (&[BEGUN, "INFO  jepsen.util"], "expected a process, found the end of the line"),
        (&[BEGUN, "INFO  jepsen.util -"], "expected a process, found the end of the line"),
    ]);
    let within = refusal(format!("{BEGUN}\nINFO  jepsen.ut\n{BEGUN}\n"));
    assert_eq!(within, "line 2: expected a logger and its message, found 'INFO  jepsen.ut'");
}

#[test]
fn a_line_of_edn_is_one_map() {
    assert_refusals(&[
        (&["{:process 0, :type :invoke, :f :read"], "expected an EDN map, found one without an end"),
        (&["{:process 0, :type :invoke, :value \"a"], "expected an EDN map, found one without an end"),
        (&["#jepsen.history.Op [1]"], "expected an EDN map, found a vector of 1"),
        (&["#jepsen.history.Op #a {:process 0}"], "expected an EDN map, found a tagged form"),
        (&["{:process :nemesis}", "#{:process 0}"], "expected an EDN map, found a set"),
        (&["#_{:process 0}"], "expected an operation, found the end of the history"),
        (&["{:process :nemesis}", "(1)"], "expected operations in one sequence, or in none, found another bracket"),
        (&["{:process :nemesis}", "nil"], "expected an EDN map, found nil"),
        (&["{:process 0, :type :invoke, :f}"], "expected an EDN map, found a field without a value at column 31"),
        (&["{:f :read, :f :read}"], "expected an EDN map, found a field that is there twice at column 15"),
        (&["{:value 1)"], "expected an EDN map, found a ')' that closes nothing at column 10"),
        (&["{:value : }"], "expected an EDN map, found a malformed keyword at column 9"),
        (&["{:value #/ 1}"], "expected an EDN map, found a malformed tag at column 10"),
        (&["{:value \"\\x\"}"], "expected an EDN map, found an unknown escape in a string at column 10"),
        (&["{:value \"\\ud83d\"}"], "expected an EDN map, found half a character in a string at column 10"),
        (&["{:process :nemesis} x"], "expected an EDN map, found x"),
        (&["{:process :nemesis}}"], "expected an operation, found a '}' that closes nothing"),
    ]);
}

#[test]
fn the_fields_of_an_edn_map_are_those_of_an_operation() {
    let f = "an :f of :read, :write, :get, :put, :append, :delete or :cas";
    let event = "a :type of :invoke, :ok, :fail or :info";
    assert_refusals(&[
        (&["{:type :invoke, :f :read}"], "expected a process in :process, found none"),
        (&["{:process 1.5, :type :invoke, :f :read}"], "expected a process in :process, found 1.5"),
        (&["{:process -1, :type :invoke, :f :read}"], "expected a process in :process, found -1"),
        (&["{:process 0, :f :read}"], &format!("expected {event}, found none")),
        (&["{:process 0, :type :invoked, :f :read}"], &format!("expected {event}, found :invoked")),
        (&["{:process 0, :type \"return\", :f :read}"], &format!("expected {event}, found \"return\"")),
        (&["{:process 0, :type :invoke}"], &format!("expected {f}, found none")),
        (&["{:process 0, :type :invoke, :f :compact, :value []}"], &format!("expected {f}, found :compact")),
        (
            &["{:process 0, :type :invoke, :f :put, :key [1], :value 1}"],
            "expected a string or an integer in :key, found a vector of 1",
        ),
        (&["{:process 0, :type :invoke, :f :write, :value 1/2}"], "expected a string or an integer, found 1/2"),
        (&["{:process 0, :type :invoke, :f :write, :value {}}"], "expected a string or an integer, found a map"),
        (&["{:process 0, :type :invoke, :f :cas, :value [1]}"], "expected a vector of two values, found a vector of 1"),
        (&["{:process 0, :type :invoke, :f :read, :time -1}"], "expected nanoseconds in :time, found -1"),
        (&["{:process 0, :type :invoke, :f :read, :time \"1\"}"], "expected nanoseconds in :time, found \"1\""),
    ]);
}

#[test]
fn a_line_of_json_is_one_object() {
    const BEGUN: &str = r#"{"process":9,"type":"invoke","f":"read"}"#;
    assert_refusals(&[
        (&[BEGUN, "null"], "expected a JSON object, found 'null'"),
        (
            &[BEGUN, r#"[9,"ok","read",null,null,null,1,2]"#],
            r#"expected a JSON object, found '[9,"ok","read",null,null,null,1,2]'"#,
        ),
        (&[BEGUN, "\u{1}\u{2028}x"], r"expected a JSON object, found '\u{1}\u{2028}x'"),
        (&[BEGUN, "{"], "expected an operation in JSON: EOF while parsing an object at column 1"),
        (
            &[BEGUN, r#"{"process":0,"type":"inv"#],
            "expected an operation in JSON: EOF while parsing a string at column 24",
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"read"} x"#],
            "expected an operation in JSON: trailing characters at column 42",
        ),
    ]);
}

#[test]
fn a_string_of_json_that_its_line_ends_in_is_refused_at_that_line() {
    let why = "expected an operation in JSON: control character (\\u0000-\\u001F) found while parsing a string";
    let event = r#"{"process": 0, "type": "inv"#;
    assert_eq!(refusal(format!("[\n{event}\n")), format!("line 2: {why} at column 28"));
    assert_eq!(refusal(format!("[\n{event}\nmore")), format!("line 2: {why} at column 28"));
    assert_eq!(refusal(format!("[{event}\n")), format!("line 1: {why} at column 29"));
    assert_eq!(refusal("[\n{\"process\":\n0, \"type\n"), format!("line 3: {why} at column 9"));
}

#[test]
fn the_fields_of_a_json_object_are_those_of_an_operation() {
    let value = "expected a string, a number, null or [expected, new]";
    let event = r#"expected a "type" of "invoke", "ok", "fail" or "info""#;
    assert_refusals(&[
        (&[r#"{"process":0,"f":"read"}"#], &format!("{event}, found none")),
        (
            &[r#"{"process":0,"process":0,"type":"invoke","f":"read"}"#],
            r#"expected one field for "process", found two"#,
        ),
        (&[r#"{"client":0,"worker":0,"type":"invoke","f":"read"}"#], r#"expected one field for "process", found two"#),
        (&[r#"{"process":-1,"type":"invoke","f":"read"}"#], r#"expected a process in "process", found -1"#),
        (&[r#"{"process":0,"type":"in\nvoke","f":"read"}"#], &format!(r#"{event}, found "in\nvoke""#)),
        (
            &[r#"{"process":0,"type":"invoke","f":"rea"}"#],
            r#"expected a function in "f", such as "read", "write" or "cas", found "rea""#,
        ),
        (&[r#"{"process":0,"type":"invoke","f":"write","value":[256]}"#], &format!("{value}, found an array of 1")),
        (&[r#"{"process":0,"type":"invoke","f":"write","value":{"a":1}}"#], &format!("{value}, found an object")),
        (
            &[r#"{"process":0,"type":"invoke","f":"write","value":18446744073709551616}"#],
            &format!("{value}, found a number of more than 64 bits"),
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"cas","value":["a","b","c"]}"#],
            "expected an array of two values, found an array of 3",
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"read","time":"noon"}"#],
            r#"expected nanoseconds in "time", found "noon""#,
        ),
        (&[r#"{"process":0,"type":"invoke","f":"read","order":"a"}"#], r#"expected a number in "order", found "a""#),
    ]);
}

#[test]
fn swapped_is_said_of_the_ok_of_a_compare_and_swap_and_of_nothing_else() {
    const BEGUN: &str = r#"{"process":0,"type":"invoke","f":"cas","value":[null,"b"]}"#;
    assert_refusals(&[
        (&[BEGUN, r#"{"process":0,"type":"ok","f":"cas"}"#], r#"expected "swapped" with an ok "cas", found none"#),
        (
            &[BEGUN, r#"{"process":0,"type":"fail","f":"cas","swapped":false}"#],
            r#"expected "swapped" with an ok "cas" only, found false"#,
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"cas","value":[null,"b"],"swapped":true}"#],
            r#"expected "swapped" with an ok "cas" only, found true"#,
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"read","swapped":true}"#],
            r#"expected "swapped" with an ok "cas" only, found true"#,
        ),
    ]);
}

#[test]
fn an_invocation_has_the_value_that_its_function_takes() {
    assert_log_refusals(&[
        (&["3 :invoke :cas 4"], "expected [expected new] with :cas, found 4"),
        (&["3 :invoke :cas nil"], "expected [expected new] with :cas, found nil"),
    ]);
    assert_refusals(&[
        (&["{:process 0, :type :invoke, :f :delete, :key 1, :value 1}"], "expected no value with :delete, found \"1\""),
        (&["{:process 0, :type :invoke, :f :put, :key 1}"], "expected a value with :put, found none"),
        (&["{:process 0, :type :invoke, :f :append, :key 1, :value \"\"}"], "expected a value with :append, found nil"),
        (&["{:process 0, :type :invoke, :f :cas, :key 1}"], "expected [expected new] with :cas, found none"),
        (&[r#"{"process":0,"type":"invoke","f":"write"}"#], r#"expected a value with "write", found none"#),
        (
            &[r#"{"process":0,"type":"invoke","f":"write","key":"k","value":["a","b"]}"#],
            r#"expected a value with "write", found ["a" "b"]"#,
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"append","key":"a","value":null}"#],
            r#"expected a value with "append", found null"#,
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"cas","value":[1]}"#],
            "expected an array of two values, found an array of 1",
        ),
    ]);
}

#[test]
fn all_operations_are_on_a_register_or_all_are_on_keys() {
    let on_key = "{:process 0, :type :invoke, :f :get, :key 1}";
    let on_register = "{:process 0, :type :invoke, :f :read}";
    assert_refusals(&[
        (
            &[on_key, "{:process 1, :type :invoke, :f :read}"],
            "expected an operation on a key, as all before, found one on a register",
        ),
        (
            &[on_key, "{:process 1, :type :invoke, :f :cas, :value [1 2]}"],
            "expected an operation on a key, as all before, found one on a register",
        ),
        (
            &[on_register, "{:process 0, :type :ok, :f :get, :key 1, :value 1}"],
            "expected an operation on a register, as all before, found one on a key",
        ),
        (&["{:process 0, :type :invoke, :f :put, :value 1}"], "expected a key with :put, found none"),
        (&[r#"{"process":0,"type":"invoke","f":"put","value":"a"}"#], r#"expected a key with "put", found none"#),
    ]);
}

#[test]
fn a_completion_is_of_the_operation_that_its_process_has_outstanding() {
    assert_log_refusals(&[
        (
            &["3 :ok :read nil"],
            "expected an invocation by process 3, which has no operation outstanding, found a completion",
        ),
        (
            &["3 :invoke :read nil", "3 :ok :read 1", "3 :ok :read 1"],
            "expected an invocation by process 3, which has no operation outstanding, found a completion",
        ),
        (
            &["3 :invoke :read nil", "3 :invoke :read nil"],
            "expected a completion of process 3, which has an operation outstanding, found an invocation",
        ),
        (&["3 :invoke :cas [4 5]", "3 :ok :read 4"], "expected a completion of :cas, found :read"),
        (&["3 :invoke :cas [4 5]", "3 :ok :cas [4 6]"], "expected a completion of :cas [4 5], found [4 6]"),
        (&["3 :invoke :cas [nil 5]", "3 :fail :cas [4 5]"], "expected a completion of :cas [nil 5], found [4 5]"),
        (&["3 :invoke :cas [nil 5]", "3 :fail :cas 5"], "expected a completion of :cas [nil 5], found 5"),
        (&["3 :invoke :write 4", "3 :info :write 5"], "expected a completion of :write 4, found 5"),
        (&["3 :invoke :write 4", "3 :ok :write nil"], "expected a completion of :write 4, found nil"),
        (&["3 :invoke :write nil", "3 :ok :write 4"], "expected a completion of :write nil, found 4"),
        (
            &["3 :invoke :write 4", "3 :ok :write :timed-out"],
            "expected an integer, nil or a vector of two, found :timed-out",
        ),
    ]);
    let get = "{:process 0, :type :invoke, :f :get, :key 1}";
    let put = "{:process 0, :type :invoke, :f :put, :key 1, :value \"\"}";
    let append = "{:process 0, :type :invoke, :f :append, :key 1, :value \"a\"}";
    assert_refusals(&[
        (
            &[get, "{:process 0, :type :ok, :f :get, :key 2, :value 1}"],
            "expected a completion of :get of \"1\", found one of \"2\"",
        ),
        (
            &[get, "{:process 1, :type :info, :f :get, :key 1}"],
            "expected an invocation by process 1, which has no operation outstanding, found a completion",
        ),
        (&[put, "{:process 0, :type :ok, :f :delete, :key 1}"], "expected a completion of :put, found :delete"),
        (
            &[append, "{:process 0, :type :fail, :f :append, :key 1, :value \"b\"}"],
            "expected a completion of :append \"a\", found \"b\"",
        ),
    ]);
    assert_refusals(&[
        (
            &[r#"{"process":0,"type":"invoke","f":"write","value":"4"}"#, r#"{"process":0,"type":"ok","f":"read"}"#],
            r#"expected a completion of "write", found "read""#,
        ),
        (
            &[
                r#"{"process":0,"type":"invoke","f":"write","value":"4"}"#,
                r#"{"process":0,"type":"ok","f":"write","value":"5"}"#,
            ],
            r#"expected a completion of "write" "4", found "5""#,
        ),
    ]);
}

#[test]
fn the_ok_of_a_read_has_a_value() {
    assert_log_refusals(&[
        (&["3 :invoke :read nil", "3 :ok :read [3 4]"], "expected the value of :read, found [3 4]"),
        (
            &["3 :invoke :read nil", "3 :ok :read :timed-out"],
            "expected an integer, nil or a vector of two, found :timed-out",
        ),
    ]);
    assert_refusals(&[
        (
            &["{:process 0, :type :invoke, :f :get, :key 1}", "{:process 0, :type :ok, :f :get, :key 1}"],
            "expected the value of :get, found none",
        ),
        (
            &[r#"{"process":0,"type":"invoke","f":"read"}"#, r#"{"process":0,"type":"ok","f":"read"}"#],
            r#"expected the value of "read", found none"#,
        ),
    ]);
}

#[test]
fn the_numbers_of_events_ascend() {
    const BEGUN: &str = r#"{"process":0,"type":"invoke","f":"read","order":5}"#;
    assert_refusals(&[
        (&[BEGUN, r#"{"process":0,"type":"info","f":"read","order":5}"#], "expected an order above 5, found 5"),
        // Without a number, it has that of its line.
        (&[BEGUN, r#"{"process":0,"type":"info","f":"read"}"#], "expected an order above 5, found 2"),
    ]);
}

#[test]
fn a_message_is_no_longer_than_a_line_however_long_what_was_found_is() {
    let long = "a".repeat(10_000);
    let put = format!("{{:process 0, :type :invoke, :f :put, :key 1, :value \"{long}\"}}");
    let ok = "{:process 0, :type :ok, :f :put, :key 1, :value \"b\"}";
    assert_refusals(&[
        (&[&put, ok], &format!("expected a completion of :put \"{}..., found \"b\"", "a".repeat(58))),
        (&[&format!("{put} '{long}")], &format!("expected an EDN map, found '{}...", "a".repeat(59))),
    ]);
    let unknown = refusal(format!("{{\"process\":0,\"type\":\"{long}\"}}"));
    assert!(unknown.ends_with("aaa...") && unknown.chars().count() <= 200, "{unknown}");
}
