//! Taking items out of a list: halves, quarters, and so on down to single ones (Zeller and Hildebrandt, "Simplifying and
//! Isolating Failure-Inducing Input", TSE 2002).

use sim::Moment;
use sim::{Plan, Seed};

use super::Pass;

/// Where a plan keeps a list; `None` if it has none of the kind.
type ListOf<T> = fn(&mut Plan) -> Option<&mut Vec<T>>;

/// Takes out runs of items, the longest first. The first times only long ones, since other passes may make whole runs
/// of items superfluous that would have to be gone through one by one.
///
/// An item that is gone sends no messages any more, and so others draw other latencies and timeouts than before: a
/// failure that hangs on them may need another draw to show again. With other draws, each run of items is tried under
/// several seeds.
#[derive(Debug)]
pub(super) struct Removal<T> {
    name: &'static str,
    list: ListOf<T>,
    /// How many are taken out at a time; 0 when all has been tried.
    size: usize,
    /// The fewest that are taken out at a time.
    size_min: usize,
    /// How often it has begun.
    begun: u32,
    /// The first of them.
    at: usize,
    /// Under how many seeds each is tried, and under how many this one was.
    draws: u64,
    drawn: u64,
}

impl<T> Removal<T> {
    pub(super) fn new(name: &'static str, list: ListOf<T>) -> Removal<T> {
        Removal { name, list, size: 0, size_min: 0, begun: 0, at: 0, draws: 1, drawn: 0 }
    }

    /// The same, with other draws than the plan's own.
    pub(super) fn with_other_draws(name: &'static str, list: ListOf<T>) -> Removal<T> {
        Removal { draws: 4, ..Removal::new(name, list) }
    }
}

impl<T> Pass for Removal<T> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn begin(&mut self, best: &Plan, _: Option<Moment>) {
        self.size = (self.list)(&mut best.clone()).map_or(0, |list| list.len());
        self.begun += 1;
        self.size_min = self.size.checked_shr(3 * self.begun).unwrap_or(0).max(1);
        (self.at, self.drawn) = (0, 0);
    }

    fn next(&mut self, best: &Plan) -> Option<Plan> {
        let mut candidate = best.clone();
        let list = (self.list)(&mut candidate)?;
        if self.at >= list.len() {
            self.size = if self.size > self.size_min { self.size.div_ceil(2).min(list.len()) } else { 0 };
            self.at = 0;
        }
        if self.size == 0 {
            return None;
        }
        list.drain(self.at..list.len().min(self.at + self.size));
        if self.draws > 1 {
            candidate.seed = Seed(candidate.seed.0.wrapping_add(1 + self.drawn));
        }
        Some(candidate)
    }

    fn is_done(&self) -> bool {
        self.size_min == 1
    }

    fn answered(&mut self, accepted: bool) {
        self.drawn = if accepted { 0 } else { self.drawn + 1 };
        if self.drawn == self.draws {
            (self.at, self.drawn) = (self.at + self.size, 0);
        }
    }
}
