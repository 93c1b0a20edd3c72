//! A tenure: the time for which a member is primary, under one token.
//!
//! The swap that renews the lease also names the members in sync; both are one record. A passive counts towards a
//! commit from before that record may name it, and until the record is known not to name it.

use std::collections::BTreeMap;

use env::{ClientId, Effects, Instant, NodeSet, Random, RequestId};

use super::shipping::Progress;
use super::{Member, Role};
use crate::pair::coordination::{Answer, Ended, Errand, Purpose};
use crate::pair::lease::Lease;
use crate::pair::message::Response;
use crate::pair::node::Node;
use crate::pair::note::Note;
use crate::pair::record::{Lsn, Mark, Record, Token};
use crate::pair::rules::Rules;

/// A passive that lacks no more than so many records may come back in sync.
const CLOSE: u64 = 64;

/// A primary's state in its tenure.
#[derive(Clone, Debug)]
pub(super) struct Tenure {
    pub(super) token: Token,
    /// The lease as last known.
    lease: Lease,
    /// The lease may be relied on until then.
    pub(super) lease_until: Instant,
    renew_at: Instant,
    /// A swap was not answered, or failed: the record may be another one.
    must_look: bool,
    /// The record that began the tenure. Once it is committed, so are all writes that were acknowledged before the
    /// tenure.
    pub(super) since: Lsn,
    pub(super) passive: Progress,
    standing: Standing,
    /// Clients that wait for their write, by the client of the request.
    pub(super) waiting: BTreeMap<ClientId, Waiting>,
    pub(super) demotion: Option<Demotion>,
}

/// A client that waits for its write.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) client: ClientId,
    pub(super) seq: u64,
}

/// A request to hand the role over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demotion {
    pub(super) client: ClientId,
    pub(super) request: RequestId,
    /// Once this is committed, the role is handed over.
    pub(super) after: Lsn,
}

/// How the passive counts towards a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The lease says that it is not in sync, and no swap is under way that could say otherwise.
    Out,
    /// It counts already, so that the records that it lacks can only become fewer; then it can be put into the lease.
    Joining,
    /// It may be in the lease.
    Proposed,
    /// The lease says that it is in sync.
    In,
}

impl Tenure {
    /// True if a committed write must be durable at the passive.
    pub(super) fn counts_passive(&self) -> bool {
        self.standing != Standing::Out
    }

    /// When the next step of the tenure is due.
    pub(super) fn wake_at(&self, rules: Rules, is_idle: bool) -> Instant {
        let renew_at = if is_idle { self.renew_at } else { Instant::NEVER };
        rules.gives_up_at(self.lease_until).min(renew_at).min(self.passive.beat_at)
    }

    /// The requests that wait for an answer, each with the client to answer.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (ClientId, RequestId)> {
        let writes =
            self.waiting.iter().map(|(id, waiting)| (waiting.client, RequestId { client: *id, seq: waiting.seq }));
        writes.chain(self.demotion.map(|demotion| (demotion.client, demotion.request)))
    }
}

impl Member {
    /// Begins a tenure: the lease is held from when it was asked for.
    pub(super) fn begin_tenure(&mut self, lease: Lease, asked_at: Instant, effects: &mut Effects<Node>) {
        let (token, last) = (lease.token, self.wal.last());
        assert!(token > last.token, "token {token} begins behind {last}");
        self.highest = self.highest.max(token);
        let since = last.lsn.next();
        effects.note(Note::Primary { token, last: last.lsn });
        effects.note(Note::InSync { members: lease.in_sync, token: lease.token });
        self.wal.append(Record { at: Mark { lsn: since, token }, write: None });
        effects.note(Note::Logged { lsn: since, chain: self.wal.chain() });
        let is_in_sync = lease.in_sync.contains(self.peer);
        self.role = Role::Primary(Box::new(Tenure {
            token,
            lease,
            lease_until: asked_at + self.setup.timing.holds,
            renew_at: asked_at + self.setup.timing.renew,
            must_look: false,
            since,
            passive: Progress::new(since, self.now),
            standing: if is_in_sync { Standing::In } else { Standing::Out },
            waiting: BTreeMap::new(),
            demotion: None,
        }));
    }

    /// True if the passive has made no progress for too long.
    pub(super) fn passive_is_silent(&self, tenure: &Tenure) -> bool {
        tenure.passive.is_silent(self.wal.last().lsn, self.now, self.setup.timing.patience)
    }

