//! The observer by table: a state, the state after an event, the entries appended, and the observations in their order.

use env::NodeSet;

use super::*;

const OWN: NodeId = NodeId(1);

/// A follower of n2 in term 3, with a log to 5@3 that is committed through 4@3.
const FOLLOWER: CoreView = CoreView {
    term: Term(3),
    role: Role::Follower,
    leader: Some(NodeId(2)),
    last: EntryId { index: LogIndex(5), term: Term(3) },
    commit: EntryId { index: LogIndex(4), term: Term(3) },
    membership: Membership { voters: NodeSet::EMPTY, outgoing: NodeSet::EMPTY, learners: NodeSet::EMPTY },
    transferee: None,
};

/// The leader of term 3, with the same log.
const LEADER: CoreView = CoreView { role: Role::Leader, leader: Some(OWN), ..FOLLOWER };

fn id(index: u64, term: u64) -> EntryId {
    EntryId::new(index, term)
}

fn new(index: u64, term: u64) -> NewEntry {
    NewEntry::new(id(index, term), index * 10)
}

fn configuring(index: u64, term: u64, voters: u8) -> NewEntry {
    new(index, term).configuring(of(voters))
}

fn of(voters: u8) -> Membership {
    Membership::of(NodeSet::first(voters))
}

/// The observations as lines, as a timeline shows them.
fn lines(observations: &[Observation]) -> Vec<String> {
    observations.iter().map(ToString::to_string).collect()
}

fn observed(before: CoreView, after: CoreView, appended: &[NewEntry]) -> Vec<String> {
    let mut observer = Observer::new(OWN, before, [(LogIndex(0), of(3))]);
    let mut into = Vec::new();
    observer.observe(&after, appended, &mut into);
    let mut again = Vec::new();
    observer.observe(&after, &[], &mut again);
    assert_eq!(again, [], "an event without effect has no observation");
    lines(&into)
}

#[test]
fn an_event_without_effect_has_no_observation() {
    assert!(observed(FOLLOWER, FOLLOWER, &[]).is_empty());
    assert!(observed(LEADER, LEADER, &[]).is_empty());
    let candidate = CoreView { role: Role::Candidate, leader: None, ..FOLLOWER };
    assert!(observed(candidate, CoreView { leader: Some(OWN), ..candidate }, &[]).is_empty());
}

#[test]
fn roles_and_terms_are_noted_when_one_of_them_changes() {
    let at =
        |term, role, leader: Option<u8>| CoreView { term: Term(term), role, leader: leader.map(NodeId), ..FOLLOWER };
    for (before, after, said) in [
        (FOLLOWER, at(3, Role::Follower, None), "follows no one in term 3"),
        (FOLLOWER, at(4, Role::Follower, None), "follows no one in term 4"),
        (at(4, Role::Follower, None), at(4, Role::Follower, Some(3)), "follows n3 in term 4"),
        (FOLLOWER, at(3, Role::PreCandidate, None), "pre-candidate in term 3"),
        (at(3, Role::PreCandidate, None), at(4, Role::Candidate, None), "candidate in term 4"),
        (at(4, Role::Candidate, None), at(5, Role::Candidate, None), "candidate in term 5"),
        (at(4, Role::Candidate, None), at(4, Role::Follower, Some(3)), "follows n3 in term 4"),
        (LEADER, at(3, Role::Follower, None), "follows no one in term 3"),
    ] {
        assert_eq!(observed(before, after, &[]), [said], "{before:?} -> {after:?}");
    }
}

#[test]
fn a_new_leader_was_a_candidate_has_its_own_vote_and_leads_with_the_log_before_its_first_entry() {
    let leads = CoreView { term: Term(4), last: id(6, 4), ..LEADER };
    let candidate = CoreView { term: Term(4), role: Role::Candidate, leader: None, ..FOLLOWER };
    let end = ["voted for n1 in term 4", "leads term 4, log to 5@3", "appended 6@4"];
    assert_eq!(observed(candidate, leads, &[new(6, 4)]), end);
    // A server alone in its cluster is follower, candidate and leader within one tick, and commits at once.
    let alone = CoreView { commit: id(6, 4), ..leads };
    let all = [&["candidate in term 4"], &end[..], &["committed 6@4"]].concat();
    assert_eq!(observed(FOLLOWER, alone, &[new(6, 4)]), all);
}

