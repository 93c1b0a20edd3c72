//! The safety invariants, one a file. Each judges an event against the [`Record`](crate::record::Record) as it was before
//! the event, and keeps itself only what no other needs.

pub(crate) mod acknowledged_writes;
pub(crate) mod durability;
pub(crate) mod election_safety;
pub(crate) mod exactly_once;
pub(crate) mod leader_append_only;
pub(crate) mod leader_completeness;
pub(crate) mod linearizable_reads;
pub(crate) mod log_matching;
pub(crate) mod monotonicity;
pub(crate) mod one_majority;
pub(crate) mod one_vote;
pub(crate) mod quorum_write_blocking;
pub(crate) mod state_machine_safety;
