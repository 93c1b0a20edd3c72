//! The histories of the textbooks.

use env::Completion;
use history::History;
use history::linearizability::{Budget, KeyValue, Register, is_linearizable};
use kv_types::Output;

use crate::story::{Story, append, cas, get, put, value};

fn is_right(history: &History) -> bool {
    let judged = is_linearizable(&KeyValue, history, Budget::default());
    assert_eq!(judged, is_linearizable(&Register, history, Budget::default()));
    judged.expect("a textbook's history is short")
}

#[test]
fn a_stale_read_is_sequentially_consistent_and_not_linearizable() {
    let mut story = Story::default();
    story.does(1, put("x", "0"), Output::Written);
    story.does(1, put("x", "1"), Output::Written);
    // In an order that keeps only that of each process, this read comes before the second write.
    story.does(2, get("x"), value("0"));
    assert!(!is_right(&story.told()));
}

#[test]
fn a_read_that_overlaps_a_write_may_see_either_value() {
    for seen in ["0", "1"] {
        let mut story = Story::default();
        story.does(1, put("x", "0"), Output::Written);
        story.invokes(1, put("x", "1"));
        story.does(2, get("x"), value(seen));
        story.answers(1, Output::Written);
        assert!(is_right(&story.told()), "it saw {seen}");
    }
}

#[test]
fn once_a_new_value_was_read_the_old_one_is_gone() {
    let mut story = Story::default();
    story.does(1, put("x", "0"), Output::Written);
    story.invokes(1, put("x", "1"));
    story.does(2, get("x"), value("1"));
    story.does(3, get("x"), value("0"));
    story.answers(1, Output::Written);
    assert!(!is_right(&story.told()));
}

#[test]
fn a_failed_write_is_not_seen_and_an_unknown_one_may_be_at_any_time() {
    for (end, is_expected) in [(Completion::Fail, false), (Completion::Info, true)] {
        let mut story = Story::default();
        story.invokes(1, put("x", "1"));
        story.ends(1, end.clone());
        story.does(2, get("x"), Output::Value(None));
        story.does(2, get("x"), value("1"));
        assert_eq!(is_right(&story.told()), is_expected, "{end:?}");
    }
}

#[test]
fn an_unknown_write_takes_effect_once() {
    let mut story = Story::default();
    story.invokes(1, put("x", "1"));
    story.ends(1, Completion::Info);
    story.does(2, get("x"), value("1"));
    story.does(2, put("x", "2"), Output::Written);
    story.does(2, get("x"), value("1"));
    assert!(!is_right(&story.told()));
}

#[test]
fn a_lock_is_taken_by_one() {
    let mut story = Story::default();
    story.does(1, put("x", "free"), Output::Written);
    story.invokes(1, cas("x", "free", "mine"));
    story.invokes(2, cas("x", "free", "yours"));
    story.answers(1, Output::Swapped);
    story.answers(2, Output::Swapped);
    assert!(!is_right(&story.told()));
}

#[test]
fn two_readers_see_concurrent_appends_in_one_order() {
    let mut story = Story::default();
    story.invokes(1, append("x", "1"));
    story.invokes(2, append("x", "2"));
    story.invokes(3, get("x"));
    story.invokes(4, get("x"));
    story.answers(3, value("1"));
    story.answers(4, value("2"));
    assert!(!is_right(&story.told()));
}
