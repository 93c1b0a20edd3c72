//! A member: passive, or primary for a tenure.
//!
//! Always true:
//! - nothing is done before the log that was found at boot is durable (`Role::Starting`);
//! - before it handles any event, a primary has asked [`Rules`] whether its lease still holds;
//! - the store holds committed writes and nothing else, so that every value read from it has been accepted.
//!
//! The files: `passive.rs` looks at the lease and takes it, and takes shipments; `tenure.rs` keeps the lease and names
//! the members in sync; `shipping.rs` gets records to the passive; `primary.rs` serves clients.

mod passive;
mod primary;
mod shipping;
mod tenure;

use env::{Disk, Effects, Event, Instant, NodeId, Random};
use parts::Answer;

use self::passive::Follows;
use self::tenure::Tenure;
use super::coordination::Coordination;
use super::lease::Lease;
use super::message::{Message, Request, Response};
use super::node::Node;
use super::note::Note;
use super::record::{Lsn, Token};
use super::rules::Rules;
use super::store::Store;
use super::timing::Timing;
use super::wal::{Wal, WalError};

/// How a member is set up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) node: NodeId,
    pub(super) rules: Rules,
    pub(super) timing: Timing,
    /// The most bytes of records in one shipment; one record always fits.
    pub(super) ship_bytes_max: usize,
}

/// A member.
#[derive(Clone, Debug)]
pub(super) struct Member {
    setup: Setup,
    peer: NodeId,
    /// The reading of its clock at this event.
    now: Instant,
    coordination: Coordination,
    wal: Wal,
    store: Store,
    /// The highest token that it has seen in a shipment, a refusal or a tenure of its own.
    highest: Token,
    follows: Follows,
    /// The lease as last seen, and since when it has been seen unchanged.
    seen: Option<(Option<Lease>, Instant)>,
    /// When to look at it next, while passive.
    look_at: Instant,
    role: Role,
    wake_at: Option<Instant>,
    is_halted: bool,
}

#[derive(Clone, Debug)]
enum Role {
    /// The log that was found is not durable yet.
    Starting,
    Passive,
    Primary(Box<Tenure>),
}

impl Member {
    /// Starts a member from its disk.
    pub(super) fn boot(
        setup: Setup,
        is_new: bool,
        disk: &dyn Disk,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) -> Result<Member, WalError> {
        let mut wal = if is_new { Wal::found(setup.node, disk)? } else { Wal::recover(setup.node, disk)? };
        effects.note(Note::Recovered { last: wal.last().lsn, chain: wal.chain() });
        wal.flush(effects);
        Ok(Member {
            setup,
            peer: super::peer_of(setup.node),
            now,
            coordination: Coordination::new(&setup.timing, random),
            highest: wal.last().token,
            wal,
            store: Store::default(),
            follows: Follows::default(),
            seen: None,
            look_at: now,
            role: Role::Starting,
            wake_at: None,
            is_halted: false,
        })
    }

    pub(super) fn handle(
        &mut self,
        event: Event<Node>,
        reading: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) {
        if self.is_halted {
            return;
        }
        self.read_clock(reading, random, effects);
        self.give_up_if_lapsed(effects);
        match event {
            Event::SyncFailed(sync, error) => {
                // The records that it covered may be gone: the member halts before another node relies on them.
                self.is_halted = true;
                effects.halt = Some(format!("{sync:?} failed: {error}"));
                return;
            }
            Event::Synced(sync) => {
                if self.wal.synced(sync) {
                    let durable = self.wal.durable();
                    effects.note(Note::Durable { through: durable, chain: self.wal.chain_to(durable) });
                }
                self.has_synced(effects);
            }
            Event::Wake => self.wake_at = None,
            Event::Message { from, message } => self.message(from, message, random, effects),
            Event::Request { client, request: Request::Operation(request) } => {
                self.request(client, request.id, request.operation, effects);
            }
            // Not for a member.
            Event::Request { request: Request::Coordinator(_), .. } => {}
        }
        self.go_on(random, effects);
        self.wal.flush(effects);
        self.ask_to_be_woken(effects);
    }

