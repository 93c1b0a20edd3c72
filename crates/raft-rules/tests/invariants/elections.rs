//! Election Safety, One Vote a Term, Leader Completeness, and the term's Monotonicity.

use raft_rules::{ELECTION_SAFETY, LEADER_COMPLETENESS, MONOTONICITY, ONE_VOTE_A_TERM};
use raft_types::{EntryId, Observation, Term};

use crate::cluster::*;

// Election Safety: paper section 5.2.

#[test]
fn two_leaders_of_a_term_break_election_safety() {
    let mut cluster = Cluster::of(5);
    cluster.elect(N1, 7, &[N2, N3]);
    let leads = cluster.leads(N4, 7);
    breaks(cluster.says(N4, leads), ELECTION_SAFETY, "n1 and n4 both lead term 7");
}

#[test]
fn two_leaders_of_two_terms_are_legal() {
    let mut cluster = Cluster::of(5);
    cluster.elect(N1, 7, &[N2, N3]);
    cluster.elect(N4, 8, &[N2, N3]);
    assert_eq!(cluster.checker.view().leaders(), set(&[N1, N4]));
    assert_eq!(cluster.checker.view().leader(), Some(N4));
}

#[test]
fn a_minority_cannot_elect() {
    let mut cluster = Cluster::of(5);
    cluster.stands(N1, 7);
    cluster.votes(N2, 7, N1);
    let leads = cluster.leads(N1, 7);
    let message = "n1 leads term 7 by the votes of {n1 n2}, no majority of {n1 n2 n3 n4 n5}";
    breaks(cluster.says(N1, leads), ELECTION_SAFETY, message);
}

#[test]
fn a_vote_repeated_counts_once_and_one_of_another_term_not_at_all() {
    let mut cluster = Cluster::of(5);
    cluster.votes(N3, 6, N1);
    cluster.stands(N1, 7);
    cluster.votes(N2, 7, N1);
    cluster.votes(N2, 7, N1);
    let leads = cluster.leads(N1, 7);
    let message = "n1 leads term 7 by the votes of {n1 n2}, no majority of {n1 n2 n3 n4 n5}";
    breaks(cluster.says(N1, leads), ELECTION_SAFETY, message);
}

#[test]
fn a_vote_counts_though_its_voter_has_since_voted_in_a_later_term() {
    let mut cluster = Cluster::of(3);
    cluster.stands(N1, 7);
    cluster.votes(N2, 7, N1);
    cluster.stands(N3, 8);
    cluster.follows(N2, 8, None);
    cluster.votes(N2, 8, N3);
    let (late, prompt) = (cluster.leads(N1, 7), cluster.leads(N3, 8));
    cluster.says_well(N3, prompt);
    cluster.says_well(N1, late);
}

#[test]
fn a_system_that_does_not_report_votes_is_judged_by_its_leaders_alone() {
    let mut cluster = Cluster::of(3);
    let leads = cluster.leads(N1, 1);
    cluster.says_well(N1, leads);
    let leads = cluster.leads(N2, 1);
    breaks(cluster.says(N2, leads), ELECTION_SAFETY, "n1 and n2 both lead term 1");
}

// One Vote a Term: paper section 5.2, figure 2 (votedFor).

#[test]
fn two_votes_in_a_term_are_one_too_many_also_across_a_crash() {
    for crash in [false, true] {
        let mut cluster = Cluster::of(3);
        cluster.follows(N2, 4, None);
        cluster.votes(N2, 4, N1);
        if crash {
            // The fault is told, so that Durability does not come first.
            cluster.checker.disk_lost(N2);
            cluster.stops(N2);
            cluster.boots(N2, 4, None, EntryId::ZERO, EntryId::ZERO);
        }
        let verdict = cluster.says(N2, Observation::Voted { term: Term(4), candidate: N3 });
        breaks(verdict, ONE_VOTE_A_TERM, "n2 voted for n1 and for n3 in term 4");
    }
}

#[test]
fn a_vote_may_be_repeated_and_another_follows_in_the_next_term() {
    let mut cluster = Cluster::of(3);
    cluster.votes(N2, 4, N1);
    cluster.votes(N2, 4, N1);
    cluster.votes(N2, 5, N3);
    // Both became durable with one sync, and the older one leaves last.
    cluster.votes(N2, 4, N1);
}

#[test]
fn a_vote_never_released_binds_nobody() {
    let mut cluster = Cluster::of(3);
    // n2 wrote its vote for n1 and crashed before the sync; its files may or may not show it.
    cluster.follows(N2, 4, None);
    cluster.syncs(N2);
    cluster.stops(N2);
    cluster.boots(N2, 4, Some(N1), EntryId::ZERO, EntryId::ZERO);
    cluster.stops(N2);
    cluster.boots(N2, 4, None, EntryId::ZERO, EntryId::ZERO);
    cluster.votes(N2, 4, N3);
}

