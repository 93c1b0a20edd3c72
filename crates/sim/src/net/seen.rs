//! The events that a net is shown.

use env::{ClientId, Completion, NodeId, RequestId, SyncId};

/// One event of a run. `O` is the type of operations, `A` of answers, `N` of notes.
#[derive(Debug)]
#[non_exhaustive]
pub enum Seen<'a, O, A, N> {
    /// A node has booted.
    Booted(NodeId),
    /// A node notes a step that it took.
    Noted(NodeId, &'a N),
    /// A client that is a program notes something.
    ClientNoted(ClientId, &'a N),
    /// A client begins an operation.
    Invoked(RequestId, &'a O),
    /// A client's operation has ended.
    Completed(RequestId, &'a Completion<A>),
    /// A node has asked its disk to make all its writes so far durable. The request comes after the notes of the same
    /// step: a node writes, notes the writes, and asks for the sync, all in one step, and the sync covers these writes.
    SyncRequested(NodeId, SyncId),
    /// This sync is done; the node has not heard of it yet. A failed sync is not shown, nor are later ones of that
    /// life.
    Synced(NodeId, SyncId),
    /// A node that had booted has stopped: its memory is gone.
    Stopped(NodeId, Stopped),
    /// A fault has destroyed a node's files, or some of them.
    DiskLost(NodeId),
    /// A node refuses to start from its files, for this reason.
    BootRefused(NodeId, &'a str),
    /// True if links between nodes are cut from now on, false if none is any more.
    LinksCut(bool),
    /// The run has met all demands of its calm phase: nothing more happens.
    Over,
    /// The run is given up for being late: nothing more happens.
    GivenUp,
}

/// How a node stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Its process ended, and the machine's page cache outlives it.
    Killed,
    /// Its machine lost power, or is gone.
    PowerLost,
}

impl<O, A, N> Clone for Seen<'_, O, A, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O, A, N> Copy for Seen<'_, O, A, N> {}
