//! The rules of a Raft cluster: the invariants of its log, and the demands of a calm phase.
//!
//! A [`Checker`] is told the events of a run: the reports of nodes ([`Observation`]s), the syncs and losses of their
//! disks, the operations of clients and their answers. It never looks into a node. From these events it keeps its own
//! record (every log, its durable part on each node, the entries committed, applied and acknowledged), and answers with
//! a [`Violation`](sim::Violation) at the event that broke a rule. docs/invariants.md states each
//! [`Invariant`](sim::Invariant) for a person in a hurry.
//!
//! The files:
//! - the five properties of the Raft paper's Figure 3, and the further ones of the paper and the thesis, one file each
//!   under `invariants/`, over the record in `record.rs`: `logs.rs` (the tree of all logs), `disks.rs` (the durable
//!   state of each node), `outcomes.rs` (the outcome of applying each entry), `requests.rs` (the operations of
//!   clients), `view.rs` (the last report of each node);
//! - [`ClusterView`], which other crates may read too: to aim a fault at the leader, to count milestones;
//! - `aims.rs`: the moments that storms aim at; `milestones.rs`: the states of a Raft cluster that a campaign must
//!   reach; [`calm`]: the liveness demands, as pure functions of a view;
//! - [`RaftNet`]: all of that as the net around a run.
//!
//! Always true:
//! - an observation costs a few comparisons, and at most a walk over the nodes or over the terms that are still in some
//!   log: never over a log;
//! - memory is bounded: entries that every node has snapshotted are forgotten, and of a log no more than a fixed window
//!   is kept;
//! - where the record does not reach (forgotten, or never told), nothing is judged.
//!
//! Histories of clients, and whether they are linearizable, are the business of the crate `history`.
#![forbid(unsafe_code)]

mod aims;
pub mod calm;
mod checker;
mod disks;
mod invariants;
mod logs;
mod milestones;
mod net;
mod outcomes;
mod record;
mod requests;
mod view;

pub use aims::AIMS;
pub use checker::Checker;
pub use invariants::one_majority::{Changes, InUse};
pub use invariants::{
    DURABILITY, ELECTION_SAFETY, EXACTLY_ONCE, LEADER_APPEND_ONLY, LEADER_COMPLETENESS, LINEARIZABLE_READS,
    LOG_MATCHING, MONOTONICITY, NO_ACKNOWLEDGED_WRITE_LOST, OF_RAFT, ONE_MAJORITY, ONE_VOTE_A_TERM,
    QUORUM_WRITE_BLOCKING, STATE_MACHINE_SAFETY,
};
pub use milestones::RaftMilestone;
pub use net::{RaftNet, RaftNote};
pub use raft_types::{CoreView, EntryId, LogIndex, Membership, NewEntry, Observation, Observer, Role, Term};
pub use view::{ClusterView, NodeView};
