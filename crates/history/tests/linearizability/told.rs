//! How a counterexample reads.

use env::Completion;
use history::History;
use history::linearizability::{Budget, KeyValue, Model, Register, Verdict, check};
use insta::assert_snapshot;
use kv_types::{Operation, Output};

use crate::story::{Story, append, cas, get, put, value};

fn told<M: Model<Input = Operation, Output = Output>>(model: &M, story: Story) -> String {
    let history: History = story.told();
    match check(model, &history, Budget::default()) {
        Verdict::NotLinearizable(found) => format!("{}\n\n{found}", found.headline()),
        verdict => panic!("{verdict:?}"),
    }
}

#[test]
fn a_stale_read_of_a_register() {
    let mut story = Story::default();
    story.does(0, put("", "1"), Output::Written);
    story.does(1, get(""), value("1"));
    story.invokes(2, put("", "2"));
    story.does(1, get(""), value("2"));
    story.does(0, get(""), value("1"));
    story.answers(2, Output::Written);
    assert_snapshot!(told(&Register, story), @r"
    p0's read -> 1, which no order explains beside 2 others

    no order explains these 3 operations, whichever others took effect
         process  from    to       operation
         p2       line 5  line 10  write 2
         p1       line 6  line 7   read -> 2
      *  p0       line 8  line 9   read -> 1
    there is an order up to line 9, of 3 operations completed before
    it ends:
         p0  write 1
         p2  write 2
    then * has to come, or something that was open:
         at value 2
             * cannot come
    ");
}

#[test]
fn a_value_that_nobody_wrote() {
    let mut story = Story::default();
    story.does(0, put("", "1"), Output::Written);
    story.does(1, get(""), value("7"));
    assert_snapshot!(told(&Register, story), @r"
    p1's read -> 7, which nothing explains

    nothing explains this operation, whichever others took effect
         process  from    to      operation
      *  p1       line 3  line 4  read -> 7
    there is an order up to line 4, of 1 operation completed before
    it ends:
         p0  write 1
    then * has to come, or something that was open:
         at value 1
             * cannot come
    ");
}

#[test]
fn an_acknowledged_append_that_is_missing() {
    let mut story = Story::default();
    story.does(4, append("k1", "c4-1."), Output::Written);
    story.invokes(7, append("k1", "c7-1."));
    story.does(5, append("k1", "c5-1."), Output::Written);
    story.ends(7, Completion::Info);
    story.does(5, get("k2"), Output::Value(None));
    story.does(6, get("k1"), value("c4-1.c7-1."));
    assert_snapshot!(told(&KeyValue, story), @r"
    key k1: p6's get k1 -> c4-1.c7-1., which no order explains beside p5's append k1 c5-1.

    key k1: no order explains these 2 operations, whichever others took effect
         process  from    to       operation
         p5       line 4  line 5   append k1 c5-1.
      *  p6       line 9  line 10  get k1 -> c4-1.c7-1.
    there is an order up to line 10, of 2 operations completed before
    it ends:
         p4  append k1 c4-1.
         p5  append k1 c5-1.
    then * has to come, or something that was open:
         at value c4-1.c5-1.
             * cannot come
             p7's append k1 c7-1. (no answer) leads to value c4-..5-1.c7-1.
         at value c4-1.c5-1.c7-1.
             * cannot come
         at value c4-1.c7-1.c5-1.
             * cannot come
    ");
}

#[test]
fn two_that_both_swapped() {
    let mut story = Story::default();
    story.does(0, put("lock", "free"), Output::Written);
    story.invokes(1, cas("lock", "free", "1"));
    story.invokes(2, cas("lock", "free", "2"));
    story.answers(1, Output::Swapped);
    story.answers(2, Output::Swapped);
    assert_snapshot!(told(&KeyValue, story), @r"
    key lock: p2's cas lock free 2 -> swapped, which no order explains beside 2 others

    key lock: no order explains these 3 operations, whichever others took effect
         process  from    to      operation
         p0       line 1  line 2  put lock free
         p1       line 3  line 5  cas lock free 1 -> swapped
      *  p2       line 4  line 6  cas lock free 2 -> swapped
    there is an order up to line 6, of 2 operations completed before
    it ends:
         p0  put lock free
         p1  cas lock free 1 -> swapped
    then * has to come, or something that was open:
         at value 1
             * cannot come
    ");
}

#[test]
fn a_read_among_many_writes_at_once() {
    let mut story = Story::default();
    for process in 0..6 {
        story.invokes(process, put("k", &process.to_string()));
    }
    story.does(6, get("k"), value("3"));
    story.does(6, get("k"), value("4"));
    story.does(6, get("k"), value("3"));
    assert_snapshot!(told(&KeyValue, story), @r"
    key k: p6's get k -> 3, which no order explains beside 4 others

    key k: no order explains these 5 operations, whichever others took effect
         process  from     to       operation
         p3       line 4   open     put k 3 (no answer)
         p4       line 5   open     put k 4 (no answer)
         p6       line 7   line 8   get k -> 3
         p6       line 9   line 10  get k -> 4
      *  p6       line 11  line 12  get k -> 3
    there is an order up to line 12, of 2 operations completed before
    it ends:
         p3  put k 3 (no answer)
         p4  put k 4 (no answer)
    then * has to come, or something that was open:
         at value 0
             * cannot come
             p5's put k 5 (no answer) leads to value 5
             p2's put k 2 (no answer) leads to value 2
             p1's put k 1 (no answer) leads to value 1
         at value 1
             * cannot come
             p5's put k 5 (no answer) leads to value 5
             p2's put k 2 (no answer) leads to value 2
             p0's put k 0 (no answer) leads to value 0
         at value 2
             * cannot come
             p5's put k 5 (no answer) leads to value 5
             p1's put k 1 (no answer) leads to value 1
             p0's put k 0 (no answer) leads to value 0
         at value 4
             * cannot come
             p5's put k 5 (no answer) leads to value 5
             p2's put k 2 (no answer) leads to value 2
             p1's put k 1 (no answer) leads to value 1
             p0's put k 0 (no answer) leads to value 0
         at value 5
             * cannot come
             p2's put k 2 (no answer) leads to value 2
             p1's put k 1 (no answer) leads to value 1
             p0's put k 0 (no answer) leads to value 0
    ");
}
