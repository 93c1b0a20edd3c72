//! A primary and its passive: two nodes that serve one at a time, by a lease with a fencing token.
//!
//! The lease is a record in a coordination service, which is a Raft cluster of its own ([`COORDINATORS`], the nodes of
//! [`kv`]). The two [`MEMBERS`] keep a key-value store in a write-ahead log that the primary ships to the passive. The
//! scheme is that of PacificA (Lin et al., "PacificA: Replication in Log-Based Distributed Storage Systems",
//! MSR-TR-2008-25): a service that agrees keeps the configuration, and a primary that writes to all members of the
//! configuration keeps the data.
//!
//! | idea | where |
//! | --- | --- |
//! | the decisions, and the bugs that can be planted in them | `rules.rs`, [`Bug`] |
//! | lease: holder, token, renewal, in-sync set (PacificA section 2.2, "replica group configuration") | `lease.rs` |
//! | asking the coordination service, as one of its clients | `coordination.rs`, `coordinator.rs` |
//! | the record that is written, its encoding and checksums, torn tails | `record.rs`, `wal.rs`, `frame.rs` |
//! | the store, and answers kept for retries | `store.rs` |
//! | taking the lease, and being named by it | `member/passive.rs` |
//! | renewing the lease, its in-sync set, handing over (PacificA section 2.3, "reconfiguration") | `member/tenure.rs` |
//! | shipping, and when a write counts (PacificA section 2.1) | `member/primary.rs`, `member/shipping.rs` |
//! | the messages, and their encoding | `message.rs`, `wire.rs` |
//! | the operations of clients, and their answers | `operation.rs` |
//! | the notes | `note.rs` |
//! | the plans of seeds: their faults, how long these last, and the clients' operations | `plan.rs` |
//! | the rules of a run | [`PairJudge`] |
//!
//! Always true, as long as clocks drift no more than the cluster allows for:
//! - a member that is in sync, by the lease, holds every acknowledged write durably; only such a member becomes
//!   primary;
//! - a write is acknowledged once all members in sync hold it durably, and is executed once, however often it is
//!   retried;
//! - a primary takes and acknowledges nothing once its own clock says that its lease may have run out, counted from
//!   when it *sent* the last renewal that succeeded; a challenger waits for the time to live from when it *saw* it;
//! - every tenure has a token of its own, higher than all before: a member that begins to serve has taken the lease
//!   with a new one, even its own lease from before a restart;
//! - a record's position and the token of the tenure that wrote it name the record, and all records before it.
//!
//! If clocks are worse, reads may be stale; writes are still safe, since the other member refuses records under a lower
//! token than it has seen.
//!
//! Left out, with the consequences:
//! - compaction. The whole log is kept in memory and on disk, and a member that comes back is sent the records it
//!   lacks;
//! - seals. A torn tail is cut off at boot, though it may once have been durable; damage anywhere else is refused.
//! - a third member. If the only member in sync is lost with its disk, no member serves any more.

mod bug;
mod coordination;
mod coordinator;
mod judge;
mod lease;
mod member;
mod message;
mod net;
mod node;
mod note;
mod operation;
mod plan;
mod record;
mod rules;
mod store;
mod system;
mod timing;
mod wal;
mod wire;

use env::{NodeId, NodeSet};

pub use bug::Bug;
pub use judge::{PairJudge, Role};
pub use message::{Message, Request, Response};
pub use net::PairNet;
pub use node::Node;
pub use note::Note;
pub use operation::{Operation, Output};
pub use record::{Lsn, Mark, Token};
pub use system::LeasePair;

/// A client of the pair: it asks the member that last answered, or was named as the primary, and the other one when
/// that does not answer.
pub type Client = parts::Client<Operation, Output, Request, Response>;

/// The nodes that keep the lease.
pub const COORDINATORS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

/// The nodes of the pair: one of them is primary.
pub const MEMBERS: [NodeId; 2] = [NodeId(4), NodeId(5)];

/// The coordinators as a set.
fn coordinators() -> NodeSet {
    COORDINATORS.into_iter().collect()
}

/// The members as a set.
fn members() -> NodeSet {
    MEMBERS.into_iter().collect()
}

/// The other member.
fn peer_of(member: NodeId) -> NodeId {
    MEMBERS[usize::from(member == MEMBERS[0])]
}
