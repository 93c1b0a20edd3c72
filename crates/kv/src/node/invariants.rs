//! The state of a node between two events, as assertions.
//!
//! The node and the Raft server within keep books of the same log, the same snapshot and the same durability; most of
//! the assertions say that the two agree. `raft` asserts its own part itself, and other modules of this crate assert
//! their preconditions at their entrances.
//!
//! The assertions stay on in release, as those of `raft` do: a stop is a safe outcome, a wrong answer is not. Rules
//! that are broken on purpose switch them off ([`asserts_invariants`](raft::Rules::asserts_invariants)), so that the
//! fault shows where it would in production. An assertion outside this file that holds under any rules is always on.
//!
//! A check costs some comparisons, at any length of the log and of the queues: of an ordered queue it looks at the two
//! ends. A build with debug assertions checks after every event. A release build checks at boot and after the end of
//! every sync, when promises leave, snapshots take their next step, and segments begin: a check after every event would
//! cost it up to a tenth of its speed in the simulator. A release build also leaves out [`check_carried_out`]: the loop
//! that carries `Ready`s out has just made its assertions true. Positions that only grow are compared with the last
//! state that was checked, so that the events between two checks hide nothing that they do not make good.
//!
//! Left out:
//! - time. A machine's clock may jump back; `raft` makes a clock of its own of the readings, and the node needs no other.
//! - the contents of a leader's snapshot (log time, sessions, keys). They are input, and refused if they cannot be read.
//! - the bytes on the disk. Boot reads them against their checksums and their seal.

use env::{Instant, SyncId};
use raft::{HardState, ReadToken};
use raft_types::LogIndex;

use super::durability::Durability;
use super::publication::{Publications, Purpose, Step};
use super::reads::Reads;
use super::{Applied, Node};
use crate::rules::Rules;

/// Positions that only grow.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Positions {
    applied: LogIndex,
    snapshot: LogIndex,
    durable: u64,
    last_sync: u64,
    segment: u64,
    segment_durable: u64,
}

impl Positions {
    fn of<R: Rules>(node: &Node<R>) -> Positions {
        let segment = node.wal.segment();
        Positions {
            applied: node.applied.last.index,
            snapshot: node.publications.durable.index,
            durable: node.durability.durable,
            last_sync: node.durability.last_sync,
            segment: segment.number,
            segment_durable: segment.durable,
        }
    }
}

impl<R: Rules> Node<R> {
    /// To be called at the end of every event. A release build checks if `is_due` only.
    pub(super) fn assert_invariants(&mut self, is_due: bool) {
        if (is_due || cfg!(debug_assertions)) && self.rules.asserts_invariants() && !self.halted {
            self.check();
        }
    }

    fn check(&mut self) {
        if cfg!(debug_assertions) {
            check_carried_out(self);
        }
        check_applied(self);
        check_log(self);
        check_snapshots(self);
        check_syncs(&self.durability);
        check_idle(self);
        check_held(self);
        check_waiting(self);
        check_reads(&self.reads, self.applied.last.index);
        let after = Positions::of(self);
        check_step(&self.checked, &after);
        self.checked = after;
    }
}

/// Every duty of the last `Ready` is done, no other `Ready` is due, and the node wakes in time for Raft's deadline.
fn check_carried_out<R: Rules>(node: &Node<R>) {
    let taken = node.durability.taken;
    assert!(!node.raft.has_ready(), "Raft wants more done than Ready {taken}, the last one taken");
    if let Some(ready) = &node.ready {
        let number = ready.number;
        assert!(number == taken, "Ready {number} was carried out, and Ready {taken} written");
        let unsent = ready.messages.len() + ready.messages_when_durable.len();
        assert!(unsent == 0, "{unsent} messages of Ready {number} were neither sent nor held");
        let reads = ready.reads.len() + ready.reads_dropped.len();
        assert!(reads == 0, "{reads} reads of Ready {number} were not settled");
        let snapshot = ready.snapshot.as_ref().map(|snapshot| snapshot.last);
        assert!(snapshot.is_none(), "the snapshot to {snapshot:?} of Ready {number} was not taken up");
    }
    assert!(!node.durability.quiet, "a quiet moment outlived its event, with Ready {taken} the last one taken");
    let (deadline, wake_at) = (node.raft.deadline(), node.wake_at.unwrap_or(Instant::NEVER));
    assert!(wake_at <= deadline, "the node wakes at {wake_at}, Raft's deadline is {deadline}");
}

