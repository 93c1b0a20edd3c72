//! A member as a client of the coordination service: it reads the lease and swaps it, one thing at a time.
//!
//! The client within is [`kv::Client`], as any program would use it: it opens sessions, finds the leader and tries
//! again. Here its requests become messages to coordinators, and their answers come back as messages.
//!
//! Always true: a swap that ends [`Unknown`](Answer::Unknown) may take effect at any later time, unless the record has
//! moved on since (see [`Lease`]).

use env::{Bytes, Client, ClientEffects, ClientId, Completion, Effects, Instant, NodeId, Random, Ratio};
use env::{RequestId, Wire};
use kv_types::{Operation, Output};

use super::lease::{KEY, Lease};
use super::message::Message;
use super::node::Node;
use super::timing::Timing;

/// The member's half of its conversation with the coordination service.
#[derive(Clone, Debug)]
pub(super) struct Coordination {
    client: kv::Client,
    wake_at: Option<Instant>,
    outstanding: Option<(Errand, Instant)>,
}

/// A request to the coordination service.
#[derive(Clone, Debug)]
pub(super) enum Errand {
    Look,
    Swap { to: Lease, purpose: Purpose },
}

/// The purpose of a swap.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// To begin a tenure.
    Take,
    /// To renew the lease, with the members in sync.
    Renew,
    /// To name the other member; the client that asked for it is answered then.
    HandOver { client: ClientId, request: RequestId },
}

/// The answer to an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Found(Option<Lease>),
    Swapped,
    /// The record is another one than was expected.
    Mismatch,
    Unknown,
}

/// An errand that has ended: when it was asked, and its answer.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) errand: Errand,
    pub(super) asked_at: Instant,
    pub(super) answer: Answer,
}

impl Coordination {
    /// Each life of a member is a client of its own, with an id drawn at random that no client of a plan has.
    pub(super) fn new(timing: &Timing, random: &mut dyn Random) -> Coordination {
        let id = ClientId(1 << 31 | random.below(1 << 30) as u32);
        let config = kv::ClientConfig {
            nodes: super::coordinators(),
            follower_reads: Ratio::NEVER,
            retry: timing.retry,
            timeout: timing.timeout,
        };
        Coordination { client: kv::Client::new(id, config), wake_at: None, outstanding: None }
    }

    /// True if nothing is outstanding.
    pub(super) fn is_idle(&self) -> bool {
        self.outstanding.is_none()
    }

    /// When [`wake`](Coordination::wake) wants to be called.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        self.wake_at.filter(|_| !self.is_idle())
    }

    pub(super) fn look(&mut self, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        self.ask(Errand::Look, Operation::Get { key: KEY.into() }, now, random, effects);
    }

    pub(super) fn swap(
        &mut self,
        expected: Option<Lease>,
        to: Lease,
        purpose: Purpose,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) {
        let expected: Option<Bytes> = expected.map(Lease::to_bytes);
        let operation = Operation::Cas { key: KEY.into(), expected, value: Some(to.to_bytes()) };
        self.ask(Errand::Swap { to, purpose }, operation, now, random, effects);
    }

    fn ask(
        &mut self,
        errand: Errand,
        operation: Operation,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) {
        assert!(self.is_idle(), "one thing is asked at a time");
        self.outstanding = Some((errand, now));
        let mut wants = ClientEffects::default();
        self.client.invoke(operation, now, random, &mut wants);
        let ended = self.carry_out(wants, effects);
        assert!(ended.is_none(), "an answer before it was asked");
    }

    pub(super) fn receive(
        &mut self,
        from: NodeId,
        response: kv::Response,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) -> Option<Ended> {
        let mut wants = ClientEffects::default();
        self.client.receive(from, response, now, random, &mut wants);
        self.carry_out(wants, effects)
    }

    /// Time has passed.
    pub(super) fn wake(&mut self, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) -> Option<Ended> {
        if self.wake_at().is_none_or(|at| now < at) {
            return None;
        }
        self.wake_at = None;
        let mut wants = ClientEffects::default();
        self.client.wake(now, random, &mut wants);
        self.carry_out(wants, effects)
    }

    fn carry_out(&mut self, wants: ClientEffects<kv::Request, Output>, effects: &mut Effects<Node>) -> Option<Ended> {
        for (to, request) in wants.sends {
            effects.send(to, Message::Ask(request));
        }
        self.wake_at = wants.wake_at.or(self.wake_at);
        let answer = match wants.completion? {
            Completion::Ok(Output::Value(value)) => Answer::Found(value.map(|bytes| {
                Lease::from_wire(&bytes).unwrap_or_else(|error| panic!("the lease cannot be read: {error}"))
            })),
            Completion::Ok(Output::Swapped) => Answer::Swapped,
            Completion::Ok(_) => Answer::Mismatch,
            Completion::Fail | Completion::Info => Answer::Unknown,
        };
        let (errand, asked_at) = self.outstanding.take()?;
        Some(Ended { errand, asked_at, answer })
    }
}
