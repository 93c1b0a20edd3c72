//! What leads to which version, and when each is needed.

use super::{ABSENT, Bounds, Move, StateId, Trouble, UNDER_WAY, Versions};

impl Versions {
    /// Finds out what is needed when.
    pub(super) fn connect(&mut self, bounds: &mut [Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        for (step, bounds) in moves.iter().zip(&*bounds) {
            let Some(returned) = bounds.until.filter(|_| bounds.is_sure) else { continue };
            match *step {
                Move::Is(version) => {
                    let version = &mut versions[version as usize];
                    version.last_read = version.last_read.max(bounds.invoked);
                    version.saw(returned);
                }
                Move::Swap(from, _) => {
                    versions[from as usize].saw(returned);
                }
                Move::IsNot(_) | Move::IsAny | Move::Write(_) => {}
            }
        }
        self.backdate(bounds)?;
        let Versions { moves, versions, .. } = self;
        for (operation, (step, bounds)) in (0..).zip(moves.iter().zip(&*bounds)) {
            if let Move::Swap(from, to) = *step
                && bounds.is_sure
                && from != ABSENT
                && from != to
                && versions[from as usize].left_by.replace(operation).is_some()
            {
                // Two operations have both come next.
                return Err(Trouble::Contradiction);
            }
        }
        self.complete(bounds)
    }

    /// Who made a version took effect before the first that saw it returned; and so did who made the one before, if that
    /// was swapped or appended to.
    fn backdate(&mut self, bounds: &mut [Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        let mut seen: Vec<(u64, usize)> =
            (1..versions.len()).filter_map(|version| Some((versions[version].seen_by?, version))).collect();
        // The earliest first: then each version learns its earliest witness once.
        seen.sort_unstable();
        for (seen_by, mut version) in seen {
            while let Some(maker) = versions[version].made_by {
                let bounds = &mut bounds[maker as usize];
                if bounds.invoked >= seen_by {
                    return Err(Trouble::Contradiction);
                }
                bounds.until = Some(bounds.until.map_or(seen_by, |until| until.min(seen_by)));
                bounds.is_sure = true;
                match moves[maker as usize] {
                    Move::Swap(from, _) if from != ABSENT && versions[from as usize].saw(seen_by) => {
                        version = from as usize;
                    }
                    _ => break,
                }
            }
        }
        Ok(())
    }

    /// Leaves out the operations that may not take effect and can help nobody (`unsure`).
    pub(super) fn dismiss(&self, bounds: &mut [Bounds]) {
        let hides = self.moves.iter().any(|step| matches!(step, Move::IsNot(_)));
        let wants_absence = self.moves.iter().any(|step| matches!(step, Move::Is(ABSENT) | Move::Swap(ABSENT, _)));
        for (step, bounds) in self.moves.iter().zip(bounds) {
            let helps = hides || wants_absence && *step == Move::Write(ABSENT);
            bounds.is_idle = !bounds.is_sure && !helps;
        }
    }

    /// Finds out when each block has been invoked in full.
    fn complete(&mut self, bounds: &[Bounds]) -> Result<(), Trouble> {
        let Versions { moves, versions, .. } = self;
        let mut block = Vec::new();
        for first in 1..versions.len() {
            let mut version = first;
            let (mut complete, last) = loop {
                match versions[version].complete {
                    0 => {}
                    // Each came after the other.
                    UNDER_WAY => return Err(Trouble::Contradiction),
                    known => break (known, versions[version].last),
                }
                versions[version].complete = UNDER_WAY;
                block.push(version);
                let Some(next) = versions[version].left_by else { break (1, version as StateId) };
                let Move::Swap(_, to) = moves[next as usize] else { unreachable!("only a swap leaves a version") };
                version = to as usize;
            };
            while let Some(version) = block.pop() {
                let version = &mut versions[version];
                let made = version.made_by.map_or(0, |maker| bounds[maker as usize].invoked);
                complete = complete.max(made).max(version.last_read);
                version.complete = complete;
                version.last = last;
            }
        }
        // A block begins where nothing is known to lead to.
        for version in 1..versions.len() {
            let maker = versions[version].made_by;
            let is_first =
                maker.is_none_or(|maker| !matches!(moves[maker as usize], Move::Swap(from, _) if from != ABSENT));
            let mut next = Some(version).filter(|_| is_first);
            while let Some(version) = next {
                versions[version].begun_by = maker;
                next = versions[version].left_by.map(|next| match moves[next as usize] {
                    Move::Swap(_, to) => to as usize,
                    _ => unreachable!("only a swap leaves a version"),
                });
            }
        }
        Ok(())
    }
}
