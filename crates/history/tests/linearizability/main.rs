//! The tests of the judge of histories.
//!
//! - It is held against a dumb twin that tries every order (`brute`), on small random histories (`random`, `agreement`),
//!   with any budget (`budget`), and when it watches a run (`streaming`).
//! - It passes a history that is linearizable by construction (`generated`, `constructed`), however long; it finds one
//!   wrong answer planted there (`planted`).
//! - A counterexample is true (`truth`), and told plainly (`told`).
//! - Where a history begins (`start`), and the cost of the hard ones (`scale`).
//! - `textbook` has the well-known histories, `own_model` an object of one's own.
//!
//! The properties take as many cases as `PROPTEST_CASES` says, if those are more than their own.

extern crate stormglass_history as history;

mod agreement;
mod brute;
mod budget;
mod constructed;
mod events;
#[path = "../support/generated.rs"]
mod generated;
mod own_model;
mod plain;
mod planted;
mod random;
mod scale;
mod start;
mod story;
mod streaming;
mod textbook;
mod told;
mod truth;
