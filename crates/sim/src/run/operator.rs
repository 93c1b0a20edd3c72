//! The operator: asks nodes for administrative work and goes by what they then do.
//!
//! The answers are the system's own business, so the operator reads none of them. It asks the leader, asks again every
//! so often (also the next leader), and stops when the cluster shows the effect or when it has waited long enough. A
//! request it has given up may still be on its way and be done later; the guard reckons with that.

use std::time::Duration;

use env::{ClientId, Instant, Membership, NodeId, NodeSet, RequestId};

use super::faults::{Faults, Grip};
use super::{Happening, Run, Step, World};
use crate::plan::Target;
use crate::rng::{Pick, split};
use crate::system::OperatorAction;
use crate::trace::{Actor, Trace, What};

/// How often it looks whether the work is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// It asks again every so many looks.
const LOOKS_A_REQUEST: u32 = 4;
/// It asks so often.
const REQUESTS_MAX: u32 = 10;
/// A change of the membership that was asked for may come so much later than its last request.
const MAY_COME_LATE: Duration = Duration::from_secs(30);

/// Who asks, and what was asked for.
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
    /// Whom to ask; `None` asks the leader.
    ask: Option<NodeId>,
    /// The configuration it may lead to, and until when.
    leads_to: Option<(Membership, Instant)>,
    looks: u32,
    progress: Progress,
}

/// How far a task has come. What happens without having been asked for is not its doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// No request has left the operator.
    Unasked,
    /// One has.
    Asked,
    /// A leader has begun to hand over leadership as it asks for.
    TakenUp,
}

impl Operator {
    pub(super) fn new(id: ClientId) -> Operator {
        Operator { id, installed: NodeSet::EMPTY, tasks: Vec::new(), open: Vec::new(), seq: 0 }
    }

    /// The configurations that were asked for and may be in force, or come to be.
    pub(super) fn asked_for(&self, now: Instant) -> impl Iterator<Item = Membership> {
        let may_come = move |(membership, until): (Membership, Instant)| (now <= until).then_some(membership);
        self.tasks.iter().filter_map(|task| task.leads_to).filter_map(may_come)
    }

    pub(super) fn give_up(&mut self, task: usize) {
        self.open.retain(|open| *open != task);
    }

    /// A leader begins to hand over to `to`, or has given that up.
    pub(super) fn hands_over(&mut self, to: NodeId, gives_up: bool) {
        let progress = if gives_up { Progress::Asked } else { Progress::TakenUp };
        for number in &self.open {
            let task = &mut self.tasks[*number];
            if task.action == OperatorAction::TransferLeadership(to) && task.progress >= Progress::Asked {
                task.progress = progress;
            }
        }
    }

    /// `node` became leader: it may have been asked for.
    pub(super) fn leads(&mut self, node: NodeId, faults: &mut Faults) {
        self.done(OperatorAction::TransferLeadership(node), faults, |task| task.progress == Progress::TakenUp);
    }

    /// `node` took a snapshot: it may have been asked for.
    pub(super) fn snapshot_taken(&mut self, node: NodeId, faults: &mut Faults) {
        self.done(OperatorAction::TakeSnapshot, faults, |task| {
            task.ask == Some(node) && task.progress >= Progress::Asked
        });
    }

    fn done(&mut self, action: OperatorAction, faults: &mut Faults, is_it: impl Fn(&Task) -> bool) {
        let tasks = &self.tasks;
        self.open.retain(|number| {
            let task = &tasks[*number];
            let is_done = task.action == action && is_it(task);
            if is_done {
                faults.touch(task.fault);
            }
            !is_done
        });
    }
}

impl<T: Trace, W: World> Run<'_, T, W> {
    /// To a member other than the leader: if the leader is meant, to one of the others.
    pub(super) fn transfer_leadership(&mut self, fault: usize, to: Target, random: &mut Pick) -> Step {
        let leader = self.checker.view().leader();
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
        self.operator.tasks.push(Task { fault, action, ask, leads_to: None, looks: 0, progress: Progress::Unasked });
        self.operator.open.push(number);
        self.grip(fault, Grip::Task(number));
        self.operator_looks(number)
    }

    /// Looks whether the work is done; if not, asks (again), or gives up.
    pub(super) fn operator_looks(&mut self, number: usize) -> Step {
        let task = &self.operator.tasks[number];
        let fault = task.fault;
        if self.is_done(task.action) {
            // Only what was asked for is its doing.
            if task.progress >= Progress::Asked {
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

    /// Whether the cluster is as this would make it.
    fn is_done(&self, action: OperatorAction) -> bool {
        let membership = self.checker.view().membership();
        let votes = |node| membership.voters.contains(node);
        match action {
            OperatorAction::AddMember(node) => votes(node) && !membership.is_joint(),
            OperatorAction::RemoveMember(node) => !membership.members().contains(node),
            OperatorAction::ReplaceMember { old, new } => votes(new) && !membership.members().contains(old),
            // These are known by what nodes say when it happens.
            OperatorAction::TransferLeadership(_) | OperatorAction::TakeSnapshot => false,
        }
    }

    fn request_work(&mut self, number: usize) {
        let Task { action, ask, fault, looks, .. } = self.operator.tasks[number];
        let Some(node) = ask.or(self.checker.view().leader()) else { return };
        let leads_to = configuration_after(self.checker.view().membership(), action);
        if let Some(membership) = leads_to {
            if !self.may_configure(&membership) {
                tell!(self, Actor::Operator, What::Fault, "holds back: {membership} would lack a running majority");
                return;
            }
            self.operator.tasks[number].leads_to = Some((membership, self.now + MAY_COME_LATE));
        }
        let id = RequestId { client: self.operator.id, seq: self.operator.seq + 1 };
        let Some(request) = self.world.operator_request(id, action) else {
            tell!(self, Actor::Operator, What::Fault, "cannot ask this system for {}", ActionText(action));
            self.operator.give_up(number);
            return;
        };
        self.operator.seq += 1;
        let task = &mut self.operator.tasks[number];
        task.progress = task.progress.max(Progress::Asked);
        tell!(self, Actor::Operator, What::Fault, "asks {node} to {}", ActionText(action));
        let drawn = split(self.schedule[fault].pick, looks.into());
        W::send_request(self, self.operator.id, node, request, drawn);
    }
}

/// The configuration that a change leads to from this one, when it is complete.
fn configuration_after(membership: Membership, action: OperatorAction) -> Option<Membership> {
    let mut voters = membership.voters;
    match action {
        OperatorAction::AddMember(node) => {
            voters.insert(node);
        }
        OperatorAction::RemoveMember(node) => {
            voters.remove(node);
        }
        OperatorAction::ReplaceMember { old, new } => {
            voters.remove(old);
            voters.insert(new);
        }
        OperatorAction::TransferLeadership(_) | OperatorAction::TakeSnapshot => return None,
    }
    Some(Membership::of(voters))
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
