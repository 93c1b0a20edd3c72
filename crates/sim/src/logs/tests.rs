//! The lines of log events, and the times at which a subscriber hears them.

use std::fmt;
use std::panic::catch_unwind;
use std::sync::Arc;

use tracing::{Level, debug, error, info, info_span, trace, warn};
use tracing_core::dispatcher::get_default;

use super::*;

/// The lines of the log events that `act` makes.
fn heard(level: LogLevel, act: impl FnOnce()) -> Vec<String> {
    let logs = KeptLogs::of(level).expect("the feature is on");
    let listening = logs.listen();
    act();
    drop(listening);
    logs.take()
}

fn of_every_level() {
    error!("e");
    warn!("w");
    info!("i");
    debug!("d");
    trace!("t");
}

#[test]
fn an_event_is_one_line_of_its_level_target_message_and_fields() {
    let lines = heard(LogLevel::Info, || {
        info!(target: "vault", key = "x", bytes = 3, r#type = ?Some(1), share = %0.5, "written to {}", "disk");
        warn!(target: "vault::keeper", late = true);
    });
    let written = r#"INFO  vault: written to disk key="x" bytes=3 type=Some(1) share=0.5"#;
    assert_eq!(lines, [written, "WARN  vault::keeper: late=true"]);
}

#[test]
fn a_level_shows_itself_and_the_more_important_ones() {
    let shown = |level| heard(level, of_every_level).len();
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    assert_eq!(levels.map(shown), [1, 2, 3, 4, 5]);
    assert!(KeptLogs::of(LogLevel::Off).is_none());
}

#[test]
fn the_spans_around_an_event_are_shown_with_their_fields() {
    let lines = heard(LogLevel::Info, || {
        let put = info_span!("put", key = "x", bytes = tracing::field::Empty);
        let _put = put.enter();
        put.record("bytes", 3);
        let within = info_span!("sync").in_scope(|| {
            info!(target: "vault", "asked");
            tracing::Span::current()
        });
        tracing::debug_span!("unseen").in_scope(|| info!(target: "vault", "after"));
        info!(target: "vault", parent: None, "alone");
        info!(target: "vault", parent: &within, "of the sync");
    });
    let put = r#"put{key="x" bytes=3}:"#;
    let expected = [
        format!("INFO  {put}sync: vault: asked"),
        format!("INFO  {put} vault: after"),
        "INFO  vault: alone".into(),
        format!("INFO  {put}sync: vault: of the sync"),
    ];
    assert_eq!(lines, expected);
}

/// A guard that a process keeps from one call to the next must not put the events of another node into its span.
#[test]
fn a_span_that_was_not_left_counts_for_its_own_call_alone() {
    let logs = KeptLogs::of(LogLevel::Info).expect("the feature is on");
    let listening = logs.listen();
    let kept = info_span!("kept").entered();
    info!(target: "n1", "in it");
    drop(listening);
    let listening = logs.listen();
    info!(target: "n2", "in another call");
    drop(kept);
    info!(target: "n2", "after");
    drop(listening);
    assert_eq!(logs.take(), ["INFO  kept: n1: in it", "INFO  n2: in another call", "INFO  n2: after"]);
}

#[test]
fn a_closed_span_is_forgotten_with_those_around_it() {
    let mut spans = spans::Spans::default();
    let callsite = heard_metadata();
    let outer = spans.open(callsite, String::new(), None);
    let inner = spans.open(callsite, String::new(), Some(outer));
    assert!(!spans.let_go(outer), "a span in it is open");
    assert!(spans.let_go(inner));
    assert!(spans.metadata(outer).is_none() && spans.metadata(inner).is_none());
}

fn heard_metadata() -> &'static tracing::Metadata<'static> {
    let mut found = None;
    heard(LogLevel::Info, || found = info_span!("any").metadata());
    found.expect("a subscriber wants it")
}

#[test]
fn control_characters_are_spelled_out() {
    let lines = heard(LogLevel::Info, || {
        let _span = info_span!("s", name = %"a\tb").entered();
        info!(target: "vault", key = %"x\u{1b}[31m", "two\nlines\u{85}, zażółć");
    });
    assert_eq!(lines, [r"INFO  s{name=a\tb}: vault: two\nlines\u{85}, zażółć key=x\u{1b}[31m"]);
}

#[test]
fn the_engines_own_events_are_kept_out() {
    let lines = heard(LogLevel::Trace, || {
        error!(target: "turmoil", "Crash");
        error!(target: "turmoil::sim", "New");
        error!(target: "tokio::task::waker", "op");
        error!(target: "runtime::resource::poll_op", "op");
        error!(target: "runtime::resource::async_op::state_update", "permits");
        error!(target: "turmoiled", "of another crate");
        error!(target: "runtime", "of another crate");
        error!(target: "runtime::resource", "of another crate");
    });
    let others = ["turmoiled", "runtime", "runtime::resource"];
    assert_eq!(lines, others.map(|target| format!("ERROR {target}: of another crate")));
}

#[test]
fn a_record_of_the_crate_log_shows_its_own_target() {
    let lines = heard(LogLevel::Info, || {
        info!(target: "log", { log.target = "vault", log.line = 7, log.file = "a.rs", log.index = 3 }, "said");
    });
    assert_eq!(lines, ["INFO  vault: said log.index=3"]);
}

#[test]
fn only_the_thread_that_listens_is_heard_and_only_while_it_does() {
    let logs = KeptLogs::of(LogLevel::Trace).expect("the feature is on");
    info!("before");
    let listening = logs.listen();
    assert!(tracing::enabled!(Level::INFO));
    #[expect(clippy::disallowed_methods, reason = "another run of the process has a thread of its own")]
    std::thread::scope(|threads| {
        threads.spawn(|| {
            assert!(!tracing::enabled!(Level::INFO), "a field would be evaluated");
            info!("elsewhere");
        });
    });
    drop(listening);
    info!("after");
    assert_eq!(logs.take(), [""; 0]);
}

#[test]
fn a_panic_leaves_nothing_subscribed() {
    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::panic::resume_unwind(Box::new(()));
        }
    }
    let logs = KeptLogs::of(LogLevel::Info).expect("the feature is on");
    let panicked = catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _listening = logs.listen();
        info!(target: "vault", "first");
        info!(target: "vault", value = ?Panics, "second");
    }));
    assert!(panicked.is_err());
    assert!(!tracing::enabled!(Level::ERROR));
    info!("after");
    assert_eq!(logs.take(), ["INFO  vault: first"]);
    let _listening = logs.listen();
    info!(target: "vault", "again");
    assert_eq!(logs.take(), ["INFO  vault: again"]);
}

