//! The connections of the clients' host: one to each node that is talked to.

use sim::Actor;
use sim::world::{Link, caught};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use env::{ClientId, NodeId, Wire};
use tokio::task::JoinSet;

use super::desk::Desk;
use crate::machines::connections::Dialled;
use crate::machines::connections::endpoint;
use crate::machines::report::Report;
use crate::machines::sending::Outlets;
use crate::machines::stage::Stage;
use crate::machines::transport::Answer;
use crate::machines::transport::Answers;
use crate::machines::transport::Refused;
use crate::machines::transport::Speaker;

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
pub(super) struct ClientOutlets<Q, R, O> {
    stage: Rc<Stage>,
    nodes: Dialled,
    desk: Rc<Desk<Q, O>>,
    arrivals: Arrivals<R>,
}

impl<Q, R, O> ClientOutlets<Q, R, O> {
    /// No connections.
    pub(super) fn new(
        stage: &Rc<Stage>,
        version: u16,
        desk: &Rc<Desk<Q, O>>,
        arrivals: &Arrivals<R>,
    ) -> ClientOutlets<Q, R, O> {
        let nodes = Dialled::new(stage, endpoint(stage, Speaker::Clients, version), JoinSet::new());
        ClientOutlets { stage: Rc::clone(stage), nodes, desk: Rc::clone(desk), arrivals: Rc::clone(arrivals) }
    }
}

/// Reads the answers of one node, and wakes the clients' host for them.
fn take_answers<Q: 'static, R: Wire + 'static, O: 'static>(
    stage: Rc<Stage>,
    from: NodeId,
    desk: Rc<Desk<Q, O>>,
    arrivals: Arrivals<R>,
) -> Answers {
    Box::new(move |Answer { client: to, number, body }| {
        let decoded = caught(|| R::from_wire(body)).inspect_err(|message| {
            stage.report(Report::Panicked { who: Actor::Client(to), message: message.clone() });
        });
        let response = decoded?.map_err(|error| error.to_string())?;
        arrivals.borrow_mut().push_back(Answered { from, to, number, response });
        desk.changed.notify_one();
        Ok(())
    })
}

impl<Q: 'static, R: Wire + 'static, O: 'static> Outlets for ClientOutlets<Q, R, O> {
    fn put(
        &mut self,
        link: Link,
        number: u64,
        not_before: Option<tokio::time::Instant>,
        encode: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        match link {
            Link::ToNode { client, node } => {
                let stage = Rc::clone(&self.stage);
                let answers = || Some(take_answers(stage, node, Rc::clone(&self.desk), Rc::clone(&self.arrivals)));
                self.nodes.to(node, answers).send_request(client, number, not_before, encode)
            }
            Link::Nodes { .. } | Link::ToClient { .. } => unreachable!("clients send requests, and nothing else"),
        }
    }
}
