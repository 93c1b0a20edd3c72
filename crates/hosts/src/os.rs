//! The operating system that plain programs run on: clocks, sockets and files of simulated hosts.
//!
//! Every host, a node's machine or a client's, has a [`Kernel`]: its sockets (`net`), its files (`fs`) and its clock. The
//! programs of a host run on a tokio runtime of its own, with a paused clock, which the world steps (`process.rs`). What
//! they do to the world is put into the [`Outbox`] of the run with the true time at which they did it; the world takes it
//! in after each step, and nothing of the run happens inside a host.
//!
//! The sockets and the files have tokio's interfaces, so that a program changes its imports and nothing else. A call finds
//! the kernel of its host by [`current`]: one host runs at a time on a thread.
//!
//! Always true: whatever a process has opened (a socket, a file) does nothing once the process is stopped (`life.rs`),
//! and neither do its destructors: a machine that lost its power runs none.

pub(crate) mod address;
pub mod fs;
pub(crate) mod kernel;
pub(crate) mod life;
pub mod net;
pub(crate) mod outbox;
pub(crate) mod panics;
pub(crate) mod process;

pub(crate) use kernel::{Kernel, current, current_host};
pub(crate) use life::Life;
pub(crate) use outbox::{Outbox, Report};
pub(crate) use process::Process;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks what a run's only thread uses. A panic of a program that holds the lock ends the run; the guarded data is whole
/// all the same.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
