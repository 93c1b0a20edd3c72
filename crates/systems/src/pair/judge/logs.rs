//! All logs of a run, by the hashes that name them.

use std::collections::BTreeMap;

use crate::pair::record::Lsn;

/// Each log is another log and one record. The empty log is 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Logs(BTreeMap<u64, Link>);

#[derive(Clone, Copy, Debug)]
struct Link {
    before: u64,
    last: Lsn,
}

impl Logs {
    /// With a record at `last`, the log `before` has become `chain`.
    pub(super) fn grew(&mut self, before: u64, chain: u64, last: Lsn) {
        self.0.entry(chain).or_insert(Link { before, last });
    }

    /// The name of the log `chain` up to `lsn`; `None` if it is shorter, or was never heard of.
    pub(super) fn up_to(&self, mut chain: u64, lsn: Lsn) -> Option<u64> {
        if lsn == Lsn(0) {
            return Some(0);
        }
        loop {
            let link = self.0.get(&chain)?;
            if link.last <= lsn {
                return (link.last == lsn).then_some(chain);
            }
            chain = link.before;
        }
    }
}
