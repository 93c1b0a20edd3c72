//! The operator: asks nodes for administrative work and goes by their actions.
//!
//! Answers differ from system to system, so the operator reads none of them. It asks the leader, asks again every so
//! often (also the next leader), and stops when the net sees the effect or when it has waited long enough. A request
//! that it has given up may still be on its way and be carried out later; the net reckons with that.

use std::time::Duration;

use env::{ClientId, NodeId, NodeSet, RequestId};

use super::faults::{Faults, Grip};
use super::{Due, Run, Step, World};
use crate::digest::Tag;
use crate::plan::Target;
use crate::rng::{Pick, split};
use crate::system::OperatorAction;
use crate::trace::{Actor, What};

/// How often it looks whether the work is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// It asks again every so many looks.
const LOOKS_A_REQUEST: u32 = 4;
/// It asks at most so often.
const REQUESTS_MAX: u32 = 10;

/// The operator's id, and the tasks that it asks for.
#[derive(Clone, Debug)]
pub(super) struct Operator {
    pub(super) id: ClientId,
    /// The machines beyond the founders that were switched on.
    pub(super) installed: NodeSet,
    tasks: Vec<Task>,
    /// The tasks that are not over.
    open: Vec<usize>,
    seq: u64,
}

#[derive(Clone, Debug)]
struct Task {
    fault: usize,
    action: OperatorAction,
    /// The node to ask; `None` asks the leader.
    ask: Option<NodeId>,
    looks: u32,
    /// A request has left the operator. An action that no request asked for is not the operator's doing.
    is_asked: bool,
}

impl Operator {
    pub(super) fn new(id: ClientId) -> Operator {
        Operator { id, installed: NodeSet::EMPTY, tasks: Vec::new(), open: Vec::new(), seq: 0 }
    }

    pub(super) fn give_up(&mut self, task: usize) {
        self.open.retain(|open| *open != task);
    }

    /// `node` has carried out `action`, perhaps at the operator's request.
    pub(super) fn performed(&mut self, node: NodeId, action: OperatorAction, faults: &mut Faults) {
        let tasks = &self.tasks;
        self.open.retain(|number| {
            let task = &tasks[*number];
            let is_done = task.action == action && task.is_asked && task.ask.is_none_or(|asked| asked == node);
            if is_done {
                faults.touch(task.fault);
            }
            !is_done
        });
    }
}

