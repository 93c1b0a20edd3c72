//! Durability: a boot finds the durable state again, and a node gives it up only with reason.

use env::NodeId;
use raft_rules::{DURABILITY, LOG_MATCHING, QUORUM_WRITE_BLOCKING};
use raft_types::{EntryId, LogIndex, Observation};

use crate::cluster::*;

/// Says that a node boots with this.
fn boots(
    cluster: &Cluster,
    node: NodeId,
    term: u64,
    vote: Option<NodeId>,
    last: EntryId,
) -> Result<(), Box<sim::Violation>> {
    cluster.clone().says(node, Cluster::recovered(term, vote, EntryId::ZERO, last))
}

#[test]
fn a_durable_entry_is_found_again() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.stops(N2);
    let message = "n2 recovered a log to 1@1, but had a durable one to 2@1";
    breaks(boots(&cluster, N2, 1, Some(N1), e(1, 1)), DURABILITY, message);
    cluster.boots(N2, 1, Some(N1), EntryId::ZERO, e(2, 1));
}

#[test]
fn an_unsynced_tail_may_be_lost_or_kept() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    cluster.appends(N1, e(3, 1));
    cluster.asks_sync(N1);
    cluster.stops(N1);
    for kept in [e(1, 1), e(2, 1), e(3, 1)] {
        boots(&cluster, N1, 1, Some(N1), kept).unwrap_or_else(|violation| panic!("{kept}: {violation}"));
    }
}

#[test]
fn a_durable_entry_is_not_exchanged_for_another() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.stops(N3);
    let message = "n3 recovered a log to 2@1, but had a durable one to 2@2";
    breaks(boots(&cluster, N3, 2, Some(N2), e(2, 1)), DURABILITY, message);
}

#[test]
fn an_entry_that_nobody_appended_is_not_recovered() {
    let mut cluster = Cluster::settled();
    cluster.stops(N3);
    let verdict = boots(&cluster, N3, 1, None, e(2, 1));
    breaks(verdict, LOG_MATCHING, "n3 recovered 2@1, which no node ever appended");
}

#[test]
fn a_truncation_that_was_not_synced_may_be_undone_by_a_power_loss() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.replicate(&[N1], e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 2);
    cluster.appends(N1, e(2, 2));
    cluster.stops(N1);
    for left in [e(3, 1), e(1, 1), e(2, 2)] {
        boots(&cluster, N1, 2, None, left).unwrap_or_else(|violation| panic!("{left}: {violation}"));
    }
    cluster.boots(N1, 2, None, EntryId::ZERO, e(3, 1));
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 2);
    cluster.replicate(&[N1], e(2, 2));
}

#[test]
fn a_durable_term_is_found_again_and_an_unsynced_one_need_not_be() {
    let mut cluster = Cluster::settled();
    cluster.follows(N3, 5, None);
    cluster.syncs(N3);
    cluster.follows(N3, 6, None);
    cluster.stops(N3);
    let message = "n3 recovered term 4, but term 5 was durable";
    breaks(boots(&cluster, N3, 4, None, e(1, 1)), DURABILITY, message);
    cluster.boots(N3, 5, None, EntryId::ZERO, e(1, 1));
}

#[test]
fn a_vote_that_left_is_found_again() {
    let mut cluster = Cluster::settled();
    cluster.follows(N3, 5, None);
    cluster.says_well(N3, Observation::Voted { term: raft_types::Term(5), candidate: N2 });
    cluster.stops(N3);
    for (term, vote, message) in [
        (4, None, "n3 recovered term 4, but has voted for n2 in term 5"),
        (5, None, "n3 recovered no vote in term 5, but has voted for n2 in it"),
        (5, Some(N1), "n3 recovered a vote for n1 in term 5, but has voted for n2 in it"),
    ] {
        breaks(boots(&cluster, N3, term, vote, e(1, 1)), DURABILITY, message);
    }
    boots(&cluster, N3, 5, Some(N2), e(1, 1)).expect("the vote is there");
    boots(&cluster, N3, 6, None, e(1, 1)).expect("of a later term nothing was said");
}

