//! The bugs that can be planted in a graph.

use crate::bugs::bugs;

bugs! {
    "relay-graph" {
        /// A node keeps the value that arrives last, and ignores the stamps.
        LastArrivalWins = "last-arrival-wins";
        /// Of two values with equal times, a node keeps the one that arrives last.
        Untied = "untied";
        /// A node acknowledges an edit before it is durable.
        AcknowledgesBeforeSync = "acknowledges-before-sync";
        /// A node pushes each update once, whether or not the relay receives it.
        PushesOnce = "pushes-once";
    }
}
