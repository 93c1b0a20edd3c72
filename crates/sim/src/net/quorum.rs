//! The waiver of a system that needs a majority.

use env::NodeSet;

use super::{Answer, Checked, Demand, Moment, Net, Note, Op, Owed, Reach, Seen, Words};

/// Waives the demands of the calm phase where the faults that stay leave no majority of the members that can all talk
/// to one another: a system that decides by majorities owes nothing then. To be composed with the nets that make the
/// demands.
#[derive(Debug)]
pub struct Quorum<O, A, N> {
    members: NodeSet,
    words: Words<O, A, N>,
}

impl<O, A, N> Quorum<O, A, N> {
    /// A majority of these members decides.
    pub fn of(members: NodeSet) -> Quorum<O, A, N> {
        Quorum { members, words: Words::default() }
    }
}

impl<O, A, N> Clone for Quorum<O, A, N> {
    fn clone(&self) -> Self {
        Quorum::of(self.members)
    }
}

impl<O: Op, A: Answer, N: Note> Net for Quorum<O, A, N> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn see(&mut self, _: Moment, _: Seen<'_, O, A, N>) -> Checked {
        Ok(())
    }

    fn owes(&self, _: Demand, reach: &Reach) -> Owed {
        if reach.cores(self.members).any(|core| 2 * core.len() > self.members.len()) {
            Owed::Nothing
        } else {
            Owed::Waived
        }
    }
}
