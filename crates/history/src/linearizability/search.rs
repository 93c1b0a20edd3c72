//! The search for an order: just-in-time linearization, depth first, over memoized configurations.
//!
//! The idea is Wing and Gong's ("Testing and Verifying Concurrent Objects", 1993) with Lowe's refinements ("Testing for
//! linearizability", 2017): go from return to return, and put an operation in order no sooner than some return makes it
//! necessary; never visit a configuration twice. Added to that:
//! - a read is put in order as soon as its answer is right, since it changes no state;
//! - of two configurations that differ only in the loose operations they have used, the one that has used fewer can do
//!   all that the other can, so that the other is not visited after it;
//! - the knowledge of a [`Space`] narrows the operations that may come next down, often to one.
//!
//! A configuration is a place in the order of returns, the open operations that are in order already, the loose ones that
//! were used, and the state. It is compared in full, never by a hash alone.

use hashbrown::HashTable;

use super::loose::{LooseId, LooseSets};
use super::problem::{LIVE_MAX, Problem, Return};
use crate::Deadline;

/// A state, by its number.
pub(super) type StateId = u32;

/// The object as the search sees it: its states, and their changes by operations.
pub(super) trait Space {
    /// The state after `operation`; `None` if it cannot take effect in this one.
    fn step(&mut self, state: StateId, operation: u32) -> Option<StateId>;

    /// The memory of the states that came up, in bytes.
    fn bytes(&self) -> usize;

    /// How much has been looked at so far, in words of memory: states may be long.
    fn work(&self) -> u64 {
        0
    }

    /// True if `operation` changes no state.
    fn is_read(&self, operation: u32) -> bool;

    /// Adds to `next` the operations worth being put in order now, the likeliest first. To leave one out says that if
    /// any order is found with it coming next, then one is found with another.
    fn candidates(&self, at: &Crossing<'_>, next: &mut Vec<u32>);

    /// True if an operation that need not return may be worth being put in order now, `returning` being the one that must
    /// come.
    fn wants_loose(&self, _state: StateId, _returning: u32, _open: &[u32]) -> bool {
        true
    }

    /// Where nothing is worth being put in order: the return at which that shows, if a person looks at one return after the
    /// other.
    fn noticed(&self, at: &Crossing<'_>) -> u64 {
        at.at.time
    }
}

/// Where the search has to decide.
pub(super) struct Crossing<'a> {
    pub(super) state: StateId,
    /// The return that is to be passed.
    pub(super) at: &'a Return,
    /// The open operations that surely take effect and are not in order yet.
    pub(super) open: &'a [u32],
    /// Those that may take effect, but not for ever.
    pub(super) doubtful: &'a [u32],
    /// Those that may take effect at any time.
    pub(super) loose: &'a [u32],
}

/// In place of an operation: the one that returns has not taken effect.
const PASS: u32 = u32::MAX;

/// The result of a search.
#[derive(Debug)]
pub(super) enum Found {
    /// All operations that returned are in order.
    Order(Order),
    /// There is no order.
    Nothing {
        /// The return at which that shows, as far as the search knows.
        reached: Option<u64>,
    },
    /// The search was given up.
    GivenUp(Limit),
}

impl Found {
    /// The order, if one was found.
    pub(super) fn order(self) -> Option<Order> {
        match self {
            Found::Order(order) => Some(order),
            Found::Nothing { .. } | Found::GivenUp(_) => None,
        }
    }
}

/// The limit that a search ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// It took as many steps as the budget has.
    Steps,
    /// More states may be the first than are tried, or the model does not say which.
    Starts,
    /// It took as much memory.
    Memory,
    /// More than 1,024 operations ran at once.
    Concurrency,
    /// The time is over.
    Time,
}

/// An order that was found.
#[derive(Debug)]
pub(super) struct Order {
    /// The operations that change the state, in order.
    pub(super) changes: Vec<u32>,
}

