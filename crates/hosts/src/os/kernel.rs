//! The kernel of one host: what its programs share with the world.

use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;

use env::Instant;
use sim::world::{Clock, DiskCondition, Medium, Stream};
use sim::{Actor, DiskModel};

use super::address::address_of;
use super::fs::Volume;
use super::net::{Packet, Sockets};
use super::{Outbox, Report, lock};

/// The kernel of one host. It outlives the processes that run on the host; each of these has the number of its life.
#[derive(Debug)]
pub(crate) struct Kernel {
    who: Actor,
    /// The run, as a person would name it.
    run: Arc<str>,
    outbox: Arc<Outbox>,
    /// The number of the present life if it is odd; if it is even, no process runs, and no life has that number.
    life: AtomicU32,
    time: Mutex<Time>,
    clock: Mutex<Clock>,
    sockets: Mutex<Sockets>,
    volume: Mutex<Volume>,
}

/// How true time follows from the clock of the runtime, while the programs of the host run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    /// The true time at which the step began, and at which it ends.
    pub(crate) from: Instant,
    pub(crate) until: Instant,
    /// The runtime's clock at `from`; `None` if no program of the host is running.
    pub(crate) local_from: Option<tokio::time::Instant>,
    /// How far the runtime's clock goes in this step, in nanoseconds.
    pub(crate) local_span: u64,
}

impl Kernel {
    /// The kernel of a host that has never run. `latencies` decides how long its syncs take.
    pub(crate) fn new(who: Actor, run: Arc<str>, outbox: Arc<Outbox>, disk: &DiskModel, latencies: Stream) -> Kernel {
        let never = Time { from: Instant::ZERO, until: Instant::ZERO, local_from: None, local_span: 0 };
        Kernel {
            who,
            run,
            outbox,
            life: AtomicU32::new(0),
            time: Mutex::new(never),
            clock: Mutex::new(Clock::right()),
            sockets: Mutex::new(Sockets::new(address_of(who))),
            volume: Mutex::new(Volume::new(disk, latencies)),
        }
    }

    /// The host.
    pub(crate) fn who(&self) -> Actor {
        self.who
    }

    /// The run, as a person would name it.
    pub(crate) fn run(&self) -> &Arc<str> {
        &self.run
    }

    /// The number of the present life, or one that no life has if no process runs.
    pub(crate) fn life(&self) -> u32 {
        self.life.load(Ordering::Relaxed)
    }

    /// True if a process runs, and `life` is the number of its life.
    pub(crate) fn is_alive(&self, life: u32) -> bool {
        life == self.life() && is_lived(life)
    }

    /// True if a process runs.
    pub(crate) fn is_running(&self) -> bool {
        is_lived(self.life())
    }

    /// A process begins to run.
    pub(crate) fn begin_life(&self) {
        let before = self.life.fetch_add(1, Ordering::Relaxed);
        assert!(!is_lived(before), "{} runs already", self.who);
    }

