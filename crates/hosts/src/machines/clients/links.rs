//! The connections of the clients' host: one to each node that is talked to.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use env::{ClientId, NodeId, Wire};
use sim::Actor;
use sim::world::Link;
use tokio::task::JoinSet;

use super::commands::Commands;
use crate::machines::connections::{Dialled, endpoint};
use crate::machines::report::Report;
use crate::machines::sending::Links;
use crate::machines::state::RunState;
use crate::machines::transport::{Answer, Answers, Refused, Speaker};

/// The answer of a node.
#[derive(Debug)]
pub(super) struct Answered<R> {
    pub(super) from: NodeId,
    pub(super) to: ClientId,
    /// The number of the frame.
    pub(super) number: u64,
    pub(super) response: R,
}

/// Answers that wait to be handed over, before the tick is over.
pub(super) type Arrivals<R> = Rc<RefCell<VecDeque<Answered<R>>>>;

/// One connection for each node, dialled when it is first talked to.
pub(super) struct ClientLinks<Q, R, O> {
    state: Rc<RunState>,
    nodes: Dialled,
    commands: Rc<Commands<Q, O>>,
    arrivals: Arrivals<R>,
}

impl<Q, R, O> ClientLinks<Q, R, O> {
    /// No connections.
    pub(super) fn new(
        state: &Rc<RunState>,
        version: u16,
        commands: &Rc<Commands<Q, O>>,
        arrivals: &Arrivals<R>,
    ) -> ClientLinks<Q, R, O> {
        let nodes = Dialled::new(state, endpoint(state, Speaker::Clients, version), JoinSet::new());
        ClientLinks { state: Rc::clone(state), nodes, commands: Rc::clone(commands), arrivals: Rc::clone(arrivals) }
    }
}

/// Reads the answers of one node, and wakes the clients' host for them.
fn take_answers<Q: 'static, R: Wire + 'static, O: 'static>(
    state: Rc<RunState>,
    from: NodeId,
    commands: Rc<Commands<Q, O>>,
    arrivals: Arrivals<R>,
) -> Answers {
    Box::new(move |Answer { client: to, number, body }| {
        let decoded = state.code_under_test(Actor::Client(to), || R::from_wire(body)).inspect_err(|message| {
            state.report(Report::Panicked { who: Actor::Client(to), message: message.clone() });
        });
        let response = decoded?.map_err(|error| error.to_string())?;
        arrivals.borrow_mut().push_back(Answered { from, to, number, response });
        commands.changed.notify_one();
        Ok(())
    })
}

impl<Q: 'static, R: Wire + 'static, O: 'static> Links for ClientLinks<Q, R, O> {
    fn put(
        &mut self,
        link: Link,
        number: u64,
        not_before: Option<tokio::time::Instant>,
        encode: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        match link {
            Link::ToNode { client, node } => {
                let state = Rc::clone(&self.state);
                let answers = || Some(take_answers(state, node, Rc::clone(&self.commands), Rc::clone(&self.arrivals)));
                self.nodes.to(node, answers).send_request(client, number, not_before, encode)
            }
            Link::Nodes { .. } | Link::ToClient { .. } => unreachable!("clients send requests, and nothing else"),
        }
    }
}