#[test]
fn a_vote_is_noted_once() {
    let mut observer = Observer::new(OWN, FOLLOWER, []);
    let mut into = Vec::new();
    let candidate = CoreView { term: Term(4), role: Role::Candidate, leader: None, ..FOLLOWER };
    observer.observe(&candidate, &[], &mut into);
    // The request for a vote leaves, and is sent again.
    observer.voted(Term(4), OWN, &mut into);
    observer.voted(Term(4), OWN, &mut into);
    observer.observe(&CoreView { term: Term(4), ..LEADER }, &[], &mut into);
    let said = ["candidate in term 4", "voted for n1 in term 4", "leads term 4, log to 5@3"];
    assert_eq!(lines(&into), said);
    // Another candidate of the same term is another vote: the rules must see it.
    observer.voted(Term(4), NodeId(3), &mut into);
    assert_eq!(lines(&into[3..]), ["voted for n3 in term 4"]);
}

#[test]
fn a_follower_follows_truncates_appends_and_commits_in_this_order() {
    let after = CoreView { term: Term(4), leader: Some(NodeId(3)), last: id(6, 4), commit: id(6, 4), ..FOLLOWER };
    let order = ["follows n3 in term 4", "truncated from 5", "appended 5@4", "appended 6@4", "committed 6@4"];
    assert_eq!(observed(FOLLOWER, after, &[new(5, 4), new(6, 4)]), order);
    // A deposed leader is a follower before it truncates.
    assert_eq!(observed(LEADER, after, &[new(5, 4), new(6, 4)]), order);
    // An entry that the log holds already is committed before the log grows.
    let after = CoreView { last: id(6, 3), commit: id(5, 3), ..FOLLOWER };
    assert_eq!(observed(FOLLOWER, after, &[new(6, 3)]), ["committed 5@3", "appended 6@3"]);
    // Nothing is appended in place of the entries that are gone.
    let after = CoreView { last: id(4, 3), ..FOLLOWER };
    assert_eq!(observed(FOLLOWER, after, &[]), ["truncated from 5"]);
}

#[test]
fn a_leader_that_steps_down_does_its_last_steps_as_leader() {
    // It commits its own removal, and steps down in the same term.
    let removed = CoreView { commit: id(5, 3), role: Role::Follower, leader: None, ..LEADER };
    assert_eq!(observed(LEADER, removed, &[]), ["committed 5@3", "follows no one in term 3"]);
    // It appended an entry of its own before a newer term came.
    let deposed = CoreView { term: Term(4), role: Role::Follower, leader: None, last: id(6, 3), ..LEADER };
    assert_eq!(observed(LEADER, deposed, &[new(6, 3)]), ["appended 6@3", "follows no one in term 4"]);
    // The new leader tells it what is committed.
    let told = CoreView { term: Term(4), commit: id(5, 3), leader: Some(NodeId(3)), ..FOLLOWER };
    assert_eq!(observed(LEADER, told, &[]), ["follows n3 in term 4", "committed 5@3"]);
}

#[test]
fn a_leader_that_breaks_a_rule_is_noted_as_a_leader() {
    let after = CoreView { last: id(5, 4), ..LEADER };
    assert_eq!(observed(LEADER, after, &[new(5, 4)]), ["truncated from 5", "appended 5@4"]);
    let back = CoreView { commit: id(2, 3), ..LEADER };
    assert_eq!(observed(LEADER, back, &[]), ["committed 2@3"]);
    // Another entry at the same commit index.
    let replaced = CoreView { last: id(4, 4), commit: id(4, 4), ..FOLLOWER };
    let said = ["truncated from 4", "appended 4@4", "committed 4@4"];
    assert_eq!(observed(FOLLOWER, replaced, &[new(4, 4)]), said);
}

