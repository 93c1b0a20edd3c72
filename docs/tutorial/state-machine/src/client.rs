use std::time::Duration;

use stormglass::prelude::*;

use super::node::{Book, Request, Response};

/// An operation of a client, as plans and traces have it.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum Operation {
    Sign(u64),
    Read,
}

impl Traced for Operation {}
impl Op for Operation {}

/// Asks one node, and gives up after a second.
pub struct Client {
    pub nodes: u8,
    pub seq: u64,
    pub is_waiting: bool,
}

impl stormglass::core::Client for Client {
    type Op = Operation;
    type Output = Book;
    type Request = Request;
    type Response = Response;

    fn invoke(
        &mut self,
        operation: Operation,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut ClientEffects<Request, Book>,
    ) {
        (self.seq, self.is_waiting) = (self.seq + 1, true);
        let node = NodeId(1 + random.below(self.nodes.into()) as u8);
        let guest = if let Operation::Sign(guest) = operation { Some(guest) } else { None };
        effects.sends.push((node, Request { seq: self.seq, guest }));
        effects.wake_at = Some(now + Duration::from_secs(1));
    }

    fn receive(
        &mut self,
        _: NodeId,
        response: Response,
        _: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Request, Book>,
    ) {
        if self.is_waiting && response.seq == self.seq {
            self.is_waiting = false;
            effects.completion = Some(Completion::Ok(response.book));
        }
    }

    fn wake(&mut self, _: Instant, _: &mut dyn Random, effects: &mut ClientEffects<Request, Book>) {
        if self.is_waiting {
            self.is_waiting = false;
            effects.completion = Some(Completion::Info);
        }
    }
}
