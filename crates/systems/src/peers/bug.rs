//! The bugs that can be planted in a puller.

use crate::bugs::bugs;

bugs! {
    "peer-sync" {
        /// A run ends at the first peer that fails.
        StopsAtFailure = "stops-at-failure";
        /// The puller adds entries that its catalogue already has.
        AddsWhatItHas = "adds-what-it-has";
        /// The puller takes over the pages of a peer that died half-way, and reports a success.
        TakesHalfCatalogues = "takes-half-catalogues";
        /// The puller reports the counts that a peer announces, and does not count its entries.
        BelievesCounts = "believes-counts";
    }
}
