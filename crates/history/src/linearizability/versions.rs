//! A single value of bytes that seldom takes the same bytes twice: the values that reads saw tell the next operation.
//!
//! Where all writes write different bytes, each read has read from one known write; where appends add different bytes,
//! a value read tells the order of the appends in it. The problem is then easy: Gibbons and Korach ("Testing Shared
//! Memories", 1997) decide it in n log n steps for a register, by the zones in which each value must have been there.
//! [`Versions`] gives the search this foresight, so that it seldom has a choice. Beyond the zones, it allows
//! compare-and-swaps that failed, deletes, and operations that may never have taken effect.
//!
//! A *version* is one value at one time of its life; it is entered once and left once. The absence of a value, version 0,
//! and values whose bytes are written more than once *recur*: they may come and go. A *block* is a version that a write
//! began and those that swaps and appends made of it in turn, up to one that recurs: nothing comes between them.
//!
//! The rules of this foresight, each with the reason why it is safe:
//! - a version is left only when all its reads have been invoked (and so are in order: reads are, at once), and only by the
//!   swap or append that some completed operation says came next, if there is one;
//! - an operation whose version a completed operation has seen must have taken effect before that one returned, whether it
//!   has returned itself or not;
//! - a block waits until it has to come: a later operation can come before it as well, and the block still finds its
//!   place, unless an operation sees that its last version is *not* there (`avoided`), or it ends in a version that
//!   recurs;
//! - an operation that makes a version that recurs may come at any time: the time that such a version has to last is
//!   not foreseen. Of several writes of the same bytes the first to return comes first;
//! - before a block begins that others cannot wait for, those come first.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::model::CellOperation;
use super::problem::Bounds;
use super::search::{Crossing, Space, StateId};

mod avoided;
mod candidates;
mod links;
mod origin;
mod reader;

use reader::Reader;

/// No value. It may come back, as any version that recurs.
const ABSENT: StateId = 0;

/// In place of the moment at which a block was complete: it is about to be found out.
const UNDER_WAY: u64 = u64::MAX;

/// An operation in terms of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Move {
    Is(StateId),
    IsNot(StateId),
    /// Is right in any version.
    IsAny,
    /// From any version to this one.
    Write(StateId),
    /// From one version to another.
    Swap(StateId, StateId),
}

/// The facts known of a version.
#[derive(Clone, Debug, Default)]
struct Version {
    /// True if it may come back. Of the other fields only `seen_by` is known then.
    recurs: bool,
    /// The operation that makes it; `None` for the first version and for versions that recur.
    made_by: Option<u32>,
    /// The invocation of its last read, and the return of that read.
    last_read: (u64, u64),
    /// The return of the first completed operation that found it there.
    seen_by: Option<u64>,
    /// The swap or append that surely comes next.
    left_by: Option<u32>,
    /// When the whole of its block, from here on, has been invoked.
    complete: u64,
    /// The last version of its block, or the one that recurs which it is left for.
    last: StateId,
    /// The operation that began its block; `None` if the block was there from the beginning.
    begun_by: Option<u32>,
    /// The invocation of the last operation that sees it absent, and could have found it there.
    avoided_until: u64,
    /// True if an operation that may not take effect swaps it for one that recurs, or for one that leads there.
    may_lead_back: bool,
    /// True if an operation makes it that need not return.
    is_made_by_loose: bool,
}

/// The versions of a value and the operations on it.
#[derive(Debug)]
pub(super) struct Versions {
    moves: Vec<Move>,
    versions: Vec<Version>,
    initial: StateId,
    /// By operation: when it must have taken effect.
    returned: Vec<u64>,
    /// True if any version may lead back to one that recurs by an operation that may not take effect.
    may_lead_back: bool,
    /// By operation that need not return: the last one before it that does the same.
    twins: Vec<Option<u32>>,
    /// True if any version but the absence recurs, or the absence is swapped in.
    has_recurring: bool,
}

