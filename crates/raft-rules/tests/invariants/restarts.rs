//! The state that a restart may change without a violation.

use raft_rules::LOG_MATCHING;
use raft_rules::Role;
use raft_types::{EntryId, LogIndex, Observation};

use crate::cluster::*;

/// A settled cluster with entries to 4@1 committed and applied everywhere.
fn busy() -> Cluster {
    let mut cluster = Cluster::settled();
    for index in 2..=4 {
        cluster.replicate(&[N1, N2, N3], e(index, 1));
        for node in [N1, N2, N3] {
            cluster.commits(node, e(index, 1));
            cluster.applies(node, e(index, 1));
        }
    }
    cluster
}

#[test]
fn commit_and_applied_index_begin_again_at_the_snapshot() {
    let mut cluster = busy();
    cluster.takes_snapshot(N2, e(2, 1));
    cluster.syncs(N2);
    cluster.stops(N2);
    cluster.boots(N2, 1, Some(N1), e(2, 1), e(4, 1));
    let view = *cluster.checker.view().node(N2);
    assert_eq!((view.commit_index, view.last_applied), (LogIndex(2), LogIndex(2)));
    cluster.follows(N2, 1, Some(N1));
    cluster.commits(N2, e(3, 1));
    cluster.applies(N2, e(3, 1));
}

#[test]
fn without_a_snapshot_everything_is_applied_anew() {
    let mut cluster = busy();
    cluster.stops(N2);
    cluster.boots(N2, 1, Some(N1), EntryId::ZERO, e(4, 1));
    for index in 1..=4 {
        cluster.commits(N2, e(index, 1));
        cluster.applies(N2, e(index, 1));
    }
}

#[test]
fn an_unsynced_tail_that_was_lost_may_be_replaced() {
    let mut cluster = busy();
    cluster.appends(N1, e(5, 1));
    cluster.stops(N1);
    cluster.boots(N1, 1, Some(N1), EntryId::ZERO, e(4, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(5, 2));
    cluster.commits(N2, e(5, 2));
    cluster.follows(N1, 2, Some(N2));
    cluster.replicate(&[N1], e(5, 2));
    cluster.commits(N1, e(5, 2));
}

#[test]
fn a_leader_that_lost_its_tail_and_leads_again_does_so_in_a_later_term() {
    let mut cluster = busy();
    cluster.appends(N1, e(5, 1));
    cluster.stops(N1);
    cluster.boots(N1, 1, Some(N1), EntryId::ZERO, e(4, 1));
    cluster.elect(N1, 2, &[N3]);
    cluster.replicate(&[N1, N2], e(5, 2));
    cluster.commits(N1, e(5, 2));
}

#[test]
fn a_node_that_stops_leads_no_more() {
    let mut cluster = busy();
    cluster.stops(N1);
    let view = cluster.checker.view();
    assert_eq!((view.leader(), view.node(N1).role, view.node(N1).is_running), (None, Role::Follower, false));
    assert_eq!(view.running(), set(&[N2, N3]));
}

#[test]
fn a_boot_without_a_word_of_the_stop_is_a_stop_as_well() {
    let mut cluster = busy();
    cluster.appends(N1, e(5, 1));
    let sync = cluster.asks_sync(N1);
    cluster.boots(N1, 1, Some(N1), EntryId::ZERO, e(4, 1));
    cluster.checker.synced(N1, sync);
    cluster.stops(N1);
    cluster.boots(N1, 1, Some(N1), EntryId::ZERO, e(4, 1));
}

#[test]
fn a_laggard_jumps_by_snapshot_and_goes_on() {
    let mut cluster = busy();
    cluster.stops(N3);
    for index in 5..=9 {
        cluster.replicate(&[N1, N2], e(index, 1));
        cluster.commits(N1, e(index, 1));
        cluster.applies(N1, e(index, 1));
    }
    cluster.takes_snapshot(N1, e(8, 1));
    cluster.says_well(N1, Observation::Compacted { through: LogIndex(8) });
    cluster.boots(N3, 1, None, EntryId::ZERO, e(4, 1));
    cluster.says_well(N3, Cluster::installs(e(8, 1), false));
    cluster.syncs(N3);
    cluster.replicate(&[N3], e(9, 1));
    cluster.commits(N3, e(9, 1));
    cluster.applies(N3, e(9, 1));
    cluster.stops(N3);
    cluster.boots(N3, 1, None, e(8, 1), e(9, 1));
}

#[test]
fn a_node_that_lags_behind_everything_remembered_catches_up_unjudged() {
    let mut cluster = busy();
    cluster.stops(N3);
    let last = 300_000;
    for index in 5..=last {
        cluster.replicate(&[N1, N2], e(index, 1));
        for node in [N1, N2] {
            cluster.commits(node, e(index, 1));
            cluster.applies(node, e(index, 1));
        }
    }
    cluster.boots(N3, 1, None, EntryId::ZERO, e(4, 1));
    for index in 5..=last {
        cluster.replicate(&[N3], e(index, 1));
    }
    for index in 1..=last {
        cluster.commits(N3, e(index, 1));
        cluster.applies(N3, e(index, 1));
    }
    // Remembered entries still count.
    let another = Observation::Appended { entry: e(last + 1, 1), payload: 1, request: None };
    cluster.says_well(N1, another);
    let violation = cluster.says(N3, Cluster::appended(e(last + 1, 1))).expect_err("another content");
    assert_eq!(violation.invariant, LOG_MATCHING);
}

#[test]
fn what_all_nodes_have_snapshotted_is_forgotten_and_nothing_breaks() {
    let mut cluster = busy();
    for index in 5..=20_000 {
        cluster.replicate(&[N1, N2, N3], e(index, 1));
        for node in [N1, N2, N3] {
            cluster.commits(node, e(index, 1));
            cluster.applies(node, e(index, 1));
            if index % 500 == 0 {
                cluster.takes_snapshot(node, e(index - 3, 1));
                cluster.says_well(node, Observation::Compacted { through: LogIndex(index - 10) });
            }
        }
    }
    cluster.stops(N3);
    cluster.boots(N3, 1, None, e(19_997, 1), e(20_000, 1));
    cluster.commits(N3, e(19_998, 1));
    cluster.applies(N3, e(19_998, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(20_001, 2));
    cluster.commits(N2, e(20_001, 2));
}
