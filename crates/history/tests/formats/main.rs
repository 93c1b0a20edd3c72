//! Histories as text: the meaning of each format, the refusals and their words, and round trips that lose nothing.

extern crate stormglass_history as history;

mod answers;
mod bounds;
mod calls;
mod damage;
mod edn;
mod foreign;
mod jepsen_log;
mod json_lines;
mod left_out;
mod malformed;
mod order;
mod round_trip;
mod samples;
mod telling_apart;