/// The attempts at the last return that any order came to.
#[derive(Debug, Default)]
pub(super) struct DeadEnd {
    /// Its place among all.
    pub(super) at: usize,
    /// Each state that came up there, with the open operations that were not in order yet.
    pub(super) tried: Vec<(StateId, Vec<u32>)>,
    /// The memory of `tried`, in bytes.
    bytes: usize,
}

/// How much a search may take.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    /// The number of steps. A step visits one configuration; one that has much to look at (operations under way, operations
    /// that never ended, long states) counts as several, so that steps bound the time.
    pub steps: u64,
    /// The memory that the configurations take, in bytes.
    pub bytes: usize,
    /// The search is given up when the time is over.
    pub deadline: Deadline<'a>,
}

impl Default for Budget<'_> {
    /// Ten million steps, which is some seconds, 1 GiB, and no limit of time.
    fn default() -> Self {
        Budget { steps: 10_000_000, bytes: 1 << 30, deadline: Deadline::NEVER }
    }
}

/// A step looks at so many words of memory, or operations, at the most.
const WORK_A_STEP: u64 = 256;

/// The clock is asked once in so many steps.
const STEPS_A_LOOK: u64 = 1_024;

/// The live operations that are in order, a bit for each slot.
type Slots<const WORDS: usize> = [u64; WORDS];

#[derive(Clone, Copy, PartialEq, Eq)]
struct Configuration<const WORDS: usize> {
    /// The next return to be passed.
    at: u32,
    state: StateId,
    live: Slots<WORDS>,
    loose: LooseId,
}

struct Frame<const WORDS: usize> {
    configuration: Configuration<WORDS>,
    /// The operation that led here, if it is not the beginning.
    by: Option<u32>,
    /// The beginning of its candidates in the common list; those behind `next` were tried.
    first: usize,
    next: usize,
}

/// Searches for an order from `initial` on.
pub(super) fn search(problem: &Problem, space: &mut impl Space, initial: StateId, budget: &mut Budget<'_>) -> Found {
    find(problem, space, initial, budget, None)
}

/// Searches where nothing is to be found, and tells where it ended; `None` if the budget was used up.
pub(super) fn dead_end(
    problem: &Problem,
    space: &mut impl Space,
    initial: StateId,
    budget: &mut Budget<'_>,
) -> Option<DeadEnd> {
    let mut dead_end = DeadEnd::default();
    match find(problem, space, initial, budget, Some(&mut dead_end)) {
        Found::Nothing { .. } => Some(dead_end),
        Found::Order(_) | Found::GivenUp(_) => None,
    }
}

fn find(
    problem: &Problem,
    space: &mut impl Space,
    initial: StateId,
    budget: &mut Budget<'_>,
    diary: Option<&mut DeadEnd>,
) -> Found {
    match problem.live_max {
        0..=64 => Search::<_, 1>::new(problem, space, diary).run(initial, budget),
        65..=256 => Search::<_, 4>::new(problem, space, diary).run(initial, budget),
        257..=LIVE_MAX => Search::<_, 16>::new(problem, space, diary).run(initial, budget),
        too_many => unreachable!("{too_many} operations at once are no problem"),
    }
}

struct Search<'a, S, const WORDS: usize> {
    problem: &'a Problem,
    space: &'a mut S,
    diary: Option<&'a mut DeadEnd>,
    visited: HashTable<Configuration<WORDS>>,
    loose: LooseSets,
    stack: Vec<Frame<WORDS>>,
    candidates: Vec<u32>,
    /// The furthest return that an order has come to, by its place, and the moment at which that shows.
    furthest: (u32, u64),
    /// The work of a look, in words or operations.
    work: u64,
    /// The part of this work, and of the space's own, that was charged as steps.
    charged: u64,
    /// Scratch.
    open: Vec<u32>,
    doubtful: Vec<u32>,
    unused: Vec<u32>,
}

