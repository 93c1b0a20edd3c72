//! A run's books on its clients: how many operations each has begun, and which is outstanding.

use env::{ClientId, RequestId};

use super::{Run, Step, World, probe_id};

/// All clients, by their numbers.
#[derive(Clone, Debug)]
pub(crate) struct Clients(Vec<Client>);

/// One client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Client {
    /// How many operations it has invoked.
    pub(crate) seq: u64,
    /// The last of its operations has not ended.
    pub(crate) is_outstanding: bool,
}

impl Clients {
    /// The clients of the workload and the probe.
    pub(crate) fn new(workload_clients: u32) -> Clients {
        Clients(vec![Client::default(); workload_clients as usize + 1])
    }

    /// This client.
    pub(crate) fn of(&mut self, id: ClientId) -> &mut Client {
        &mut self.0[id.0 as usize - 1]
    }

    fn of_workload(&self) -> &[Client] {
        &self.0[..self.0.len() - 1]
    }
}

impl Run<'_> {
    /// The id of this client's next operation.
    pub(crate) fn next_request(&mut self, client: ClientId) -> RequestId {
        RequestId { client, seq: self.clients.of(client).seq + 1 }
    }

    /// The id of the probe of the calm phase.
    pub(crate) fn probe_id(&self) -> ClientId {
        probe_id(self.plan)
    }

    /// The id of the operator, which asks nodes for administrative work.
    pub(crate) fn operator_id(&self) -> ClientId {
        self.operator.id
    }

    /// How many operations of the workload have not ended.
    pub(super) fn operations_outstanding(&self) -> u64 {
        self.clients.of_workload().iter().filter(|client| client.is_outstanding).count() as u64
    }

    /// The probe of the calm phase begins its operation, if the system has one for it.
    pub(super) fn invoke_probe(&mut self, world: &mut dyn World) -> Step {
        let id = self.probe_id();
        let number = self.clients.of(id).seq + 1;
        if world.invoke_probe(self, id, number)? { Ok(()) } else { self.probe_ended(world, true) }
    }
}
