//! The ordering problem: operations of one object, each with the bounds within which it takes effect.

use super::search::Limit;

/// So many operations, at most, may be under way at once and still be searched.
pub(super) const LIVE_MAX: usize = 64 * 16;

/// The bounds of one operation. If it takes effect, it does so at one moment within them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Not before this.
    pub(super) invoked: u64,
    /// Not after this; `None` for ever.
    pub(super) until: Option<u64>,
    /// True if it surely takes effect. It has an end then.
    pub(super) is_sure: bool,
    /// It may be left out: that it might take effect changes nothing.
    pub(super) is_idle: bool,
}

/// Operations by their number, in the order of their invocations, and when each must have taken effect.
///
/// An operation that has an end is *live* between its bounds, and has a slot of its own meanwhile. One that has none is
/// *loose*: it may take effect at any time from its invocation on, or never.
#[derive(Debug)]
pub(super) struct Problem {
    /// The ends of the live operations, in order.
    pub(super) returns: Vec<Return>,
    /// By return, one after another: which live operations are open then, in the order of their invocations.
    open: Vec<u32>,
    /// By operation: the slot it has while it is live.
    pub(super) slots: Vec<u16>,
    /// By operation: whether it surely takes effect.
    pub(super) is_sure: Vec<bool>,
    /// By operation: when it must have taken effect, if it does; the end of time for a loose one.
    pub(super) until: Vec<u64>,
    /// The loose operations, in the order of their invocations.
    pub(super) loose: Vec<u32>,
    /// The most operations that are live at once.
    pub(super) live_max: usize,
}

/// The end of an operation: by now it must have taken effect, if it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Return {
    pub(super) operation: u32,
    pub(super) time: u64,
    /// Where its open operations stand.
    open: (u32, u32),
    /// How many of them were not open at the return before: the last ones.
    fresh: u32,
    /// How many loose operations were invoked before.
    loose: u32,
}

impl Problem {
    /// The problem of operations in the order of their invocations.
    ///
    /// # Errors
    /// The limit, if too many are live at once: more than [`LIVE_MAX`], or more than fit into this memory.
    pub(super) fn new(bounds: &[Bounds], bytes_max: usize) -> Result<Problem, Limit> {
        let mut order: Vec<(u64, u32)> = (0..)
            .zip(bounds)
            .filter(|(_, bounds)| !bounds.is_idle)
            .filter_map(|(operation, bounds)| bounds.until.map(|until| (until, operation)))
            .collect();
        order.sort_unstable();
        let mut problem = Problem {
            returns: Vec::with_capacity(order.len()),
            open: Vec::new(),
            slots: vec![0; bounds.len()],
            is_sure: bounds.iter().map(|bounds| bounds.is_sure).collect(),
            until: bounds.iter().map(|bounds| bounds.until.unwrap_or(u64::MAX)).collect(),
            loose: Vec::new(),
            live_max: 0,
        };
        let mut live: Vec<u32> = Vec::new();
        let mut free: Vec<u16> = Vec::new();
        let mut next = 0;
        for (time, operation) in order {
            let known = live.len();
            while let Some(bound) = bounds.get(next as usize).filter(|bound| bound.invoked < time) {
                if bound.is_idle {
                    // No order needs the operation.
                } else if bound.until.is_some() {
                    problem.slots[next as usize] = free.pop().unwrap_or(live.len() as u16);
                    live.push(next);
                    problem.live_max = problem.live_max.max(live.len());
                } else {
                    problem.loose.push(next);
                }
                next += 1;
            }
            if problem.live_max > LIVE_MAX {
                return Err(Limit::Concurrency);
            }
            if (problem.open.len() + live.len()) * size_of::<u32>() > bytes_max {
                return Err(Limit::Memory);
            }
            let start = problem.open.len() as u32;
            problem.open.extend(&live);
            problem.returns.push(Return {
                operation,
                time,
                open: (start, problem.open.len() as u32),
                fresh: (live.len() - known) as u32,
                loose: problem.loose.len() as u32,
            });
            let place = live.iter().position(|open| *open == operation).expect("invoked before it returned");
            live.remove(place);
            free.push(problem.slots[operation as usize]);
        }
        Ok(problem)
    }

    /// The live operations that are open at a return, the returning one among them.
    pub(super) fn open(&self, at: &Return) -> &[u32] {
        &self.open[at.open.0 as usize..at.open.1 as usize]
    }

    /// Those of them that were not open at the return before.
    pub(super) fn fresh(&self, at: &Return) -> &[u32] {
        &self.open[(at.open.1 - at.fresh) as usize..at.open.1 as usize]
    }

    /// The loose operations that were invoked before a return.
    pub(super) fn loose(&self, at: &Return) -> &[u32] {
        &self.loose[..at.loose as usize]
    }
}