/// The state machine includes every committed entry and no other, unless a leader's snapshot is about to take its place:
/// then it is behind that snapshot. The log holds the entry applied last.
fn check_applied<R: Rules>(node: &Node<R>) {
    let Applied { last, before } = node.applied;
    assert!(
        before == last || before.index.next() == last.index,
        "{last} was applied behind {before}, which does not come before it"
    );
    let commit = node.raft.commit_index();
    match node.publications.installing_to() {
        None => {
            assert!(last.index == commit, "{last} was applied last, the commit index is {commit}");
            let term = node.raft.term_at(last.index);
            assert!(term == Some(last.term), "{last} was applied, the log holds an entry of term {term:?} there");
        }
        Some(installing) => {
            assert!(last.index < installing.index, "a snapshot to {installing} is to replace a state as of {last}");
            assert!(installing.index <= commit, "a snapshot to {installing} is beyond the commit index {commit}");
        }
    }
}

/// The log as written ends where Raft's log in memory does, with Raft's term and vote.
fn check_log<R: Rules>(node: &Node<R>) {
    node.wal.assert_is_sound();
    let hard_state = HardState { term: node.raft.term(), voted_for: node.raft.voted_for() };
    let written = node.wal.hard_state();
    assert!(written == hard_state, "{written:?} was written, Raft is at {hard_state:?}");
    if node.publications.installing_to().is_none() {
        let (written, last) = (node.wal.last_index(), node.raft.last());
        assert!(written == last.index, "entries up to {written} were written, Raft's log ends with {last}");
    }
}

/// The log begins behind the snapshot on the disk, which no snapshot under way falls behind; Raft knows the same ones.
fn check_snapshots<R: Rules>(node: &Node<R>) {
    let Publications { durable, present } = &node.publications;
    let applied = node.applied.last;
    assert!(durable.index <= applied.index, "the snapshot to {durable} is beyond {applied}, the last entry applied");
    let base = node.wal.segment().base;
    assert!(base == *durable, "the log begins behind {base}, the snapshot on the disk ends with {durable}");
    let behind = node.durability.segment_behind.map(|(base, _)| base);
    assert!(behind.is_none(), "the segment behind {behind:?} was put off though no sync was in flight");
    let latest = node.raft.snapshot_last();
    let expected = node.publications.installing_to().unwrap_or(*durable);
    assert!(latest == expected, "Raft's latest snapshot ends with {latest}, the node's with {expected}");
    let Some(publication) = present else { return };
    let (last, step) = (publication.snapshot.last, publication.step);
    assert!(last.index > durable.index, "a snapshot to {last} is to follow the one to {durable}");
    assert!(step != Step::Rename, "the rename of the snapshot to {last} was put off though no sync was in flight");
    match publication.purpose {
        Purpose::Compact { .. } => {
            assert!(last.index <= applied.index, "a snapshot to {last} of a state as of {applied}");
        }
        Purpose::Install { number, .. } => {
            let Durability { taken, durable, in_flight, .. } = &node.durability;
            assert!(number <= *taken, "a snapshot came with Ready {number}, the last one taken is {taken}");
            assert!(*durable < number, "Ready {durable} is durable, the snapshot of Ready {number} is not");
            let covered = in_flight.map_or(0, |sync| sync.through);
            assert!(covered < number, "a sync covers Ready {covered}, the snapshot of Ready {number} is not durable");
        }
    }
}

/// At most one sync is in flight, the last one asked for; it covers no `Ready` but those taken, and all the durable ones.
fn check_syncs(durability: &Durability) {
    let Durability { last_sync, in_flight, taken, written, durable, .. } = durability;
    assert!(written <= taken, "Ready {written} was written, the last one taken is {taken}");
    assert!(durable <= taken, "Ready {durable} is durable, the last one taken is {taken}");
    if let Some(sync) = in_flight {
        let (id, through) = (sync.id, sync.through);
        assert!(id == SyncId(*last_sync), "{id:?} is in flight, the last one asked for is {last_sync}");
        assert!(*durable <= through, "{id:?} covers Ready {through}, but Ready {durable} is durable without it");
        assert!(through <= *taken, "{id:?} covers Ready {through}, the last one taken is {taken}");
    }
}

