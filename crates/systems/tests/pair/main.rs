//! The pair under the simulator: whole runs, judged by everything there is.

mod clocks;
mod fencing;
mod plans;
mod roles;
mod rules;
mod storms;
mod tally;
