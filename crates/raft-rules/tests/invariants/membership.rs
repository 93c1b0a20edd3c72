//! One Majority: paper section 6, thesis chapter 4.

use env::NodeId;
use raft_rules::{Changes, ELECTION_SAFETY, ONE_MAJORITY, QUORUM_WRITE_BLOCKING};
use raft_types::{EntryId, LogIndex, Membership, Observation, Term};

use crate::cluster::*;

fn of(nodes: &[NodeId]) -> Membership {
    Membership::of(set(nodes))
}

fn joint(outgoing: &[NodeId], voters: &[NodeId]) -> Membership {
    Membership { outgoing: set(outgoing), ..of(voters) }
}

fn with_learners(membership: Membership, learners: &[NodeId]) -> Membership {
    Membership { learners: set(learners), ..membership }
}

const OLD: [NodeId; 3] = [N1, N2, N3];
const NEW: [NodeId; 3] = [N1, N4, N5];

/// A settled cluster of n1 to n3, with n4 and n5 as learners that hold its log.
fn with_spares() -> Cluster {
    let mut cluster = Cluster::settled();
    for node in [N4, N5] {
        cluster.boots(node, 0, None, EntryId::ZERO, EntryId::ZERO);
        cluster.says_well(node, Cluster::configured(0, Membership::default()));
        cluster.follows(node, 1, Some(N1));
        cluster.replicate(&[node], e(1, 1));
    }
    let learners = with_learners(of(&OLD), &[N4, N5]);
    cluster.reconfigure(&[N1, N2, N3, N4, N5], e(2, 1), learners);
    cluster.commits(N1, e(2, 1));
    cluster
}

#[test]
fn a_change_of_voters_goes_in_and_out_of_a_joint_configuration() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1, N2, N4, N5], e(3, 1), joint(&OLD, &NEW));
    assert_eq!(cluster.checker.view().membership(), joint(&OLD, &NEW));
    cluster.commits(N1, e(3, 1));
    cluster.reconfigure(&[N1, N4, N5], e(4, 1), of(&NEW));
    cluster.commits(N1, e(4, 1));
}

#[test]
fn two_voters_at_once_could_make_two_majorities() {
    let mut cluster = with_spares();
    cluster.appends(N1, e(3, 1));
    let verdict = cluster.says(N1, Cluster::configured(3, of(&NEW)));
    let message = "n1 put {n1 n4 n5} at 3@1 behind {n1 n2 n3}+{n4 n5} at 2@1";
    breaks(verdict, ONE_MAJORITY, message);
}

#[test]
fn a_joint_configuration_begins_with_the_old_voters() {
    let mut cluster = with_spares();
    cluster.appends(N1, e(3, 1));
    let verdict = cluster.says(N1, Cluster::configured(3, joint(&[N1, N2], &NEW)));
    let message = "n1 put {n1 n2}->{n1 n4 n5} at 3@1 behind {n1 n2 n3}+{n4 n5} at 2@1";
    breaks(verdict, ONE_MAJORITY, message);
}

#[test]
fn a_joint_configuration_ends_with_its_new_voters() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1, N2, N4, N5], e(3, 1), joint(&OLD, &NEW));
    cluster.commits(N1, e(3, 1));
    cluster.appends(N1, e(4, 1));
    let verdict = cluster.says(N1, Cluster::configured(4, of(&OLD)));
    breaks(verdict, ONE_MAJORITY, "n1 put {n1 n2 n3} at 4@1 behind {n1 n2 n3}->{n1 n4 n5} at 3@1");
}

#[test]
fn a_joint_configuration_is_left_only_when_it_is_committed() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1, N2, N4, N5], e(3, 1), joint(&OLD, &NEW));
    cluster.appends(N1, e(4, 1));
    let verdict = cluster.says(N1, Cluster::configured(4, of(&NEW)));
    let message = "n1 put {n1 n4 n5} at 4@1 while the change to {n1 n2 n3}->{n1 n4 n5} at 3@1 is not committed";
    breaks(verdict, ONE_MAJORITY, message);
}