/// Nothing waits for the disk unless a sync is in flight: its end has the node go on.
fn check_idle<R: Rules>(node: &Node<R>) {
    let Durability { in_flight, needs_sync, taken, written, durable, held, .. } = &node.durability;
    if in_flight.is_some() {
        return;
    }
    assert!(!needs_sync, "no sync is in flight though one is needed, Ready {durable} of {taken} being durable");
    assert!(written <= durable, "no sync is in flight though Ready {written} was written and {durable} is durable");
    let segment = &node.wal.segment().file;
    assert!(!node.wal.has_batch(), "no sync is in flight though there is more to write to {segment}");
    assert!(node.wal.is_durable(), "no sync is in flight though the opening of {segment} is not durable");
    let publishing = node.publications.present.as_ref().map(|publication| publication.snapshot.last);
    assert!(publishing.is_none(), "no sync is in flight though the snapshot to {publishing:?} is being written");
    assert!(held.is_empty(), "no sync is in flight though {} messages are held", held.len());
}

/// A held message came with a `Ready` that no completed sync covers, and something is not durable yet.
fn check_held<R: Rules>(node: &Node<R>) {
    let Durability { taken, written, durable, held, .. } = &node.durability;
    let (Some(first), Some(last)) = (held.front(), held.back()) else { return };
    let (first, last) = (first.number, last.number);
    assert!(*durable < first, "a message of Ready {first} is held, Ready {durable} is durable");
    assert!(first <= last, "messages are held from Ready {first} to Ready {last}");
    assert!(last <= *taken, "a message of Ready {last} is held, the last one taken is {taken}");
    assert!(
        written > durable || !node.wal.is_durable(),
        "a message of Ready {first} is held though the log is durable up to Ready {durable} and written to {written}"
    );
}

/// Clients wait for entries behind the last one applied, in order; a leader's proposals of its term are in its log.
fn check_waiting<R: Rules>(node: &Node<R>) {
    let (Some(first), Some(last)) = (node.waiting.front(), node.waiting.back()) else { return };
    let (first, last, applied) = (first.proposed, last.proposed, node.applied.last);
    assert!(first.index > applied.index, "a client waits for {first}, but {applied} was applied");
    assert!(first.index <= last.index, "clients wait for {first} to {last}");
    let (term, log_last) = (node.raft.term(), node.raft.last());
    assert!(last.term <= term, "a client waits for {last}, proposed after the current term {term}");
    if node.raft.is_leader() && last.term == term {
        assert!(last.index <= log_last.index, "a client waits for {last}, the leader's log ends with {log_last}");
    }
}

/// Tokens of reads ascend, and a confirmed read waits for an index behind the last one applied.
fn check_reads(reads: &Reads, applied: LogIndex) {
    let Reads { last_token, asked, confirmed } = reads;
    if let (Some(first), Some(last)) = (asked.front(), asked.back()) {
        let (first, last) = (first.token, last.token);
        assert!(first <= last, "reads from {first:?} to {last:?} wait to be confirmed");
        assert!(last <= ReadToken(*last_token), "a read {last:?} waits, the last token given is {last_token}");
    }
    for (index, read) in confirmed.first().into_iter().chain(confirmed.last()) {
        assert!(*index > applied, "the read {:?} waits for {index}, but {applied} was applied", read.token);
    }
}

