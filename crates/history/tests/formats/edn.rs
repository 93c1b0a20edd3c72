//! Histories as EDN maps.

use env::{Completion, Instant};
use history::format::Kind;
use history::{Call, Point};

use crate::calls::{ABSENT, SWAPPED, WRITTEN, append, call, cas, delete, found, get, parsed, put, refusal, unfinished};
use crate::samples;

/// The operations of maps with these fields.
fn maps(fields: &[&str]) -> Vec<Call> {
    let text: String = fields.iter().map(|fields| format!("{{{fields}}}\n")).collect();
    parsed(&text).history.calls().to_vec()
}

#[test]
fn operations_on_keys_are_read() {
    let calls = [
        call(0, append("0", "x 0 0 y"), (1, 3), WRITTEN),
        call(1, get("7"), (2, 4), ABSENT),
        unfinished(0, put("0", "new\tand \"quoted\""), 5),
        call(1, cas("0", Some("x 0 0 y"), "z"), (6, 7), Completion::Info),
    ];
    assert_eq!(parsed(samples::EDN).history.calls(), calls);
}

#[test]
fn records_of_a_register_are_read_with_their_times() {
    let text = "#jepsen.history.Op{:index 0, :time 3291485317, :type :invoke, :process 0, :f :write, :value 3}\n\
                #jepsen.history.Op{:index 1, :time 3291490000, :type :info, :process :nemesis, :f :start-partition, \
                :value [:isolated {\"n1\" #{\"n2\"}}]}\n\
                #jepsen.history.Op{:index 2, :time 3291999999, :type :info, :process 0, :f :write, :value 3, \
                :error [:timeout \"n1\"]}\n\
                #jepsen.history.Op{:index 3, :time 3300000000, :type :invoke, :process 5, :f :cas, :value [3 4]}\n\
                #jepsen.history.Op{:index 4, :time 3300000001, :type :fail, :process 5, :f :cas, :value [3 4]}\n";
    let at = |line, nanos| Point { order: line, time: Some(Instant(nanos)) };
    let calls = [
        Call {
            process: 0,
            input: put("", "3"),
            invoked: at(1, 3_291_485_317),
            completed: Some((at(3, 3_291_999_999), Completion::Info)),
        },
        Call {
            process: 5,
            input: cas("", Some("3"), "4"),
            invoked: at(4, 3_300_000_000),
            completed: Some((at(5, 3_300_000_001), Completion::Fail)),
        },
    ];
    let parsed = parsed(text);
    assert_eq!(parsed.kind, Kind::Register);
    assert_eq!(parsed.history.calls(), calls);
}

#[test]
fn with_a_key_the_empty_string_is_an_absent_value() {
    let calls = maps(&[
        ":process 0, :type :invoke, :f :get, :key :x",
        ":process 0, :type :ok, :f :get, :key :x, :value \"\"",
        ":process 0, :type :invoke, :f :get, :key :x, :value \"\"",
        ":process 0, :type :ok, :f :get, :key :x, :value nil",
        ":process 0, :type :invoke, :f :put, :key :x, :value \"\"",
        ":process 0, :type :ok, :f :put, :key :x, :value \"\"",
        ":process 0, :type :invoke, :f :put, :key :x, :value nil",
        ":process 0, :type :ok, :f :put, :key :x, :value \"\"",
        ":process 0, :type :invoke, :f :cas, :key :x, :value [\"\" 1]",
        ":process 0, :type :ok, :f :cas, :key :x, :value [nil 1]",
    ]);
    let expected = [
        call(0, get(":x"), (1, 2), ABSENT),
        call(0, get(":x"), (3, 4), ABSENT),
        call(0, delete(":x"), (5, 6), WRITTEN),
        call(0, delete(":x"), (7, 8), WRITTEN),
        call(0, cas(":x", None, "1"), (9, 10), SWAPPED),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn without_a_key_the_empty_string_is_a_value() {
    let calls = maps(&[
        ":process 0, :type :invoke, :f :write, :key nil, :value \"\"",
        ":process 0, :type :ok, :f :write, :value \"\"",
        ":process 0, :type :invoke, :f :read",
        ":process 0, :type :ok, :f :read, :value \"\"",
    ]);
    assert_eq!(calls, [call(0, put("", ""), (1, 2), WRITTEN), call(0, get(""), (3, 4), found(""))]);
}

#[test]
fn keys_and_values_are_strings_integers_or_keywords() {
    let calls = maps(&[
        ":process 0, :type :invoke, :f :put, :key 7, :value :on",
        ":process 0, :type :ok, :f :put, :key 7, :value :on",
        ":process 0, :type :invoke, :f :get, :key \"k\"",
        ":process 0, :type :ok, :f :get, :key \"k\", :value \"\u{e9}\"",
        ":process 0, :type :invoke, :f :delete, :key \"k\"",
        ":process 0, :type :ok, :f :delete, :key \"k\", :value nil",
        ":process 0, :type :invoke, :f :cas, :key \"k\", :value [:on -1]",
    ]);
    let expected = [
        call(0, put("7", ":on"), (1, 2), WRITTEN),
        call(0, get("k"), (3, 4), found("\u{e9}")),
        call(0, delete("k"), (5, 6), WRITTEN),
        unfinished(0, cas("k", Some(":on"), "-1"), 7),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_completion_need_not_repeat_what_was_written() {
    let calls = maps(&[
        ":process 0, :type :invoke, :f :put, :key 7, :value 1",
        ":process 0, :type :ok, :f :put, :key 7",
        ":process 0, :type :invoke, :f :put, :key 7, :value 2",
        ":process 0, :type :info, :f :put, :key 7, :value :timed-out",
        ":process 1, :type :invoke, :f :get, :key 7",
        ":process 1, :type :fail, :f :get, :key 7, :value :timed-out",
    ]);
    let expected = [
        call(0, put("7", "1"), (1, 2), WRITTEN),
        call(0, put("7", "2"), (3, 4), Completion::Info),
        call(1, get("7"), (5, 6), Completion::Fail),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_float_is_a_value_for_as_long_as_it_is_exact() {
    let write = |value: &str| format!("{{:process 0, :type :invoke, :f :write, :value {value}}}\n");
    assert_eq!(parsed(&write("9007199254740991.0")).history.calls()[0].input, put("", "9007199254740991"));
    for value in ["9007199254740992.0", "-9007199254740993.0", "1e300", "1E999"] {
        let expected = "line 1: expected a string or an integer, found a float of 2^53 or more";
        assert_eq!(refusal(write(value)), expected, "{value}");
    }
}
