//! Messages are input: no message stops the server that receives it, or breaks its invariants. (They are asserted after
//! every step.)

mod support;

use env::{Bytes, Instant, NodeId, NodeSet, Random};
use raft::{
    AppendEntries, AppendOutcome, Config, Entry, InstallSnapshot, Message, Node, Paper, Payload, Ready, RequestVote,
    Stable,
};
use raft_types::{EntryId, LogIndex, Membership, Term};

use support::{Cluster, SplitMix};

/// Draws fields that a hostile or broken peer might send: plausible ones, and any.
struct Garbler(SplitMix);

impl Garbler {
    fn number(&mut self, plausible: u64) -> u64 {
        match self.0.below(8) {
            0 => self.0.next_u64(),
            1 => u64::MAX - self.0.below(3),
            2 => self.0.below(3),
            _ => (plausible + self.0.below(5)).saturating_sub(2),
        }
    }

    fn flag(&mut self) -> bool {
        self.0.below(2) == 0
    }

    fn id(&mut self, plausible: EntryId) -> EntryId {
        EntryId::new(self.number(plausible.index.0), self.number(plausible.term.0))
    }

    fn membership(&mut self) -> Membership {
        let mut nodes = || (1..=5).map(NodeId).filter(|_| self.0.below(2) == 0).collect::<NodeSet>();
        Membership { voters: nodes(), outgoing: nodes(), learners: nodes() }
    }

    fn entries(&mut self, prev: EntryId) -> Vec<Entry> {
        let mut id = prev;
        let count = self.0.below(4);
        (0..count)
            .map(|_| {
                id.index = LogIndex(id.index.0.wrapping_add(if self.0.below(10) == 0 { 2 } else { 1 }));
                id.term = Term(id.term.0.saturating_add(self.0.below(2)));
                let payload = match self.0.below(4) {
                    0 => Payload::Membership(self.membership()),
                    1 => Payload::Empty,
                    _ => Payload::Command("x".into()),
                };
                Entry { id, payload, request: None }
            })
            .collect()
    }

    /// Any message, roughly as a peer of `node` might send it.
    fn message(&mut self, node: &Node) -> Message {
        let term = Term(self.number(node.term().0));
        let last = self.id(node.last());
        let index = LogIndex(self.number(node.commit_index().0));
        match self.0.below(9) {
            0 => Message::RequestVote(RequestVote { term, last, pre_vote: self.flag(), transfer: self.flag() }),
            1 => Message::RequestVoteResponse { term, granted: self.flag(), pre_vote: self.flag() },
            2 | 3 => Message::AppendEntries(AppendEntries {
                term,
                prev: last,
                entries: self.entries(last).into_iter().collect(),
                leader_commit: index,
                round: self.number(5),
            }),
            4 => {
                let match_index = index;
                let accepted = self.flag();
                let rejected = AppendOutcome::Rejected { prev_index: index, hint: last };
                let outcome = if accepted { AppendOutcome::Accepted { match_index } } else { rejected };
                Message::AppendEntriesResponse { term, round: self.number(5), outcome }
            }
            5 => Message::InstallSnapshot(Box::new(InstallSnapshot {
                term,
                last,
                membership: self.membership(),
                offset: self.number(0),
                data: Bytes::from("abc"),
                done: self.flag(),
            })),
            6 => {
                let (received, installed) = (self.number(3), self.flag());
                Message::InstallSnapshotResponse { term, last, received, installed }
            }
            7 => Message::TimeoutNow { term },
            _ if self.flag() => Message::ReadIndex { term, context: self.0.next_u64() },
            _ => Message::ReadIndexResponse { term, context: self.0.next_u64(), index },
        }
    }
}

#[test]
fn garbled_messages_never_bring_a_server_down() {
    for seed in 0..300 {
        let mut garbler = Garbler(SplitMix(seed));
        let mut cluster = Cluster::new(3, 0, Config::new(NodeId(1)), Paper);
        cluster.campaign(NodeId(1));
        cluster.stabilize();
        for _ in 0..300 {
            let id = NodeId(1 + garbler.0.below(3) as u8);
            let from = NodeId(garbler.number(2) as u8);
            if let Some(message) = cluster.node(id).map(|node| garbler.message(node)) {
                cluster.act(id, |node, now, random| node.step(from, message, now, random));
            }
            cluster.queue.clear();
            if garbler.0.below(20) == 0 {
                cluster.campaign(id);
            }
        }
    }
}

