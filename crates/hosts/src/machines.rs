//! Nodes as state machines, on turmoil hosts: a tokio shell around each process.
//!
//! Every node is a turmoil host, with a tokio shell that reads and writes frames over `turmoil::net` TCP, keeps its
//! files on turmoil's simulated filesystem and sleeps on tokio timers. All clients of a plan share one more host.
//!
//! Hosts decide nothing about the run. They report their acts ([`report::Report`]), and read the faults on them from
//! their [`machine::Machine`] (clock, pause, disk) and from the [`state::RunState`] (cuts, disturbances). The world sets
//! both between two ticks.

mod clients;
mod connections;
mod disk;
mod machine;
mod report;
mod sending;
mod shell;
mod state;
mod timer;
mod transport;
mod world;

pub(crate) use world::MachinesWorld;
