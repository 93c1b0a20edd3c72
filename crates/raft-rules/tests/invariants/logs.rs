//! Log Matching, Leader Append-Only, Quorum Write Blocking.

use raft_rules::{LEADER_APPEND_ONLY, LOG_MATCHING, QUORUM_WRITE_BLOCKING};
use raft_types::{EntryId, LogIndex, Observation};

use crate::cluster::*;

fn appended_with(entry: EntryId, payload: u64) -> Observation {
    Observation::Appended { entry, payload, request: None }
}

// Log Matching: paper section 5.3.

#[test]
fn one_id_with_two_contents_breaks_log_matching() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    let message = "n2 appended 2@1 with other content than another node's 2@1";
    breaks(cluster.says(N2, appended_with(e(2, 1), 99)), LOG_MATCHING, message);
}

#[test]
fn one_id_with_two_operations_breaks_log_matching() {
    let mut cluster = Cluster::settled();
    let carrying = |request| Observation::Appended { entry: e(2, 1), payload: 5, request: Some(request) };
    cluster.says_well(N1, carrying(c1(1)));
    cluster.clone().says_well(N2, carrying(c1(1)));
    let message = "n2 appended 2@1 with other content than another node's 2@1";
    breaks(cluster.says(N2, carrying(c2(1))), LOG_MATCHING, message);
}

#[test]
fn one_index_in_two_terms_is_legal_until_committed() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.appends(N2, e(2, 2));
    cluster.appends(N3, e(2, 2));
    assert_eq!((cluster.last(N1), cluster.last(N3)), (e(2, 1), e(2, 2)));
}

#[test]
fn what_stands_before_an_entry_is_part_of_it() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.appends(N2, e(2, 2));
    cluster.appends(N2, e(3, 2));
    // n1 takes 3@2 behind its own 2@1: the check of the previous entry is missing.
    cluster.follows(N1, 2, Some(N2));
    let message = "n1 holds 3@2 behind 2@1, but others hold it behind 2@2";
    breaks(cluster.says(N1, Cluster::appended(e(3, 2))), LOG_MATCHING, message);
}

#[test]
fn a_log_has_no_gap() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.appends(N1, e(3, 1));
    breaks(cluster.says(N2, Cluster::appended(e(3, 1))), LOG_MATCHING, "n2 appended 3@1 behind 1@1");
}

#[test]
fn the_terms_of_a_log_do_not_decrease() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.appends(N1, e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.appends(N2, e(2, 2));
    let message = "n2 appended 3@1 behind 2@2, but the terms of a log never decrease";
    cluster.follows(N2, 3, None);
    breaks(cluster.says(N2, Cluster::appended(e(3, 1))), LOG_MATCHING, message);
}

#[test]
fn only_a_leader_creates_entries() {
    let mut cluster = Cluster::settled();
    let message = "n2 appended 2@1, which no leader of that term ever did";
    breaks(cluster.says(N2, Cluster::appended(e(2, 1))), LOG_MATCHING, message);
}

#[test]
fn a_follower_may_truncate_and_append_again() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.replicate(&[N1], e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 2);
    cluster.replicate(&[N1], e(2, 2));
    assert_eq!(cluster.last(N1), e(2, 2));
}

#[test]
fn a_leaders_log_is_the_one_it_was_seen_to_append() {
    let mut cluster = Cluster::settled();
    cluster.stands(N2, 2);
    cluster.follows(N3, 2, None);
    cluster.votes(N3, 2, N2);
    let verdict = cluster.says(N2, Observation::BecameLeader { term: raft_types::Term(2), last: EntryId::ZERO });
    breaks(verdict, LOG_MATCHING, "n2 leads with a log to 0@0, but was seen to hold one to 1@1");
}

#[test]
fn a_truncation_beyond_the_end_of_the_log_is_nonsense() {
    let mut cluster = Cluster::settled();
    let verdict = cluster.says(N2, Observation::Truncated { from: LogIndex(5) });
    breaks(verdict, LOG_MATCHING, "n2 truncated its log from 5, but it ends at 1@1");
}

// Leader Append-Only: paper section 5.3.

#[test]
fn a_leader_does_not_truncate() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    let verdict = cluster.says(N1, Observation::Truncated { from: LogIndex(2) });
    let message = "n1 leads term 1 and truncated its log from 2, which ended at 2@1";
    breaks(verdict, LEADER_APPEND_ONLY, message);
}

#[test]
fn a_leader_of_yesterday_truncates_as_a_follower() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 2);
}

