use std::error::Error;

use stormglass::prelude::*;

use super::client::{Client, Operation};
use super::node::{Book, Node, Request};

#[derive(Clone)]
pub struct GuestBook;

impl System for GuestBook {
    type Process = Node;
    type Client = Client;
    type Settings = ();
    type Net = Quorum<NothingLost<Operation, Book, (), u64>>;

    fn id(&self) -> SubjectId {
        SubjectId::new("guest-book")
    }

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Node, Box<dyn Error>> {
        Node::boot(boot)
    }

    fn client(&self, plan: &Plan, _: ClientId) -> Client {
        Client { nodes: plan.cluster.nodes, seq: 0, is_waiting: false }
    }

    fn workload(&self, _: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(|_: ClientId, random: &mut dyn Random| match random.below(3) {
            0 => Operation::Read,
            _ => Operation::Sign(random.below(100)),
        })
    }

    fn net(&self, plan: &Plan) -> Self::Net {
        let meaning = |operation: &Operation| {
            Some(match operation {
                Operation::Sign(guest) => SetOperation::Adds(*guest),
                Operation::Read => SetOperation::Lists,
            })
        };
        let rule = NothingLost::new(meaning, |book: &Book| book.0.iter().copied().collect());
        Quorum::of(NodeSet::first(plan.cluster.nodes), rule)
    }

    fn probe(&self, _: u64) -> Option<Operation> {
        Some(Operation::Read)
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        expand(seed, profile, overrides, &[])
    }

    fn engines(&self) -> Engines<Self> {
        Engines::event()
    }

    fn refuses(&self, _: Engine, fault: FaultKind) -> Option<&'static str> {
        matches!(fault, FaultKind::WipedDisk | FaultKind::BitFlip).then_some("a line has no checksum")
    }

    fn operator_request(&self, _: RequestId, _: OperatorAction) -> Option<Request> {
        None
    }

    fn version(&self) -> Option<&str> {
        None
    }
}
