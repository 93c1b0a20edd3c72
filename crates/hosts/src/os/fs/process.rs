//! The process on whose behalf files are used.

use std::io;
use std::sync::Arc;

use env::Instant;

use super::{Volume, error};
use crate::os::{Kernel, current};

/// One life of a host's programs.
#[derive(Clone, Debug)]
pub(super) struct Process {
    kernel: Arc<Kernel>,
    life: u32,
}

impl Process {
    /// The process that is running.
    pub(super) fn current() -> Process {
        let kernel = current();
        let life = kernel.life();
        Process { kernel, life }
    }

    /// True if the process was not stopped.
    pub(super) fn is_alive(&self) -> bool {
        self.kernel.is_alive(self.life)
    }

    /// Uses the files of the host, then makes the reports of their changes.
    ///
    /// # Errors
    /// Those of `act`; or the process was stopped, and nothing is done.
    pub(super) fn access<R>(&self, act: impl FnOnce(&mut Volume, Instant) -> io::Result<R>) -> io::Result<R> {
        if !self.is_alive() {
            return Err(error::stopped());
        }
        let now = self.kernel.now();
        let mut volume = self.kernel.volume();
        let result = act(&mut volume, now);
        let reports = volume.take_reports();
        drop(volume);
        for report in reports {
            self.kernel.report(report);
        }
        result
    }

    /// Uses the files of the host without changing them, unless the process was stopped.
    pub(super) fn let_go(&self, act: impl FnOnce(&mut Volume)) {
        if self.is_alive() {
            act(&mut self.kernel.volume());
        }
    }
}
