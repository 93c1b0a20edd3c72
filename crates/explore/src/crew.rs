//! Several threads that do pieces of work, and one that is told of each.

use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::thread;
use std::time::Duration;

use crate::panics::RUN_THREAD;

/// How often progress can be reported when no piece of work ends.
const TICK: Duration = Duration::from_millis(100);

/// A processor is given so many threads at most, however many are asked for.
const THREADS_A_PROCESSOR_MAX: usize = 4;

/// The count of threads for so many pieces of work, from 1: as many as are asked for, but no more than there are pieces, and
/// a few for each processor.
pub(crate) fn threads(jobs: usize, pieces: u64) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let pieces = usize::try_from(pieces).unwrap_or(usize::MAX);
    jobs.min(pieces).min(THREADS_A_PROCESSOR_MAX * processors).max(1)
}

/// Runs a worker on each of so many threads, on fewer if the machine gives no more, and answers with the workers' results.
/// `tell` is called on this thread with everything that they send, and at least every tenth of a second. A worker that
/// panics sets `enough`, at which the others are to end.
///
/// # Errors
/// The machine has no room for a thread.
///
/// # Panics
/// If a worker does, once all have ended.
#[expect(clippy::disallowed_methods, reason = "runs share nothing, so threads cannot reach one another's")]
pub(crate) fn run<T, R, W>(
    threads: usize,
    enough: &AtomicBool,
    mut worker: impl FnMut() -> W,
    tell: &mut dyn FnMut(Option<T>),
) -> io::Result<Vec<R>>
where
    T: Send,
    R: Send,
    W: FnOnce(&SyncSender<T>) -> R + Send,
{
    let (sender, told) = mpsc::sync_channel(4 * threads);
    thread::scope(|scope| {
        let mut workers = Vec::new();
        for _ in 0..threads {
            let (work, sender) = (worker(), sender.clone());
            let work = move || {
                let _watch = EndsAll(enough);
                work(&sender)
            };
            match thread::Builder::new().name(RUN_THREAD.into()).spawn_scoped(scope, work) {
                Ok(worker) => workers.push(worker),
                Err(error) if workers.is_empty() => return Err(error),
                // Those there are do it all.
                Err(_) => break,
            }
        }
        // The channel ends when the last worker does.
        drop(sender);
        loop {
            match told.recv_timeout(TICK) {
                Ok(sent) => tell(Some(sent)),
                Err(RecvTimeoutError::Timeout) => tell(None),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let joined = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        Ok(joined.collect())
    })
}

/// Ends the work of all when the worker that holds it panics.
struct EndsAll<'a>(&'a AtomicBool);

impl Drop for EndsAll<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn threads_are_no_more_than_pieces_or_than_the_machine_has_use_for() {
        assert_eq!([threads(0, 9), threads(1, 9), threads(2, 1), threads(8, 0)], [1, 1, 1, 1]);
        assert!(threads(usize::MAX, u64::MAX) <= THREADS_A_PROCESSOR_MAX * 4_096);
    }

    #[test]
    fn a_worker_that_panics_ends_the_others() {
        let enough = AtomicBool::new(false);
        let mut number = 0;
        let worker = || {
            number += 1;
            let (number, enough) = (number, &enough);
            move |_: &SyncSender<()>| {
                assert!(number != 1, "the first one gives up");
                while !enough.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
            }
        };
        let ran = catch_unwind(AssertUnwindSafe(|| run::<(), (), _>(2, &enough, worker, &mut |_| ())));
        assert!(ran.is_err() && enough.load(Ordering::Relaxed));
    }
}
