//! TCP connections that carry numbered frames between hosts.
//!
//! A small transport as one would write it for production, on `turmoil::net` and tokio. It knows nothing of the system,
//! of faults or of plans: bytes go in with a number at one end and come out with it at the other, or are counted as
//! dropped.
//!
//! Listening ([`Inbound`]) and dialling ([`Outbound`]) use different connections: a node dials every peer it sends to,
//! and peers dial it, so between two nodes there are two connections, each with messages one way and acknowledgements
//! the other. A clients' host dials nodes and gets its answers back over the same connection.
//!
//! Always true:
//! - frames of one connection arrive in the order in which they were sent, each at most once and as it was sent
//!   ([`frame`]);
//! - sending never blocks: a frame that finds its queue full is refused, and the caller knows;
//! - a frame that was accepted is written, or reported in [`Event::Dropped`]; nothing is sent twice;
//! - a connection whose frames are not acknowledged in time ([`answer_timeout`]) is given up, so a path that swallows
//!   bytes is noticed;
//! - at worst, bytes that a peer sends cost it its connection;
//! - a host that neither sends nor receives is not woken: there is no timer without traffic.
//!
//! Left out: retransmission, authentication, encryption. A sender must expect that frames are lost with a connection,
//! and send again.
//!
//! Behaviour of turmoil 0.7.2 that shapes this code:
//! - it never retransmits: a segment that a partition swallows leaves a gap behind which nothing is ever delivered, and
//!   neither side is told;
//! - the end of a stream that finds its reader's buffers full is never delivered: such a connection stays until the
//!   peer's next one replaces it;
//! - a connection attempt into a partition is refused at once, one to a crashed host hangs until the host is back;
//! - an attempt that fails keeps its socket, a kilobyte, and its ephemeral port for the rest of the simulation. So none
//!   is made into a partition ([`Endpoint::is_cut_off`]), and a long run needs a wide range of ports
//!   (`Builder::ephemeral_ports`);
//! - 64 attempts that wait to be accepted end the simulation in a panic, so accepting goes on while a process is
//!   paused; in a real machine it is the kernel that does so.

mod event;
mod frame;
mod gate;
mod inbound;
mod inbox;
mod outbound;
mod queue;
mod socket;
mod timer;

#[cfg(test)]
mod tests;

use std::rc::Rc;
use std::time::Duration;

use env::NodeId;

pub(crate) use event::{Broken, Event};
pub(crate) use frame::Speaker;
pub(crate) use gate::Gate;
pub(crate) use inbound::{Arrival, Inbound};
pub(crate) use inbox::Inbox;
pub(crate) use outbound::{Answer, Answers, Outbound};
pub(crate) use queue::Refused;

/// Where every node listens.
pub(crate) const PORT: u16 = 7000;

/// Frames that wait for one connection.
pub(crate) const QUEUE_FRAMES: usize = 256;

/// While frames arrive they are acknowledged at most so often.
pub(crate) const ACK_EVERY: Duration = Duration::from_millis(50);

/// The shortest time after which a silent peer is given up.
pub(crate) const ANSWER_TIMEOUT_MIN: Duration = Duration::from_millis(250);

/// The hello on a new connection must come within this time.
pub(crate) const HELLO_TIMEOUT: Duration = Duration::from_millis(1_000);

/// The shortest pause between two attempts to connect; it doubles up to the longest.
pub(crate) const BACKOFF_MIN_MS: u64 = 10;

/// The longest pause between two attempts to connect.
pub(crate) const BACKOFF_MAX_MS: u64 = 160;

/// The common part of all connections of a host.
pub(crate) struct Endpoint {
    /// The speaker of this host.
    pub(crate) own: Speaker,
    /// The version of this host's messages; a peer with another version is refused.
    pub(crate) version: u16,
    /// Closed while the process is paused.
    pub(crate) gate: Rc<Gate>,
    /// A connection on which a frame is unacknowledged for so long is given up, and so is an attempt to connect.
    pub(crate) answer_timeout: Duration,
    /// True if an attempt to connect to this node would be refused at once. It is not made then: turmoil would keep its
    /// socket and its port for the rest of the simulation.
    pub(crate) is_cut_off: Rc<dyn Fn(NodeId) -> bool>,
    /// Is told every event, at the moment it happens.
    pub(crate) events: Rc<dyn Fn(Event)>,
}

/// How long to wait for an answer where a message takes up to `latency_max`: twice as long as an acknowledgement can
/// take.
pub(crate) fn answer_timeout(latency_max: Duration) -> Duration {
    ANSWER_TIMEOUT_MIN.max(2 * (2 * latency_max + ACK_EVERY))
}
