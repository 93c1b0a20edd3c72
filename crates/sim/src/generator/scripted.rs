//! Operations as they are written down, each at its time, or as soon afterwards as its client has nothing else to do.

use std::collections::VecDeque;

use env::{ClientId, Instant, Operation};

use crate::client::index;
use crate::plan::TimedOperation;

/// What is left of a script.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    /// By the client's number, less one.
    clients: Vec<VecDeque<(Instant, Operation)>>,
}

impl Scripted {
    /// A script of so many clients, which must be valid.
    pub(super) fn new(clients: u32, script: &[TimedOperation]) -> Scripted {
        let mut clients = vec![VecDeque::new(); clients as usize];
        for timed in script {
            clients[index(timed.client)].push_back((Instant(timed.at_ns), timed.operation.clone()));
        }
        Scripted { clients }
    }

    pub(super) fn next_at(&self, client: ClientId) -> Option<Instant> {
        self.clients[index(client)].front().map(|(at, _)| *at)
    }

    pub(super) fn next(&mut self, client: ClientId) -> Operation {
        self.clients[index(client)].pop_front().expect("asked for once it has a time").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_goes_through_its_own_part_in_order() {
        let get = |key: &str| Operation::Get { key: key.into() };
        let timed = |at_ns, client, key| TimedOperation { at_ns, client: ClientId(client), operation: get(key) };
        let mut scripted = Scripted::new(3, &[timed(5, 2, "a"), timed(7, 1, "b"), timed(9, 2, "c")]);
        assert_eq!(scripted.next_at(ClientId(2)), Some(Instant(5)));
        assert_eq!(scripted.next(ClientId(2)), get("a"));
        assert_eq!(scripted.next_at(ClientId(2)), Some(Instant(9)));
        assert_eq!(scripted.next_at(ClientId(1)), Some(Instant(7)));
        assert_eq!(scripted.next_at(ClientId(3)), None);
    }
}