#[test]
fn configurations_come_with_their_entries_and_older_ones_come_back_with_a_truncation() {
    let mut observer = Observer::new(OWN, FOLLOWER, [(LogIndex(0), of(3)), (LogIndex(5), of(4))]);
    let mut into = Vec::new();
    let after = CoreView { term: Term(4), last: id(7, 4), ..FOLLOWER };
    observer.observe(&after, &[configuring(5, 4, 5), configuring(6, 4, 6), new(7, 4)], &mut into);
    let said = [
        "follows n2 in term 4",
        "truncated from 5",
        &format!("configured {} at 0", of(3)),
        "appended 5@4",
        &format!("configured {} at 5", of(5)),
        "appended 6@4",
        &format!("configured {} at 6", of(6)),
        "appended 7@4",
    ];
    assert_eq!(lines(&into), said);
    // Committed configurations before the last are forgotten, and the last is not.
    into.clear();
    observer.observe(&CoreView { commit: id(5, 4), ..after }, &[], &mut into);
    let cut = CoreView { commit: id(5, 4), last: id(5, 4), membership: of(5), ..after };
    observer.observe(&cut, &[], &mut into);
    assert_eq!(lines(&into), ["committed 5@4", "truncated from 6", &format!("configured {} at 5", of(5))]);
}

#[test]
fn a_core_that_goes_on_with_a_configuration_that_is_gone_is_not_made_to_look_right() {
    let mut observer = Observer::new(OWN, FOLLOWER, [(LogIndex(0), of(3)), (LogIndex(5), of(4))]);
    let mut into = Vec::new();
    observer.observe(&CoreView { last: id(4, 3), membership: of(4), ..FOLLOWER }, &[], &mut into);
    assert_eq!(lines(&into), ["truncated from 5"]);
}

#[test]
fn an_installed_snapshot_takes_the_place_of_the_log_and_its_configurations() {
    let installed = |log_kept, after: CoreView, appended: &[NewEntry]| {
        let mut observer = Observer::new(OWN, FOLLOWER, [(LogIndex(0), of(3)), (LogIndex(5), of(4))]);
        let mut into = Vec::new();
        observer.installed(id(9, 3), 7, log_kept, Some((LogIndex(8), of(5))), &mut into);
        observer.observe(&after, appended, &mut into);
        lines(&into)
    };
    let at_9 = CoreView { last: id(9, 3), commit: id(9, 3), ..FOLLOWER };
    let after = CoreView { last: id(10, 3), ..at_9 };
    let configured = format!("configured {} at 8", of(5));
    let said = installed(false, after, &[new(10, 3)]);
    assert_eq!(said, ["installed snapshot to 9@3", &*configured, "appended 10@3"]);
    let cut = CoreView { last: id(7, 3), membership: of(4), ..at_9 };
    assert_eq!(installed(false, cut, &[])[2..], ["truncated from 8"], "the older configurations are gone");
    let kept = CoreView { last: id(5, 3), ..at_9 };
    assert_eq!(installed(true, kept, &[]), ["installed snapshot to 9@3, log kept", &*configured]);
    // A configuration that the snapshot brings stands before those of the log behind it.
    let mut observer = Observer::new(OWN, FOLLOWER, [(LogIndex(0), of(3)), (LogIndex(5), of(4))]);
    let mut into = Vec::new();
    observer.installed(id(4, 3), 7, true, Some((LogIndex(3), of(5))), &mut into);
    observer.observe(&CoreView { last: id(4, 3), membership: of(5), ..FOLLOWER }, &[], &mut into);
    assert_eq!(lines(&into[2..]), ["truncated from 5", &*format!("configured {} at 3", of(5))]);
}

#[test]
fn a_transfer_is_given_up_by_a_leader_that_goes_on() {
    let to = |node| CoreView { transferee: Some(NodeId(node)), ..LEADER };
    assert_eq!(observed(LEADER, to(2), &[]), ["asks n2 to lead"]);
    assert_eq!(observed(to(2), LEADER, &[]), ["gave up handing over to n2"]);
    assert_eq!(observed(to(2), to(3), &[]), ["gave up handing over to n2", "asks n3 to lead"]);
    let deposed = CoreView { term: Term(4), ..FOLLOWER };
    assert_eq!(observed(to(2), deposed, &[]), ["follows n2 in term 4"], "the transfer has worked");
}
