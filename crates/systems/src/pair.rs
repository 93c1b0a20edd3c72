//! A primary and its passive: two nodes of which one at a time serves, by a lease with a fencing token.
//!
//! The lease is a record in a coordination service, which is a Raft cluster of its own ([`COORDINATORS`], the nodes of
//! [`kv`]). The two [`MEMBERS`] keep a key-value store in a write-ahead log that the primary ships to the passive. The
//! scheme is that of PacificA (Lin et al., "PacificA: Replication in Log-Based Distributed Storage Systems",
//! MSR-TR-2008-25): the configuration is kept by a service that agrees, and the data by a primary that writes to everyone
//! in the configuration.
//!
//! | idea | where |
//! | --- | --- |
//! | the decisions, and the bugs that can be planted in them | `rules.rs`, [`Bug`] |
//! | the lease: holder, token, renewals, who is in sync (PacificA section 2.2, "replica group configuration") | `lease.rs` |
//! | asking the coordination service, as one of its clients | `coordination.rs`, `coordinator.rs` |
//! | the record that is written, its encoding and checksums, torn tails | `record.rs`, `wal.rs`, `frame.rs` |
//! | the store, and answers kept for retries | `store.rs` |
//! | taking the lease, and being named by it | `member/passive.rs` |
//! | renewing it, who is in sync, handing over (PacificA section 2.3, "reconfiguration") | `member/tenure.rs` |
//! | shipping, and when a write counts (PacificA section 2.1) | `member/primary.rs`, `member/shipping.rs` |
//! | what they say to one another, and as bytes | `message.rs`, `wire.rs` |
//! | what is reported | `note.rs` |
//! | the plans of seeds: which faults, for how long, and what clients do | `plan.rs` |
//! | what must hold | [`PairJudge`] |
//!
//! Always true, as long as clocks drift no more than the cluster allows for:
//! - whoever is in sync, by the lease, holds every acknowledged write durably; only who is in sync becomes primary;
//! - a write is acknowledged once everyone in sync holds it durably, and is executed once, whatever is retried;
//! - a primary takes and acknowledges nothing once its own clock says that its lease may have run out, counted from when it
//!   *sent* the last renewal that succeeded; a challenger waits for the time to live from when it *saw* it;
//! - every tenure has a token of its own, higher than all before: whoever begins to serve has taken the lease with a new one,
//!   though it be its own lease from before a restart;
//! - a record is named by its position and the token of the tenure that wrote it, and by these two so is all before it.
//!
//! If clocks are worse, reads may be stale; writes are still safe, since the other member refuses what carries a lower token
//! than it has seen.
//!
//! What is left out, and what follows from it:
//! - compaction. The whole log is kept in memory and on disk, and a member that comes back is sent the records it lacks;
//! - seals. A torn tail is cut off at boot, and whether what it held was once durable cannot be told; damage anywhere else
//!   is refused.
//! - a third member. If the only one in sync is lost with its disk, nobody serves any more.

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
mod plan;
mod record;
mod rules;
mod store;
mod system;
mod timing;
mod wal;
mod wire;

use env::{NodeId, NodeSet};
use kv_types::{Operation, Output};

pub use bug::Bug;
pub use judge::{PairJudge, Role};
pub use message::{Message, Request, Response};
pub use net::PairNet;
pub use node::Node;
pub use note::Note;
pub use record::{Lsn, Mark, Token};
pub use system::LeasePair;

/// A client of the pair: it asks the member that last answered, or was named as the primary, and the other one when that
/// does not answer.
pub type Client = crate::Client<Operation, Output, Request, Response>;

/// The nodes that keep the lease.
pub const COORDINATORS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

/// The nodes of which one is primary.
pub const MEMBERS: [NodeId; 2] = [NodeId(4), NodeId(5)];

/// A put to this key asks the primary to hand its role over; it is answered once that is done.
pub const DEMOTE: &str = "!demote";

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