/// openraft goes from {1 2 3}+{1 4 5} to {1 4 5}+{1 2}, or back: all three decide by a majority of one and the same set.
#[test]
fn a_joint_configuration_may_be_followed_by_whatever_shares_its_voters_if_the_cluster_has_it_so() {
    let mut cluster = with_spares();
    cluster.checker = cluster.checker.changing(Changes::BySharedVoters);
    cluster.reconfigure(&[N1, N2, N4, N5], e(3, 1), joint(&OLD, &NEW));
    let mut hasty = cluster.clone();
    hasty.appends(N1, e(4, 1));
    let verdict = hasty.says(N1, Cluster::configured(4, joint(&NEW, &[N1, N2])));
    breaks(
        verdict,
        ONE_MAJORITY,
        "n1 put {n1 n4 n5}->{n1 n2} at 4@1 while the change to {n1 n2 n3}->{n1 n4 n5} at 3@1 is not committed",
    );
    cluster.commits(N1, e(3, 1));
    for allowed in [joint(&NEW, &[N1, N2]), of(&OLD), of(&NEW), joint(&[N1, N2, N4, N5], &OLD)] {
        let mut next = cluster.clone();
        next.appends(N1, e(4, 1));
        next.says_well(N1, Cluster::configured(4, allowed));
    }
    for foreign in [of(&[N1, N2]), joint(&[N1, N2], &[N4, N5])] {
        let mut next = cluster.clone();
        next.appends(N1, e(4, 1));
        let verdict = next.says(N1, Cluster::configured(4, foreign));
        let message = format!("n1 put {foreign} at 4@1 behind {{n1 n2 n3}}->{{n1 n4 n5}} at 3@1");
        breaks(verdict, ONE_MAJORITY, &message);
    }
}

#[test]
fn one_change_of_voters_at_a_time() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1], e(3, 1), of(&[N1, N2, N3, N4]));
    cluster.appends(N1, e(4, 1));
    let verdict = cluster.says(N1, Cluster::configured(4, of(&[N1, N2, N3, N4, N5])));
    let message = "n1 put {n1 n2 n3 n4 n5} at 4@1 while the change to {n1 n2 n3 n4} at 3@1 is not committed";
    breaks(verdict, ONE_MAJORITY, message);
}

#[test]
fn learners_come_and_go_freely() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1], e(3, 1), with_learners(of(&OLD), &[N4]));
    cluster.reconfigure(&[N1], e(4, 1), of(&OLD));
    // They do not stand in the way of a change of voters either.
    cluster.reconfigure(&[N1], e(5, 1), joint(&OLD, &[N1, N2]));
}

#[test]
fn one_voter_at_a_time_is_safe_once_the_leader_has_committed_in_its_term() {
    let mut cluster = with_spares();
    cluster.elect(N2, 2, &[N3]);
    let four = of(&[N1, N2, N3, N4]);
    let mut hasty = cluster.clone();
    hasty.appends(N2, e(3, 2));
    let verdict = hasty.says(N2, Cluster::configured(3, four));
    let message = "n2 put {n1 n2 n3 n4} at 3@2 before it had committed an entry of its term 2";
    breaks(verdict, ONE_MAJORITY, message);
    cluster.replicate(&[N2, N3], e(3, 2));
    cluster.commits(N2, e(3, 2));
    cluster.reconfigure(&[N2], e(4, 2), four);
}

#[test]
fn a_configuration_that_was_truncated_is_no_longer_in_use() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1], e(3, 1), joint(&OLD, &NEW));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(3, 2));
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 3);
    cluster.replicate(&[N1], e(3, 2));
    let mut stale = cluster.clone();
    let message = "n1 stands for election by {n1 n2 n3}->{n1 n4 n5} of index 3, but the latest in its log is \
                   {n1 n2 n3}+{n4 n5} at 2@1";
    breaks(stale.says(N1, Observation::BecameCandidate { term: Term(3) }), ONE_MAJORITY, message);
    cluster.says_well(N1, Cluster::configured(2, with_learners(of(&OLD), &[N4, N5])));
    cluster.says_well(N1, Observation::BecameCandidate { term: Term(3) });
}

