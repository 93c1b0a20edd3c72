//! The candidates: the operations that may come next, narrowed by foresight.

use super::{ABSENT, Crossing, Move, StateId, Version, Versions};

impl Versions {
    /// Adds the operations worth being put in order now.
    pub(super) fn worth_trying(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let version = &self.versions[at.state as usize];
        if !version.recurs {
            if version.last_read.0 >= at.at.time {
                return;
            }
            if let Some(operation) = version.left_by {
                next.extend(at.open.iter().find(|open| **open == operation));
                return;
            }
        }
        if at.doubtful.contains(&at.at.operation) {
            // Its effect may matter to an operation that is not in order yet.
            let unsure = at.doubtful.iter().chain(at.loose).filter(|open| self.changes(**open, at.state));
            let open = at.open.iter().filter(|open| self.changes(**open, at.state) || self.matters(**open, at));
            next.extend(open.chain(unsure));
            return;
        }
        match self.moves[at.at.operation as usize] {
            Move::IsNot(_) | Move::IsAny => self.away(at, next),
            Move::Write(to) | Move::Is(to) if self.recurs(to) => self.towards_recurring(at, next),
            Move::Write(_) => self.towards(at.at.operation, at, next),
            Move::Swap(from, to) if self.recurs(from) && self.recurs(to) => self.towards_recurring(at, next),
            Move::Swap(from, _) if self.recurs(from) => self.towards(at.at.operation, at, next),
            Move::Is(version) | Move::Swap(version, _) => match self.versions[version as usize].begun_by {
                Some(first) if at.open.contains(&first) => self.towards(first, at, next),
                _ => return,
            },
        }
        self.unsure(at, next);
    }

    /// Adds the candidates if a block is to begin, `first` being the operation that begins it.
    fn towards(&self, first: u32, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let (Move::Write(to) | Move::Swap(_, to)) = self.moves[first as usize] else { return };
        let due = self.due(first, to, at);
        if let Some(due) = due {
            next.push(due);
        } else if self.is_possible(first, at.state) && !self.is_recurring_due(first, to, at) {
            next.push(first);
        }
        if self.has_recurring || at.state == ABSENT || due.is_none() {
            self.others(due.or(Some(first)), at, next);
        }
        let last = &self.versions[self.versions[to as usize].last as usize];
        if due.is_none() && (last.recurs || last.may_lead_back) {
            next.extend(self.urgent(at, Some(first)));
        }
    }

    /// Adds the candidates if the current version has to go.
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

    /// The operation that must come before `first`, which makes this version: once the block of `first` has begun, no
    /// other operation can come before it is complete.
    fn due(&self, first: u32, to: StateId, at: &Crossing<'_>) -> Option<u32> {
        let complete = self.versions[to as usize].complete;
        if complete < at.at.time { None } else { self.most_urgent(at, complete, Some(first)) }
    }

    /// Adds the candidates if a write or a read of a version that recurs is to come soon. The time that this version
    /// has to last is not foreseen: a block that cannot wait for its end may come before, the most urgent one first.
    fn towards_recurring(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let returning = at.at.operation;
        match self.moves[returning as usize] {
            Move::Write(_) => next.push(returning),
            Move::Swap(from, _) if from == at.state => next.push(returning),
            _ => {}
        }
        self.others(Some(returning), at, next);
        next.extend(self.urgent(at, None));
    }

    /// The whole block that must come first, if it is not among the `others`.
    fn urgent(&self, at: &Crossing<'_>, except: Option<u32>) -> Option<u32> {
        self.most_urgent(at, u64::MAX, except).filter(|urgent| !self.matters(*urgent, at))
    }

    /// Of the whole blocks that must come by `time`, the one that must come first.
    fn most_urgent(&self, at: &Crossing<'_>, time: u64, except: Option<u32>) -> Option<u32> {
        let is_due = |open: &&u32| self.returned[**open as usize] <= time && Some(**open) != except;
        let whole = at.open.iter().filter(is_due).filter(|open| self.is_whole(**open, at.at.time));
        whole.min_by_key(|open| self.returned[**open as usize]).copied()
    }

    /// True if a write of a version that recurs must come before the block is complete that `first` begins with this
    /// version.
    fn is_recurring_due(&self, first: u32, to: StateId, at: &Crossing<'_>) -> bool {
        let complete = self.versions[to as usize].complete;
        let is_due = |open: &u32| self.returned[*open as usize] <= complete && *open != first;
        complete >= at.at.time && at.open.iter().any(|open| is_due(open) && self.writes_recurring(*open))
    }

