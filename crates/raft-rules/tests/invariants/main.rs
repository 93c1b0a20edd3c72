//! Each invariant against a history that breaks it, and against the nearest one that does not.

extern crate stormglass_raft_rules as raft_rules;

mod calm;
mod cluster;
mod durability;
mod elections;
mod logs;
mod membership;
mod requests;
mod restarts;
mod state_machines;
