//! The system under test, as the engine sees it.

use std::error::Error;

use env::{Client, ClientId, Disk, Effects, Instant, NodeId, Process, Random, RequestId};

use crate::engine::Engine;
use crate::expand::Overrides;
use crate::generator::Generator;
use crate::net::{Answer, Net, Op};
use crate::plan::{Cluster, FaultKind, Plan, Seed};
use crate::profile::Profile;
use crate::settings::Settings;
use crate::subject::{Engines, SubjectId};
use crate::validate::PlanError;

/// How to make the parts of a system: its nodes, its clients, its operator's requests. [`Process`] and [`Client`]
/// define their behaviour from then on.
///
/// No method has a default: a system that wraps another cannot forget to pass one on.
pub trait System: Clone + Send + Sync + 'static {
    /// A node.
    type Process: Process;
    /// A client of those nodes.
    type Client: Client<
            Op: Op,
            Output: Answer,
            Request = <Self::Process as Process>::Request,
            Response = <Self::Process as Process>::Response,
        >;
    /// The part of its configuration that plans decide; `()` if there is none.
    type Settings: Settings;
    /// The net around a run: its rules, its milestones, and its demands of the calm phase.
    type Net: Net<
            Op = <Self::Client as Client>::Op,
            Output = <Self::Client as Client>::Output,
            Note = <Self::Process as Process>::Note,
        >;

    /// Starts a node from the files of its disk. The effects that the node writes are carried out as those of any
    /// event.
    ///
    /// # Errors
    /// The node refuses to start on this disk, and stays down.
    fn boot(&self, boot: Boot<'_, Self>) -> Result<Self::Process, Box<dyn Error>>;

    /// The identity of the system; variants of one type are told apart by their settings and by their planted bug.
    fn id(&self) -> SubjectId;

    /// The version of the code under test, in words of its own: `0.9.25`, `main at 3f2c91d`; `None` if the system has
    /// no version of its own, as the systems that stormglass ships.
    fn version(&self) -> Option<&str>;

    /// The engines that run it: [`Engines::event`], or `event_and_turmoil` of the turmoil engine if its messages have
    /// an encoding.
    fn engines(&self) -> Engines<Self>;

    /// Why a fault of this kind cannot be done to it on this engine; `None` if it can.
    fn refuses(&self, engine: Engine, fault: FaultKind) -> Option<&'static str>;

    /// The plan that a seed expands to: that of [`expand`](crate::expand()), made to suit the system, with settings of
    /// its own.
    ///
    /// # Errors
    /// If the overrides make a plan that this system cannot be run on.
    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError>;

    /// Makes a client that has done nothing yet.
    fn client(&self, plan: &Plan, client: ClientId) -> Self::Client;

    /// The generator of the clients' operations in a run of this plan, unless the plan has a script.
    fn workload(&self, plan: &Plan) -> Box<dyn Generator<<Self::Client as Client>::Op>>;

    /// The operation by which a fresh client proves in the calm phase that clients are served, on its try of this
    /// number, from 1; `None` if nothing is to be proved.
    fn probe(&self, number: u64) -> Option<<Self::Client as Client>::Op>;

    /// The net around one run of this plan, which has seen nothing yet.
    fn net(&self, plan: &Plan) -> Self::Net;

    /// The request by which an operator asks a node for `action`; `None` if this system cannot do it, and the fault
    /// that asked for it then has no effect.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<<Self::Process as Process>::Request>;
}

/// All that a node is started with.
pub struct Boot<'a, S: System> {
    /// The cluster that it is a node of.
    pub cluster: &'a Cluster,
    /// The settings of the plan.
    pub settings: &'a S::Settings,
    /// Its id.
    pub node: NodeId,
    /// The kind of its start: its first, or a later one.
    pub start: Start,
    /// Its files.
    pub disk: &'a dyn Disk,
    /// Its own clock.
    pub now: Instant,
    /// Its own stream of randomness.
    pub random: &'a mut dyn Random,
    /// The effects that it asks for at once.
    pub effects: &'a mut Effects<S::Process>,
}

/// The kind of a node's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first start of a node that the cluster begins with, on a blank disk.
    New,
    /// The first start of a blank machine that a membership change may bring in.
    Join,
    /// Any later start, on the disk that the last one left.
    Again,
}

/// An action that an operator can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OperatorAction {
    /// The leader hands over to this node.
    TransferLeadership(NodeId),
    /// This machine becomes a voter.
    AddMember(NodeId),
    /// This member leaves.
    RemoveMember(NodeId),
    /// One member leaves as another machine joins, in one change.
    ReplaceMember {
        /// The member that leaves.
        old: NodeId,
        /// The machine that joins.
        new: NodeId,
    },
    /// The node that is asked takes a snapshot now.
    TakeSnapshot,
}
