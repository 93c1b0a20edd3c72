//! Replication, commitment, snapshots to laggards, and membership changes.

use env::{NodeId, NodeSet, Random, RequestId};
use raft_rules::Role;
use raft_types::{EntryId, LogIndex, Membership, Observation};
use sim::Violation;

use crate::node::{Entry, Snapshot};
use crate::rules::{Bug, is_quorum};
use crate::world::{Message, NODES, Step, World};

impl World {
    pub(crate) fn propose(
        &mut self,
        id: NodeId,
        request: Option<RequestId>,
        membership: Option<Membership>,
    ) -> Result<u64, Box<Violation>> {
        let node = self.n(id);
        let entry =
            Entry { id: EntryId { term: node.term(), index: node.files.last().index.next() }, request, membership };
        self.append(id, entry)?;
        if self.has(Bug::LeaderCountsUnsynced) {
            self.commit_what_a_quorum_holds(id)?;
        }
        Ok(entry.id.index.0)
    }

    pub(crate) fn append(&mut self, id: NodeId, entry: Entry) -> Step {
        let node = self.n(id);
        node.files.log.push(entry);
        node.wrote();
        self.observe(id, Observation::Appended { entry: entry.id, payload: entry.payload(), request: entry.request })?;
        if entry.membership.is_some() {
            self.n(id).stale_membership = None;
            self.configured(id)?;
        }
        Ok(())
    }

    pub(crate) fn configured(&mut self, id: NodeId) -> Step {
        let (index, membership) = self.n(id).files.configuration();
        self.observe(id, Observation::Configured { index, membership })
    }

    pub(crate) fn heartbeat(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        if !node.is_up || node.role != Role::Leader {
            return Ok(());
        }
        let (term, commit) = (node.files.term, node.commit);
        for peer in node.membership().members().iter().filter(|peer| *peer != id) {
            let many = self.draws.below(4) as usize;
            let node = self.n(id);
            let next = node.next[peer.index()];
            let message = match node.files.id_at(next - 1) {
                Some(prev) => {
                    let rest = (next..).map_while(|index| node.files.at(index).copied());
                    Message::Append { term, prev, entries: rest.take(many).collect(), commit }
                }
                None => Message::Install { term, snapshot: Box::new(node.images[0].1.snapshot.clone()) },
            };
            self.send_now(id, peer, message);
        }
        Ok(())
    }

    /// Hears from the leader of its term; false if it does not lead.
    pub(crate) fn hears(&mut self, id: NodeId, from: NodeId, term: u64) -> Result<bool, Box<Violation>> {
        let node = self.n(id);
        if term < node.files.term || node.role == Role::Leader && term == node.files.term {
            return Ok(false);
        }
        if term > node.files.term || node.leader != Some(from) || node.role != Role::Follower {
            self.follow(id, term, Some(from))?;
        }
        Ok(true)
    }

    pub(crate) fn appends(
        &mut self,
        id: NodeId,
        from: NodeId,
        term: u64,
        prev: EntryId,
        entries: &[Entry],
        commit: u64,
    ) -> Step {
        if !self.hears(id, from, term)? {
            return Ok(());
        }
        let skips = self.has(Bug::PrevNotChecked) && entries.is_empty();
        let files = &self.n(id).files;
        if !skips && !files.holds(prev) && prev.index > files.base.index {
            let last = files.last().index.0;
            self.send(id, from, Message::Rejected { term, last });
            return Ok(());
        }
        let base = self.n(id).files.base.index;
        for entry in entries.iter().filter(|entry| entry.id.index > base) {
            let held = self.n(id).files.id_at(entry.id.index.0);
            let cuts = self.has(Bug::TruncateWithoutConflict) && entry.id.index.0 == prev.index.0 + 1;
            if held == Some(entry.id) && !cuts {
                continue;
            }
            if held.is_some() {
                self.truncate(id, entry.id.index)?;
            }
            self.append(id, *entry)?;
        }
        let verified = prev.index.0 + entries.len() as u64;
        let last = self.n(id).files.last().index.0;
        let limit = if self.has(Bug::CommitUnclamped) || skips { last } else { verified };
        let known = self.n(id).commit;
        let commit = commit.min(limit);
        let commit = if self.has(Bug::CommitGoesBack) { commit } else { commit.max(known) };
        if commit != known {
            self.commits(id, commit)?;
        }
        let matched = if self.has(Bug::AckOwnLast) { last } else { verified };
        let answer = Message::Appended { term, matched };
        if self.has(Bug::AckBeforeSync) {
            self.send_now(id, from, answer)
        } else {
            self.send(id, from, answer)
        }
        Ok(())
    }

