//! The bugs that can be planted in a pair.

use crate::bugs::bugs;

bugs! {
    "lease-pair" {
        /// Members accept shipments under any token, and a primary whose lease has run out goes on until a renewal fails.
        Unfenced = "unfenced";
        /// A primary acknowledges a write that only its own disk holds, though its passive is in sync.
        AcknowledgesAlone = "acknowledges-alone";
        /// A primary answers reads after its lease has run out, until it learns that the other member holds the lease.
        ReadsWithoutLease = "reads-without-lease";
    }
}
