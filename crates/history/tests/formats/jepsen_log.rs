//! Histories as the log of a Jepsen test.

use env::Completion;

use crate::calls::{ABSENT, SWAPPED, WRITTEN, call, cas, delete, found, get, parsed, put, refusal, unfinished};
use crate::samples;

/// The operations of a log with these messages of `jepsen.util`.
fn log(messages: &[&str]) -> Vec<history::Call> {
    let text: String = messages.iter().map(|message| format!("INFO  jepsen.util - {message}\n")).collect();
    parsed(&text).history.calls().to_vec()
}

#[test]
fn operations_are_read_between_all_else_that_a_log_says() {
    let calls = [
        call(0, get(""), (4, 6), ABSENT),
        call(1, put("", "4"), (5, 9), WRITTEN),
        call(2, cas("", Some("4"), "0"), (8, 10), Completion::Fail),
        call(1, cas("", Some("4"), "3"), (11, 14), SWAPPED),
        call(2, get(""), (12, 13), found("4")),
    ];
    assert_eq!(parsed(samples::JEPSEN_LOG).history.calls(), calls);
}

#[test]
fn an_operation_that_timed_out_may_have_happened_and_one_that_failed_has_not() {
    let calls = log(&[
        "0 :invoke :write 4",
        "0 :info :write :timed-out",
        "5 :invoke :cas [4 0]",
        "5 :info :cas :timed-out",
        "1 :invoke :read nil",
        "1 :info :read :timed-out",
        "2 :invoke :read nil",
        "2 :fail :read :timed-out",
        "3 :invoke :write 7",
        "3 :fail :write 7",
        "4 :invoke :read nil",
    ]);
    let expected = [
        call(0, put("", "4"), (1, 2), Completion::Info),
        call(5, cas("", Some("4"), "0"), (3, 4), Completion::Info),
        call(1, get(""), (5, 6), Completion::Info),
        call(2, get(""), (7, 8), Completion::Fail),
        call(3, put("", "7"), (9, 10), Completion::Fail),
        unfinished(4, get(""), 11),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn a_failed_operation_may_say_why_in_place_of_its_value_or_after_it() {
    let calls = log(&[
        "0 :invoke :write 4",
        "0 :info :write 4 java.net.SocketTimeoutException: Read timed out",
        "1 :invoke :write 4",
        "1 :fail :write \"connection refused\"",
        "2 :invoke :write 4",
        "2 :fail :write indeterminate: it said nothing",
    ]);
    let ends: Vec<_> = calls.iter().map(|call| call.completed.clone().map(|(_, completion)| completion)).collect();
    assert_eq!(ends, [Some(Completion::Info), Some(Completion::Fail), Some(Completion::Fail)]);
}

#[test]
fn a_register_may_be_empty_and_its_integers_may_have_a_sign() {
    let calls = log(&[
        "0 :invoke :write nil",
        "0 :ok :write nil",
        "0 :invoke :cas [nil -9223372036854775808]",
        "0 :ok :cas [nil -9223372036854775808]",
        "0 :invoke :read nil",
        "0 :ok :read +9223372036854775807",
    ]);
    let expected = [
        call(0, delete(""), (1, 2), WRITTEN),
        call(0, cas("", None, "-9223372036854775808"), (3, 4), SWAPPED),
        call(0, get(""), (5, 6), found("9223372036854775807")),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn time_level_and_thread_do_not_matter() {
    let text = "2024-01-01 12:00:00,123{GMT} INFO [jepsen worker 3] jepsen.util - 3 :invoke :read nil\n\
                2024-01-01 12:00:00,124{GMT}\tWARN\t[jepsen worker 3] jepsen.util: 3\t:ok\t:read\t1\n\
                DEBUG jepsen.util - 4\t  :invoke :write\t \t2";
    assert_eq!(parsed(text).history.calls(), [call(3, get(""), (1, 2), found("1")), unfinished(4, put("", "2"), 3)]);
}

#[test]
fn other_messages_of_the_logger_of_operations_are_skipped() {
    let calls = log(&["Waiting for the nodes", "0 :invoke :read nil", ":nemesis :info :stop nil", ":nemesis"]);
    assert_eq!(calls, [unfinished(0, get(""), 2)]);
}

#[test]
fn other_loggers_are_skipped_even_where_the_text_ends() {
    let text = "INFO  jepsen.util - 0 :invoke :read nil\n\
                ERROR jepsen.db - it says jepsen.util/timeout and jepsen.util$timeout\n\
                java.lang.IllegalStateException\n\
                \tat jepsen.util$timeout.invoke(util.clj:7)\n\
                INFO  jepsen.core - Everything looks good";
    assert_eq!(parsed(text).history.calls(), [unfinished(0, get(""), 1)]);
}

#[test]
fn a_line_that_the_next_is_glued_to_is_refused() {
    let expected = |line: usize, rest: &str| {
        format!("line {line}: expected one operation in a line, found more after it: '{rest}")
    };
    let begun = "INFO  jepsen.util - 0 :invoke :write 1\n";
    for glued in [":ok :write 1", ":info :write :timed-out", ":info :write 1 java.io.IOException: no"] {
        let text = format!("{begun}INFO  jepsen.util - 0 {glued} INFO  jepsen.util - 1 :invoke :write 2\n");
        let refused = refusal(&text);
        assert!(refused.starts_with(&expected(2, "")), "{refused}");
    }
    let nemesis =
        format!("{begun}INFO  jepsen.util - :nemesis :info :start nil INFO jepsen.util - 1 :invoke :write 2\n");
    assert!(refusal(nemesis).starts_with(&expected(2, "nil")));
    let text = "0 :invoke :write 1\n0 :ok :write 1 1 :invoke :read nil\n1 :invoke :read nil\n";
    assert_eq!(refusal(text), expected(2, "1 :invoke :read nil'"));
    let alone = format!(
        "{begun}INFO  jepsen.util - 0 :info :write 1 java.io.IOException: connection 3 :ok-ish to jepsen.util$x\n"
    );
    assert_eq!(parsed(&alone).history.calls(), [call(0, put("", "1"), (1, 2), Completion::Info)]);
}

#[test]
fn a_line_that_lost_its_front_is_refused() {
    let begun = "INFO  jepsen.util - 1 :invoke :write 2\n";
    for lost in ["util - 0 :invoke :write 1", ":invoke :write 1", "voke :write 1", "INFO 0 :ok :read nil"] {
        let expected = format!("line 2: expected a logger and its message, found '{lost}'");
        assert_eq!(refusal(format!("{begun}{lost}\n{begun}")), expected);
    }
    let kept = format!("{begun}INFO  jepsen.core - it was :ok, and :write was slow\n");
    assert_eq!(parsed(&kept).left_out.others, 1);
}

#[test]
fn a_log_of_two_tests_is_refused() {
    let operation = "INFO  jepsen.util - 0 :invoke :read nil\nINFO  jepsen.util - 0 :ok :read nil\n";
    for begin in ["lein test jepsen.b-test", "INFO  jepsen.core - Running test:"] {
        let text = format!("{begin}\n{operation}noise\n{begin}\n");
        assert_eq!(parsed(&text).history.calls().len(), 1, "{text}");
        let expected = "line 6: a second test begins at line 5: give one test at a time";
        assert_eq!(refusal(text + operation), expected);
    }
    let other = format!("{operation}lein testing\nINFO  jepsen.core - Running tests\n{operation}");
    assert_eq!(parsed(&other).history.calls().len(), 2);
}