    pub(crate) fn truncate(&mut self, id: NodeId, from: LogIndex) -> Step {
        let forgets = self.has(Bug::ConfigurationNotRolledBack);
        let node = self.n(id);
        let before = node.files.configuration();
        node.files.truncate(from.0);
        node.wrote();
        let rolled_back = before != node.files.configuration();
        if rolled_back && forgets {
            node.stale_membership = Some(before.1);
        }
        self.seen.truncated = true;
        self.observe(id, Observation::Truncated { from })?;
        if rolled_back && !forgets {
            self.seen.rolled_back = true;
            self.configured(id)?;
        }
        Ok(())
    }

    pub(crate) fn commits(&mut self, id: NodeId, index: u64) -> Step {
        let node = self.n(id);
        let Some(entry) = node.files.id_at(index) else { return Ok(()) };
        node.commit = index;
        self.observe(id, Observation::Committed { entry })
    }

    pub(crate) fn commit_what_a_quorum_holds(&mut self, id: NodeId) -> Step {
        let bug = self.bug;
        let node = self.n(id);
        if node.role != Role::Leader {
            return Ok(());
        }
        let own = if bug == Some(Bug::LeaderCountsUnsynced) {
            node.files.last().index.0
        } else {
            node.images[0].1.last().index.0
        };
        node.matched[id.index()] = own;
        let membership = node.membership();
        let held = (node.commit + 1..=node.files.last().index.0).rev().find(|index| {
            let holders = membership.all_voters().iter().filter(|voter| node.matched[voter.index()] >= *index);
            let own_term = node.files.id_at(*index).is_some_and(|entry| entry.term == node.term());
            let may = own_term || bug == Some(Bug::CommitEarlierTerm);
            may && is_quorum(bug, &membership, holders.collect())
        });
        let Some(index) = held else { return Ok(()) };
        self.commits(id, index)?;
        self.next_step_of_a_change(id)
    }

    pub(crate) fn appended(&mut self, id: NodeId, from: NodeId, term: u64, matched: u64) -> Step {
        if !self.is_current(id, term)? || self.n(id).role != Role::Leader {
            return Ok(());
        }
        let node = self.n(id);
        let known = &mut node.matched[from.index()];
        *known = matched.max(*known).min(node.files.last().index.0);
        node.next[from.index()] = *known + 1;
        self.commit_what_a_quorum_holds(id)
    }

    pub(crate) fn installs(&mut self, id: NodeId, from: NodeId, term: u64, snapshot: &Snapshot) -> Step {
        if !self.hears(id, from, term)? {
            return Ok(());
        }
        let (stale, drops) = (self.has(Bug::StaleSnapshot), self.has(Bug::SnapshotDropsTail));
        let last = snapshot.last;
        let node = self.n(id);
        let is_covered = last.index.0 <= node.commit && !stale;
        if !is_covered && node.files.holds(last) && !drops && !stale {
            self.commits(id, last.index.0)?;
        } else if !is_covered {
            let state = snapshot.machine.digest();
            node.files.snapshot = snapshot.clone();
            node.files.base = last;
            node.files.log.clear();
            node.wrote();
            node.reported = last;
            node.machine = snapshot.machine.clone();
            node.applied = last;
            node.commit = node.commit.max(last.index.0);
            node.stale_membership = None;
            self.seen.installed = true;
            self.observe(id, Observation::SnapshotInstalled { last, state, log_kept: false })?;
            self.configured(id)?;
        }
        self.send(id, from, Message::Appended { term, matched: last.index.0 });
        Ok(())
    }

    pub(crate) fn change_membership(&mut self, id: NodeId) -> Step {
        let overlap = self.has(Bug::ChangesOverlap);
        let node = self.n(id);
        let (index, current) = node.files.configuration();
        let committed = node.files.id_at(node.commit).is_some_and(|entry| entry.term == node.term());
        let is_settled = overlap || (committed && index.0 <= node.commit);
        if !node.is_up || node.role != Role::Leader || !is_settled || current.is_joint() {
            return Ok(());
        }
        let members: NodeSet = NodeSet::first(NODES).iter().filter(|_| !self.draws.one_in(3)).collect();
        let next = if self.draws.one_in(3) {
            Membership { learners: members.difference(current.voters), ..current }
        } else if members.is_empty() || members == current.voters {
            return Ok(());
        } else {
            Membership { voters: members, outgoing: current.voters, learners: NodeSet::EMPTY }
        };
        self.propose(id, None, Some(next)).map(|_| ())
    }

    pub(crate) fn next_step_of_a_change(&mut self, id: NodeId) -> Step {
        let node = self.n(id);
        let (index, current) = node.files.configuration();
        if index.0 > node.commit {
            return Ok(());
        }
        if current.is_joint() {
            self.seen.joint_left = true;
            self.propose(id, None, Some(Membership { outgoing: NodeSet::EMPTY, ..current }))?;
        } else if !current.is_voter(id) {
            let term = node.files.term;
            self.follow(id, term, None)?;
        }
        Ok(())
    }
}
