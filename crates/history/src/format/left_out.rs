//! The lines of a text that are not in its history, by their kinds.

use std::fmt;

/// How many lines were left out, of each kind. A form that is not on a line of its own counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Operations of the nemesis.
    pub nemesis: u64,
    /// Operations of other processes that are no clients, on objects that no model judges.
    pub processes: u64,
    /// Maps and objects that are no operations.
    pub records: u64,
    /// Lines of a log that are of other loggers, or printed by the test runner. Blank lines do not count.
    pub others: u64,
    /// Numbers of `:index` that no line has, so that there were more lines once.
    pub indices: u64,
}

impl LeftOut {
    /// True if every line is in the history.
    pub fn is_nothing(&self) -> bool {
        *self == LeftOut::default()
    }
}

impl fmt::Display for LeftOut {
    /// `12 nemesis lines, 3 other lines`; `nothing` if there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            (self.nemesis, "nemesis line", "nemesis lines"),
            (self.processes, "line of another process", "lines of other processes"),
            (self.records, "record that is no operation", "records that are no operations"),
            (self.others, "other line", "other lines"),
            (self.indices, "index that no line has", "indices that no line has"),
        ];
        let mut separator = "";
        for (count, one, many) in kinds.into_iter().filter(|(count, ..)| *count > 0) {
            write!(f, "{separator}{count} {}", if count == 1 { one } else { many })?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}

/// The numbers of `:index` that have been seen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Indices {
    count: u64,
    first: Option<u64>,
    last: u64,
}

impl Indices {
    pub(super) fn pass(&mut self, index: Option<u64>) {
        let Some(index) = index else { return };
        self.count += 1;
        self.first = Some(self.first.map_or(index, |first| first.min(index)));
        self.last = self.last.max(index);
    }

    /// How many numbers were not seen up to the last, from 0 on, or from 1 if the first may be that.
    pub(super) fn missing(self, first_max: u64) -> u64 {
        let Some(first) = self.first else { return 0 };
        (self.last - first.min(first_max)).saturating_add(1).saturating_sub(self.count)
    }
}
