//! The demands of a calm phase.

use env::NodeSet;
use raft_rules::calm::{can_lead, convergence, probe, progress};
use raft_types::{EntryId, Membership, Observation};
use sim::{Invariant, Reach};

use crate::cluster::*;

#[test]
fn progress_is_a_leader_with_a_quorum_and_a_committed_probe() {
    let everyone = Reach::everyone(NodeSet::first(3));
    let mut cluster = Cluster::of(3);
    let unmet = progress(cluster.checker.view(), &everyone).expect_err("no leader");
    assert_eq!(unmet.to_string(), "none of {n1 n2 n3} leads");
    cluster.elect(N1, 1, &[N2]);
    let unmet = probe(cluster.checker.view(), &everyone);
    assert_eq!(unmet.to_string(), "n1 leads, has committed to 0, and does not commit the probe write");
    progress(cluster.checker.view(), &everyone).expect("all there");
    let lack = unmet.lack();
    assert_eq!((lack.invariant, lack.nodes), (Invariant::PROGRESS, set(&[N1])));
}

#[test]
fn a_leader_that_cannot_talk_with_a_quorum_is_no_progress() {
    let mut cluster = Cluster::of(3);
    cluster.elect(N1, 1, &[N2]);
    // n1 is heard by all nodes and hears none.
    let reach = Reach::new(NodeSet::first(3), |from| if from == N1 { NodeSet::first(3) } else { set(&[N2, N3]) });
    let unmet = progress(cluster.checker.view(), &reach).expect_err("one way only");
    assert_eq!(unmet.to_string(), "n1 leads but can talk only within {n1}, no quorum of {n1 n2 n3}");
}

#[test]
fn convergence_is_equal_state_on_the_members_the_leader_can_talk_with() {
    let mut cluster = Cluster::settled();
    let everyone = Reach::everyone(NodeSet::first(3));
    convergence(cluster.checker.view(), &everyone).expect("settled");
    cluster.replicate(&[N1, N2], e(2, 1));
    for node in [N1, N2] {
        cluster.commits(node, e(2, 1));
        cluster.applies(node, e(2, 1));
    }
    let unmet = convergence(cluster.checker.view(), &everyone).expect_err("n3 lags");
    assert_eq!(
        (unmet.invariant(), unmet.to_string().as_str()),
        (Invariant::CONVERGENCE, "n3 has applied to 1, its leader n1 to 2")
    );
    let without_n3 = Reach::new(NodeSet::first(3), |from| if from == N3 { set(&[N3]) } else { NodeSet::first(3) });
    convergence(cluster.checker.view(), &without_n3).expect("n3 is not heard");
    convergence(cluster.checker.view(), &Reach::everyone(set(&[N1, N2]))).expect("n3 is down");
}

#[test]
fn who_is_no_member_need_not_converge_and_a_learner_must() {
    let mut cluster = Cluster::settled();
    cluster.boots(N4, 0, None, EntryId::ZERO, EntryId::ZERO);
    let reach = Reach::everyone(NodeSet::first(4));
    convergence(cluster.checker.view(), &reach).expect("n4 is no member");
    let membership = Membership { learners: set(&[N4]), ..Membership::of(NodeSet::first(3)) };
    cluster.appends(N1, e(2, 1));
    cluster.says_well(N1, Observation::Configured { index: raft_types::LogIndex(2), membership });
    let unmet = convergence(cluster.checker.view(), &reach).expect_err("n4 has nothing");
    assert_eq!(unmet.to_string(), "n4 has applied to 0, its leader n1 to 1");
}

#[test]
fn who_can_talk_with_a_majority_can_lead() {
    let membership = Membership::of(NodeSet::first(5));
    let bridge = Reach::new(NodeSet::first(5), |from| match from.0 {
        1 | 2 => set(&[N1, N2, N3]),
        3 => NodeSet::first(5),
        _ => set(&[N3, N4, N5]),
    });
    assert_eq!(can_lead(&membership, &bridge), NodeSet::first(5), "three of five on either side");
    let four = Membership::of(NodeSet::first(4));
    let line = Reach::new(NodeSet::first(4), |from| match from.0 {
        1 => set(&[N1, N2]),
        2 => set(&[N1, N2, N3]),
        3 => set(&[N2, N3]),
        _ => set(&[N4]),
    });
    assert_eq!(can_lead(&four, &line), set(&[N2]));
    assert!(can_lead(&membership, &Reach::everyone(set(&[N1, N2]))).is_empty(), "a dead majority");
}