impl<'a, S: Space, const WORDS: usize> Search<'a, S, WORDS> {
    fn new(problem: &'a Problem, space: &'a mut S, diary: Option<&'a mut DeadEnd>) -> Self {
        Search {
            problem,
            space,
            diary,
            visited: HashTable::new(),
            loose: LooseSets::new(problem.loose.len()),
            stack: Vec::new(),
            candidates: Vec::new(),
            furthest: (0, 0),
            work: 0,
            charged: 0,
            open: Vec::new(),
            doubtful: Vec::new(),
            unused: Vec::new(),
        }
    }

    fn run(mut self, initial: StateId, budget: &mut Budget<'_>) -> Found {
        let start = Configuration { at: 0, state: initial, live: [0; WORDS], loose: LooseId::NONE };
        if self.enter(start, None) {
            return Found::Order(self.order());
        }
        while let Some(frame) = self.stack.last_mut() {
            if frame.next == frame.first {
                self.candidates.truncate(frame.first);
                self.stack.pop();
                continue;
            }
            frame.next -= 1;
            let operation = self.candidates[frame.next];
            let before = frame.configuration;
            self.work += 1;
            let (state, by) = if operation == PASS {
                (before.state, None)
            } else {
                let Some(state) = self.space.step(before.state, operation) else { continue };
                (state, Some(operation))
            };
            if let Err(limit) = self.charge(budget) {
                return Found::GivenUp(limit);
            }
            let after = self.after(before, by, state);
            if self.enter(after, by) {
                return Found::Order(self.order());
            }
        }
        Found::Nothing { reached: Some(self.furthest.1).filter(|time| *time > 0) }
    }

    /// Counts a step, and those that the work since the last one makes.
    fn charge(&mut self, budget: &mut Budget<'_>) -> Result<(), Limit> {
        let work = self.work + self.space.work();
        let steps = 1 + (work - self.charged) / WORK_A_STEP;
        self.charged += (steps - 1) * WORK_A_STEP;
        if budget.steps < steps {
            budget.steps = 0;
            return Err(Limit::Steps);
        }
        if self.bytes() > budget.bytes {
            return Err(Limit::Memory);
        }
        if (budget.steps - steps) / STEPS_A_LOOK != budget.steps / STEPS_A_LOOK && budget.deadline.is_over() {
            return Err(Limit::Time);
        }
        budget.steps -= steps;
        Ok(())
    }

    /// The configuration once `operation` is in order; without one, once the return is passed.
    fn after(&mut self, mut before: Configuration<WORDS>, by: Option<u32>, state: StateId) -> Configuration<WORDS> {
        let Some(operation) = by else { return Configuration { at: before.at + 1, ..before } };
        match self.problem.loose.binary_search(&operation) {
            Ok(place) => before.loose = self.loose.with(before.loose, place),
            Err(_) => set(&mut before.live, self.problem.slots[operation as usize]),
        }
        Configuration { state, ..before }
    }

