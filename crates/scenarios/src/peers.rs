//! The promises of a resource that syncs from all connected peers: it goes on past those that fail, and reports each
//! failure.

use stormglass::scenario::Scenario;
use systems::peers::Bug;

use crate::sources::scenario;

mod handle;
mod pulls;

pub use handle::PeersCalls;

/// The puller and three peers.
const NODES: u8 = 4;

/// The scenarios of this source.
pub(crate) const ALL: &[Scenario] = &[
    scenario!(SYNC_FROM_ALL_PEERS, pulls::all_reachable, sync_all_peers)
        .rows(&["Loops through all connected peers", "Always records results"])
        .about("All peers are pulled in order, each with the entries that it has added, and the totals are the sums")
        .nodes(NODES),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::one_offline, sync_with_one_peer_offline)
        .rows(&["Example Scenario", "Test Case 1: One Peer Offline", "Records failures without stopping"])
        .about("The first of three peers is offline: the others add 3 organizations and 8 peers between them")
        .nodes(NODES)
        .guards(&[Bug::StopsAtFailure.name()]),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::again, sync_again_retries_what_failed)
        .rows(&["Idempotent: running again will retry failed peers"])
        .about("A peer that failed is pulled the next time, and no entry is added twice")
        .nodes(NODES)
        .guards(&[Bug::AddsWhatItHas.name()]),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::all_fail, sync_with_all_peers_offline)
        .rows(&["Aggregates only successes"])
        .about("With all peers offline there is one failure for each, and totals of nothing")
        .nodes(NODES)
        .guards(&[Bug::StopsAtFailure.name()]),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::single_fails_hard, sync_single_peer_fails_hard)
        .rows(&["Comparison with Individual Syncs"])
        .about("Pulling one peer by its name fails with it; pulling another by its name does not")
        .nodes(NODES),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::dies_half_way, sync_with_a_peer_that_dies_half_way)
        .rows(&["Non-Blocking: peers that die half-way"])
        .about("A peer is killed while it is pulled: it adds all that it has, or nothing")
        .nodes(NODES)
        .guards(&[Bug::TakesHalfCatalogues.name()]),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::hangs, sync_with_a_peer_that_hangs)
        .rows(&["Non-Blocking: peers that hang"])
        .about("A peer runs and does not answer: it is given up after a while, and the next one is pulled")
        .nodes(NODES)
        .guards(&[Bug::StopsAtFailure.name()]),
    scenario!(SYNC_FROM_ALL_PEERS, pulls::answers_garbage, sync_with_peers_that_answer_garbage)
        .rows(&["Diagnostic Info: peers that answer garbage, or refuse"])
        .about("A catalogue that is unreadable, inconsistent or refused adds nothing, and each error says which it was")
        .nodes(NODES)
        .guards(&[Bug::BelievesCounts.name()]),
];
