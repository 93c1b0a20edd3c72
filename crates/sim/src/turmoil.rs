//! The turmoil engine's hosts: real async code around the same state machines.
//!
//! Every node is a turmoil host, with a tokio shell that reads and writes frames over `turmoil::net` TCP, keeps its
//! files on turmoil's simulated filesystem and sleeps on tokio timers. All clients of a plan share one more host.
//!
//! Hosts decide nothing about the run. They report their acts ([`report::Report`]), and read the faults on them from
//! the [`stage::Stage`], which the director of the run sets between two ticks.

#[cfg(not(tokio_unstable))]
compile_error!(
    "stormglass needs tokio's seeded randomness: build with --cfg tokio_unstable, as .cargo/config.toml of this repository \
     does (RUSTFLAGS, RUSTDOCFLAGS or a target's own rustflags override that file: add --cfg tokio_unstable to them)"
);

mod clients;
mod connections;
mod disk;
mod report;
mod sending;
mod shell;
mod stage;
mod timer;
mod transport;
mod world;

pub(crate) use world::TurmoilWorld;
