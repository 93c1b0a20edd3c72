//! Each invariant against a history that breaks it, and against the nearest one that does not.

mod calm;
mod cluster;
mod durability;
mod elections;
mod logs;
mod membership;
mod requests;
mod restarts;
mod state_machines;