/// No event moves any of these back.
fn check_step(before: &Positions, after: &Positions) {
    let (was, is) = (before.applied, after.applied);
    assert!(was <= is, "the last applied index fell from {was} to {is}");
    let (was, is) = (before.snapshot, after.snapshot);
    assert!(was <= is, "the snapshot on the disk fell from {was} to {is}");
    let (was, is) = (before.durable, after.durable);
    assert!(was <= is, "the last Ready durable fell from {was} to {is}");
    let (was, is) = (before.last_sync, after.last_sync);
    assert!(was <= is, "the last sync asked for fell from {was} to {is}");
    let (was, is) = (before.segment, after.segment);
    assert!(was <= is, "the log's segment fell from {was} to {is}");
    if was == is {
        let (was, is) = (before.segment_durable, after.segment_durable);
        assert!(was <= is, "the durable bytes of the segment fell from {was} to {is}");
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::config::{Config, Start};
    use crate::memory::MemoryDisk;
    use crate::node::Waiting;
    use crate::node::durability::Sync;
    use crate::request::{Request, ResponseBody};
    use crate::rules::Paper;
    use env::{ClientId, Effects, Event, NodeId, NodeSet, Process, Random, RequestId};
    use raft_types::{EntryId, Membership, Term};

    struct Dice;

    impl Random for Dice {
        fn next_u64(&mut self) -> u64 {
            4
        }
    }

    /// Puts a node into a state that only an error of its own leads to.
    type Spoil = fn(&mut Node);

    const REQUEST: RequestId = RequestId { client: ClientId(1), seq: 1 };

    /// The leader of a cluster of one, at rest, with a command applied.
    fn leader_at_rest() -> Node {
        let (config, founders) = (Config::new(NodeId(1)), Membership::of(NodeSet::first(1)));
        let mut effects = Effects::default();
        let disk = MemoryDisk::default();
        let mut node = Node::boot(config, Start::New(founders), &disk, Paper, Instant::ZERO, &mut Dice, &mut effects)
            .expect("blank");
        let now = effects.wake_at.expect("an election timeout");
        let request = Event::Request { client: REQUEST.client, request: Request::register(REQUEST) };
        for event in [None, Some(Event::Wake), Some(request)] {
            if let Some(event) = event {
                node.handle(event, now, &mut Dice, &mut effects);
            }
            while let Some(sync) = effects.sync.take() {
                node.handle(Event::Synced(sync), now, &mut Dice, &mut effects);
            }
        }
        assert!(matches!(effects.replies[0].1.body, ResponseBody::Registered { .. }), "{:?}", effects.replies);
        node
    }

    /// The message of the assertion that stops a leader at rest once `spoil` is done to it; `None` if none does.
    fn stopped_by(spoil: impl FnOnce(&mut Node)) -> Option<String> {
        let mut node = leader_at_rest();
        spoil(&mut node);
        let panic = catch_unwind(AssertUnwindSafe(|| node.check())).err()?;
        Some(*panic.downcast::<String>().expect("a message with values"))
    }

    #[test]
    fn a_node_as_it_should_be_is_not_stopped() {
        assert_eq!(stopped_by(|_| {}), None);
    }

    #[test]
    fn a_node_whose_books_disagree_is_stopped() {
        let spoilt: [(&str, Spoil); 16] = [
            ("was applied last, the commit index is", |node| {
                let before = node.applied.last;
                node.applied = Applied { last: EntryId { index: before.index.next(), ..before }, before };
            }),
            ("the log holds an entry of term", |node| node.applied.last.term = Term(9)),
            ("Raft is at", |node| node.wal.write_hard_state(HardState { term: Term(9), voted_for: None })),
            ("were written, Raft's log ends with", |node| node.wal.write_truncation(node.applied.last.index)),
            ("the snapshot on the disk ends with", |node| node.publications.durable = node.applied.last),
            ("was put off though no sync was in flight", |node| {
                node.durability.segment_behind = Some((node.applied.last, node.raft.membership()));
            }),
            ("was written, the last one taken is", |node| node.durability.written = node.durability.taken + 1),
            ("is durable, the last one taken is", |node| node.durability.durable = node.durability.taken + 1),
            ("the last one asked for is", |node| {
                let id = SyncId(node.durability.last_sync + 1);
                node.durability.in_flight = Some(Sync { id, through: node.durability.taken });
            }),
            ("the last one taken is", |node| {
                let Durability { last_sync, taken, .. } = node.durability;
                node.durability.in_flight = Some(Sync { id: SyncId(last_sync), through: taken + 1 });
            }),
            ("though one is needed", |node| node.durability.needs_sync = true),
            ("there is more to write to", |node| {
                node.wal.write_hard_state(node.wal.hard_state());
            }),
            ("messages are held", |node| {
                let message = raft::Message::TimeoutNow { term: Term(1) };
                node.durability.hold(node.durability.taken + 1, NodeId(2), message);
            }),
            ("a client waits for", |node| {
                let proposed = node.applied.last;
                node.waiting.push_back(Waiting { proposed, client: REQUEST.client, to: REQUEST });
            }),
            ("Raft's deadline is", |node| node.wake_at = None),
            ("the last sync asked for fell", |node| node.durability.last_sync -= 1),
        ];
        for (message, spoil) in spoilt {
            let stopped = stopped_by(spoil);
            assert!(stopped.as_ref().is_some_and(|stopped| stopped.contains(message)), "{message}: {stopped:?}");
        }
    }
}
