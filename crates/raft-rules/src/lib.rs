//! What must hold of a Raft cluster: the invariants of its log, and what a calm phase demands.
//!
//! A [`Checker`] is told what happens in a run: what nodes say they did ([`Observation`]s), what their
//! disks did, what clients asked and were answered. It never looks into a node. From that it keeps its own record (every
//! log, what of it is durable where, what was committed, applied and acknowledged), and answers with a [`Violation`](sim::Violation) at
//! the event that broke a rule. docs/invariants.md states each [`Invariant`](sim::Invariant) for a person in a hurry.
//!
//! Where what is:
//! - the five properties of the Raft paper's Figure 3, and the further ones of the paper and the thesis, one file each
//!   under `invariants/`, over the record in `record.rs`: `logs.rs` (the tree of all logs), `disks.rs` (what each node
//!   holds durably), `outcomes.rs` (what applying each entry did), `requests.rs` (what clients asked), `view.rs` (what each
//!   node last said);
//! - [`ClusterView`], which others may read too: to aim a fault at the leader, to count milestones;
//! - `milestones.rs`: the states of a Raft cluster that a campaign must reach; [`calm`]: the liveness demands, as pure
//!   functions of a view;
//! - [`RaftNet`]: all of that as the net around a run.
//!
//! Always true:
//! - an observation costs a few comparisons, and at most a walk over the nodes or over the terms that are still in some
//!   log: never over a log;
//! - memory is bounded: what every node has snapshotted is forgotten, and of a log no more than a fixed window is kept;
//! - where the record does not reach (forgotten, or never told), nothing is judged.
//!
//! Histories of clients, and whether they are linearizable, are the business of the crate `history`.
#![forbid(unsafe_code)]

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

pub use checker::Checker;
pub use invariants::one_majority::InUse;
pub use invariants::{
    DURABILITY, ELECTION_SAFETY, EXACTLY_ONCE, LEADER_APPEND_ONLY, LEADER_COMPLETENESS, LINEARIZABLE_READS,
    LOG_MATCHING, MONOTONICITY, NO_ACKNOWLEDGED_WRITE_LOST, OF_RAFT, ONE_MAJORITY, ONE_VOTE_A_TERM,
    QUORUM_WRITE_BLOCKING, STATE_MACHINE_SAFETY,
};
pub use milestones::RaftMilestone;
pub use net::{RaftNet, RaftNote};
pub use raft_types::{EntryId, LogIndex, Membership, Observation, Term};
pub use view::{ClusterView, NodeView, Role};
