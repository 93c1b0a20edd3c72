//! The decisions of the puller.

use super::bug::Bug;
use super::catalogue::Counts;

/// The decisions. The default is right, and a planted bug changes one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// True if a run goes on to the next peer after one has failed.
    pub(crate) continues_past_failure: bool,
    /// True if an entry that the puller's catalogue has already is not added again.
    pub(crate) skips_known_entries: bool,
    /// True if a catalogue is taken over only when all its pages have come. Otherwise the pages of a peer that died
    /// half-way are taken over too, and pass for the whole catalogue.
    pub(crate) takes_whole_catalogues_only: bool,
    /// True if the counts that a peer announces are checked against its entries. Otherwise they are believed, and
    /// reported.
    pub(crate) checks_counts: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules::with(None)
    }
}

impl Rules {
    /// The decisions of a puller in which this bug is planted.
    pub(crate) fn with(bug: Option<Bug>) -> Rules {
        Rules {
            continues_past_failure: bug != Some(Bug::StopsAtFailure),
            skips_known_entries: bug != Some(Bug::AddsWhatItHas),
            takes_whole_catalogues_only: bug != Some(Bug::TakesHalfCatalogues),
            checks_counts: bug != Some(Bug::BelievesCounts),
        }
    }

    /// The counts of added entries: the peer `announced` so many, `came` have come, and `new` of these were new.
    pub(crate) fn added(self, announced: Counts, came: Counts, new: Counts) -> Counts {
        if self.checks_counts { new } else { announced.less(came.less(new)) }
    }
}
