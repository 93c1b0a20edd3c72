//! The links between versions: the operations that lead from one to the next, and the times at which each is needed.

use super::{Bounds, Move, StateId, Trouble, UNDER_WAY, Versions};

impl Versions {
    /// Links the versions, and narrows the bounds of the operations that make them.
    pub(super) fn connect(&mut self, bounds: &mut [Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        for (step, bounds) in moves.iter().zip(&*bounds) {
            let Some(returned) = bounds.until.filter(|_| bounds.is_sure) else { continue };
            match *step {
                Move::Is(version) => {
                    let version = &mut versions[version as usize];
                    version.last_read = version.last_read.max((bounds.invoked, returned));
                    version.saw(returned);
                }
                Move::Swap(from, _) => {
                    versions[from as usize].saw(returned);
                }
                Move::IsNot(_) | Move::IsAny | Move::Write(_) => {}
            }
        }
        self.check_recurring(bounds)?;
        self.backdate(bounds)?;
        let Versions { moves, versions, .. } = self;
        for (operation, (step, bounds)) in (0..).zip(moves.iter().zip(&*bounds)) {
            if let Move::Swap(from, _) = *step
                && bounds.is_sure
                && !versions[from as usize].recurs
                && versions[from as usize].left_by.replace(operation).is_some()
            {
                // Two operations have both come next.
                return Err(Trouble::Contradiction(bounds.until.unwrap_or(0)));
            }
        }
        self.complete(bounds)
    }

    /// The operation that made a version took effect before the first one that saw it returned; so did the maker of the
    /// version before, if that was swapped or appended to.
    fn backdate(&mut self, bounds: &mut [Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        let mut seen: Vec<(u64, usize)> = (1..versions.len())
            .filter(|version| !versions[*version].recurs)
            .filter_map(|version| Some((versions[version].seen_by?, version)))
            .collect();
        // The earliest first: then each version learns its earliest witness once.
        seen.sort_unstable();
        for (seen_by, mut version) in seen {
            while let Some(maker) = versions[version].made_by {
                let bounds = &mut bounds[maker as usize];
                if bounds.invoked >= seen_by {
                    return Err(Trouble::Contradiction(seen_by));
                }
                bounds.until = Some(bounds.until.map_or(seen_by, |until| until.min(seen_by)));
                bounds.is_sure = true;
                match moves[maker as usize] {
                    Move::Swap(from, _) if !versions[from as usize].recurs && versions[from as usize].saw(seen_by) => {
                        version = from as usize;
                    }
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// Leaves out the operations that may not take effect and cannot help another (`unsure`). No operation has seen the
    /// versions that they make, unless those recur.
    pub(super) fn dismiss(&self, bounds: &mut [Bounds]) {
        let recurs = |version: StateId| self.versions[version as usize].recurs;
        let mut wanted = vec![false; self.versions.len()];
        let mut hides = false;
        for (step, bounds) in self.moves.iter().zip(&*bounds) {
            match *step {
                Move::IsNot(_) => hides = true,
                // The version that such a swap leaves may be made by another unseen operation.
                Move::Swap(_, to) if !bounds.is_sure && recurs(to) => hides = true,
                Move::Is(version) | Move::Swap(version, _) => wanted[version as usize] = true,
                Move::IsAny | Move::Write(_) => {}
            }
        }
        for (step, bounds) in self.moves.iter().zip(bounds) {
            let helps = match *step {
                Move::Write(to) | Move::Swap(_, to) => hides || recurs(to) && wanted[to as usize],
                Move::Is(_) | Move::IsNot(_) | Move::IsAny => hides,
            };
            bounds.is_idle = !bounds.is_sure && !helps;
        }
    }

    /// Marks the versions left by swaps that may not take effect, if one of those swaps makes a version that recurs.
    pub(super) fn lead_back(&mut self, bounds: &[Bounds]) {
        let Versions { moves, versions, .. } = self;
        let unsure = || moves.iter().zip(bounds).filter(|(_, bounds)| !bounds.is_sure).map(|(step, _)| step);
        let is_back = |step: &Move| matches!(*step, Move::Swap(_, to) if versions[to as usize].recurs);
        self.may_lead_back = unsure().any(is_back);
        if self.may_lead_back {
            for step in unsure() {
                if let Move::Swap(from, _) = *step {
                    versions[from as usize].may_lead_back = true;
                }
            }
        }
    }

    /// Finds a version that recurs and was seen before any operation that makes it was invoked.
    fn check_recurring(&self, bounds: &[Bounds]) -> Result<(), Trouble> {
        let mut made = vec![u64::MAX; self.versions.len()];
        made[self.initial as usize] = 0;
        for (step, bounds) in self.moves.iter().zip(bounds) {
            if let Move::Write(to) | Move::Swap(_, to) = *step {
                made[to as usize] = made[to as usize].min(bounds.invoked);
            }
        }
        let recurring = self.versions.iter().zip(&made).filter(|(version, _)| version.recurs);
        let early = recurring.filter_map(|(version, made)| version.seen_by.filter(|seen_by| seen_by <= made)).min();
        early.map_or(Ok(()), |seen_by| Err(Trouble::Contradiction(seen_by)))
    }

    /// Finds out when each block has been invoked in full.
    fn complete(&mut self, bounds: &[Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        let mut block = Vec::new();
        for first in 1..versions.len() {
            if versions[first].recurs {
                continue;
            }
            let mut version = first;
            let (mut complete, last) = loop {
                match versions[version].complete {
                    0 => {}
                    // The versions of the block form a cycle: each came after the other.
                    UNDER_WAY => return Err(Trouble::Contradiction(0)),
                    known => break (known, versions[version].last),
                }
                versions[version].complete = UNDER_WAY;
                block.push(version);
                let Some(next) = versions[version].left_by else { break (1, version as StateId) };
                let Move::Swap(_, to) = moves[next as usize] else { unreachable!("only a swap leaves a version") };
                if versions[to as usize].recurs {
                    break (bounds[next as usize].invoked.max(1), to);
                }
                version = to as usize;
            };
            while let Some(version) = block.pop() {
                let version = &mut versions[version];
                let made = version.made_by.map_or(0, |maker| bounds[maker as usize].invoked);
                complete = complete.max(made).max(version.last_read.0);
                version.complete = complete;
                version.last = last;
            }
        }
        // A block begins with a version that no known operation leads to.
        for version in 1..versions.len() {
            let maker = versions[version].made_by;
            let is_continued =
                |maker: u32| matches!(moves[maker as usize], Move::Swap(from, _) if !versions[from as usize].recurs);
            let is_first = !versions[version].recurs && !maker.is_some_and(is_continued);
            let mut next = Some(version).filter(|_| is_first);
            while let Some(version) = next {
                versions[version].begun_by = maker;
                let left_for = versions[version].left_by.map(|next| match moves[next as usize] {
                    Move::Swap(_, to) => to as usize,
                    _ => unreachable!("only a swap leaves a version"),
                });
                next = left_for.filter(|to| !versions[*to].recurs);
            }
        }
        Ok(())
    }
}
