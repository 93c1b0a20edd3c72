//! The generator of Jepsen's vocabulary: what the clients do, operation by operation, and when.
//!
//! It is drawn at random, as the workload's mix says ([`drawn`]), or written down in the workload's script
//! ([`scripted`]), which is what a plan that has been shrunk says instead.

mod drawn;
mod scripted;

use env::{ClientId, Instant, Operation};

use crate::plan::{Seed, Workload};
use drawn::Drawn;
use scripted::Scripted;

/// Makes the operations of all clients of one run.
#[derive(Clone, Debug)]
pub(crate) enum Generator {
    /// As the mix says.
    Drawn(Box<Drawn>),
    /// As the script says.
    Scripted(Scripted),
}

impl Generator {
    /// The generator of this workload, which must be valid.
    pub(crate) fn new(seed: Seed, workload: &Workload) -> Generator {
        match &workload.script {
            None => Generator::Drawn(Box::new(Drawn::new(seed, workload))),
            Some(script) => Generator::Scripted(Scripted::new(workload.clients, script)),
        }
    }

    /// When a client that has nothing to do from `now` on invokes its next operation; `None` if there is none. To be
    /// asked once for each operation.
    pub(crate) fn next_at(&mut self, client: ClientId, now: Instant) -> Option<Instant> {
        match self {
            Generator::Drawn(drawn) => Some(now + drawn.pause(client)),
            Generator::Scripted(scripted) => scripted.next_at(client).map(|at| at.max(now)),
        }
    }

    /// The operation for which [`next_at`](Generator::next_at) gave the time.
    pub(crate) fn next(&mut self, client: ClientId) -> Operation {
        match self {
            Generator::Drawn(drawn) => drawn.next(client),
            Generator::Scripted(scripted) => scripted.next(client),
        }
    }
}
