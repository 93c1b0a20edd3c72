//! State Machine Safety, and the Monotonicity of commit and applied index.

use raft_rules::{MONOTONICITY, STATE_MACHINE_SAFETY};
use raft_types::{LogIndex, Observation};

use crate::cluster::*;

/// n1, deposed and not aware of it, has an uncommitted 2@1 where n2 and n3 hold 2@2, which n2 has committed.
fn diverged() -> Cluster {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.commits(N2, e(2, 2));
    cluster
}

fn snapshot_taken(index: u64, state: u64) -> Observation {
    Observation::SnapshotTaken { last: e(index, 1), state }
}

// State Machine Safety: paper section 5.4.3.

#[test]
fn another_entry_at_a_committed_index_is_not_committed() {
    let mut cluster = diverged();
    cluster.follows(N1, 2, Some(N2));
    // n1 has believed a heartbeat's commit index without checking that its log agrees.
    let verdict = cluster.says(N1, Observation::Committed { entry: e(2, 1) });
    breaks(verdict, STATE_MACHINE_SAFETY, "n1 committed 2@1 where 2@2 is committed");
}

#[test]
fn another_entry_at_a_committed_index_is_not_applied() {
    let mut cluster = diverged();
    cluster.follows(N1, 2, Some(N2));
    cluster.commits(N1, e(2, 2));
    let verdict = cluster.says(N1, Cluster::applied(e(2, 1), None, false));
    breaks(verdict, STATE_MACHINE_SAFETY, "n1 applied 2@1 where 2@2 is committed");
}

#[test]
fn a_log_that_lacks_what_is_committed_commits_nothing_more() {
    let mut cluster = diverged();
    cluster.replicate(&[N1], e(3, 1));
    let message = "n1 committed 3@1 behind other entries than 2@2, which n2 committed";
    breaks(cluster.says(N1, Observation::Committed { entry: e(3, 1) }), STATE_MACHINE_SAFETY, message);
}

#[test]
fn what_is_committed_first_is_in_the_log_of_who_says_so() {
    let mut cluster = Cluster::settled();
    let verdict = cluster.says(N1, Observation::Committed { entry: e(2, 1) });
    breaks(verdict, STATE_MACHINE_SAFETY, "n1 committed 2@1, which its log to 1@1 does not hold");
}

#[test]
fn a_follower_may_know_committed_what_its_snapshot_is_about_to_bring() {
    let mut cluster = diverged();
    cluster.follows(N1, 2, Some(N2));
    cluster.commits(N1, e(2, 2));
    cluster.says_well(N2, Cluster::applied(e(2, 2), None, false));
    cluster.says_well(N1, Cluster::installs(e(2, 2), false));
    assert_eq!(cluster.last(N1), e(2, 2));
}

#[test]
fn what_is_known_to_be_committed_is_not_truncated() {
    let mut cluster = Cluster::settled();
    let message = "n2 truncated its log from 1, but knows everything up to 1 to be committed";
    breaks(cluster.says(N2, Observation::Truncated { from: LogIndex(1) }), STATE_MACHINE_SAFETY, message);
}

#[test]
fn a_node_that_does_not_know_may_truncate_what_is_committed_for_a_leader_of_its_term() {
    let mut cluster = Cluster::of(5);
    // Figure 8 again: n2 and n4 hold 1@2; n5, elected in term 3, holds 1@3; n1 commits 1@2 in term 4.
    cluster.elect(N1, 2, &[N2, N3]);
    cluster.replicate(&[N1, N2, N4], e(1, 2));
    cluster.elect(N5, 3, &[N3, N4]);
    cluster.replicate(&[N5], e(1, 3));
    cluster.elect(N1, 4, &[N2, N3]);
    cluster.replicate(&[N3], e(1, 2));
    cluster.replicate(&[N1, N2, N3], e(2, 4));
    cluster.commits(N1, e(2, 4));
    // n4 is in term 3 still, and n5's append arrives late.
    cluster.follows(N4, 3, Some(N5));
    cluster.truncates(N4, 1);
    cluster.replicate(&[N4], e(1, 3));
}

#[test]
fn nothing_is_applied_before_it_is_known_to_be_committed() {
    let mut cluster = Cluster::settled();
    cluster.appends(N1, e(2, 1));
    let message = "n1 applied 2@1, but knows only up to 1 to be committed";
    breaks(cluster.says(N1, Cluster::applied(e(2, 1), None, false)), STATE_MACHINE_SAFETY, message);
}

