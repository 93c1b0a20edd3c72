//! One Majority: at no time can two disjoint majorities decide (paper section 6, thesis chapter 4).
//!
//! A configuration follows another in a log only so that their majorities overlap: into C_old,new with the old voters
//! outgoing, out of it to its new voters, or by one voter at a time (thesis section 4.1). A change of voters begins
//! only when the one before it is committed; one voter at a time, only when the leader has also committed an entry of
//! its own term (Ongaro, raft-dev 2015). And a server always uses the latest configuration in its log, committed or
//! not: one that a truncation removed is no longer in use. Learners come and go freely.

use env::NodeId;
use raft_types::{EntryId, LogIndex, Membership};

use crate::Role;
use crate::invariants::ONE_MAJORITY;
use crate::logs::Logs;
use crate::record::Record;
use sim::Moment;
use sim::{Checked, broken};

/// A configuration in some log.
#[derive(Clone, Copy, Debug)]
struct Configuration {
    id: EntryId,
    membership: Membership,
    /// The configuration that set these voters: this one, or one before it that differs in learners alone.
    voters_since: EntryId,
}

/// When a server begins to use a configuration of its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InUse {
    /// When its entry is appended, committed or not (paper section 6).
    #[default]
    WhenAppended,
    /// When its entry is applied, as etcd's Raft and those that come from it do.
    WhenApplied,
}

/// Which configuration may follow another in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Changes {
    /// Into a joint configuration of the old voters and the new ones, out of it to the new ones, or by one voter at a time
    /// (paper section 6, thesis section 4.1).
    #[default]
    ByThePaper,
    /// Besides these, any one with a set of voters in common: a majority of that set takes part in the decisions of both.
    /// So a joint configuration may be followed by another, or by its old voters, as openraft's "extended joint" changes
    /// have it.
    BySharedVoters,
}

#[derive(Clone, Debug)]
pub(crate) struct OneMajority {
    pub(crate) in_use: InUse,
    pub(crate) changes: Changes,
    /// In ascending order of indices; the first is the one the cluster began with, or the last that is forgotten.
    configurations: Vec<Configuration>,
    initial: Membership,
}

impl OneMajority {
    pub(crate) fn new(initial: Membership) -> OneMajority {
        let first = Configuration { id: EntryId::ZERO, membership: initial, voters_since: EntryId::ZERO };
        OneMajority { in_use: InUse::default(), changes: Changes::default(), configurations: vec![first], initial }
    }

    /// `node` uses the configuration at `index` of its log from now on.
    pub(crate) fn configured(
        &mut self,
        record: &Record,
        at: Moment,
        node: NodeId,
        index: LogIndex,
        membership: Membership,
    ) -> Checked {
        let differs = |known: Membership| {
            let message = format!("{node} uses {membership} of index {index}, but that is {known}");
            broken(ONE_MAJORITY, at, [node], message)
        };
        let view = record.view.node(node);
        // A blank machine that is to join knows no configuration, nor does a snapshot that it takes before its log
        // tells it one. It decides nothing by that, for no set of nodes is a majority of none.
        if index <= view.snapshot.index && membership == Membership::default() {
            return Ok(());
        }
        if index == LogIndex(0) {
            return if membership == self.initial { Ok(()) } else { differs(self.initial) };
        }
        let Some(id) = record.logs.entry_at(view.last, index) else { return Ok(()) };
        if let Some(known) = self.configurations.iter().rev().find(|known| known.id == id) {
            return if known.membership == membership { Ok(()) } else { differs(known.membership) };
        }
        if index.0 <= record.logs.floor() {
            return Ok(());
        }
        let Some(before) = self.latest(&record.logs, view.last, index) else { return Ok(()) };
        if index <= view.snapshot.index {
            // A snapshot names the configuration in force at its end, not the index of that configuration.
            return if before.membership == membership { Ok(()) } else { differs(before.membership) };
        }
        let new = Configuration { id, membership, voters_since: id };
        let new = if same_voters(before.membership, membership) {
            Configuration { voters_since: before.voters_since, ..new }
        } else if before.membership != view.membership && is_forgotten(record, node, before) {
            new
        } else {
            self.follows(record, at, node, before, new)?;
            new
        };
        let position = self.configurations.partition_point(|known| known.id.index <= index);
        self.configurations.insert(position, new);
        Ok(())
    }