/// Why operations are not seen as moves between versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Some bytes were appended twice, or a value could have come about in more than one way.
    Ambiguous,
    /// They contradict one another in every order, once the return at this time has come; 0 if that time is not known.
    Contradiction(u64),
    /// This one sees a value that none of the others can have made.
    Impossible(u32),
}

impl Versions {
    /// Sees operations as moves between versions. Narrows `bounds` where an operation that has not returned was seen.
    pub(super) fn foresee(
        initial: Option<&[u8]>,
        operations: &[CellOperation<'_>],
        bounds: &mut [Bounds],
    ) -> Result<Versions, Trouble> {
        let mut versions = Reader::read(initial, operations, bounds)?;
        versions.has_recurring = versions.versions.iter().skip(1).any(|version| version.recurs)
            || versions.moves.iter().any(|step| matches!(step, Move::Swap(_, ABSENT)));
        versions.connect(bounds)?;
        avoided::note(&mut versions, bounds);
        versions.lead_back(bounds);
        versions.dismiss(bounds);
        versions.returned = bounds.iter().map(|bounds| bounds.until.unwrap_or(u64::MAX)).collect();
        versions.find_twins(bounds);
        Ok(versions)
    }

    /// Notes which operations that need not return do the same, and which versions they make. Versions that no
    /// operation sees, nor sees that they are not there, are all the same.
    fn find_twins(&mut self, bounds: &[Bounds]) {
        let Versions { moves, versions, twins, .. } = self;
        let mut last = HashMap::with_hasher(FxBuildHasher);
        *twins = vec![None; bounds.len()];
        for (operation, (step, bounds)) in (0..).zip(moves.iter().zip(bounds)) {
            let (Move::Write(to) | Move::Swap(_, to)) = *step else { continue };
            if bounds.until.is_some() || bounds.is_idle {
                continue;
            }
            versions[to as usize].is_made_by_loose = true;
            let Version { recurs, may_lead_back, avoided_until, .. } = versions[to as usize];
            let kind = match *step {
                Move::Write(_) if !recurs && !may_lead_back && avoided_until == 0 => None,
                step => Some(step),
            };
            twins[operation as usize] = last.insert(kind, operation);
        }
    }

    /// The version before the first operation.
    pub(super) fn initial(&self) -> StateId {
        self.initial
    }
}

impl Version {
    /// A completed operation, which `returned` then, found the version there. True if it is the earliest so far.
    fn saw(&mut self, returned: u64) -> bool {
        let is_news = self.seen_by.is_none_or(|seen_by| returned < seen_by);
        if is_news {
            self.seen_by = Some(returned);
        }
        is_news
    }
}

impl Space for Versions {
    fn step(&mut self, state: StateId, operation: u32) -> Option<StateId> {
        match self.moves[operation as usize] {
            Move::Is(version) => (state == version).then_some(state),
            Move::IsNot(version) => (state != version).then_some(state),
            Move::IsAny => Some(state),
            Move::Write(to) => Some(to),
            Move::Swap(from, to) => (state == from).then_some(to),
        }
    }

    fn bytes(&self) -> usize {
        0
    }

    fn is_read(&self, operation: u32) -> bool {
        matches!(self.moves[operation as usize], Move::Is(_) | Move::IsNot(_) | Move::IsAny)
    }

    fn candidates(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        self.worth_trying(at, next);
    }

    fn wants_loose(&self, state: StateId, returning: u32, open: &[u32]) -> bool {
        let waits = |open: &u32| match self.moves[*open as usize] {
            Move::IsNot(version) => version == state,
            Move::Is(version) | Move::Swap(version, _) => self.versions[version as usize].is_made_by_loose,
            Move::IsAny | Move::Write(_) => false,
        };
        self.may_lead_back || !open.contains(&returning) || open.iter().any(waits)
    }

    fn noticed(&self, at: &Crossing<'_>) -> u64 {
        let version = &self.versions[at.state as usize];
        match version.left_by {
            _ if version.recurs => at.at.time,
            _ if version.last_read.0 >= at.at.time => version.last_read.1,
            Some(next) => self.returned[next as usize].max(at.at.time),
            None => at.at.time,
        }
    }
}
