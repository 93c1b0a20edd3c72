//! What every socket holds: the kernel of its host, and the life in which it was opened.

use std::io::{Error, Result};
use std::sync::Arc;

use super::Sockets;
use crate::os::{Kernel, current};

/// The way from a socket to the sockets of its host.
#[derive(Clone, Debug)]
pub(super) struct Handle {
    kernel: Arc<Kernel>,
    life: u32,
}

impl Handle {
    /// A handle of the host that is running.
    pub(super) fn of_current() -> Handle {
        let kernel = current();
        let life = kernel.life();
        Handle { kernel, life }
    }

    /// Uses the sockets.
    ///
    /// # Errors
    /// The process has been stopped.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Sockets) -> R) -> Result<R> {
        if self.kernel.is_alive(self.life) { Ok(self.kernel.with_sockets(act)) } else { Err(stopped()) }
    }
}

fn stopped() -> Error {
    Error::other("the process was stopped")
}
