//! A passive member: it looks at the lease, takes it when it may, and takes shipments.

use env::{Effects, Instant, NodeId, Random};

use super::{Member, Role};
use crate::pair::coordination::{Answer, Ended, Errand, Purpose};
use crate::pair::lease::Lease;
use crate::pair::message::{Message, Response, Shipment};
use crate::pair::node::Node;
use crate::pair::note::Note;
use crate::pair::record::{Lsn, Mark, Token};
use crate::pair::store::{Known, Store};

/// How far a member's log is known to agree with that of the tenure whose shipments it takes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Follows {
    token: Token,
    /// Up to here the log is that of the primary.
    agrees: Lsn,
    /// Up to here it has acknowledged.
    acknowledged: Lsn,
}

impl Member {
    pub(super) fn look_if_due(&mut self, random: &mut dyn Random, effects: &mut Effects<Node>) {
        if !self.coordination.is_idle() {
            return;
        }
        match self.lease_to_take() {
            Some((expected, to)) => self.coordination.swap(expected, to, Purpose::Take, self.now, random, effects),
            None if self.now >= self.look_at => self.coordination.look(self.now, random, effects),
            None => {}
        }
    }

    /// The record that it expects, and the lease that it may take in its place now.
    fn lease_to_take(&self) -> Option<(Option<Lease>, Lease)> {
        let (lease, since) = self.seen?;
        // The member acts on a look at once, or looks again.
        if self.now >= self.look_at {
            return None;
        }
        let node = self.setup.node;
        let Some(lease) = lease else { return Some((None, Lease::first(node))) };
        if lease.holder == node {
            // The lease is its own from before a restart, or since it was named. Records that it has shipped under the
            // old token may be gone from its own log: it begins anew, under a token that it has never used.
            return Some((Some(lease), lease.taken(node, lease.in_sync)));
        }
        let has_run_out = self.now.saturating_since(since) >= self.setup.timing.ttl;
        // A member that is not in sync may lack acknowledged writes. The silent holder is left out: it is brought up to
        // date when it comes back.
        (has_run_out && lease.in_sync.contains(node))
            .then(|| (Some(lease), lease.taken(node, [node].into_iter().collect())))
    }

    /// The coordination service has answered.
    pub(super) fn errand_ended(&mut self, ended: Ended, effects: &mut Effects<Node>) {
        if matches!(self.role, Role::Primary(_)) {
            return self.tenure_errand_ended(&ended, effects);
        }
        let Ended { errand, asked_at, answer } = ended;
        match (errand, answer) {
            (Errand::Look, Answer::Found(lease)) => self.saw(lease, effects),
            (Errand::Swap { to, purpose: Purpose::Take }, Answer::Swapped) => self.took(to, asked_at, effects),
            (Errand::Swap { to, purpose: Purpose::HandOver { client, request } }, Answer::Swapped) => {
                if let Known::Executed(executed) = self.store.known(request) {
                    effects.note(Note::Acknowledged { request, lsn: executed.lsn });
                    let answer = parts::Answer::Done(executed.output.clone());
                    effects.reply(client, Response::to(request, answer));
                }
                self.saw(Some(to), effects);
                effects.send(self.peer, Message::TakeOver);
            }
            // The outcome is unknown, or another record was found: look.
            _ => self.look_again(),
        }
    }

    pub(super) fn saw(&mut self, lease: Option<Lease>, effects: &mut Effects<Node>) {
        let in_sync_before = self.seen.and_then(|(before, _)| before).map(|before| before.in_sync);
        if let Some(lease) = lease.filter(|lease| Some(lease.in_sync) != in_sync_before) {
            effects.note(Note::SeesInSync { members: lease.in_sync, token: lease.token });
        }
        let since = match self.seen {
            Some((before, since)) if before == lease => since,
            _ => self.now,
        };
        self.seen = Some((lease, since));
        self.look_at = self.now + self.setup.timing.poll;
    }

    fn look_again(&mut self) {
        self.look_at = self.now;
    }

    /// It has the lease, and relies on it from when it asked. If that is too long ago, it takes the lease again.
    fn took(&mut self, lease: Lease, asked_at: Instant, effects: &mut Effects<Node>) {
        self.saw(Some(lease), effects);
        let lease_until = asked_at + self.setup.timing.holds;
        if self.now < lease_until {
            self.begin_tenure(lease, asked_at, effects);
        } else {
            self.look_again();
        }
    }

    /// The member to ask instead.
    pub(super) fn hint(&self) -> Option<NodeId> {
        let (lease, _) = self.seen?;
        lease.map(|lease| lease.holder).filter(|holder| *holder != self.setup.node)
    }

    /// A primary has shipped records, or shows that it is there.
    pub(super) fn take_shipment(&mut self, shipment: &Shipment, effects: &mut Effects<Node>) {
        let Shipment { token, prev, records, committed } = shipment;
        if !self.setup.rules.takes_shipment(*token, self.highest) {
            effects.send(self.peer, Message::Refused { highest: self.highest });
            return;
        }
        if *token > self.highest {
            self.highest = *token;
            self.step_down(effects);
        }
        if *token != self.follows.token {
            self.follows = Follows { token: *token, ..Follows::default() };
        }
        if self.wal.mark(prev.lsn) != Some(*prev) {
            let last = self.last_that_may_agree(prev.lsn);
            effects.send(self.peer, Message::Behind { token: *token, last });
            return;
        }
        let mut agrees = prev.lsn;
        for record in records {
            if record.at.lsn != agrees.next() {
                break;
            }
            agrees = record.at.lsn;
            match self.wal.mark(record.at.lsn) {
                Some(mark) if mark == record.at => continue,
                Some(Mark { lsn, .. }) => self.cut_to(lsn.prev(), effects),
                None => {}
            }
            self.wal.append(record.clone());
            effects.note(Note::Logged { lsn: record.at.lsn, chain: self.wal.chain() });
        }
        self.follows.agrees = self.follows.agrees.max(agrees);
        self.apply_to(self.follows.agrees.min(*committed), effects);
        self.acknowledge(effects);
    }

    /// The last position where a log that lacks this record, or has another there, may agree with a log that has it (as
    /// in section 5.3 of the Raft paper, by whole tenures).
    fn last_that_may_agree(&self, lsn: Lsn) -> Lsn {
        let last = self.wal.last().lsn;
        if last < lsn { last } else { self.wal.first_of_tenure(lsn).prev() }
    }

    /// Drops the tail of another tenure: it was never acknowledged, or the primary would have it.
    fn cut_to(&mut self, to: Lsn, effects: &mut Effects<Node>) {
        self.wal.truncate_to(to);
        effects.note(Note::Cut { to, chain: self.wal.chain() });
        if self.store.applied() > to {
            // Only without fencing: with it, every committed write is in the log of every later primary.
            assert!(!self.setup.rules.fencing, "{to} is before {}, which is committed", self.store.applied());
            self.store = Store::default();
            self.apply_to(to, effects);
        }
    }

    /// Says up to where its log agrees with the primary's and is durable.
    fn acknowledge(&mut self, effects: &mut Effects<Node>) {
        let synced = self.follows.agrees.min(self.wal.durable());
        self.follows.acknowledged = synced;
        effects.send(self.peer, Message::Ack { token: self.follows.token, synced });
    }

    pub(super) fn acknowledge_what_is_new(&mut self, effects: &mut Effects<Node>) {
        if self.follows.agrees.min(self.wal.durable()) > self.follows.acknowledged {
            self.acknowledge(effects);
        }
    }
}
