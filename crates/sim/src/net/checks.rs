//! A rule in one closure.

use std::marker::PhantomData;

use env::NodeSet;

use super::{Answer, Checked, Invariant, Moment, Net, Note, Op, Seen, Violation, Words};

/// One rule of a system's own: a closure that is shown every event and answers with an error, in one line, when the
/// rule is broken. The closure owns its memory, and is `Clone`, as the net is.
#[derive(Debug)]
pub struct Checks<F, O, A, N> {
    invariant: Invariant,
    check: F,
    words: Words<O, A, N>,
}

impl<F, O, A, N> Checks<F, O, A, N>
where
    F: FnMut(Moment, Seen<'_, O, A, N>) -> Result<(), String>,
{
    /// The rule of this name.
    pub fn new(invariant: Invariant, check: F) -> Checks<F, O, A, N> {
        Checks { invariant, check, words: PhantomData }
    }
}

impl<F: Clone, O, A, N> Clone for Checks<F, O, A, N> {
    fn clone(&self) -> Self {
        Checks { invariant: self.invariant, check: self.check.clone(), words: PhantomData }
    }
}

impl<F, O: Op, A: Answer, N: Note> Net for Checks<F, O, A, N>
where
    F: FnMut(Moment, Seen<'_, O, A, N>) -> Result<(), String> + Clone + 'static,
{
    type Op = O;
    type Output = A;
    type Note = N;

    /// A violation is about the node whose note broke the rule, if a note did.
    fn see(&mut self, at: Moment, seen: Seen<'_, O, A, N>) -> Checked {
        (self.check)(at, seen).map_err(|message| {
            let nodes = if let Seen::Noted(node, _) = seen { [node].into_iter().collect() } else { NodeSet::EMPTY };
            Box::new(Violation::new(self.invariant, at, nodes, message))
        })
    }
}
