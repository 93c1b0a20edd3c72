//! No Acknowledged Write Lost, Exactly Once, Linearizable Reads.

use env::{Completion, RequestId};
use raft_rules::{EXACTLY_ONCE, LINEARIZABLE_READS, NO_ACKNOWLEDGED_WRITE_LOST};
use raft_types::{EntryId, LogIndex, Observation};

use crate::cluster::*;

fn acknowledged(request: RequestId, entry: Option<EntryId>) -> Observation {
    Observation::WriteAcknowledged { request, entry }
}

// No Acknowledged Write Lost: paper sections 5.3 and 8.

#[test]
fn an_uncommitted_write_is_not_acknowledged() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1], e(2, 1), c1(1));
    let message = "n1 acknowledged c1#1 at 2@1, but the committed entry is 1@1";
    breaks(cluster.says(N1, acknowledged(c1(1), Some(e(2, 1)))), NO_ACKNOWLEDGED_WRITE_LOST, message);
}

#[test]
fn a_write_that_lost_its_place_is_not_acknowledged() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1], e(2, 1), c1(1));
    cluster.elect(N2, 2, &[N3]);
    cluster.replicate_request(&[N2, N3], e(2, 2), c2(1));
    cluster.commits(N2, e(2, 2));
    cluster.says_well(N2, Cluster::applied(e(2, 2), Some(c2(1)), true));
    // n1 completes the request that waits at index 2 as soon as any entry is applied there.
    let expected = "n1 acknowledged c1#1 at 2@2, which carries another operation";
    breaks(cluster.clone().says(N1, acknowledged(c1(1), Some(e(2, 2)))), NO_ACKNOWLEDGED_WRITE_LOST, expected);
    let expected = "n1 acknowledged c1#1 at 2@1, but the committed entry is 2@2";
    breaks(cluster.clone().says(N1, acknowledged(c1(1), Some(e(2, 1)))), NO_ACKNOWLEDGED_WRITE_LOST, expected);
    let expected = "n1 acknowledged c1#1, which no node has executed";
    breaks(cluster.says(N1, acknowledged(c1(1), None)), NO_ACKNOWLEDGED_WRITE_LOST, expected);
}

#[test]
fn a_retry_is_acknowledged_at_its_first_entry_its_own_or_none() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(3, 1), c1(1));
    cluster.commits(N1, e(3, 1));
    cluster.says_well(N1, Cluster::applied(e(3, 1), Some(c1(1)), false));
    for entry in [Some(e(2, 1)), Some(e(3, 1)), None] {
        cluster.says_well(N1, acknowledged(c1(1), entry));
    }
}

#[test]
fn a_deposed_leader_may_acknowledge_what_it_committed() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1, N2], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    cluster.says_well(N1, Cluster::applied(e(2, 1), Some(c1(1)), true));
    cluster.elect(N2, 2, &[N3]);
    cluster.says_well(N1, acknowledged(c1(1), Some(e(2, 1))));
    cluster.completes(c1(1), &Completion::Ok(true)).expect("it is committed");
}

#[test]
fn a_client_is_not_told_ok_of_what_nobody_executed() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    let verdict = cluster.clone().completes(c1(1), &Completion::Ok(true));
    let message = "c1#1 completed as ok, but no node has executed it";
    breaks(verdict, NO_ACKNOWLEDGED_WRITE_LOST, message);
    cluster.completes(c1(1), &Completion::Info).expect("it may have happened");
}

#[test]
fn an_acknowledged_write_stays_where_no_election_passes_it_over() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    let at = cluster.next_moment();
    cluster.checker.finished(at).expect("all hold it");
    // One copy is lost and its node comes back: a majority remembers.
    cluster.checker.disk_lost(N2);
    cluster.stops(N2);
    cluster.boots(N2, 1, Some(N1), EntryId::ZERO, e(1, 1));
    // Then another one.
    cluster.checker.disk_lost(N3);
    cluster.stops(N3);
    cluster.checker.finished(at).expect("a node that stays down elects no leader");
    let message = "c1#1 was acknowledged at 2@1, but {n2 n3} do not hold it durably and are a quorum of {n1 n2 n3}";
    breaks(cluster.says(N3, Cluster::recovered(1, None, EntryId::ZERO, e(1, 1))), NO_ACKNOWLEDGED_WRITE_LOST, message);
    breaks(cluster.checker.finished(at), NO_ACKNOWLEDGED_WRITE_LOST, message);
}

// Exactly Once: paper section 8, thesis section 6.3.

#[test]
fn a_retry_is_not_executed_again() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(3, 1), c1(1));
    cluster.commits(N1, e(3, 1));
    let message = "n1 executed c1#1 at 3@1, which was executed at 2 already";
    breaks(cluster.says(N1, Cluster::applied(e(3, 1), Some(c1(1)), true)), EXACTLY_ONCE, message);
}

#[test]
fn a_retry_long_after_is_not_executed_again() {
    let mut cluster = Cluster::settled();
    for seq in 1..=600 {
        cluster.write(e(seq + 1, 1), c1(seq));
    }
    cluster.replicate_request(&[N1, N2, N3], e(602, 1), c1(1));
    cluster.commits(N1, e(602, 1));
    let message = "n1 executed c1#1 at 602@1, which was executed long ago";
    breaks(cluster.says(N1, Cluster::applied(e(602, 1), Some(c1(1)), true)), EXACTLY_ONCE, message);
}

