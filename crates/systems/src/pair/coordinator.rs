//! A coordinator: a node of the Raft key-value store. Its clients are the members.
//!
//! A member's request comes in a message and is handed to the node as a request; the node's answer goes back the same
//! way. All else passes through as it is, the node's notes too.

use env::{ClientId, Effects, Event, Instant, NodeId, Process, Random};

use super::message::{Message, Request, Response};
use super::node::Node;
use super::note::Note;

/// A coordinator.
#[derive(Clone, Debug)]
pub(super) struct Coordinator {
    node: kv::Node,
}

impl Coordinator {
    /// A coordinator around a node that has just booted; `wants` are the effects of that boot.
    pub(super) fn new(node: kv::Node, wants: Effects<kv::Node>, effects: &mut Effects<Node>) -> Coordinator {
        pass_on(wants, effects);
        Coordinator { node }
    }

    pub(super) fn handle(
        &mut self,
        event: Event<Node>,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects<Node>,
    ) {
        let event = match event {
            Event::Message { from, message: Message::Raft(message) } => Event::Message { from, message },
            Event::Message { from, message: Message::Ask(request) } => {
                Event::Request { client: address_of(from), request }
            }
            Event::Request { client, request: Request::Coordinator(request) } => Event::Request { client, request },
            // Not for a coordinator.
            Event::Message { .. } | Event::Request { .. } => return,
            Event::Wake => Event::Wake,
            Event::Synced(sync) => Event::Synced(sync),
            Event::SyncFailed(sync, error) => Event::SyncFailed(sync, error),
        };
        let mut wants = Effects::default();
        self.node.handle(event, now, random, &mut wants);
        pass_on(wants, effects);
    }
}

fn pass_on(wants: Effects<kv::Node>, effects: &mut Effects<Node>) {
    effects.disk.extend(wants.disk);
    effects.sync = wants.sync;
    effects.notes.extend(wants.notes.into_iter().map(Note::Coordinator));
    effects.sends.extend(wants.sends.into_iter().map(|(to, message)| (to, Message::Raft(message))));
    for (to, response) in wants.replies {
        match member_at(to) {
            Some(member) => effects.send(member, Message::Answered(response)),
            None => effects.reply(to, Response::Coordinator(response)),
        }
    }
    effects.wake_at = wants.wake_at;
    effects.halt = wants.halt;
}

/// The client id of a member, for the node within: ids from the top, which no client of a plan has.
fn address_of(member: NodeId) -> ClientId {
    ClientId(u32::MAX - u32::from(member.0))
}

fn member_at(address: ClientId) -> Option<NodeId> {
    super::MEMBERS.into_iter().find(|member| address_of(*member) == address)
}