    /// Adds the operations, but for `known`, that need not wait until they have to come: the ones that `matter` to the
    /// operations behind them.
    fn others(&self, known: Option<u32>, at: &Crossing<'_>, next: &mut Vec<u32>) {
        let is_other = |open: &&u32| Some(**open) != known && self.matters(**open, at);
        next.extend(at.open.iter().filter(is_other).filter(|open| self.is_first_of_its_kind(**open, at.open)));
    }

    fn matters(&self, operation: u32, at: &Crossing<'_>) -> bool {
        match self.moves[operation as usize] {
            Move::Write(to) if self.recurs(to) => true,
            Move::Write(to) => {
                let last = &self.versions[self.versions[to as usize].last as usize];
                let is_last_noticed = last.recurs || last.may_lead_back || last.avoided_until >= at.at.time;
                self.is_whole(operation, at.at.time) && is_last_noticed
            }
            Move::Swap(from, _) => from == at.state && self.recurs(from),
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        }
    }

    fn recurs(&self, version: StateId) -> bool {
        self.versions[version as usize].recurs
    }

    fn writes_recurring(&self, operation: u32) -> bool {
        matches!(self.moves[operation as usize], Move::Write(to) if self.recurs(to))
    }

    /// True if no other of these open operations does the same and returns before. Where another comes in its place,
    /// the two can change places.
    fn is_first_of_its_kind(&self, operation: u32, open: &[u32]) -> bool {
        let (step, place) = (self.moves[operation as usize], (self.returned[operation as usize], operation));
        !open
            .iter()
            .any(|other| self.moves[*other as usize] == step && (self.returned[*other as usize], *other) < place)
    }

    /// True if an operation can take effect in a state and, where it leaves the state, in no other way than another does.
    fn is_possible(&self, operation: u32, state: StateId) -> bool {
        match self.moves[operation as usize] {
            Move::Swap(from, _) => from == state,
            _ => self.changes(operation, state),
        }
    }

    /// Adds operations that may not take effect. Unless the versions that they make recur, no operation has seen them:
    /// they help only an operation that waits for another version to be gone, or for one that recurs.
    fn unsure(&self, at: &Crossing<'_>, next: &mut Vec<u32>) {
        if at.loose.is_empty() && at.doubtful.is_empty() {
            return;
        }
        let is_to_go = at.open.iter().any(|open| self.moves[*open as usize] == Move::IsNot(at.state));
        let helps = |operation: &&u32| match self.moves[**operation as usize] {
            Move::Write(to) | Move::Swap(_, to) => {
                self.changes(**operation, at.state) && (is_to_go || self.is_wanted(to, at))
            }
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        };
        let is_first = |operation: &&u32| self.is_first_of_its_kind(**operation, at.doubtful);
        next.extend(at.doubtful.iter().filter(helps).filter(is_first));
        let is_unused = |operation: u32| at.loose.binary_search(&operation).is_ok();
        let is_first = |operation: &&u32| !self.twins[**operation as usize].is_some_and(is_unused);
        next.extend(at.loose.iter().filter(helps).filter(is_first));
    }

    /// True if the version recurs and an open operation waits for it, or if it may lead back to one that recurs.
    fn is_wanted(&self, version: StateId, at: &Crossing<'_>) -> bool {
        let waits =
            |open: &u32| matches!(self.moves[*open as usize], Move::Is(of) | Move::Swap(of, _) if of == version);
        let Version { recurs, may_lead_back, .. } = self.versions[version as usize];
        may_lead_back || recurs && at.open.iter().any(waits)
    }

    /// True if an operation makes another version of this one.
    fn changes(&self, operation: u32, state: StateId) -> bool {
        match self.moves[operation as usize] {
            Move::Write(to) => to != state,
            Move::Swap(from, to) => from == state && to != state,
            Move::Is(_) | Move::IsNot(_) | Move::IsAny => false,
        }
    }

    /// True if an operation writes a value whose block has been invoked in full.
    fn is_whole(&self, operation: u32, time: u64) -> bool {
        matches!(self.moves[operation as usize],
            Move::Write(to) if !self.recurs(to) && self.versions[to as usize].complete < time)
    }
}