/// The values of an event are code under test, which may make log events and spans itself.
#[test]
fn a_value_may_log() {
    struct Logs;
    impl fmt::Debug for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let _span = info_span!("inner").entered();
            info!("inner");
            f.write_str("logs")
        }
    }
    let lines = heard(LogLevel::Info, || {
        let span = info_span!("s", value = tracing::field::Empty);
        span.record("value", tracing::field::debug(Logs));
        span.in_scope(|| info!(target: "vault", value = ?Logs));
    });
    assert_eq!(lines.last().map(String::as_str), Some("INFO  s{value=logs}: vault: value=logs"));
}

/// A span that a process keeps holds the subscriber, which must not go on answering for its callsites.
#[test]
fn a_subscriber_that_is_dropped_wants_nothing_more() {
    let logs = KeptLogs::of(LogLevel::Info).expect("the feature is on");
    let listening = logs.listen();
    let span = info_span!("kept");
    drop(listening);
    let subscriber = span.with_subscriber(|(_, dispatch)| dispatch.clone()).expect("it is a span of the subscriber");
    let metadata = span.metadata().expect("it is a span of the subscriber");
    assert!(subscriber.enabled(metadata));
    drop(logs);
    assert!(!subscriber.enabled(metadata));
    assert!(get_default(|dispatch| !dispatch.enabled(metadata)));
}

#[test]
fn a_level_is_read_by_its_name() {
    for level in LogLevel::ALL {
        assert_eq!(level.to_string().parse(), Ok(*level));
    }
    let error = "loud".parse::<LogLevel>().expect_err("none").to_string();
    assert_eq!(error, "'loud' is no log level: give off, error, warn, info, debug or trace");
    let _: Arc<dyn Send + Sync> = Arc::new(KeptLogs::of(LogLevel::Info));
}
