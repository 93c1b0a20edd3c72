//! Disks that take their time, snapshots on them, and the files that a crash leaves.

use env::{NodeId, Random, SyncId};
use raft_types::{LogIndex, Observation, Term};

use crate::node::{Node, Snapshot};
use crate::rules::Bug;
use crate::world::{Step, World};

impl World {
    pub(crate) fn disk_works(&mut self, id: NodeId) -> Step {
        let lax = self.has(Bug::SyncSkipped);
        let node = self.n(id);
        if !node.is_up {
            return Ok(());
        }
        let Some((sync, covers)) = node.syncing.take() else {
            if node.version > node.durable {
                let (version, sync) = (node.version, self.syncs + 1);
                self.n(id).syncing = Some((sync, version));
                self.syncs = sync;
                self.checker.sync_requested(id, SyncId(sync));
            }
            return Ok(());
        };
        node.durable = covers;
        if lax && self.draws.one_in(8) {
            // It goes on as if the sync had been done.
            return Ok(());
        }
        self.n(id).images.retain(|(version, _)| *version >= covers);
        self.checker.synced(id, SyncId(sync));
        self.snapshot_is_durable(id)?;
        self.commit_what_a_quorum_holds(id)
    }

    /// Reports a snapshot that has become durable, and drops the log it covers.
    pub(crate) fn snapshot_is_durable(&mut self, id: NodeId) -> Step {
        let durable = &self.nodes[id.index()].images[0].1.snapshot;
        let (last, state) = (durable.last, durable.machine.digest());
        if last.index <= self.n(id).reported.index {
            return Ok(());
        }
        self.n(id).reported = last;
        self.observe(id, Observation::SnapshotTaken { last, state })?;
        let through = last.index.0.saturating_sub(self.draws.below(3));
        let node = self.n(id);
        if through > node.files.base.index.0 {
            node.files.compact(through);
            node.wrote();
            self.observe(id, Observation::Compacted { through: LogIndex(through) })?;
        }
        Ok(())
    }

    pub(crate) fn take_snapshot(&mut self, id: NodeId) -> Step {
        let (mislabelled, without_sessions) =
            (self.has(Bug::SnapshotMislabelled), self.has(Bug::SnapshotWithoutSessions));
        let node = self.n(id);
        if !node.is_up || node.applied.index <= node.files.snapshot.last.index || node.applied.index.0 < 2 {
            return Ok(());
        }
        let at_end = node.files.log.iter().filter(|entry| entry.id.index <= node.applied.index);
        let membership = at_end.rev().find_map(|entry| entry.membership).unwrap_or(node.files.snapshot.membership);
        let mut machine = node.machine.clone();
        if without_sessions {
            machine.forget_sessions();
        }
        let before = node.files.id_at(node.applied.index.0 - 1).filter(|_| mislabelled);
        node.files.snapshot = Snapshot { last: before.unwrap_or(node.applied), machine, membership };
        node.wrote();
        Ok(())
    }

    pub(crate) fn crash_or_restart(&mut self, id: NodeId) -> Step {
        if !self.n(id).is_up {
            return self.announce_boot(id);
        }
        let is_kill = self.draws.one_in(3);
        self.told.push_back(format!("{:6} {id} {}", self.moment.event, if is_kill { "killed" } else { "crashed" }));
        let version = self.n(id).version;
        // A held message is lost with its sender.
        let durable = self.n(id).durable;
        self.bag.retain(|envelope| envelope.from != id || envelope.after <= durable);
        let kept = if is_kill {
            self.checker.killed(id);
            self.seen.killed = true;
            self.n(id).images.len() - 1
        } else {
            self.checker.stopped(id);
            let images = self.n(id).images.len() as u64;
            self.draws.below(images) as usize
        };
        let node = self.n(id);
        let (_, files) = node.images[kept].clone();
        let lost = files.last().index < node.files.last().index;
        let (first, start) = (node.images[0].clone(), version + 1);
        // Files that a power loss leaves are durable; files that a kill leaves, only as far as they were before.
        let images = if is_kill { vec![first, (start, files.clone())] } else { vec![(start, files.clone())] };
        let durable = if is_kill { version } else { start };
        *node = Node { is_up: false, ..Node::boot(files, start, durable, images) };
        self.seen.lost_tail |= lost;
        Ok(())
    }

    pub(crate) fn announce_boot(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        node.is_up = true;
        let files = &node.files;
        let recovered = Observation::Recovered {
            term: Term(files.term),
            voted_for: files.vote,
            snapshot: files.snapshot.last,
            last: if files.last().index < files.snapshot.last.index { files.snapshot.last } else { files.last() },
            state: node.machine.digest(),
        };
        self.observe(id, recovered)?;
        self.configured(id)
    }
}
