//! The caller's duties after a step.

use env::NodeId;
use raft_types::{LogIndex, Observation};

use crate::entry::{Entry, HardState, Snapshot};
use crate::message::Message;

/// Everything a server wants done since the last [`Node::take_ready`](crate::Node::take_ready). The caller's duties, in
/// this order:
///
/// 1. Report `observations`.
/// 2. Write `snapshot`, if there is one: a leader's, which replaces log and state machine. When it is durable and the
///    state machine holds its state, call [`Node::snapshot_installed`](crate::Node::snapshot_installed); until then no
///    `entries` or `committed` come.
/// 3. Write `hard_state`; cut the log at `truncate_from`; then add `entries` to it. Ask for a sync if `needs_sync`.
/// 4. Send `messages`, without waiting for the disk.
/// 5. Apply `committed` to the state machine, in order. They need not be durable here: a quorum holds them.
/// 6. Once the writes of this and of all earlier `Ready`s are durable, call
///    [`Node::persisted`](crate::Node::persisted) with `number` and send `messages_when_durable`. If a `Ready` writes
///    nothing and nothing earlier is outstanding, that is now.
/// 7. Answer each of `reads` as soon as the state machine includes its index; refuse each of `reads_dropped`.
///
/// A crash at any point is only this: the rest is not done.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    /// Counts the `Ready`s of this server, from 1.
    pub number: u64,
    /// The observations of the server's steps. A granted vote is not among them: it binds when its
    /// [`RequestVoteResponse`](Message::RequestVoteResponse) leaves, and only the caller knows when that is sent.
    pub observations: Vec<Observation>,
    /// A snapshot received from the leader; it replaces log and state machine.
    pub snapshot: Option<Snapshot>,
    /// The term and vote, if they have changed.
    pub hard_state: Option<HardState>,
    /// The first index of the written log that is gone, if any is.
    pub truncate_from: Option<LogIndex>,
    /// New entries, without gaps, the first right behind the last entry of the log that is left.
    pub entries: Vec<Entry>,
    /// True if any of these writes must be durable before another server relies on it.
    pub needs_sync: bool,
    /// To send at once.
    pub messages: Vec<(NodeId, Message)>,
    /// To send once everything up to here is durable: each of them is a promise.
    pub messages_when_durable: Vec<(NodeId, Message)>,
    /// To apply, in order.
    pub committed: Vec<Entry>,
    /// Reads that may be answered.
    pub reads: Vec<ReadState>,
    /// Reads that this server cannot answer any more: it lost its leadership or its leader.
    pub reads_dropped: Vec<ReadToken>,
}

/// The caller's own name for a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadToken(pub u64);

/// A linearizable read, ready to be answered from any state that includes every entry up to `index`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadState {
    /// The number of the read.
    pub token: ReadToken,
    /// The commit index when the leader took the read; the state must not be older.
    pub index: LogIndex,
}

impl Ready {
    /// True if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.observations.is_empty()
            && self.messages.is_empty()
            && self.messages_when_durable.is_empty()
            && self.committed.is_empty()
            && self.reads.is_empty()
            && self.reads_dropped.is_empty()
            && !self.has_writes()
    }

    /// True if it changes anything on the disk.
    pub fn has_writes(&self) -> bool {
        self.snapshot.is_some() || self.hard_state.is_some() || self.truncate_from.is_some() || !self.entries.is_empty()
    }

    /// Empties everything and keeps the allocations.
    pub fn clear(&mut self) {
        self.number = 0;
        self.observations.clear();
        self.snapshot = None;
        self.hard_state = None;
        self.truncate_from = None;
        self.entries.clear();
        self.needs_sync = false;
        self.messages.clear();
        self.messages_when_durable.clear();
        self.committed.clear();
        self.reads.clear();
        self.reads_dropped.clear();
    }
}