    /// True if the passive is in sync, by the lease, and not silent.
    pub(super) fn has_successor(&self, tenure: &Tenure) -> bool {
        tenure.lease.in_sync.contains(self.peer) && !self.passive_is_silent(tenure)
    }

    /// Renews the lease if that is due, or if the members in sync change.
    pub(super) fn keep_lease(&mut self, random: &mut dyn Random, effects: &mut Effects<Node>) {
        let Role::Primary(tenure) = &self.role else { return };
        let standing = self.standing_now(tenure);
        let wanted = self.in_sync_wanted(tenure, standing);
        let (has_successor, committed) = (self.has_successor(tenure), self.store.applied());
        let (now, node, peer) = (self.now, self.setup.node, self.peer);
        let Role::Primary(tenure) = &mut self.role else { return };
        tenure.standing = standing;
        if let Some(demotion) = tenure.demotion.take_if(|_| !has_successor) {
            let answer = parts::Answer::Later;
            effects.reply(demotion.client, Response::to(demotion.request, answer));
        }
        if !self.coordination.is_idle() {
            return;
        }
        let lease = tenure.lease;
        if tenure.must_look {
            self.coordination.look(now, random, effects);
        } else if let Some(demotion) = tenure.demotion.take_if(|demotion| demotion.after <= committed) {
            // The primary gives up the role before the other member can have taken it, and is passive until it sees the
            // outcome.
            let purpose = Purpose::HandOver { client: demotion.client, request: demotion.request };
            self.coordination.swap(Some(lease), lease.handed_to(peer), purpose, now, random, effects);
            self.step_down(effects);
        } else if wanted != lease.in_sync || now >= tenure.renew_at {
            assert!(wanted.contains(node) && lease.holder == node, "{node} renews a lease that it does not hold");
            if wanted.contains(peer) && standing == Standing::Joining {
                tenure.standing = Standing::Proposed;
            }
            self.coordination.swap(Some(lease), lease.renewed(wanted), Purpose::Renew, now, random, effects);
        }
    }

    fn standing_now(&self, tenure: &Tenure) -> Standing {
        let is_silent = self.passive_is_silent(tenure);
        let lacks = self.wal.last().lsn.0 - tenure.passive.acked.0;
        match tenure.standing {
            Standing::Out if tenure.passive.is_known && !is_silent && lacks <= CLOSE => Standing::Joining,
            Standing::Joining if is_silent => Standing::Out,
            standing => standing,
        }
    }

    fn in_sync_wanted(&self, tenure: &Tenure, standing: Standing) -> NodeSet {
        let has_passive = match standing {
            Standing::Out => false,
            Standing::Joining => tenure.passive.acked >= self.store.applied(),
            // A passive that does not answer is taken out before a write is acknowledged without it.
            Standing::Proposed | Standing::In => !self.passive_is_silent(tenure),
        };
        [self.setup.node].into_iter().chain(has_passive.then_some(self.peer)).collect()
    }

    /// The coordination service has answered a primary.
    pub(super) fn tenure_errand_ended(&mut self, ended: &Ended, effects: &mut Effects<Node>) {
        let (now, node, peer, timing) = (self.now, self.setup.node, self.peer, self.setup.timing);
        let Role::Primary(tenure) = &mut self.role else { return };
        match (&ended.errand, ended.answer) {
            (Errand::Swap { to, .. }, Answer::Swapped) => {
                tenure.lease = *to;
                tenure.lease_until = ended.asked_at + timing.holds;
                tenure.renew_at = ended.asked_at + timing.renew;
                tenure.standing = match tenure.standing {
                    _ if to.in_sync.contains(peer) => Standing::In,
                    // The passive began to count after this swap was asked for.
                    Standing::Joining => Standing::Joining,
                    _ => Standing::Out,
                };
                effects.note(Note::InSync { members: to.in_sync, token: to.token });
            }
            (Errand::Look, Answer::Found(Some(lease))) if lease.holder == node && lease.token == tenure.token => {
                // An earlier swap may still be under way. The next one, which is due at once, puts an end to that.
                (tenure.lease, tenure.must_look, tenure.renew_at) = (lease, false, now);
            }
            (Errand::Look, Answer::Found(lease)) => {
                self.step_down(effects);
                self.saw(lease, effects);
            }
            _ => tenure.must_look = true,
        }
    }
}
