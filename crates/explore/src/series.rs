//! Numbered work on several threads, such as one story told for one seed after another.

use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use crate::cost::WallClock;
use crate::crew;

/// So many pieces of work, begun in their order, until one of them ends the series.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// How many pieces at most, from 1.
    pub count: u64,
    /// How many threads are to do them; fewer do if there are not so many pieces, or the machine has no use for more.
    pub jobs: usize,
    /// No piece but the first is begun after so long; `None` for no limit.
    pub time: Option<Duration>,
}

/// The result of a series: the same for any number of threads, unless the time was over or the series was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended<T> {
    /// The number of the first piece that ends a series, or if none did, of the last one that was done.
    pub number: u64,
    /// The result of that piece.
    pub value: T,
    /// True if the series was stopped before it was through.
    pub is_stopped: bool,
}

/// The state that all threads of a series share.
struct Shared<'a, T> {
    next: AtomicU64,
    /// Set by the first piece that ends the series, and when the time is over.
    is_enough: AtomicBool,
    stop: &'a AtomicBool,
    work: &'a (dyn Fn(u64) -> ControlFlow<T, T> + Sync),
}

impl Series {
    /// Does the work: `Break` ends the series. `progress` is called on this thread with the count of the pieces that are
    /// done, after each and at least every tenth of a second. A piece that was begun is finished. Setting `stop` ends the
    /// series after those, but for the first piece, which is always done.
    ///
    /// # Errors
    /// The machine has no room for a thread.
    pub fn run<T: Send>(
        &self,
        work: &(dyn Fn(u64) -> ControlFlow<T, T> + Sync),
        stop: &AtomicBool,
        progress: &mut dyn FnMut(u64),
    ) -> io::Result<Ended<T>> {
        let wall = WallClock::start();
        let shared = Shared { next: 0.into(), is_enough: false.into(), stop, work };
        let mut done = 0;
        let mut ended: Option<(u64, T)> = None;
        let mut last: Option<(u64, T)> = None;
        let mut tell = |result: Option<(u64, ControlFlow<T, T>)>| {
            if let Some((number, result)) = result {
                done += 1;
                let (kept, is_nearer, value) = match result {
                    ControlFlow::Break(value) => (&mut ended, u64::lt as fn(&u64, &u64) -> bool, value),
                    ControlFlow::Continue(value) => (&mut last, u64::gt as fn(&u64, &u64) -> bool, value),
                };
                if kept.as_ref().is_none_or(|(there, _)| is_nearer(&number, there)) {
                    *kept = Some((number, value));
                }
            }
            if self.time.is_some_and(|time| wall.elapsed() >= time) {
                shared.is_enough.store(true, Ordering::Relaxed);
            }
            progress(done);
        };
        let worker = || |results: &SyncSender<_>| self.work(&shared, results);
        crew::run(crew::threads(self.jobs, self.count), &shared.is_enough, worker, &mut tell)?;
        let is_stopped = ended.is_none() && done < self.count && stop.load(Ordering::Relaxed);
        let (number, value) = ended.or(last).expect("the first piece is always done");
        Ok(Ended { number, value, is_stopped })
    }

    /// One thread's part.
    fn work<T>(&self, shared: &Shared<'_, T>, results: &SyncSender<(u64, ControlFlow<T, T>)>) {
        let is_over = || shared.is_enough.load(Ordering::Relaxed) || shared.stop.load(Ordering::Relaxed);
        while !is_over() || shared.next.load(Ordering::Relaxed) == 0 {
            // A number that was taken is always done, so that those that were done are without gaps.
            let number = shared.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                break;
            }
            let result = (shared.work)(number);
            if result.is_break() {
                shared.is_enough.store(true, Ordering::Relaxed);
            }
            if results.send((number, result)).is_err() {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: u64, jobs: usize, work: impl Fn(u64) -> ControlFlow<u64, u64> + Sync) -> Ended<u64> {
        let series = Series { count, jobs, time: None };
        series.run(&work, &AtomicBool::new(false), &mut |_| ()).expect("room for a thread")
    }

    #[test]
    fn the_first_piece_that_ends_a_series_is_the_same_for_any_number_of_threads() {
        let from_seven = |number| {
            if number >= 7 { ControlFlow::Break(number * 10) } else { ControlFlow::Continue(number) }
        };
        for jobs in [0, 1, 2, 5, 40] {
            assert_eq!(run(100, jobs, from_seven), Ended { number: 7, value: 70, is_stopped: false });
        }
    }

    #[test]
    fn a_series_that_nothing_ends_comes_to_its_last_piece() {
        for jobs in [1, 3, 1_000_000] {
            assert_eq!(run(9, jobs, ControlFlow::Continue), Ended { number: 8, value: 8, is_stopped: false });
        }
    }

    #[test]
    fn a_series_that_is_stopped_has_done_its_first_piece_and_says_that_it_was_stopped() {
        let series = Series { count: 1 << 40, jobs: 2, time: None };
        let stop = AtomicBool::new(true);
        let ended = series.run(&ControlFlow::<u64, u64>::Continue, &stop, &mut |_| ()).expect("room for a thread");
        assert_eq!(ended, Ended { number: 0, value: 0, is_stopped: true });
    }

    #[test]
    fn a_series_whose_time_is_over_was_not_stopped() {
        let series = Series { count: 1 << 40, jobs: 1, time: Some(Duration::ZERO) };
        let ended = series.run(&ControlFlow::<u64, u64>::Continue, &AtomicBool::new(false), &mut |_| ());
        let ended = ended.expect("room for a thread");
        assert!(!ended.is_stopped && ended.number < 1 << 40);
    }
}
