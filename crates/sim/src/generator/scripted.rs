//! The operations of a script, each at its time, or as soon afterwards as its client is free.

use std::collections::VecDeque;

use env::{ClientId, Instant};

use super::OperationRead;
use crate::client::index;
use crate::net::Op;
use crate::plan::{TimedOperation, Value};

/// The rest of a script.
#[derive(Clone, Debug)]
pub(super) struct Scripted<O> {
    /// By the client's number, less one.
    clients: Vec<VecDeque<(Instant, O)>>,
}

/// Reads an operation from the value that a plan holds.
///
/// # Errors
/// Why the system cannot read it.
pub fn read<O: Op>(operation: &Value) -> Result<O, serde_json::Error> {
    O::deserialize(operation)
}

/// Reads an operation from a plan, with its size and the simpler operations.
///
/// # Errors
/// Why the value is no operation, in one line.
pub fn read_operation<O: Op>(operation: &Value) -> Result<OperationRead, String> {
    let operation: O = read(operation).map_err(|error| error.to_string())?;
    let simpler = operation.simpler().iter().filter_map(|simpler| serde_json::to_value(simpler).ok()).collect();
    Ok(OperationRead { heap_bytes: operation.heap_bytes(), simpler })
}

impl<O: Op> Scripted<O> {
    /// A script of so many clients, which must be valid.
    pub(super) fn new(clients: u32, script: &[TimedOperation]) -> Scripted<O> {
        let mut clients = vec![VecDeque::new(); clients as usize];
        for timed in script {
            let operation = read(&timed.operation).expect("the operations of a script that is run can be read");
            clients[index(timed.client)].push_back((Instant(timed.at_ns), operation));
        }
        Scripted { clients }
    }

    pub(super) fn next_at(&self, client: ClientId) -> Option<Instant> {
        self.clients[index(client)].front().map(|(at, _)| *at)
    }

    pub(super) fn next(&mut self, client: ClientId) -> O {
        self.clients[index(client)].pop_front().expect("asked for once it has a time").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kv_types::Operation;

    #[test]
    fn each_client_goes_through_its_own_part_in_order() {
        let get = |key: &str| Operation::Get { key: key.into() };
        let timed = |at_ns, client, key| TimedOperation {
            at_ns,
            client: ClientId(client),
            operation: serde_json::to_value(get(key)).expect("plain values"),
        };
        let mut scripted: Scripted<Operation> =
            Scripted::new(3, &[timed(5, 2, "a"), timed(7, 1, "b"), timed(9, 2, "c")]);
        assert_eq!(scripted.next_at(ClientId(2)), Some(Instant(5)));
        assert_eq!(scripted.next(ClientId(2)), get("a"));
        assert_eq!(scripted.next_at(ClientId(2)), Some(Instant(9)));
        assert_eq!(scripted.next_at(ClientId(1)), Some(Instant(7)));
        assert_eq!(scripted.next_at(ClientId(3)), None);
    }
}