impl Run<'_> {
    /// An operator that is a program has carried out an action at this node, or has failed for a reason.
    pub fn operated(&mut self, node: NodeId, action: OperatorAction, failed: Option<&str>) {
        self.digest.event(Tag::Response, self.now, self.operator.id.0.into(), u64::from(failed.is_some()));
        match failed {
            None => {
                tell!(self, Actor::Operator, What::Response, "has {node} {}", ActionText(action));
                self.operator.performed(node, action, &mut self.faults);
            }
            Some(reason) => {
                tell!(self, Actor::Operator, What::Response, "fails to have {node} {}: {reason}", ActionText(action));
            }
        }
    }

    /// Transfers the leadership to a member other than the leader: if `to` is the leader, to one of the others.
    pub(super) fn transfer_leadership(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        to: Target,
        random: &mut Pick,
    ) -> Step {
        let leader = world.net().standing().leader;
        let to = match self.resolve(world, to, random) {
            Some(node) if Some(node) == leader => self.resolve(world, Target::Follower, random),
            other => other,
        };
        let Some(to) = to else { return Ok(()) };
        self.ask(world, fault, OperatorAction::TransferLeadership(to), None)
    }

    pub(super) fn take_snapshot(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        random: &mut Pick,
    ) -> Step {
        let Some(node) = self.resolve(world, target, random) else { return Ok(()) };
        self.ask(world, fault, OperatorAction::TakeSnapshot, Some(node))
    }

    pub(super) fn add_member(&mut self, world: &mut dyn World, fault: usize) -> Step {
        let Some(new) = self.switch_on_spare(world)? else { return Ok(()) };
        self.ask(world, fault, OperatorAction::AddMember(new), None)
    }

    pub(super) fn remove_member(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        random: &mut Pick,
    ) -> Step {
        let Some(node) = self.resolve(world, target, random) else { return Ok(()) };
        self.ask(world, fault, OperatorAction::RemoveMember(node), None)
    }

    pub(super) fn replace_member(
        &mut self,
        world: &mut dyn World,
        fault: usize,
        target: Target,
        random: &mut Pick,
    ) -> Step {
        let Some(old) = self.resolve(world, target, random) else { return Ok(()) };
        let Some(new) = self.switch_on_spare(world)? else { return Ok(()) };
        self.ask(world, fault, OperatorAction::ReplaceMember { old, new }, None)
    }

    /// Starts the next blank machine.
    fn switch_on_spare(&mut self, world: &mut dyn World) -> Result<Option<NodeId>, super::Stop> {
        let first_spare = NodeSet::first(self.plan.cluster.nodes);
        let spares = self.all_nodes().difference(first_spare).difference(self.operator.installed);
        let Some(new) = spares.iter().next() else {
            tell!(self, Actor::Nemesis, What::Fault, "has no machine left to add");
            return Ok(None);
        };
        self.operator.installed.insert(new);
        self.start_if_free(world, new)?;
        Ok(Some(new))
    }

    fn ask(&mut self, world: &mut dyn World, fault: usize, action: OperatorAction, ask: Option<NodeId>) -> Step {
        let number = self.operator.tasks.len();
        self.operator.tasks.push(Task { fault, action, ask, looks: 0, is_asked: false });
        self.operator.open.push(number);
        self.grip(fault, Grip::Task(number));
        self.operator_looks(world, number)
    }

    /// Looks whether the work is done; if not, asks (again), or gives up.
    pub(super) fn operator_looks(&mut self, world: &mut dyn World, number: usize) -> Step {
        let task = &self.operator.tasks[number];
        let fault = task.fault;
        if world.net().is_done(task.action) {
            if task.is_asked {
                self.faults.touch(fault);
            }
            self.operator.give_up(number);
        }
        let is_open = self.operator.open.contains(&number);
        let task = &mut self.operator.tasks[number];
        if !is_open || task.looks > LOOKS_A_REQUEST * REQUESTS_MAX {
            return self.fault_is_over(world, fault);
        }
        task.looks += 1;
        if (task.looks - 1).is_multiple_of(LOOKS_A_REQUEST) {
            self.request_work(world, number);
        }
        world.push(self.now + LOOK_EVERY, Due::Operator(number));
        Ok(())
    }

    fn request_work(&mut self, world: &mut dyn World, number: usize) {
        let Task { action, ask, fault, looks, .. } = self.operator.tasks[number];
        let Some(node) = ask.or(world.net().standing().leader) else { return };
        let sound = self.intact(world).intersection(self.running());
        if let Err(why) = world.net().may_ask(action, sound) {
            tell!(self, Actor::Operator, What::Fault, "holds back: {why}");
            return;
        }
        world.net_mut().asked(self.moment(), action);
        let request = RequestId { client: self.operator.id, seq: self.operator.seq + 1 };
        if !world.can_ask(request, action) {
            tell!(self, Actor::Operator, What::Fault, "cannot ask this system for {}", ActionText(action));
            self.operator.give_up(number);
            return;
        }
        self.operator.seq += 1;
        let task = &mut self.operator.tasks[number];
        task.is_asked = true;
        tell!(self, Actor::Operator, What::Fault, "asks {node} to {}", ActionText(action));
        let drawn = split(self.schedule[fault].pick, looks.into());
        world.ask(self, request, node, action, drawn);
    }
}

struct ActionText(OperatorAction);

impl std::fmt::Display for ActionText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            OperatorAction::TransferLeadership(to) => write!(f, "hand over to {to}"),
            OperatorAction::AddMember(node) => write!(f, "add {node}"),
            OperatorAction::RemoveMember(node) => write!(f, "remove {node}"),
            OperatorAction::ReplaceMember { old, new } => write!(f, "replace {old} by {new}"),
            OperatorAction::TakeSnapshot => f.write_str("take a snapshot"),
        }
    }
}
