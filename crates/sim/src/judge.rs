//! Rules that a system brings along: what must hold of it besides what is checked of any replicated log.

use std::any::Any;

use env::{Completion, NodeId, Observation, Operation, RequestId};
use history::Moment;
use raft_rules::calm::Reach;

/// Judges one run of one system by the system's own rules. It is told what happens, in order, and sees no node.
///
/// A rule that is broken ends the run at that event, as a violation of [`SystemRule`](history::Invariant::SystemRule).
pub trait Judge {
    /// A node says what it did.
    ///
    /// # Errors
    /// How this breaks a rule, in one line.
    fn observed(&mut self, at: Moment, node: NodeId, observation: &Observation) -> Result<(), String>;

    /// A client begins an operation.
    fn invoked(&mut self, _at: Moment, _request: RequestId, _operation: &Operation) {}

    /// A client's operation has ended.
    ///
    /// # Errors
    /// How this breaks a rule, in one line.
    fn completed(&mut self, _at: Moment, _request: RequestId, _completion: &Completion) -> Result<(), String> {
        Ok(())
    }

    /// A node's process is gone, and its memory with it.
    fn stopped(&mut self, _at: Moment, _node: NodeId) {}

    /// The first demand of the calm phase that the nodes do not meet yet, in one line. A demand that stays unmet is a
    /// violation of [`Convergence`](history::Invariant::Convergence). `reach` says which nodes run, and which of them the
    /// faults that stay let talk: a judge demands nothing that these faults make impossible.
    fn lacks(&self, _reach: &Reach) -> Option<String> {
        None
    }

    /// True if a client's write must come to succeed in the calm phase. The run asks this when the write is late, of a system
    /// that keeps no log or does not answer from it. A demand that a judge waives here is counted.
    fn must_serve(&self, _reach: &Reach) -> bool {
        true
    }

    /// The same judge, who has seen the same.
    fn copy(&self) -> Box<dyn Judge>;

    /// Itself, for a story that wants to ask more of it.
    fn as_any(&self) -> &dyn Any;
}

impl Clone for Box<dyn Judge> {
    fn clone(&self) -> Self {
        self.copy()
    }
}
