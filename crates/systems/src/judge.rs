//! The judge of a system's own rules, and the events of a run that such a judge is shown.

use env::{Completion, Instant, NodeId, NodeSet, RequestId};
use sim::{Checked, Moment, Seen};

use crate::rule::Judged;

/// A judge that goes by the notes of nodes and by the operations of clients.
pub(crate) trait Judge {
    /// The clients' operations.
    type Op;
    /// The answers to them.
    type Output;
    /// The notes of nodes.
    type Note;

    /// A node notes a step that it took.
    fn noted(&mut self, at: Instant, node: NodeId, note: &Self::Note) -> Judged;

    /// A client begins an operation.
    fn invoked(&mut self, request: RequestId, operation: &Self::Op);

    /// A client's operation has ended.
    fn completed(&mut self, at: Instant, request: RequestId, completion: &Completion<Self::Output>) -> Judged;

    /// The process of a node is gone.
    fn stopped(&mut self, node: NodeId);

    /// Takes one event of the run. A rule that a note breaks is broken by the node of the note.
    fn judge(&mut self, at: Moment, seen: Seen<'_, Self::Op, Self::Output, Self::Note>) -> Checked {
        let (judged, nodes) = match seen {
            Seen::Noted(node, note) => (self.noted(at.time, node, note), [node].into_iter().collect()),
            Seen::Completed(request, completion) => (self.completed(at.time, request, completion), NodeSet::EMPTY),
            Seen::Invoked(request, operation) => {
                self.invoked(request, operation);
                return Ok(());
            }
            Seen::Stopped(node, _) => {
                self.stopped(node);
                return Ok(());
            }
            _ => return Ok(()),
        };
        judged.map_err(|broken| broken.violation(at, nodes))
    }
}
