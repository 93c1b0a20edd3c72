//! The reports of hosts to the world of the run, in the order of their events.
//!
//! The host that all clients share is [`Actor::Run`] where a report concerns no single client.

use std::any::Any;
use std::fmt;
use std::rc::Rc;

use env::{ClientId, Instant, NodeId, SyncId, Traced};
use sim::world::{Marks, SyncEnd};
use sim::{Actor, Start};

/// A note, an operation or a completion, of a type that only the system and its world know. So the code between them is
/// compiled once, and not for every system.
pub(crate) type Word = Rc<dyn Any>;

/// One thing that happened on a host.
#[derive(Clone, Debug)]
pub(crate) enum Report {
    /// A node has booted from its files.
    Booted { node: NodeId, start: Start },
    /// A node refuses to start on its files.
    BootRefused { node: NodeId, reason: String },
    /// The code under test panicked.
    Panicked { who: Actor, message: String },
    /// A node is about to be handed a message, of so many bytes.
    Message { from: NodeId, to: NodeId, marks: Marks, bytes: u64, said: Said },
    /// A node is about to be handed a request.
    Request { from: ClientId, to: NodeId, marks: Marks, said: Said },
    /// A client, or the operator, is about to be handed an answer.
    Response { from: NodeId, to: ClientId, marks: Marks, said: Said },
    /// A node's wake-up is due, and its process about to be told.
    Woke { node: NodeId },
    /// A client's wake-up is due.
    ClientWoke { client: ClientId },
    /// A node read its clock for the first time since the clock was changed.
    ClockRead { node: NodeId },
    /// A pause kept a due event from a process; reported once in a pause.
    HeldByPause { node: NodeId },
    /// A node changed a file: `digest` stands for the change, `bytes` were appended.
    Wrote { node: NodeId, digest: u64, bytes: u64, text: Option<String> },
    /// A node asked for a sync, which ends at `ends` unless something is wrong with its disk.
    SyncBegan { node: NodeId, sync: SyncId, ends: Instant },
    /// The observations that the sync covers have been made.
    SyncRequested { node: NodeId, sync: SyncId },
    /// A sync's time has come and a stalled disk keeps it back.
    SyncStalled { node: NodeId },
    /// A sync has ended; `injected` if it failed because a fault let it fail.
    SyncEnded { node: NodeId, sync: SyncId, end: SyncEnd, injected: bool },
    /// A node notes something, in the words of its system.
    Noted { node: NodeId, note: Word },
    /// The code of an actor has made a log event.
    Logged { who: Actor, line: String },
    /// A node stops of its own accord.
    Halted { node: NodeId, reason: String },
    /// A message, request or answer was lost to faults that disturb messages.
    Lost { marks: Marks, by: Actor, said: Said },
    /// Something that `from` sent to `to` met a cut.
    LostToCut { from: NodeId, to: NodeId },
    /// A sender gave up so many frames to a peer: its queue was full, or the connection broke.
    Dropped { by: Actor, frames: u64, why: &'static str },
    /// A connection was closed because a frame on it was refused.
    FrameRefused { by: Actor, error: String },
    /// A client begins an operation.
    Invoked { client: ClientId, operation: Word },
    /// Its operation has ended.
    Completed { client: ClientId, completion: Word },
}

impl Report {
    /// True if the report begins an event, and does not only add to the one before.
    pub(super) fn is_event(&self) -> bool {
        use Report::{
            BootRefused, Booted, ClientWoke, Invoked, Message, Request, Response, SyncEnded, SyncStalled, Woke,
        };
        matches!(
            self,
            Booted { .. }
                | BootRefused { .. }
                | Message { .. }
                | Request { .. }
                | Response { .. }
                | Woke { .. }
                | ClientWoke { .. }
                | SyncStalled { .. }
                | SyncEnded { .. }
                | Invoked { .. }
        )
    }
}

/// A message, a request or an answer, as a digest and, if the run is recorded, as text.
#[derive(Clone)]
pub(crate) struct Said {
    /// Its [digest](Traced::digest).
    pub(crate) digest: u64,
    /// Its text.
    pub(crate) text: Option<String>,
}

impl Traced for Said {
    fn digest(&self) -> u64 {
        self.digest
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.as_deref().unwrap_or_default())
    }
}