#[test]
fn a_disk_that_a_fault_destroyed_excuses_and_only_once() {
    let mut cluster = Cluster::settled();
    cluster.checker.disk_lost(N3);
    cluster.stops(N3);
    cluster.boots(N3, 0, None, EntryId::ZERO, EntryId::ZERO);
    cluster.follows(N3, 1, Some(N1));
    cluster.replicate(&[N3], e(1, 1));
    cluster.stops(N3);
    let verdict = boots(&cluster, N3, 1, None, EntryId::ZERO);
    breaks(verdict, DURABILITY, "n3 recovered a log to 0@0, but had a durable one to 1@1");
}

#[test]
fn a_node_can_read_its_own_files_unless_a_fault_destroyed_them() {
    let mut cluster = Cluster::settled();
    cluster.stops(N3);
    let at = cluster.next_moment();
    let message = "n3 refuses to start, though no fault has destroyed anything it wrote: wal-2 begins at 9, the snapshot ends at 5";
    breaks(
        cluster.clone().checker.boot_refused(at, N3, "wal-2 begins at 9, the snapshot ends at 5"),
        DURABILITY,
        message,
    );
    cluster.checker.disk_lost(N3);
    cluster.checker.boot_refused(at, N3, "wal-1 is corrupt at 512").expect("a bit was flipped");
}

#[test]
fn what_a_killed_node_reads_is_not_durable_by_that() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.appends(N2, e(2, 1));
    cluster.checker.killed(N2);
    cluster.boots(N2, 1, Some(N1), EntryId::ZERO, e(2, 1));
    let message = "n1 committed 2@1, durable only on {n1}, no majority of {n1 n2 n3}";
    breaks(cluster.clone().says(N1, Observation::Committed { entry: e(2, 1) }), QUORUM_WRITE_BLOCKING, message);
    // And the next power loss may take it.
    cluster.stops(N2);
    boots(&cluster, N2, 1, Some(N1), e(1, 1)).expect("it was never synced");
}

#[test]
fn what_a_power_loss_left_counts_without_a_further_sync() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.appends(N2, e(2, 1));
    cluster.stops(N2);
    cluster.boots(N2, 1, Some(N1), EntryId::ZERO, e(2, 1));
    cluster.commits(N1, e(2, 1));
}

// Paper figure 2, AppendEntries step 3.

#[test]
fn durable_entries_are_truncated_only_for_a_conflict() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.replicate(&[N1, N2], e(3, 1));
    cluster.truncates(N2, 2);
    let message = "n2 truncated durable entries from 2@1 on, without a conflict: the next it appended is 2@1 again";
    breaks(cluster.says(N2, Cluster::appended(e(2, 1))), DURABILITY, message);
}

#[test]
fn a_truncated_entry_may_come_back_with_a_later_leader() {
    let mut cluster = Cluster::of(5);
    cluster.elect(N1, 1, &[N2, N3]);
    cluster.replicate(&[N1, N2], e(1, 1));
    cluster.elect(N5, 2, &[N3, N4]);
    cluster.replicate(&[N5], e(1, 2));
    cluster.follows(N2, 2, Some(N5));
    cluster.truncates(N2, 1);
    cluster.replicate(&[N2], e(1, 2));
    cluster.elect(N1, 3, &[N3, N4]);
    cluster.follows(N2, 3, Some(N1));
    cluster.truncates(N2, 1);
    cluster.replicate(&[N2], e(1, 1));
}

// Paper figure 13 (InstallSnapshot) and section 7.

