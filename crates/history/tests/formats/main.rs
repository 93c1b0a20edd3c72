//! Histories as text: what each format says, what is refused and in which words, and that nothing is lost on the way.

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