#[test]
fn one_log_makes_one_state() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.applies(N1, e(2, 1));
    cluster.commits(N2, e(2, 1));
    cluster.clone().applies(N2, e(2, 1));
    let applied = Observation::Applied { entry: e(2, 1), state: 0xbad, request: None, executed: false };
    let violation = cluster.says(N2, applied).expect_err("another state");
    assert_eq!(violation.invariant, STATE_MACHINE_SAFETY);
    assert!(violation.message.starts_with("n2 applied 2@1 and has the state 0000000000000bad, but"), "{violation}");
}

#[test]
fn a_snapshot_holds_the_state_at_its_end() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.applies(N1, e(2, 1));
    // The label is one entry behind the state.
    let violation = cluster.clone().says(N1, snapshot_taken(1, state(e(2, 1)))).expect_err("mislabelled");
    assert_eq!(violation.invariant, STATE_MACHINE_SAFETY);
    assert!(violation.message.starts_with("n1 took a snapshot to 1@1 that holds the state"), "{violation}");
    cluster.says_well(N1, snapshot_taken(1, state(e(1, 1))));
    cluster.says_well(N1, snapshot_taken(2, state(e(2, 1))));
}

#[test]
fn a_snapshot_does_not_reach_beyond_what_was_applied() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    let message = "n1 took a snapshot to 2@1, but has applied only up to 1";
    breaks(cluster.says(N1, snapshot_taken(2, state(e(2, 1)))), STATE_MACHINE_SAFETY, message);
}

#[test]
fn a_snapshot_is_of_committed_entries() {
    let mut cluster = diverged();
    cluster.follows(N1, 2, Some(N2));
    let verdict = cluster.says(N1, Cluster::installs(e(2, 1), false));
    breaks(verdict, STATE_MACHINE_SAFETY, "n1 installed a snapshot to 2@1, but the committed entry is 2@2");
}

#[test]
fn an_installed_snapshot_brings_the_senders_state() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.applies(N1, e(2, 1));
    // n3 has merged the snapshot with its own state.
    let merged = Observation::SnapshotInstalled { last: e(2, 1), state: 0xbad, log_kept: false };
    let violation = cluster.clone().says(N3, merged).expect_err("another state");
    assert_eq!(violation.invariant, STATE_MACHINE_SAFETY);
    assert!(violation.message.starts_with("n3 installed a snapshot to 2@1 that holds the state"), "{violation}");
    cluster.says_well(N3, Cluster::installs(e(2, 1), false));
    let view = *cluster.checker.view().node(N3);
    assert_eq!((view.last, view.last_applied, view.commit_index), (e(2, 1), LogIndex(2), LogIndex(2)));
}

// Monotonicity: paper figure 2.

#[test]
fn a_commit_index_does_not_go_back_within_a_life() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.commits(N1, e(2, 1));
    let verdict = cluster.says(N1, Observation::Committed { entry: e(1, 1) });
    breaks(verdict, MONOTONICITY, "n1's commit index went back from 2 to 1");
}

#[test]
fn nothing_is_applied_twice_within_a_life() {
    let mut cluster = Cluster::settled();
    let verdict = cluster.says(N1, Cluster::applied(e(1, 1), None, false));
    breaks(verdict, MONOTONICITY, "n1 applied 1@1 after it had applied up to 1");
}

#[test]
fn no_entry_is_skipped() {
    let mut cluster = Cluster::settled();
    for index in 2..=3 {
        cluster.replicate(&[N1, N2], e(index, 1));
        cluster.commits(N1, e(index, 1));
    }
    let verdict = cluster.says(N1, Cluster::applied(e(3, 1), None, false));
    breaks(verdict, MONOTONICITY, "n1 applied 3@1 after it had applied up to 1");
}

#[test]
fn a_stale_snapshot_does_not_take_the_state_back() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1, N2, N3], e(2, 1));
    cluster.commits(N1, e(2, 1));
    cluster.commits(N3, e(2, 1));
    cluster.applies(N3, e(2, 1));
    let verdict = cluster.says(N3, Cluster::installs(e(1, 1), true));
    breaks(verdict, MONOTONICITY, "n3 installed a snapshot to 1@1 after it had applied up to 2");
}
