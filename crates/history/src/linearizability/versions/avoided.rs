//! Operations that see that a version is *not* there, and could have found it there.
//!
//! Such an operation is right in any other version, so that it matters which one comes last. Most operations that miss
//! a version do not count: their times show that it was surely overwritten before, or is made after.

use super::{ABSENT, Bounds, Move, Versions};
use crate::linearizability::search::StateId;

/// Later than all.
const NEVER: u64 = u64::MAX;

/// Sets `avoided_until` of each version: the last invocation of an operation that missed it and might have found it.
pub(super) fn note(versions: &mut Versions, bounds: &[Bounds]) {
    if !versions.moves.iter().any(|step| matches!(step, Move::IsNot(_))) {
        return;
    }
    let mut avoided = Vec::new();
    let certain = Certain::new(versions, bounds);
    for (step, bounds) in versions.moves.iter().zip(bounds) {
        if let (Move::IsNot(version), Some(returned)) = (*step, bounds.until)
            && certain.may_be_there(version, bounds.invoked, returned)
        {
            avoided.push((version, bounds.invoked));
        }
    }
    for (version, invoked) in avoided {
        let version = &mut versions.versions[version as usize];
        version.avoided_until = version.avoided_until.max(invoked);
    }
}

/// The facts about versions that the times of operations alone prove.
struct Certain<'a> {
    versions: &'a Versions,
    bounds: &'a [Bounds],
    /// The returns of operations that change the version, ascending, each with the latest invocation among them so far.
    changed: Vec<(u64, u64)>,
    /// The same for operations that make a version other than the absent one.
    present: Vec<(u64, u64)>,
    /// The returns of deletes, ascending, each with the earliest invocation from there on.
    absent: Vec<(u64, u64)>,
}

impl<'a> Certain<'a> {
    fn new(versions: &'a Versions, bounds: &'a [Bounds]) -> Certain<'a> {
        let (mut changed, mut present, mut absent) = (Vec::new(), Vec::new(), Vec::new());
        for (step, bounds) in versions.moves.iter().zip(bounds) {
            let is_delete = matches!(*step, Move::Write(ABSENT) | Move::Swap(_, ABSENT));
            if is_delete {
                absent.push((bounds.until.unwrap_or(NEVER), bounds.invoked));
            }
            if let (Move::Write(_) | Move::Swap(..), Some(returned)) = (step, bounds.until.filter(|_| bounds.is_sure)) {
                changed.push((returned, bounds.invoked));
                if !is_delete {
                    present.push((returned, bounds.invoked));
                }
            }
        }
        absent.sort_unstable();
        let mut earliest = NEVER;
        for delete in absent.iter_mut().rev() {
            earliest = earliest.min(delete.1);
            delete.1 = earliest;
        }
        Certain { versions, bounds, changed: running_max(changed), present: running_max(present), absent }
    }

    /// True if `version` may have been there at some moment from `invoked` to `returned`.
    fn may_be_there(&self, version: StateId, invoked: u64, returned: u64) -> bool {
        if version == ABSENT {
            let present = latest_before(&self.present, invoked);
            if present.is_none() && self.versions.initial == ABSENT {
                return true;
            }
            let since = self.absent.partition_point(|(deleted, _)| *deleted < present.unwrap_or(0));
            return self.absent.get(since).is_some_and(|(_, invoked)| *invoked < returned);
        }
        if self.versions.versions[version as usize].recurs {
            return true;
        }
        let maker = self.versions.versions[version as usize].made_by;
        let (made_after, made_before) = maker.map_or((0, Some(0)), |maker| {
            let bounds = &self.bounds[maker as usize];
            (bounds.invoked, bounds.until)
        });
        let is_left = made_before.zip(latest_before(&self.changed, invoked)).is_some_and(|(made, left)| made < left);
        !is_left && made_after < returned
    }
}

fn running_max(mut operations: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    operations.sort_unstable();
    let mut latest = 0;
    for operation in &mut operations {
        latest = latest.max(operation.1);
        operation.1 = latest;
    }
    operations
}

/// The latest invocation among the operations that returned before `time`.
fn latest_before(operations: &[(u64, u64)], time: u64) -> Option<u64> {
    let returned = operations.partition_point(|(returned, _)| *returned < time);
    returned.checked_sub(1).map(|last| operations[last].1)
}
