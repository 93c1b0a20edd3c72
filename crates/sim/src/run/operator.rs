//! The operator: asks nodes for administrative work and goes by their actions.
//!
//! Answers differ from system to system, so the operator reads none of them. It asks the leader, asks again every so
//! often (also the next leader), and stops when the net sees the effect or when it has waited long enough. A request
//! that it has given up may still be on its way and be carried out later; the net reckons with that.

use std::time::Duration;

use env::{ClientId, NodeId, NodeSet, RequestId};

use super::faults::{Faults, Grip};
use super::{Happening, Run, Step, World};
use crate::net::Net;
use crate::plan::Target;
use crate::rng::{Pick, split};
use crate::system::OperatorAction;
use crate::trace::{Actor, Trace, What};

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

impl<T: Trace, W: World> Run<'_, T, W> {
    /// Transfers the leadership to a member other than the leader: if `to` is the leader, to one of the others.
    pub(super) fn transfer_leadership(&mut self, fault: usize, to: Target, random: &mut Pick) -> Step {
        let leader = self.net.standing().leader;
        let to = match self.resolve(to, random) {
            Some(node) if Some(node) == leader => self.resolve(Target::Follower, random),
            other => other,
        };
        let Some(to) = to else { return Ok(()) };
        self.ask(fault, OperatorAction::TransferLeadership(to), None)
    }

    pub(super) fn take_snapshot(&mut self, fault: usize, target: Target, random: &mut Pick) -> Step {
        let Some(node) = self.resolve(target, random) else { return Ok(()) };
        self.ask(fault, OperatorAction::TakeSnapshot, Some(node))
    }

    pub(super) fn add_member(&mut self, fault: usize) -> Step {
        let Some(new) = self.switch_on_spare()? else { return Ok(()) };
        self.ask(fault, OperatorAction::AddMember(new), None)
    }

    pub(super) fn remove_member(&mut self, fault: usize, target: Target, random: &mut Pick) -> Step {
        let Some(node) = self.resolve(target, random) else { return Ok(()) };
        self.ask(fault, OperatorAction::RemoveMember(node), None)
    }

    pub(super) fn replace_member(&mut self, fault: usize, target: Target, random: &mut Pick) -> Step {
        let Some(old) = self.resolve(target, random) else { return Ok(()) };
        let Some(new) = self.switch_on_spare()? else { return Ok(()) };
        self.ask(fault, OperatorAction::ReplaceMember { old, new }, None)
    }

    /// Starts the next blank machine.
    fn switch_on_spare(&mut self) -> Result<Option<NodeId>, super::Stop> {
        let first_spare = NodeSet::first(self.plan.cluster.nodes);
        let spares = self.all_nodes().difference(first_spare).difference(self.operator.installed);
        let Some(new) = spares.iter().next() else {
            tell!(self, Actor::Nemesis, What::Fault, "has no machine left to add");
            return Ok(None);
        };
        self.operator.installed.insert(new);
        self.start_if_free(new)?;
        Ok(Some(new))
    }

    fn ask(&mut self, fault: usize, action: OperatorAction, ask: Option<NodeId>) -> Step {
        let number = self.operator.tasks.len();
        self.operator.tasks.push(Task { fault, action, ask, looks: 0, is_asked: false });
        self.operator.open.push(number);
        self.grip(fault, Grip::Task(number));
        self.operator_looks(number)
    }

    /// Looks whether the work is done; if not, asks (again), or gives up.
    pub(super) fn operator_looks(&mut self, number: usize) -> Step {
        let task = &self.operator.tasks[number];
        let fault = task.fault;
        if self.net.is_done(task.action) {
            if task.is_asked {
                self.faults.touch(fault);
            }
            self.operator.give_up(number);
        }
        let is_open = self.operator.open.contains(&number);
        let task = &mut self.operator.tasks[number];
        if !is_open || task.looks > LOOKS_A_REQUEST * REQUESTS_MAX {
            return self.fault_is_over(fault);
        }
        task.looks += 1;
        if (task.looks - 1).is_multiple_of(LOOKS_A_REQUEST) {
            self.request_work(number);
        }
        self.queue.push(self.now + LOOK_EVERY, Happening::Operator(number));
        Ok(())
    }

    fn request_work(&mut self, number: usize) {
        let Task { action, ask, fault, looks, .. } = self.operator.tasks[number];
        let Some(node) = ask.or(self.net.standing().leader) else { return };
        let sound = self.intact().intersection(self.running());
        if let Err(why) = self.net.may_ask(action, sound) {
            tell!(self, Actor::Operator, What::Fault, "holds back: {why}");
            return;
        }
        self.net.asked(self.moment(), action);
        let id = RequestId { client: self.operator.id, seq: self.operator.seq + 1 };
        let Some(request) = self.world.operator_request(id, action) else {
            tell!(self, Actor::Operator, What::Fault, "cannot ask this system for {}", ActionText(action));
            self.operator.give_up(number);
            return;
        };
        self.operator.seq += 1;
        let task = &mut self.operator.tasks[number];
        task.is_asked = true;
        tell!(self, Actor::Operator, What::Fault, "asks {node} to {}", ActionText(action));
        let drawn = split(self.schedule[fault].pick, looks.into());
        W::send_request(self, self.operator.id, node, request, drawn);
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