    /// The present life is over, if it is not yet.
    pub(crate) fn end_life(&self) {
        if self.is_running() {
            self.life.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The process ends of its own accord: its kernel closes what it has open, and whatever its tasks and destructors do
    /// from now on has no effect.
    pub(crate) fn exit(&self, reason: String) {
        let (sent, woken) = self.close_sockets();
        for packet in sent {
            self.report(Report::Sent(packet));
        }
        self.report(Report::Halted { reason });
        self.end_life();
        drop(woken);
    }

    /// Frees what the host holds. Nobody uses it any more, though tasks may refer to it.
    pub(crate) fn clear(&self) {
        let gone = self.forget_sockets();
        self.volume().wipe();
        drop(gone);
    }

    /// The step of the host begins, or is over if `time` has no clock.
    pub(crate) fn set_time(&self, time: Time) {
        *lock(&self.time) = time;
    }

    /// True time.
    pub(crate) fn now(&self) -> Instant {
        let Time { from, until, local_from, local_span } = *lock(&self.time);
        let Some(local_from) = local_from else { return until };
        // Outside a runtime tokio would read the machine's clock: the world calls no program without one.
        let passed = tokio::time::Instant::now().saturating_duration_since(local_from).as_nanos() as u64;
        if passed == 0 {
            return from;
        }
        let span = u128::from(until.0 - from.0);
        let passed = u128::from(passed.min(local_span)) * span / u128::from(local_span.max(1));
        Instant(from.0 + passed as u64)
    }

    /// The clock of the host was set, or runs at another rate.
    pub(crate) fn set_clock(&self, clock: &Clock) {
        *lock(&self.clock) = clock.clone();
    }

    /// The reading of the host's clock.
    pub(crate) fn clock_reading(&self) -> Instant {
        lock(&self.clock).read(self.now())
    }

    /// Tells the world, with the present time.
    pub(crate) fn report(&self, report: Report) {
        self.outbox.put(self.now(), self.who, report);
    }

    /// Uses the files.
    pub(crate) fn volume(&self) -> MutexGuard<'_, Volume> {
        lock(&self.volume)
    }

    /// Uses the files for a program, then makes the reports of their changes.
    ///
    /// # Errors
    /// Those of `act`.
    pub(crate) fn with_files<R>(&self, act: impl FnOnce(&mut Volume, Instant) -> io::Result<R>) -> io::Result<R> {
        let now = self.now();
        let mut volume = self.volume();
        let result = act(&mut volume, now);
        let reports = volume.take_reports();
        drop(volume);
        for report in reports {
            self.report(report);
        }
        result
    }

    /// The condition of the disk changes, or the number of syncs that are to fail.
    pub(crate) fn set_disk(&self, condition: DiskCondition, sync_faults: usize) {
        let woken = self.volume().set_condition(condition, sync_faults);
        wake(woken);
    }

    /// Closes all sockets, as a kernel does for a process that is gone. Returns what it sends, and the tasks that were
    /// waiting: nobody is to wake them, and nobody may use the sockets while they are dropped.
    pub(crate) fn close_sockets(&self) -> (Vec<Packet>, Vec<Waker>) {
        let mut sockets = lock(&self.sockets);
        sockets.close_all();
        sockets.take_effects()
    }

    /// Forgets all sockets. They are to be dropped when nobody uses those of the host.
    pub(crate) fn forget_sockets(&self) -> Sockets {
        lock(&self.sockets).forget_all()
    }

    /// Uses the sockets for a program.
    pub(crate) fn with_sockets<R>(&self, act: impl FnOnce(&mut Sockets) -> R) -> R {
        let (result, sent, woken) = self.use_sockets(act);
        for packet in sent {
            self.report(Report::Sent(packet));
        }
        wake(woken);
        result
    }

    /// Changes the sockets, and wakes the tasks that were waiting for it. Returns what leaves the host.
    pub(crate) fn change_sockets(&self, act: impl FnOnce(&mut Sockets)) -> Vec<Packet> {
        let ((), sent, woken) = self.use_sockets(act);
        wake(woken);
        sent
    }

    fn use_sockets<R>(&self, act: impl FnOnce(&mut Sockets) -> R) -> (R, Vec<Packet>, Vec<Waker>) {
        let mut sockets = lock(&self.sockets);
        let result = act(&mut sockets);
        let (sent, woken) = sockets.take_effects();
        (result, sent, woken)
    }
}

fn is_lived(life: u32) -> bool {
    life % 2 == 1
}

/// A task that is woken may be dropped with its waker, and its sockets with it: nobody may hold a lock of the kernel.
fn wake(woken: Vec<Waker>) {
    for waker in woken {
        waker.wake();
    }
}

thread_local! {
    // A program calls its sockets and files by free functions, as it calls tokio's: this is the one place that knows whose
    // they are. The world sets it for as long as the host runs, and no longer.
    static CURRENT: RefCell<Option<Arc<Kernel>>> = const { RefCell::new(None) };
}

/// The kernel of the host that is running.
///
/// # Panics
/// If none is.
pub(crate) fn current() -> Arc<Kernel> {
    current_host()
        .expect("simulated sockets and files are used outside of a run: only the programs of an AsyncSystem have them")
}

/// The kernel of the host that is running, if one is.
pub(crate) fn current_host() -> Option<Arc<Kernel>> {
    CURRENT.with_borrow(Clone::clone)
}

/// While it lives, the programs of a host run; the host that ran before does so again afterwards.
pub(crate) struct Entered(Option<Arc<Kernel>>);

impl Entered {
    /// The programs of this host run from now on.
    pub(crate) fn into(kernel: &Arc<Kernel>) -> Entered {
        Entered(CURRENT.replace(Some(kernel.clone())))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}
