//! One host of a run: its kernel, and the process on it.

use std::future::Future;
use std::sync::Arc;
use std::task::Waker;

use env::{Instant, Random};
use sim::world::{Clock, Medium, PowerLoss};

use crate::os::net::Packet;
use crate::os::{Kernel, Process};

/// A host: a node's machine, or a client's.
pub(super) struct Station {
    pub(super) kernel: Arc<Kernel>,
    process: Option<Process>,
    /// The machine has power: its kernel answers, whether a process runs or not.
    pub(super) is_on: bool,
    /// A fault has changed its clock, and no task has run since.
    pub(super) is_clock_new: bool,
    pub(super) disk: StationDisk,
}

impl Station {
    /// The host of this kernel, which has never run.
    pub(super) fn new(kernel: Kernel) -> Station {
        let kernel = Arc::new(kernel);
        let disk = StationDisk(kernel.clone());
        Station { kernel, process: None, is_on: false, is_clock_new: false, disk }
    }

    /// Starts a program. `seed` decides tokio's own choices.
    pub(super) fn start(&mut self, seed: u64, reading: Instant, program: impl Future<Output = ()> + 'static) {
        self.is_on = true;
        self.process = Some(Process::start(&self.kernel, seed, reading, program));
    }

    /// Lets its programs run, by this clock. Returns whether any task has run.
    ///
    /// # Errors
    /// The message of a panic.
    pub(super) fn step(&mut self, clock: &Clock, from: Instant, until: Instant) -> Result<bool, String> {
        let Some(process) = self.process.as_mut() else { return Ok(false) };
        process.step((from, clock.read(from)), (until, clock.read(until)))
    }

    /// The process is gone, and the machine runs on. Returns what its kernel sends for it.
    pub(super) fn kill(&mut self) -> Vec<Packet> {
        let (sent, woken) = self.kernel.close_sockets();
        self.end(woken);
        sent
    }

    /// The machine has lost its power.
    pub(super) fn lose_power(&mut self) {
        let gone = self.kernel.forget_sockets();
        self.end(Vec::new());
        drop(gone);
        self.is_on = false;
    }

    fn end(&mut self, woken: Vec<Waker>) {
        self.process = None;
        drop(woken);
    }
}

/// The disk of a host.
#[derive(Debug)]
pub(super) struct StationDisk(Arc<Kernel>);

impl Medium for StationDisk {
    fn has_unsynced(&self) -> bool {
        self.0.volume().has_unsynced()
    }

    fn durable_bytes(&self, files: &str) -> u64 {
        self.0.volume().durable_bytes(files)
    }

    fn held_bytes(&self) -> u64 {
        self.0.volume().held_bytes()
    }

    fn is_blank(&self) -> bool {
        self.0.volume().is_blank()
    }

    fn is_damaged(&self) -> bool {
        self.0.volume().is_damaged()
    }

    fn process_gone(&mut self) {
        self.0.volume().process_gone();
    }

    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        self.0.volume().lose_power(tear, random)
    }

    fn wipe(&mut self) {
        self.0.volume().wipe();
    }

    fn flip_bit(&mut self, random: &mut dyn Random) -> bool {
        self.0.volume().flip_bit(random)
    }
}