#[test]
fn two_levels_of_configurations_can_be_rolled_back_at_once() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1], e(3, 1), with_learners(of(&OLD), &[N4]));
    cluster.reconfigure(&[N1], e(4, 1), joint(&OLD, &[N1, N2, N4]));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(3, 2));
    cluster.follows(N1, 2, Some(N2));
    cluster.truncates(N1, 3);
    let mut one_level = cluster.clone();
    // Told at the index where it stood, it is no configuration of this log.
    one_level.replicate(&[N1], e(3, 2));
    let violation =
        one_level.says(N1, Observation::BecameCandidate { term: Term(3) }).expect_err("still uses that of index 4");
    assert_eq!(violation.invariant, ONE_MAJORITY);
    cluster.says_well(N1, Cluster::configured(2, with_learners(of(&OLD), &[N4, N5])));
    cluster.replicate(&[N1], e(3, 2));
    cluster.says_well(N1, Observation::BecameCandidate { term: Term(3) });
}

#[test]
fn all_logs_hold_the_same_configuration_at_an_id() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1], e(3, 1), joint(&OLD, &NEW));
    cluster.appends(N2, e(3, 1));
    let verdict = cluster.says(N2, Cluster::configured(3, of(&NEW)));
    let message = "n2 uses {n1 n4 n5} of index 3, but that is {n1 n2 n3}->{n1 n4 n5}";
    breaks(verdict, ONE_MAJORITY, message);
}

#[test]
fn a_snapshot_brings_the_configuration_at_its_end() {
    let mut cluster = with_spares();
    cluster.replicate(&[N1, N2], e(3, 1));
    cluster.commits(N1, e(3, 1));
    cluster.applies(N1, e(2, 1));
    cluster.applies(N1, e(3, 1));
    cluster.says_well(N3, Cluster::installs(e(3, 1), false));
    let message = "n3 uses {n1 n2 n3}->{n1 n4 n5} of index 3, but that is {n1 n2 n3}+{n4 n5}";
    breaks(cluster.clone().says(N3, Cluster::configured(3, joint(&OLD, &NEW))), ONE_MAJORITY, message);
    cluster.says_well(N3, Cluster::configured(3, with_learners(of(&OLD), &[N4, N5])));
}

#[test]
fn a_joint_commitment_needs_both_majorities() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1, N4, N5], e(3, 1), joint(&OLD, &NEW));
    // Three of the union's five, but only n1 of the old.
    let message = "n1 committed 3@1, durable only on {n1 n4 n5}, no majority of {n1 n2 n3}->{n1 n4 n5}";
    breaks(cluster.clone().says(N1, Observation::Committed { entry: e(3, 1) }), QUORUM_WRITE_BLOCKING, message);
    cluster.reconfigure(&[N2], e(3, 1), joint(&OLD, &NEW));
    cluster.commits(N1, e(3, 1));
}

#[test]
fn a_joint_election_needs_both_majorities() {
    let mut cluster = with_spares();
    cluster.reconfigure(&[N1, N4, N5], e(3, 1), joint(&OLD, &NEW));
    cluster.stands(N4, 2);
    cluster.votes(N5, 2, N4);
    cluster.votes(N1, 2, N4);
    let leads = cluster.leads(N4, 2);
    let message = "n4 leads term 2 by the votes of {n1 n4 n5}, no majority of {n1 n2 n3}->{n1 n4 n5}";
    breaks(cluster.clone().says(N4, leads), ELECTION_SAFETY, message);
    cluster.votes(N2, 2, N4);
    cluster.says_well(N4, leads);
}

#[test]
fn a_node_that_does_not_know_that_it_votes_may_vote() {
    let mut cluster = Cluster::settled();
    cluster.boots(N4, 0, None, EntryId::ZERO, EntryId::ZERO);
    cluster.says_well(N4, Cluster::configured(0, Membership::default()));
    cluster.follows(N4, 2, None);
    cluster.votes(N4, 2, N2);
}

#[test]
fn the_initial_configuration_is_the_one_the_cluster_began_with() {
    let mut cluster = Cluster::settled();
    let verdict = cluster.says(N1, Observation::Configured { index: LogIndex(0), membership: of(&NEW) });
    breaks(verdict, ONE_MAJORITY, "n1 uses {n1 n4 n5} of index 0, but that is {n1 n2 n3}");
}