/// A server of three and its `Ready`; nothing is durable before the test says so.
fn blank_server() -> (Node, Ready, SplitMix) {
    let stable = Stable { membership: Membership::of(NodeSet::first(3)), ..Stable::default() };
    let mut random = SplitMix(1);
    (Node::new(Config::new(NodeId(1)), stable, Paper, Instant::ZERO, &mut random), Ready::default(), random)
}

fn append(prev: EntryId, entries: &[EntryId]) -> Message {
    let entry = |id: &EntryId| Entry { id: *id, payload: Payload::Empty, request: None };
    Message::AppendEntries(AppendEntries {
        term: Term(5),
        prev,
        entries: entries.iter().map(entry).collect(),
        leader_commit: LogIndex(20),
        round: 1,
    })
}

#[test]
fn entries_behind_a_snapshot_wait_until_it_is_installed() {
    let (mut node, mut ready, mut random) = blank_server();
    let last = EntryId::new(10, 4);
    let chunk = InstallSnapshot {
        term: Term(5),
        last,
        membership: Membership::of(NodeSet::first(3)),
        offset: 0,
        data: Bytes::from("state"),
        done: true,
    };
    node.step(NodeId(2), Message::InstallSnapshot(Box::new(chunk)), Instant(1), &mut random);
    node.step(NodeId(2), append(last, &[EntryId::new(11, 5)]), Instant(2), &mut random);
    node.take_ready(&mut ready);
    assert_eq!(ready.snapshot.as_ref().map(|snapshot| snapshot.last), Some(last));
    assert!(ready.entries.is_empty() && ready.committed.is_empty(), "the log they belong to is not there yet");

    node.persisted(ready.number, Instant(3));
    node.snapshot_installed(last);
    node.step(NodeId(2), append(last, &[EntryId::new(11, 5)]), Instant(4), &mut random);
    node.take_ready(&mut ready);
    let ids = |entries: &[Entry]| entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!((ids(&ready.entries), ids(&ready.committed)), (vec![EntryId::new(11, 5)], vec![EntryId::new(11, 5)]));
}

#[test]
fn a_leader_that_contradicts_what_is_committed_is_not_answered() {
    let (mut node, mut ready, mut random) = blank_server();
    let ids = [EntryId::new(1, 5), EntryId::new(2, 5)];
    node.step(NodeId(2), append(EntryId::ZERO, &ids), Instant(1), &mut random);
    node.take_ready(&mut ready);
    assert_eq!(node.commit_index(), LogIndex(2));

    let forged = [EntryId::new(1, 4), EntryId::new(2, 4)];
    node.step(NodeId(2), append(EntryId::ZERO, &forged), Instant(2), &mut random);
    node.take_ready(&mut ready);
    assert!(ready.messages.is_empty() && ready.truncate_from.is_none());
    assert_eq!(node.last(), ids[1]);
}

#[test]
fn a_leader_that_probes_survives_a_rejection_of_the_highest_index_there_is() {
    let mut cluster = Cluster::new(3, 0, Config::new(NodeId(1)), Paper);
    cluster.campaign(NodeId(1));
    cluster.stabilize();
    let leader = cluster.node(NodeId(1)).expect("it runs");
    assert!(leader.is_leader());
    let (term, last) = (leader.term(), leader.last());
    let rejected = |prev_index| {
        let outcome = AppendOutcome::Rejected { prev_index, hint: EntryId::ZERO };
        Message::AppendEntriesResponse { term, round: 1, outcome }
    };
    // The first ends the pipeline: from there on the leader compares the rejected index with the one that it probes.
    for prev_index in [last.index.next(), LogIndex(u64::MAX)] {
        let message = rejected(prev_index);
        cluster.act(NodeId(1), |node, now, random| node.step(NodeId(2), message, now, random));
    }
    assert!(cluster.node(NodeId(1)).is_some_and(Node::is_leader));
}

#[test]
fn a_message_from_oneself_or_from_no_server_is_refused() {
    let (mut node, _, mut random) = blank_server();
    for from in [NodeId(0), NodeId(1), NodeId(64), NodeId(255)] {
        node.step(from, append(EntryId::ZERO, &[]), Instant(1), &mut random);
        assert_eq!(node.term(), Term(0), "from {from}");
    }
}
