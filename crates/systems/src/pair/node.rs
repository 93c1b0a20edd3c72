//! A node of the pair: a coordinator or a member.

use env::{Effects, Event, Instant, Networked, Process, Random};

use super::coordinator::Coordinator;
use super::member::Member;
use super::message::{Message, Request, Response};
use super::note::Note;

/// A node: one of [`COORDINATORS`](super::COORDINATORS) or of [`MEMBERS`](super::MEMBERS).
#[derive(Clone, Debug)]
pub struct Node(pub(super) Kind);

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Coordinator(Box<Coordinator>),
    Member(Box<Member>),
}

impl Networked for Node {
    const WIRE_VERSION: u16 = super::wire::VERSION;
}

impl Process for Node {
    type Message = Message;
    type Request = Request;
    type Response = Response;
    type Note = Note;

    fn handle(&mut self, event: Event<Node>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        match &mut self.0 {
            Kind::Coordinator(coordinator) => coordinator.handle(event, now, random, effects),
            Kind::Member(member) => member.handle(event, now, random, effects),
        }
    }
}