#[test]
fn a_leader_appends_entries_of_its_own_term_only() {
    let mut cluster = Cluster::settled();
    // n1 has seen term 2, adopted it and not stepped down.
    let verdict = cluster.says(N1, Cluster::appended(e(2, 2)));
    let message = "n1 leads term 1 and appended 2@2, which is not of its term";
    breaks(verdict, LEADER_APPEND_ONLY, message);
}

#[test]
fn a_leader_installs_nobodys_snapshot() {
    let mut cluster = Cluster::settled();
    let verdict = cluster.says(N1, Cluster::installs(e(1, 1), true));
    breaks(verdict, LEADER_APPEND_ONLY, "n1 leads term 1 and installed another's snapshot to 1@1");
}

// Quorum Write Blocking: paper section 5.3, thesis section 10.2.1.

#[test]
fn a_minority_commits_nothing() {
    let mut cluster = Cluster::of(5);
    cluster.elect(N1, 1, &[N2, N3]);
    cluster.replicate(&[N1, N2], e(1, 1));
    let message = "n1 committed 1@1, durable only on {n1 n2}, no majority of {n1 n2 n3 n4 n5}";
    breaks(cluster.clone().says(N1, Observation::Committed { entry: e(1, 1) }), QUORUM_WRITE_BLOCKING, message);
    cluster.replicate(&[N3], e(1, 1));
    cluster.commits(N1, e(1, 1));
}

#[test]
fn half_of_an_even_cluster_is_no_majority() {
    let mut cluster = Cluster::of(4);
    cluster.elect(N1, 1, &[N2, N3]);
    cluster.replicate(&[N1, N2], e(1, 1));
    let message = "n1 committed 1@1, durable only on {n1 n2}, no majority of {n1 n2 n3 n4}";
    breaks(cluster.says(N1, Observation::Committed { entry: e(1, 1) }), QUORUM_WRITE_BLOCKING, message);
}

#[test]
fn a_copy_that_is_not_durable_does_not_count_be_it_the_leaders() {
    for unsynced in [N1, N2] {
        let mut cluster = Cluster::of(3);
        cluster.elect(N1, 1, &[N2]);
        cluster.appends(N1, e(1, 1));
        cluster.appends(N2, e(1, 1));
        cluster.syncs(if unsynced == N1 { N2 } else { N1 });
        let sync = cluster.asks_sync(unsynced);
        let verdict = cluster.clone().says(N1, Observation::Committed { entry: e(1, 1) });
        let violation = verdict.expect_err("one copy of three");
        assert_eq!(violation.invariant, QUORUM_WRITE_BLOCKING);
        cluster.checker.synced(unsynced, sync);
        cluster.commits(N1, e(1, 1));
    }
}

#[test]
fn a_sync_asked_for_before_an_entry_does_not_cover_it() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1], e(1, 1));
    let sync = cluster.asks_sync(N2);
    cluster.appends(N2, e(1, 1));
    cluster.checker.synced(N2, sync);
    let violation = cluster.says(N1, Observation::Committed { entry: e(1, 1) }).expect_err("durable on n1 alone");
    assert_eq!(violation.invariant, QUORUM_WRITE_BLOCKING);
}

#[test]
fn a_copy_that_was_truncated_does_not_count() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1, N2], e(1, 1));
    cluster.replicate(&[N1, N2], e(2, 1));
    // A delayed older append makes n2 forget an entry that it has acknowledged.
    cluster.truncates(N2, 2);
    let message = "n1 committed 2@1, durable only on {n1}, no majority of {n1 n2 n3}";
    breaks(cluster.says(N1, Observation::Committed { entry: e(2, 1) }), QUORUM_WRITE_BLOCKING, message);
}

#[test]
fn a_node_that_is_down_still_holds_what_it_had_made_durable() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1, N2], e(1, 1));
    cluster.stops(N2);
    cluster.commits(N1, e(1, 1));
}

#[test]
fn a_disk_that_is_lost_counts_as_it_was() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1, N2], e(1, 1));
    // n2's acknowledgement is on its way while n2 burns down.
    cluster.stops(N2);
    cluster.checker.disk_lost(N2);
    cluster.commits(N1, e(1, 1));
}

#[test]
fn a_follower_may_apply_before_its_own_copy_is_durable() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.appends(N3, e(2, 1));
    cluster.commits(N3, e(2, 1));
    cluster.applies(N3, e(2, 1));
}