    /// `node` stands for election or leads: it must do so by the latest configuration of its log.
    pub(crate) fn uses_latest(&self, record: &Record, at: Moment, node: NodeId) -> Checked {
        let view = record.view.node(node);
        let upto = match self.in_use {
            InUse::WhenAppended => view.last.index,
            InUse::WhenApplied => view.last_applied,
        };
        match self.latest(&record.logs, view.last, upto) {
            Some(latest) if latest.membership != view.membership && !is_forgotten(record, node, latest) => {
                let message = format!(
                    "{node} stands for election by {} of index {}, but the latest in its log is {} at {}",
                    view.membership, view.configured_at, latest.membership, latest.id
                );
                broken(ONE_MAJORITY, at, [node], message)
            }
            _ => Ok(()),
        }
    }

    /// A step of voters from `before` to `new` must keep their majorities overlapping.
    fn follows(&self, record: &Record, at: Moment, node: NodeId, before: Configuration, new: Configuration) -> Checked {
        let broken = |message| broken(ONE_MAJORITY, at, [node], message);
        let (old, next) = (before.membership, new.membership);
        let one_by_one = !old.is_joint() && !next.is_joint();
        let by_the_paper = if old.is_joint() {
            !next.is_joint() && next.voters == old.voters
        } else if next.is_joint() {
            next.outgoing == old.voters
        } else {
            old.voters.difference(next.voters).len() + next.voters.difference(old.voters).len() == 1
        };
        let overlap = by_the_paper || (self.changes == Changes::BySharedVoters && share_voters(old, next));
        if !overlap || next.voters.is_empty() {
            return broken(format!("{node} put {next} at {} behind {old} at {}", new.id, before.id));
        }
        let view = record.view.node(node);
        if view.role != Role::Leader || view.term != new.id.term {
            return Ok(());
        }
        if before.voters_since.index > view.commit_index {
            return broken(format!(
                "{node} put {next} at {} while the change to {old} at {} is not committed",
                new.id, before.voters_since
            ));
        }
        let committed = record.logs.entry_at(view.last, view.commit_index);
        if one_by_one && committed.is_some_and(|committed| committed.term != view.term) {
            return broken(format!(
                "{node} put {next} at {} before it had committed an entry of its term {}",
                new.id, view.term
            ));
        }
        Ok(())
    }

    /// Forgets the configurations up to `floor`, but for the latest committed one. To be called before the logs forget.
    pub(crate) fn forget_below(&mut self, record: &Record, floor: LogIndex) {
        let Some(kept) = self.latest(&record.logs, record.committed.entry, floor).map(|kept| kept.id) else { return };
        self.configurations.retain(|known| known.id == kept || known.id.index > floor);
    }

    /// The latest configuration up to `index` in the log that ends with `tip`.
    fn latest(&self, logs: &Logs, tip: EntryId, index: LogIndex) -> Option<Configuration> {
        let upto = self.configurations.iter().rev().filter(|known| known.id.index <= index);
        upto.into_iter().find(|known| logs.holds(tip, known.id)).copied()
    }
}

/// True if `node` may use another configuration than `latest`: both stand at or below the floor of the logs, where a
/// configuration that was not committed is forgotten.
fn is_forgotten(record: &Record, node: NodeId, latest: Configuration) -> bool {
    record.view.node(node).configured_at.max(latest.id.index).0 <= record.logs.floor()
}

fn same_voters(a: Membership, b: Membership) -> bool {
    (a.voters, a.outgoing) == (b.voters, b.outgoing)
}

/// True if decisions by both need a majority of one and the same set of voters.
fn share_voters(a: Membership, b: Membership) -> bool {
    let sets =
        |membership: Membership| [membership.voters, membership.outgoing].into_iter().filter(|set| !set.is_empty());
    sets(a).any(|set| sets(b).any(|other| set == other))
}
