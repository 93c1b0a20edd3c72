//! Getting records to the passive, and knowing how far it is.

use std::time::Duration;

use env::{Effects, Instant};

use super::{Member, Role};
use crate::pair::message::{Message, Shipment};
use crate::pair::node::Node;
use crate::pair::record::{Lsn, Record, Token};

/// The most records that are under way.
const UNDER_WAY_MAX: u64 = 256;

/// How far the passive is, as far as the primary knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The next record to ship.
    next: Lsn,
    /// Its log agrees up to `next`, as far as the primary knows. Before that one shipment is sent at a time, to find
    /// out: a passive that lacks a record refuses all that follow, and if each refusal brought on as many shipments as
    /// are under way, a lost message would drown both members.
    agrees: bool,
    /// Up to here its log agrees and is durable.
    pub(super) acked: Lsn,
    /// It has acknowledged in this tenure.
    pub(super) is_known: bool,
    heard_at: Instant,
    /// When it last acknowledged more, or had nothing to acknowledge.
    moved_at: Instant,
    pub(super) beat_at: Instant,
    acked_at_beat: Lsn,
}

impl Progress {
    /// The passive is given time from `now` on.
    pub(super) fn new(next: Lsn, now: Instant) -> Progress {
        Progress {
            next,
            agrees: false,
            acked: Lsn(0),
            is_known: false,
            heard_at: now,
            moved_at: now,
            beat_at: now,
            acked_at_beat: Lsn(0),
        }
    }

    pub(super) fn is_silent(&self, last: Lsn, now: Instant, patience: Duration) -> bool {
        let is_stuck = self.acked < last && now.saturating_since(self.moved_at) > patience;
        is_stuck || now.saturating_since(self.heard_at) > patience
    }

    /// A record is about to be added behind `last`.
    pub(super) fn grows_behind(&mut self, last: Lsn, now: Instant) {
        if self.acked >= last {
            self.moved_at = now;
        }
    }
}

impl Member {
    /// The passive has acknowledged up to `synced`.
    pub(super) fn acknowledged(&mut self, token: Token, synced: Lsn) {
        let (now, last) = (self.now, self.wal.last().lsn);
        let Role::Primary(tenure) = &mut self.role else { return };
        if token != tenure.token || synced > last {
            return;
        }
        let passive = &mut tenure.passive;
        passive.heard_at = now;
        if synced > passive.acked {
            (passive.acked, passive.moved_at) = (synced, now);
        }
        (passive.is_known, passive.agrees) = (true, true);
        passive.next = passive.next.max(passive.acked.next());
    }

    /// The passive lacks the record that a shipment follows.
    pub(super) fn is_behind(&mut self, token: Token, last: Lsn) {
        let now = self.now;
        let Role::Primary(tenure) = &mut self.role else { return };
        let passive = &mut tenure.passive;
        if token != tenure.token {
            return;
        }
        passive.heard_at = now;
        // Any other answer is late.
        if last >= passive.acked && last.next() < passive.next {
            (passive.next, passive.agrees, passive.beat_at) = (last.next(), false, now);
        }
    }

    /// The other member has seen a higher token: the member with that token is primary.
    pub(super) fn was_refused(&mut self, highest: Token, effects: &mut Effects<Node>) {
        if highest > self.highest {
            self.highest = highest;
            self.step_down(effects);
        }
    }

    /// Ships the new records, and at each beat the unacknowledged ones, or none at all.
    pub(super) fn ship(&mut self, effects: &mut Effects<Node>) {
        let Role::Primary(tenure) = &self.role else { return };
        let (token, mut passive) = (tenure.token, tenure.passive);
        let is_beat = self.now >= passive.beat_at;
        if is_beat {
            if passive.is_known && passive.acked == passive.acked_at_beat {
                passive.next = passive.acked.next();
            }
            passive.acked_at_beat = passive.acked;
            passive.beat_at = self.now + self.setup.timing.beat;
        }
        let mut must_ship = is_beat;
        while must_ship || passive.agrees {
            let records = self.records_to_ship(&passive);
            if records.is_empty() && !must_ship {
                break;
            }
            must_ship = false;
            let prev = self.wal.mark(passive.next.prev()).expect("the log reaches to the shipped records");
            if passive.agrees {
                passive.next = Lsn(passive.next.0 + records.len() as u64);
            }
            let shipment = Shipment { token, prev, records, committed: self.store.applied() };
            effects.send(self.peer, Message::Ship(shipment));
        }
        let Role::Primary(tenure) = &mut self.role else { return };
        tenure.passive = passive;
    }

    /// The records of the next shipment: as many as fit, at least one if there is one to ship.
    fn records_to_ship(&self, passive: &Progress) -> Vec<Record> {
        let mut room = self.setup.ship_bytes_max;
        let mut records = Vec::new();
        let mut lsn = passive.next;
        while let Some(record) = self.wal.record(lsn).filter(|_| lsn.0 - passive.acked.0 <= UNDER_WAY_MAX) {
            let bytes = record.write.as_ref().map_or(0, |write| write.operation.bytes());
            if !records.is_empty() && bytes > room {
                break;
            }
            room = room.saturating_sub(bytes);
            records.push(record.clone());
            lsn = lsn.next();
        }
        records
    }
}