/// n1 leads with three committed and applied entries and a snapshot to 2@1; n3 durably holds `held_by_n3`.
fn with_snapshot(held_by_n3: &[EntryId]) -> Cluster {
    let mut cluster = Cluster::settled();
    for entry in [e(2, 1), e(3, 1)] {
        cluster.replicate(&[N1, N2], entry);
        cluster.commits(N1, entry);
        cluster.applies(N1, entry);
    }
    for entry in held_by_n3 {
        cluster.replicate(&[N3], *entry);
    }
    cluster.takes_snapshot(N1, e(2, 1));
    cluster
}

#[test]
fn a_snapshot_does_not_drop_the_durable_entries_behind_it() {
    let mut cluster = with_snapshot(&[e(2, 1), e(3, 1)]);
    let message = "n3 dropped its durable log to 3@1 for a snapshot to 2@1, which that log holds";
    breaks(cluster.clone().says(N3, Cluster::installs(e(2, 1), false)), DURABILITY, message);
    cluster.says_well(N3, Cluster::installs(e(2, 1), true));
    assert_eq!(cluster.last(N3), e(3, 1));
}

#[test]
fn a_snapshot_ahead_of_the_log_replaces_it() {
    let mut cluster = with_snapshot(&[]);
    cluster.says_well(N3, Cluster::installs(e(2, 1), false));
    cluster.replicate(&[N3], e(3, 1));
    assert_eq!(cluster.last(N3), e(3, 1));
}

#[test]
fn a_log_that_disagrees_with_the_snapshot_is_not_kept() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.replicate(&[N1], e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    for node in [N2, N3] {
        cluster.commits(node, e(2, 2));
        cluster.applies(node, e(2, 2));
    }
    cluster.takes_snapshot(N2, e(2, 2));
    cluster.follows(N1, 2, Some(N2));
    let message = "n1 kept its log behind a snapshot to 2@2, but holds 2@1 there";
    breaks(cluster.clone().says(N1, Cluster::installs(e(2, 2), true)), LOG_MATCHING, message);
    // The longer log of term 1 was durable, and goes all the same.
    cluster.says_well(N1, Cluster::installs(e(2, 2), false));
    assert_eq!(cluster.last(N1), e(2, 2));
    // Whichever of the two a power loss leaves, before the snapshot is synced, is right.
    cluster.stops(N1);
    boots(&cluster, N1, 2, None, e(3, 1)).expect("the old log");
    cluster.boots(N1, 2, None, e(2, 2), e(2, 2));
}

#[test]
fn a_snapshot_that_became_durable_in_the_crash_may_have_replaced_a_durable_log() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.replicate(&[N1], e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.commits(N2, e(2, 2));
    cluster.applies(N2, e(2, 2));
    cluster.follows(N1, 2, Some(N2));
    // n1 never came to say that it installed it.
    cluster.stops(N1);
    cluster.boots(N1, 2, None, e(2, 2), e(2, 2));
}

#[test]
fn a_snapshot_that_the_log_agrees_with_excuses_no_loss_behind_it() {
    let mut cluster = with_snapshot(&[e(2, 1), e(3, 1)]);
    cluster.stops(N3);
    let verdict = cluster.says(N3, Cluster::recovered(1, None, e(2, 1), e(2, 1)));
    breaks(verdict, DURABILITY, "n3 recovered a log to 2@1, but had a durable one to 3@1");
}

#[test]
fn a_log_does_not_begin_behind_its_snapshots_end() {
    let mut cluster = with_snapshot(&[]);
    let verdict = cluster.clone().says(N1, Observation::Compacted { through: LogIndex(3) });
    breaks(verdict, DURABILITY, "n1 dropped its log through 3, but its snapshot ends at 2@1");
    cluster.says_well(N1, Observation::Compacted { through: LogIndex(2) });
    cluster.stops(N1);
    let verdict = cluster.says(N1, Cluster::recovered(1, Some(N1), e(2, 1), e(1, 1)));
    let message = "n1 recovered a log to 1@1 that does not hold its snapshot's 2@1";
    breaks(verdict, LOG_MATCHING, message);
}
