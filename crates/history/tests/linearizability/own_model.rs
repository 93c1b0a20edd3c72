//! A model of one's own: a queue.

use std::collections::VecDeque;
use std::fmt;

use env::Completion;
use history::linearizability::{Budget, Model, Verdict, check};
use history::{History, Point};

#[derive(Clone, Debug, PartialEq)]
enum Ask {
    Enqueue(u32),
    Dequeue,
}

/// The number taken; `None` if the queue was empty, and of an enqueue.
#[derive(Clone, Debug, PartialEq)]
struct Taken(Option<u32>);

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ask::Enqueue(item) => write!(f, "enqueue {item}"),
            Ask::Dequeue => f.write_str("dequeue"),
        }
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(item) => write!(f, "{item}"),
            None => f.write_str("nothing"),
        }
    }
}

/// First in, first out.
struct Queue;

impl Model for Queue {
    type Input = Ask;
    type Output = Taken;
    type State = VecDeque<u32>;

    fn initial(&self) -> VecDeque<u32> {
        VecDeque::new()
    }

    fn step(&self, queue: &VecDeque<u32>, ask: &Ask, answer: Option<&Taken>) -> Option<VecDeque<u32>> {
        let mut queue = queue.clone();
        let taken = match ask {
            Ask::Enqueue(item) => {
                queue.push_back(*item);
                None
            }
            Ask::Dequeue => queue.pop_front(),
        };
        // Without an answer any will do.
        answer.is_none_or(|answer| answer.0 == taken).then_some(queue)
    }

    fn show(&self, queue: &VecDeque<u32>) -> String {
        format!("queue {queue:?}")
    }
}

/// Two processes enqueue at the same time, and a third one takes these two.
fn taken(first: u32, second: u32) -> Verdict {
    let mut history = History::new();
    let mut line = 0;
    let mut next = || {
        line += 1;
        Point::line(line)
    };
    let ok = |item| Completion::Ok(Taken(item));
    history.invoke(1, Ask::Enqueue(7), next()).unwrap();
    history.invoke(2, Ask::Enqueue(8), next()).unwrap();
    history.complete(1, ok(None), next()).unwrap();
    history.complete(2, ok(None), next()).unwrap();
    for item in [first, second] {
        history.invoke(3, Ask::Dequeue, next()).unwrap();
        history.complete(3, ok(Some(item)), next()).unwrap();
    }
    check(&Queue, &history, Budget::default())
}

#[test]
fn what_was_enqueued_at_once_is_taken_in_either_order() {
    assert_eq!(taken(7, 8), Verdict::Linearizable);
    assert_eq!(taken(8, 7), Verdict::Linearizable);
}

#[test]
fn what_was_enqueued_once_is_not_taken_twice() {
    let Verdict::NotLinearizable(found) = taken(7, 7) else { panic!("it is taken twice") };
    assert_eq!(found.culprit().told, "dequeue -> 7");
}

#[test]
fn the_documentation_shows_this_model() {
    let (here, shown) = (include_str!("own_model.rs"), include_str!("../../../../docs/invariants.md"));
    let from = here.find("#[derive").expect("the operations come first");
    let to = here.find("/// Two processes").expect("the histories come last");
    assert!(shown.contains(here[from..to].trim_end()), "docs/invariants.md shows another model");
}
