//! A process on a host: its tokio runtime, which is stepped.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use env::Instant;
use tokio::runtime::{Builder, LocalOptions, LocalRuntime, RngSeed};

use super::kernel::{Entered, Kernel, Time};
use super::panics;

const NS_PER_MS: u64 = 1_000_000;
/// So often do the tasks get a turn while the clock of their host stands still.
const ROUNDS: usize = 8;

/// A process: its program and all tasks that this has spawned, on a runtime with a clock of its own. The clock goes by
/// whole milliseconds, as tokio's timers do.
pub(crate) struct Process {
    kernel: Arc<Kernel>,
    /// It is there until the process is dropped.
    runtime: Option<LocalRuntime>,
    /// How far the runtime's clock has gone, in nanoseconds.
    local: u64,
    /// The reading of the host's clock at which the runtime's would stand at zero.
    origin: i128,
    has_panicked: bool,
}

impl Process {
    /// Starts a program, which first runs in the next step. `seed` decides tokio's own choices, `reading` is that of the
    /// host's clock.
    pub(crate) fn start(
        kernel: &Arc<Kernel>,
        seed: u64,
        reading: Instant,
        program: impl Future<Output = ()> + 'static,
    ) -> Process {
        kernel.begin_life();
        let seed = RngSeed::from_bytes(&seed.to_le_bytes());
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).rng_seed(seed);
        let runtime = builder.build_local(LocalOptions::default()).expect("a runtime without I/O asks for nothing");
        drop(runtime.spawn_local(program));
        Process {
            kernel: kernel.clone(),
            runtime: Some(runtime),
            local: 0,
            origin: reading.0.into(),
            has_panicked: false,
        }
    }

    /// Lets the tasks run from one true time to another; the host's clock reads this at both. Returns whether any task
    /// has run.
    ///
    /// # Errors
    /// The message of a panic in any task. The process must not be stepped again.
    pub(crate) fn step(&mut self, from: (Instant, Instant), until: (Instant, Instant)) -> Result<bool, String> {
        let jump = self.jump_to(from.1);
        let span = self.whole_ms(until.1).saturating_sub(self.local);
        self.local += span;
        let (kernel, time) = (&self.kernel, Time { from: from.0, until: until.0, local_from: None, local_span: span });
        let _entered = Entered::into(kernel);
        let polls = self.polls();
        let ((), said) = panics::noted(kernel.run(), || {
            self.runtime().block_on(async {
                let jump = Duration::from_nanos(jump);
                kernel.set_time(Time { local_from: Some(tokio::time::Instant::now() + jump), ..time });
                if jump > Duration::ZERO {
                    tokio::time::advance(jump).await;
                }
                go_on(Duration::from_nanos(span)).await;
            });
        });
        kernel.set_time(time);
        if let Some(message) = said {
            self.has_panicked = true;
            return Err(message);
        }
        Ok(self.polls() > polls)
    }

    /// How far the runtime's clock must jump for the host's clock to read this. Tokio's clock never goes back: one that
    /// was set back goes on from where it stands.
    fn jump_to(&mut self, reading: Instant) -> u64 {
        if i128::from(reading.0) - self.origin < i128::from(self.local) {
            self.origin = i128::from(reading.0) - i128::from(self.local);
        }
        let jump = self.whole_ms(reading) - self.local;
        self.local += jump;
        jump
    }

    /// Where the runtime's clock stands when the host's reads this.
    fn whole_ms(&self, reading: Instant) -> u64 {
        let exact = u64::try_from(i128::from(reading.0) - self.origin).unwrap_or(0);
        exact / NS_PER_MS * NS_PER_MS
    }

    fn runtime(&self) -> &LocalRuntime {
        self.runtime.as_ref().expect("it is there until the process is dropped")
    }

    fn polls(&self) -> u64 {
        self.runtime().metrics().worker_poll_count(0)
    }
}

/// Lets all tasks run for so long.
async fn go_on(span: Duration) {
    if span > Duration::ZERO {
        return tokio::time::sleep(span).await;
    }
    for _ in 0..ROUNDS {
        tokio::task::yield_now().await;
    }
}

impl Drop for Process {
    /// The process is gone: what its destructors do has no effect. After a panic its tasks may hold anything in any
    /// state, and a destructor that panics in turn would end the whole process of the test: they are left where they are.
    fn drop(&mut self) {
        self.kernel.end_life();
        let runtime = self.runtime.take();
        if self.has_panicked {
            self.kernel.clear();
            return std::mem::forget(runtime);
        }
        let _entered = Entered::into(&self.kernel);
        panics::unheard(self.kernel.run(), || drop(runtime));
    }
}
