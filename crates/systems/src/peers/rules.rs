//! The decisions of the puller.

use super::catalogue::Counts;

/// What the puller decides. The default is right; anything else is there to show that the judge sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a run goes on to the next peer after one has failed.
    pub continues_past_failure: bool,
    /// Whether an entry that the puller's catalogue has already is not added again.
    pub skips_known_entries: bool,
    /// Whether a catalogue is taken over only when all its pages have come. Otherwise what has come of a peer that died
    /// half-way is taken over too, and passes for all of it.
    pub takes_whole_catalogues_only: bool,
    /// Whether what a peer announces is held against what it sends. Otherwise it is believed, and reported.
    pub checks_counts: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            continues_past_failure: true,
            skips_known_entries: true,
            takes_whole_catalogues_only: true,
            checks_counts: true,
        }
    }
}

impl Rules {
    /// What counts as added, of a catalogue that was announced to have so many entries and of which these are `new`.
    pub(crate) fn added(self, announced: Counts, came: Counts, new: Counts) -> Counts {
        if self.checks_counts { new } else { announced.less(came.less(new)) }
    }
}