// Leader Completeness: paper section 5.4.

#[test]
fn a_leader_without_a_committed_entry_is_incomplete() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1, N2], e(1, 1));
    cluster.commits(N1, e(1, 1));
    cluster.stands(N3, 2);
    cluster.follows(N2, 2, None);
    cluster.votes(N2, 2, N3);
    let leads = cluster.leads(N3, 2);
    let message = "n3 leads term 2 with a log to 0@0, without 1@1, which n1 committed in term 1";
    breaks(cluster.says(N3, leads), LEADER_COMPLETENESS, message);
}

#[test]
fn a_longer_log_of_an_older_term_does_not_make_a_leader_complete() {
    let mut cluster = Cluster::settled();
    cluster.replicate(&[N1], e(2, 1));
    cluster.replicate(&[N1], e(3, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.commits(N2, e(2, 2));
    cluster.stands(N1, 3);
    cluster.votes(N3, 3, N1);
    let leads = cluster.leads(N1, 3);
    let message = "n1 leads term 3 with a log to 3@1, without 2@2, which n2 committed in term 2";
    breaks(cluster.says(N1, leads), LEADER_COMPLETENESS, message);
}

#[test]
fn a_leader_elected_late_in_an_old_term_is_not_judged_by_what_came_after() {
    let mut cluster = Cluster::of(5);
    // n1 has its votes of term 3 on the way while n2 is elected in term 4 and commits.
    cluster.stands(N1, 3);
    cluster.votes(N4, 3, N1);
    cluster.votes(N5, 3, N1);
    cluster.elect(N2, 4, &[N3, N4]);
    cluster.replicate(&[N2, N3, N4], e(1, 4));
    cluster.commits(N2, e(1, 4));
    let late = cluster.leads(N1, 3);
    cluster.says_well(N1, late);
}

#[test]
fn a_deposed_leader_that_does_not_know_it_is_not_judged() {
    let mut cluster = Cluster::settled();
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate(&[N2, N3], e(2, 2));
    cluster.commits(N2, e(2, 2));
    cluster.appends(N1, e(2, 1));
    assert_eq!(cluster.checker.view().leaders(), set(&[N1, N2]));
}

#[test]
fn what_a_deposed_leader_commits_the_new_one_must_hold() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.appends(N1, e(1, 1));
    cluster.syncs(N1);
    // n3 is elected while an acknowledgement of n2's is on its way to n1, which is legal only if n3 had the entry.
    cluster.replicate(&[N2], e(1, 1));
    cluster.stands(N3, 2);
    cluster.follows(N2, 2, None);
    cluster.votes(N2, 2, N3);
    let leads = cluster.leads(N3, 2);
    cluster.says_well(N3, leads);
    let message = "n1 committed 1@1 in term 1, but n3 leads term 2 already and does not hold it";
    breaks(cluster.says(N1, Observation::Committed { entry: e(1, 1) }), LEADER_COMPLETENESS, message);
}

#[test]
fn a_deposed_leader_may_commit_what_the_new_one_holds() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    cluster.replicate(&[N1, N2], e(1, 1));
    cluster.elect(N2, 2, &[N3]);
    cluster.commits(N1, e(1, 1));
}

#[test]
fn figure_8_an_entry_of_an_earlier_term_is_not_committed_by_counting() {
    let mut cluster = Cluster::of(5);
    cluster.elect(N1, 2, &[N2, N3]);
    cluster.replicate(&[N1, N2], e(1, 2));
    cluster.elect(N5, 3, &[N3, N4]);
    cluster.replicate(&[N5], e(1, 3));
    cluster.elect(N1, 4, &[N2, N3]);
    cluster.replicate(&[N3], e(1, 2));
    cluster.replicate(&[N1], e(2, 4));
    let message = "n1 leads term 4 and committed 1@2 by counting replicas: entries of earlier terms are committed only by \
                   one of its own";
    breaks(cluster.clone().says(N1, Observation::Committed { entry: e(1, 2) }), LEADER_COMPLETENESS, message);
    // (e): together with an entry of its own term it is.
    cluster.replicate(&[N2, N3], e(2, 4));
    cluster.commits(N1, e(2, 4));
}

// Monotonicity of the term: paper figure 2.

#[test]
fn a_term_never_goes_back_within_a_life() {
    let mut cluster = Cluster::of(3);
    cluster.follows(N1, 5, None);
    let verdict = cluster.says(N1, Observation::BecameFollower { term: Term(4), leader: Some(N2) });
    breaks(verdict, MONOTONICITY, "n1 went back from term 5 to term 4");
}

#[test]
fn a_pre_candidate_keeps_its_term() {
    let mut cluster = Cluster::of(3);
    cluster.follows(N1, 5, None);
    cluster.says_well(N1, Observation::BecamePreCandidate { term: Term(5) });
    cluster.follows(N1, 5, Some(N2));
}
