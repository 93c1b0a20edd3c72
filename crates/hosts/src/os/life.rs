//! One life of a host's process, as whatever the process has opened knows it: it does nothing once that life is over.

use std::io::{Error, Result};
use std::sync::Arc;

use env::Instant;

use super::fs::Volume;
use super::net::Sockets;
use super::{Kernel, Report, current};

/// A host, and the number of the life in which a process was given this.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    kernel: Arc<Kernel>,
    number: u32,
}

impl Life {
    /// The life of the process that is running.
    ///
    /// # Panics
    /// If none is.
    pub(crate) fn current() -> Life {
        Life::of(current())
    }

    /// The present life of a host; if no process runs there, one that is over.
    pub(crate) fn of(kernel: Arc<Kernel>) -> Life {
        let number = kernel.life();
        Life { kernel, number }
    }

    /// True until the process is stopped.
    pub(crate) fn goes_on(&self) -> bool {
        self.kernel.is_alive(self.number)
    }

    /// Says that the life goes on.
    ///
    /// # Errors
    /// The process was stopped.
    pub(crate) fn check(&self) -> Result<()> {
        if self.goes_on() { Ok(()) } else { Err(stopped()) }
    }

    /// Tells the world; nobody hears a process that was stopped.
    pub(crate) fn report(&self, report: Report) {
        if self.goes_on() {
            self.kernel.report(report);
        }
    }

    /// Reads the clock of the host.
    pub(crate) fn read_clock(&self) -> Instant {
        self.report(Report::ReadClock);
        self.kernel.clock_reading()
    }

    /// Uses the sockets of the host.
    ///
    /// # Errors
    /// The process was stopped, and nothing is done.
    pub(crate) fn with_sockets<R>(&self, act: impl FnOnce(&mut Sockets) -> R) -> Result<R> {
        self.check()?;
        Ok(self.kernel.with_sockets(act))
    }

    /// Uses the files of the host.
    ///
    /// # Errors
    /// Those of `act`; or the process was stopped, and nothing is done.
    pub(crate) fn with_files<R>(&self, act: impl FnOnce(&mut Volume, Instant) -> Result<R>) -> Result<R> {
        self.check()?;
        self.kernel.with_files(act)
    }
}

/// The error of whatever outlives its process.
pub(crate) fn stopped() -> Error {
    Error::other("the process was stopped")
}
