//! At most one node holds something at a time: a lease, a lock, the role of the primary.

use std::marker::PhantomData;

use env::{NodeId, NodeSet};

use super::{Answer, Checked, Invariant, Moment, Net, Note, Op, Seen, Standing, Violation};

/// A note's meaning for the holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// The node holds it from now on.
    Takes,
    /// The node does not hold it any more.
    LetsGo,
}

/// Requires that at most one node holds something at a time. `read` gives a note's meaning, `None` if the note is about
/// something else; a node that stops holds nothing.
pub struct AtMostOneHolder<O, A, N> {
    invariant: Invariant,
    read: fn(&N) -> Option<Holding>,
    holders: NodeSet,
    words: PhantomData<fn() -> (O, A)>,
}

impl<O, A, N> AtMostOneHolder<O, A, N> {
    /// The rule of this name.
    pub fn new(invariant: Invariant, read: fn(&N) -> Option<Holding>) -> AtMostOneHolder<O, A, N> {
        AtMostOneHolder { invariant, read, holders: NodeSet::EMPTY, words: PhantomData }
    }

    /// The nodes that hold it: at most one, while the rule is kept.
    pub fn holders(&self) -> NodeSet {
        self.holders
    }

    fn takes(&mut self, at: Moment, node: NodeId) -> Checked {
        self.holders.insert(node);
        if self.holders.len() > 1 {
            let message = format!("{node} holds it too: {} do", self.holders);
            return Err(Box::new(Violation::new(self.invariant, at, self.holders, message)));
        }
        Ok(())
    }
}

impl<O, A, N> Clone for AtMostOneHolder<O, A, N> {
    fn clone(&self) -> Self {
        let AtMostOneHolder { invariant, read, holders, .. } = *self;
        AtMostOneHolder { invariant, read, holders, words: PhantomData }
    }
}

impl<O: Op, A: Answer, N: Note> Net for AtMostOneHolder<O, A, N> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn see(&mut self, at: Moment, seen: Seen<'_, O, A, N>) -> Checked {
        match seen {
            Seen::Noted(node, note) => match (self.read)(note) {
                Some(Holding::Takes) => return self.takes(at, node),
                Some(Holding::LetsGo) => {
                    self.holders.remove(node);
                }
                None => {}
            },
            Seen::Stopped(node, _) => {
                self.holders.remove(node);
            }
            _ => {}
        }
        Ok(())
    }

    fn standing(&self) -> Standing {
        Standing { leader: self.holders.iter().next(), leaders: self.holders, ..Standing::NONE }
    }
}
