//! Simulated runs of the cluster: storms that it must survive, and the proof that the checks notice bugs.
//!
//! One program for all of them: each program that runs the cluster compiles both engines for it anew.

mod determinism;
mod evidence;
mod half_removed;
mod net;
mod observer;
mod properties;
mod scripts;
mod shrink;
mod stale_reads;
mod stories;
mod storms;
mod zoo;
