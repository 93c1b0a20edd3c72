//! Snapshots on their way to the disk: contents under a temporary name, sync, rename, sync, a log segment that begins
//! behind it, sync; and only then are the older ones removed.
//!
//! The segment is the point of no return. Before its opening is durable, boot goes by the older segment and the
//! snapshot that this one begins behind, and nothing is missing there; afterwards it goes by the new ones. So a crash
//! at any point leaves one of the two pairs whole.

use env::{DiskOp, Effects};
use raft::Snapshot;
use raft_types::{EntryId, Observation};

use super::{Applied, Node};
use crate::machine::Machine;
use crate::names;
use crate::rules::Rules;
use crate::snapshot;

/// The snapshot on the disk, and the one that is about to be.
#[derive(Clone, Debug)]
pub(super) struct Publications {
    /// The last entry that the durable one covers; zero if there is none.
    pub(super) durable: EntryId,
    pub(super) present: Option<Publication>,
}

#[derive(Clone, Debug)]
pub(super) struct Publication {
    pub(super) snapshot: Snapshot,
    pub(super) purpose: Purpose,
    pub(super) step: Step,
}

#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To drop the log that it covers.
    Compact {
        /// The digest of the state it holds.
        state: u64,
    },
    /// To replace the state machine by the leader's.
    Install {
        /// The `Ready` it came with; if it takes the place of another that was never installed, the one that came with.
        number: u64,
        machine: Box<Machine>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Write,
    SyncContents,
    Rename,
    SyncName,
}

impl Publications {
    pub(super) fn new(durable: EntryId) -> Publications {
        Publications { durable, present: None }
    }

    /// The number of the `Ready` whose snapshot is not durable yet.
    pub(super) fn installing(&self) -> Option<u64> {
        match self.present.as_ref()?.purpose {
            Purpose::Install { number, .. } => Some(number),
            Purpose::Compact { .. } => None,
        }
    }

    /// The last entry of the leader's snapshot that is not installed yet.
    pub(super) fn installing_to(&self) -> Option<EntryId> {
        let publication = self.present.as_ref()?;
        matches!(publication.purpose, Purpose::Install { .. }).then_some(publication.snapshot.last)
    }

    /// Hands the next step to the disk; false if there is none to take.
    pub(super) fn flush(&mut self, ops: &mut Vec<DiskOp>) -> bool {
        let Some(publication) = &mut self.present else {
            return false;
        };
        let last = publication.snapshot.last;
        let file = names::unfinished_snapshot(last);
        match publication.step {
            Step::Write => {
                ops.push(DiskOp::Append { file, bytes: snapshot::encode(&publication.snapshot) });
                publication.step = Step::SyncContents;
            }
            Step::Rename => {
                ops.push(DiskOp::Rename { from: file, to: names::snapshot(last) });
                publication.step = Step::SyncName;
            }
            Step::SyncContents | Step::SyncName => return false,
        }
        true
    }

    /// A sync that was asked for with the last step is done. The publication, if that was the last one.
    fn synced(&mut self) -> Option<Publication> {
        let publication = self.present.as_mut()?;
        match publication.step {
            Step::SyncContents => publication.step = Step::Rename,
            Step::SyncName => return self.present.take(),
            // The publication began while the sync was in flight.
            Step::Write => {}
            Step::Rename => {
                let last = publication.snapshot.last;
                panic!("a sync is done before the snapshot to {last} was renamed, which the last flush was to do");
            }
        }
        None
    }

    /// Gives up the publication under way, if there is one, for a better one.
    fn abandon(&mut self, ops: &mut Vec<DiskOp>) {
        if let Some(Publication { snapshot, step, .. }) = self.present.take()
            && step != Step::Write
        {
            ops.push(DiskOp::Remove { file: names::unfinished_snapshot(snapshot.last) });
            ops.push(DiskOp::Remove { file: names::snapshot(snapshot.last) });
        }
    }
}

impl<R: Rules> Node<R> {
    pub(super) fn take_snapshot_if_due(&mut self) {
        let due = self.publications.durable.index.0.saturating_add(self.config.snapshot_every);
        if self.config.snapshot_every > 0 && self.applied.last.index.0 >= due {
            self.take_snapshot();
        }
    }

    /// Begins to write a snapshot of the state machine as it is, unless there is one or one is under way.
    pub(super) fn take_snapshot(&mut self) {
        let Applied { last, before } = self.applied;
        let label = self.rules.snapshot_label(last, before);
        if self.publications.present.is_some() || label.index <= self.publications.durable.index {
            return;
        }
        let membership = self.raft.membership_at(label.index);
        let snapshot = Snapshot { last: label, membership, data: self.machine.encode(&self.rules).into() };
        let purpose = Purpose::Compact { state: self.machine.digest() };
        self.publications.present = Some(Publication { snapshot, purpose, step: Step::Write });
        if self.rules.may_drop_log(false) {
            self.durability.begin_segment_behind(label, membership);
        }
    }

    /// A leader's snapshot has come.
    pub(super) fn receive_snapshot(&mut self, snapshot: Snapshot, number: u64, effects: &mut Effects<Node<R>>) {
        let mut machine = if self.rules.snapshot_replaces_state() { Machine::default() } else { self.machine.clone() };
        if let Err(why) = machine.restore(&snapshot.data) {
            // Checked before it is written: the node must not boot from a snapshot that it cannot read.
            self.halt(format!("the leader's snapshot to {} is malformed: {why:?}", snapshot.last), effects);
            return;
        }
        // An earlier snapshot is given up. Messages that wait for it are held until this one is durable.
        let number = self.publications.installing().unwrap_or(number);
        self.publications.abandon(&mut effects.disk);
        let (last, membership) = (snapshot.last, snapshot.membership);
        let purpose = Purpose::Install { number, machine: Box::new(machine) };
        self.publications.present = Some(Publication { snapshot, purpose, step: Step::Write });
        if self.rules.may_drop_log(false) {
            self.durability.begin_segment_behind(last, membership);
        }
    }

    /// A sync is done: takes the publication under way a step further, and to its purpose if that was the last.
    pub(super) fn publication_synced(&mut self, effects: &mut Effects<Node<R>>) {
        let Some(Publication { snapshot, purpose, .. }) = self.publications.synced() else {
            return;
        };
        let (last, membership) = (snapshot.last, snapshot.membership);
        if self.rules.asserts_invariants() {
            let durable = self.publications.durable;
            assert!(last.index > durable.index, "the snapshot to {last} follows the one to {durable}");
        }
        self.publications.durable = last;
        match purpose {
            Purpose::Compact { state } => {
                effects.note(Observation::SnapshotTaken { last, state });
                self.raft.compact(snapshot);
            }
            Purpose::Install { machine, .. } => {
                let applied = self.applied.last;
                assert!(
                    last.index > applied.index || !self.rules.asserts_invariants(),
                    "a snapshot to {last} replaces a state as of {applied}"
                );
                self.machine = *machine;
                self.applied = Applied { last, before: last };
                let state = self.machine.digest();
                effects.note(Observation::SnapshotInstalled { last, state, log_kept: false });
                self.raft.snapshot_installed(last);
                self.settle_covered(last, effects);
            }
        }
        if self.rules.may_drop_log(true) {
            self.durability.begin_segment_behind(last, membership);
        }
    }
}