    /// Goes on to the next return that cannot be passed yet, and makes a frame with its candidates. True if no such
    /// return is left.
    fn enter(&mut self, mut configuration: Configuration<WORDS>, by: Option<u32>) -> bool {
        let first = self.candidates.len();
        let mut is_changed = true;
        let at = loop {
            let Some(at) = self.problem.returns.get(configuration.at as usize) else {
                self.stack.push(Frame { configuration, by, first, next: first });
                return true;
            };
            let unread = if is_changed { self.problem.open(at) } else { self.problem.fresh(at) };
            self.work += unread.len() as u64;
            for operation in unread {
                let slot = self.problem.slots[*operation as usize];
                if self.space.is_read(*operation)
                    && !has(&configuration.live, slot)
                    && self.space.step(configuration.state, *operation).is_some()
                {
                    set(&mut configuration.live, slot);
                }
            }
            let slot = self.problem.slots[at.operation as usize];
            if !has(&configuration.live, slot) {
                break at;
            }
            clear(&mut configuration.live, slot);
            configuration.at += 1;
            is_changed = false;
        };
        if !self.visit(configuration) {
            return false;
        }
        let Search { problem, space, open, doubtful, unused, .. } = self;
        open.clear();
        doubtful.clear();
        for operation in
            problem.open(at).iter().filter(|open| !has(&configuration.live, problem.slots[**open as usize]))
        {
            if problem.is_sure[*operation as usize] { open.push(*operation) } else { doubtful.push(*operation) }
        }
        unused.clear();
        self.work += problem.open(at).len() as u64;
        if space.wants_loose(configuration.state, at.operation, open) {
            let known = (0..).zip(problem.loose(at));
            let loose = known.filter(|(place, _)| !self.loose.contains(configuration.loose, *place));
            unused.extend(loose.map(|(_, operation)| *operation));
            self.work += problem.loose(at).len() as u64;
        }
        let crossing = Crossing { state: configuration.state, at, open, doubtful, loose: unused };
        if let Some(diary) = &mut self.diary {
            diary.note(configuration.at as usize, &crossing);
        }
        if !problem.is_sure[at.operation as usize] {
            self.candidates.push(PASS);
        }
        space.candidates(&crossing, &mut self.candidates);
        let is_nothing = self.candidates.len() == first;
        let noticed = if is_nothing { space.noticed(&crossing) } else { at.time };
        self.furthest = self.furthest.max((configuration.at, noticed));
        // They are taken from the end.
        self.candidates[first..].reverse();
        self.stack.push(Frame { configuration, by, first, next: self.candidates.len() });
        false
    }

    /// True if there is any point in going on from here.
    fn visit(&mut self, configuration: Configuration<WORDS>) -> bool {
        let Configuration { at, state, live, loose } = configuration;
        let hash = hash(&configuration);
        let (mut work, width) = (0, self.loose.width() as u64 + 1);
        let is_as_good = |visited: &Configuration<WORDS>| {
            work += width;
            visited.at == at
                && visited.state == state
                && visited.live == live
                && self.loose.is_subset(visited.loose, loose)
        };
        let is_known = self.visited.find(hash, is_as_good).is_some();
        self.work += work;
        if is_known {
            return false;
        }
        self.visited.insert_unique(hash, configuration, self::hash);
        true
    }

    fn bytes(&self) -> usize {
        self.visited.len() * size_of::<Configuration<WORDS>>()
            + self.stack.len() * size_of::<Frame<WORDS>>()
            + self.candidates.len() * size_of::<u32>()
            + self.loose.bytes()
            + self.space.bytes()
            + self.diary.as_ref().map_or(0, |diary| diary.bytes)
    }

    fn order(&self) -> Order {
        Order { changes: self.stack.iter().filter_map(|frame| frame.by).collect() }
    }
}

impl DeadEnd {
    fn note(&mut self, at: usize, crossing: &Crossing<'_>) {
        if at > self.at {
            *self = DeadEnd { at, ..DeadEnd::default() };
        }
        if at == self.at {
            let left = [crossing.open, crossing.doubtful, crossing.loose].concat();
            self.bytes += left.len() * size_of::<u32>() + size_of::<(StateId, Vec<u32>)>();
            self.tried.push((crossing.state, left));
        }
    }
}

/// The hash of all but the loose operations, so that configurations that differ only in those meet.
fn hash<const WORDS: usize>(configuration: &Configuration<WORDS>) -> u64 {
    let seed = u64::from(configuration.at) << 32 | u64::from(configuration.state);
    configuration
        .live
        .iter()
        .fold(env::mix(0, seed), |hash, word| if *word == 0 { hash } else { env::mix(hash, *word) })
}

fn has<const WORDS: usize>(slots: &Slots<WORDS>, slot: u16) -> bool {
    slots[slot as usize / 64] >> (slot % 64) & 1 == 1
}

fn set<const WORDS: usize>(slots: &mut Slots<WORDS>, slot: u16) {
    slots[slot as usize / 64] |= 1 << (slot % 64);
}

fn clear<const WORDS: usize>(slots: &mut Slots<WORDS>, slot: u16) {
    slots[slot as usize / 64] &= !(1 << (slot % 64));
}
