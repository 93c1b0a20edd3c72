//! The turmoil engine: every node a turmoil host, with real async code around it.
//!
//! There are two kinds of hosts, each a [`World`](sim::world::World) that a run happens in:
//!
//! - `machines`: a tokio shell around a state machine, a [`Process`](env::Process), which the event engine runs as well.
//!   A [`System`](sim::System) whose messages have an encoding names both engines with [`event_and_turmoil`].
//! - `programs`: a plain async function on tokio's timers and on the sockets and files of [`net`] and [`fs`], which knows of
//!   no `Process`: an [`AsyncSystem`]. `os` is the operating system under it.
//!
//! Time goes on by ticks of 1 ms. In each, every host runs; the hosts have reported their acts by its end, and the run
//! takes the reports in, in order. Faults, starts and stops happen between two ticks, so nothing of the run
//! happens inside a host. docs/fault-model.md says how each fault is done, fault by fault.
//!
//! Always true: equal plan, system and version give an equal outcome, digest included, on any machine. There is one
//! thread, time is tokio's paused clock, and all randomness grows from the plan's seed; tokio draws from it only under
//! `--cfg tokio_unstable`, without which the build stops.
#![forbid(unsafe_code)]

mod engines;
mod machines;
mod os;
mod programs;
#[cfg(test)]
mod tests;

pub use engines::event_and_turmoil;
pub use os::{fs, net};
pub use programs::{AsyncSystem, Host, HostsNet, Operator, User};
/// The result of a server or a client: turmoil's.
pub use turmoil::Result;