#[test]
fn an_operation_given_up_may_be_executed_after_later_ones() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.completes(c1(1), &Completion::Info).expect("given up");
    cluster.write(e(2, 1), c1(2));
    cluster.replicate_request(&[N1, N2, N3], e(3, 1), c1(1));
    cluster.commits(N1, e(3, 1));
    cluster.says_well(N1, Cluster::applied(e(3, 1), Some(c1(1)), true));
}

#[test]
fn all_nodes_execute_the_same_operations() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    cluster.commits(N2, e(2, 1));
    let message = "n2 did not execute the operation at 2@1, unlike a node before it";
    breaks(cluster.clone().says(N2, Cluster::applied(e(2, 1), Some(c1(1)), false)), EXACTLY_ONCE, message);
    cluster.says_well(N2, Cluster::applied(e(2, 1), Some(c1(1)), true));
}

#[test]
fn an_operation_that_failed_is_never_executed() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.completes(c1(1), &Completion::Fail).expect("not executed so far");
    cluster.replicate_request(&[N1, N2, N3], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    let message = "n1 executed c1#1 at 2@1, but its client was told that it had failed";
    breaks(cluster.says(N1, Cluster::applied(e(2, 1), Some(c1(1)), true)), EXACTLY_ONCE, message);
}

#[test]
fn an_executed_operation_has_not_failed() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    cluster.says_well(N1, Cluster::applied(e(2, 1), Some(c1(1)), true));
    let verdict = cluster.completes(c1(1), &Completion::Fail);
    breaks(verdict, EXACTLY_ONCE, "c1#1 completed as failed, but was executed at 2");
}

#[test]
fn an_operation_executed_long_ago_has_not_failed() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    for seq in 2..=600 {
        cluster.write(e(seq + 1, 1), c1(seq));
    }
    cluster.invokes_write(c1(1));
    let verdict = cluster.completes(c1(1), &Completion::Fail);
    breaks(verdict, EXACTLY_ONCE, "c1#1 completed as failed, but was executed long ago");
}

#[test]
fn a_read_may_fail() {
    let mut cluster = Cluster::settled();
    cluster.invokes_read(c1(1));
    cluster.completes(c1(1), &Completion::Fail).expect("a read changes nothing");
}

// Linearizable Reads: thesis section 6.4.

#[test]
fn a_read_sees_the_writes_that_ended_before_it_began() {
    let mut cluster = Cluster::settled();
    cluster.write(e(2, 1), c1(1));
    cluster.invokes_read(c2(1));
    let message = "n3 served c2#1 from 1, but a write (c1#1) had shown 2 before it was invoked";
    breaks(cluster.clone().says(N3, Cluster::serves(c2(1), 1)), LINEARIZABLE_READS, message);
    cluster.reads(N1, c2(1), 2);
}

#[test]
fn a_read_that_overlaps_a_write_may_miss_it() {
    let mut cluster = Cluster::settled();
    cluster.invokes_read(c2(1));
    cluster.write(e(2, 1), c1(1));
    cluster.reads(N3, c2(1), 1);
}

#[test]
fn a_write_counts_when_its_client_is_told_not_when_the_node_answers() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    cluster.says_well(N1, Cluster::applied(e(2, 1), Some(c1(1)), true));
    cluster.says_well(N1, acknowledged(c1(1), Some(e(2, 1))));
    // The answer is still on its way.
    cluster.invokes_read(c2(1));
    cluster.reads(N3, c2(1), 1);
}

#[test]
fn a_read_sees_what_an_earlier_read_has_shown() {
    let mut cluster = Cluster::settled();
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    cluster.says_well(N1, Cluster::applied(e(2, 1), Some(c1(1)), true));
    cluster.invokes_read(c2(1));
    cluster.reads(N1, c2(1), 2);
    // c1's write has not ended, but its effect was seen.
    cluster.invokes_read(c2(2));
    let message = "n3 served c2#2 from 1, but a read (c2#1) had shown 2 before it was invoked";
    breaks(cluster.says(N3, Cluster::serves(c2(2), 1)), LINEARIZABLE_READS, message);
}

#[test]
fn a_read_is_not_served_from_what_was_not_applied() {
    let mut cluster = Cluster::settled();
    cluster.invokes_read(c2(1));
    let verdict = cluster.says(N2, Cluster::serves(c2(1), 2));
    breaks(verdict, LINEARIZABLE_READS, "n2 served c2#1 from 2, but has applied only up to 1");
}

#[test]
fn a_late_answer_to_a_read_that_was_retried_elsewhere_is_not_judged() {
    let mut cluster = Cluster::settled();
    cluster.invokes_read(c2(1));
    cluster.reads(N1, c2(1), 1);
    cluster.write(e(2, 1), c1(1));
    cluster.invokes_read(c2(2));
    // n3 answers c2's first read only now; c2 will ignore it.
    cluster.says_well(N3, Cluster::serves(c2(1), 1));
    cluster.reads(N1, c2(2), 2);
}

#[test]
fn of_two_answers_only_the_lower_one_is_known_to_have_been_seen() {
    let mut cluster = Cluster::settled();
    cluster.invokes_read(c2(1));
    cluster.invokes_write(c1(1));
    cluster.replicate_request(&[N1, N2, N3], e(2, 1), c1(1));
    cluster.commits(N1, e(2, 1));
    cluster.says_well(N1, Cluster::applied(e(2, 1), Some(c1(1)), true));
    cluster.says_well(N1, Cluster::serves(c2(1), 2));
    cluster.reads(N3, c2(1), 1);
    cluster.invokes_read(c2(2));
    cluster.reads(N3, c2(2), 1);
    assert_eq!(cluster.checker.view().node(N3).last_applied, LogIndex(1));
}
