//! Who may come next, by what is foreseen.

use super::{ABSENT, Crossing, Move, StateId, Versions};

impl Versions {
    /// Adds the operations worth being put in order now.
    pub(super) fn worth_trying(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let version = &self.versions[at.state as usize];
        if at.state != ABSENT {
            if version.last_read >= at.at.time {
                return;
            }
            if let Some(operation) = version.left_by {
                next.extend(at.open.iter().find(|open| **open == operation));
                return;
            }
        }
        if at.doubtful.contains(&at.at.operation) {
            // Whether it took effect may matter to somebody who is yet to come.
            let unsure = at.doubtful.iter().chain(at.loose).filter(|open| self.changes(**open, at.state));
            let open = at.open.iter().filter(|open| self.changes(**open, at.state) || self.matters(**open, at));
            next.extend(open.chain(unsure));
            return;
        }
        match self.moves[at.at.operation as usize] {
            Move::IsNot(_) | Move::IsAny => self.away(at, next),
            Move::Write(ABSENT) | Move::Is(ABSENT) => self.towards_absence(at, next),
            Move::Write(_) | Move::Swap(ABSENT, _) => self.towards(at.at.operation, at, next),
            Move::Is(version) | Move::Swap(version, _) => match self.versions[version as usize].begun_by {
                Some(first) if at.open.contains(&first) => self.towards(first, at, next),
                _ => return,
            },
        }
        self.unsure(at, next);
    }

    /// What may come next if a block is to begin, `first` being the operation that begins it.
    fn towards(&self, first: u32, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let (Move::Write(to) | Move::Swap(_, to)) = self.moves[first as usize] else { return };
        let due = self.due(first, to, at);
        if let Some(due) = due {
            next.push(due);
        } else if self.changes(first, at.state) {
            next.push(first);
        }
        if at.state == ABSENT || due.is_none() {
            self.others(due.or(Some(first)), at, next);
        }
    }

    /// What may come next if the version that is there has to go.
    fn away(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let known = next.len();
        let is_worth_it = |open: &&u32| self.changes(**open, at.state) || self.matters(**open, at);
        for open in at.open.iter().filter(is_worth_it) {
            let (Move::Write(to) | Move::Swap(_, to)) = self.moves[*open as usize] else { continue };
            let come = self.due(*open, to, at).unwrap_or(*open);
            if !next[known..].contains(&come) {
                next.push(come);
            }
        }
    }

    /// What must come before `first`, which makes this version: once it has begun, nothing else can come before its block
    /// is complete.
    fn due(&self, first: u32, to: StateId, at: &Crossing<'_>) -> Option<u32> {
        let complete = self.versions[to as usize].complete;
        if complete < at.at.time { None } else { self.most_urgent(at, complete, Some(first)) }
    }

    /// What may come next if `returning`, a delete or a read of the absence, is to come soon. How long the absence has to
    /// last is not foreseen: whoever cannot wait for its end may come before, the most urgent one first.
    fn towards_absence(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let returning = at.at.operation;
        if self.moves[returning as usize] == Move::Write(ABSENT) {
            next.push(returning);
        }
        self.others(Some(returning), at, next);
        let urgent = self.most_urgent(at, u64::MAX, None);
        next.extend(urgent.filter(|urgent| !self.matters(*urgent, at)));
    }

    /// Of the whole blocks that must come by `time`, the one that must come first; a delete only if there is no other.
    fn most_urgent(&self, at: &Crossing<'_>, time: u64, except: Option<u32>) -> Option<u32> {
        let is_due = |open: &&u32| self.returned[**open as usize] <= time && Some(**open) != except;
        let whole = at.open.iter().filter(is_due).filter(|open| self.is_whole(**open, at.at.time));
        let urgent = whole.min_by_key(|open| self.returned[**open as usize]);
        let delete = || at.open.iter().filter(is_due).find(|open| self.moves[**open as usize] == Move::Write(ABSENT));
        urgent.or_else(delete).copied()
    }

    /// What need not wait until it has to come, since it matters what comes behind it; without `known`.
    fn others(&self, known: Option<u32>, at: &Crossing<'_>, next: &mut Vec<u32>) {
        next.extend(at.open.iter().filter(|open| Some(**open) != known && self.matters(**open, at)));
    }

    fn matters(&self, operation: u32, at: &Crossing<'_>) -> bool {
        match self.moves[operation as usize] {
            Move::Write(ABSENT) => true,
            Move::Write(to) => {
                let last = self.versions[to as usize].last;
                self.is_whole(operation, at.at.time) && self.versions[last as usize].avoided_until >= at.at.time
            }
            Move::Swap(from, _) => from == ABSENT && at.state == ABSENT,
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        }
    }

    /// Operations that may not take effect. Nobody has seen the versions that they make: they help only those who wait for
    /// another to be gone, and a delete those who wait for the absence.
    fn unsure(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        if at.loose.is_empty() && at.doubtful.is_empty() {
            return;
        }
        let waits = |wait: fn(Move, StateId) -> bool| {
            at.open.iter().any(|operation| wait(self.moves[*operation as usize], at.state))
        };
        let is_to_go = waits(|step, state| step == Move::IsNot(state));
        let is_to_be_absent = is_to_go || waits(|step, _| matches!(step, Move::Is(ABSENT) | Move::Swap(ABSENT, _)));
        let helps = |operation: &&u32| match self.moves[**operation as usize] {
            Move::Write(ABSENT) => is_to_be_absent && at.state != ABSENT,
            Move::Write(_) | Move::Swap(..) => is_to_go && self.changes(**operation, at.state),
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        };
        next.extend(at.doubtful.iter().chain(at.loose).filter(helps));
    }

    /// Whether an operation makes another version of this one.
    fn changes(&self, operation: u32, state: StateId) -> bool {
        match self.moves[operation as usize] {
            Move::Write(to) => to != state,
            Move::Swap(from, to) => from == state && to != state,
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        }
    }

    /// Whether an operation writes a value whose block has been invoked in full.
    fn is_whole(&self, operation: u32, time: u64) -> bool {
        matches!(self.moves[operation as usize],
            Move::Write(to) if to != ABSENT && self.versions[to as usize].complete < time)
    }
}