    /// A clock that jumps back leaves every deadline in the future, and no time since an earlier event is known: all
    /// measured times are worth nothing, the lease included.
    fn read_clock(&mut self, reading: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        let jumped_back = reading < self.now;
        self.now = reading;
        if jumped_back {
            self.step_down(effects);
            self.coordination = Coordination::new(&self.setup.timing, random);
            (self.seen, self.look_at) = (None, reading);
        }
    }

    fn has_synced(&mut self, effects: &mut Effects<Node>) {
        match self.role {
            Role::Starting => {
                self.role = Role::Passive;
                self.look_at = self.now;
                effects.note(Note::Passive { seen: self.highest });
            }
            Role::Passive | Role::Primary(_) => self.acknowledge_what_is_new(effects),
        }
    }

    fn message(&mut self, from: NodeId, message: Message, random: &mut dyn Random, effects: &mut Effects<Node>) {
        if let Message::Answered(response) = message {
            if let Some(ended) = self.coordination.receive(from, response, self.now, random, effects) {
                self.errand_ended(ended, effects);
            }
            return;
        }
        if from != self.peer || matches!(self.role, Role::Starting) {
            return;
        }
        match message {
            Message::Ship(shipment) => self.take_shipment(&shipment, effects),
            Message::Ack { token, synced } => self.acknowledged(token, synced),
            Message::Behind { token, last } => self.is_behind(token, last),
            Message::Refused { highest } => self.was_refused(highest, effects),
            Message::TakeOver => self.look_at = self.now,
            // Not for a member.
            Message::Raft(_) | Message::Ask(_) | Message::Answered(_) => {}
        }
    }

    /// Takes the steps that are due.
    fn go_on(&mut self, random: &mut dyn Random, effects: &mut Effects<Node>) {
        if let Some(ended) = self.coordination.wake(self.now, random, effects) {
            self.errand_ended(ended, effects);
        }
        match self.role {
            Role::Starting => {}
            Role::Passive => self.look_if_due(random, effects),
            Role::Primary(_) => {
                self.commit(effects);
                self.keep_lease(random, effects);
                self.ship(effects);
            }
        }
    }

    /// Asks to be woken for the next step.
    fn ask_to_be_woken(&mut self, effects: &mut Effects<Node>) {
        let is_idle = self.coordination.is_idle();
        let own = match &self.role {
            Role::Starting => None,
            Role::Passive => is_idle.then_some(self.look_at),
            Role::Primary(tenure) => Some(tenure.wake_at(self.setup.rules, is_idle)),
        };
        let next = own.into_iter().chain(self.coordination.wake_at()).min();
        if next.is_some() && next != self.wake_at {
            self.wake_at = next;
            effects.wake_at = next;
        }
    }

    /// Ends a tenure, if there is one: the waiting clients are told to look elsewhere.
    fn step_down(&mut self, effects: &mut Effects<Node>) {
        if !matches!(self.role, Role::Primary(_)) {
            return;
        }
        let Role::Primary(tenure) = std::mem::replace(&mut self.role, Role::Passive) else { return };
        effects.note(Note::Passive { seen: self.highest });
        for (client, to) in tenure.waiting() {
            effects.reply(client, Response::to(to, Answer::NotHere { hint: None }));
        }
        self.look_at = self.now;
    }

    fn give_up_if_lapsed(&mut self, effects: &mut Effects<Node>) {
        if let Role::Primary(tenure) = &self.role
            && self.now >= self.setup.rules.gives_up_at(tenure.lease_until)
        {
            self.step_down(effects);
        }
    }

    /// Applies everything up to here.
    fn apply_to(&mut self, lsn: Lsn, effects: &mut Effects<Node>) {
        while self.store.applied() < lsn {
            let next = self.store.applied().next();
            let record = self.wal.record(next).unwrap_or_else(|| panic!("{next} is committed and not in the log"));
            self.store.apply(record);
            effects.note(Note::Applied { lsn: next, digest: self.store.digest() });
        }
    }
}
