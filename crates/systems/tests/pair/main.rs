//! The pair under the simulator: whole runs, judged by everything there is.

mod fencing;
mod plans;
mod roles;
mod rules;
mod storms;
mod tally;
