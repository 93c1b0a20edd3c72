//! Running the nodes: the events that reach them, and the effects that they want.

use env::{ClientId, Effects, Event, NodeId, Process, Random, Shown, SyncId};

use super::host::Delivery;
use super::network::Fate;
use super::{EventWorld, Happening};
use crate::disk::SyncEnd;
use crate::disturbance::{Link, Marks};
use crate::net::Seen;
use crate::run::{self, Run, Step, tell};
use crate::settings;
use crate::system::{Boot, Start, System};
use crate::trace::{Actor, Trace, What};

pub(super) type Message<S> = <<S as System>::Process as Process>::Message;
type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

impl<S: System, T: Trace> Run<'_, T, EventWorld<'_, S>> {
    pub(super) fn message_arrives(&mut self, from: NodeId, to: NodeId, marks: Marks, message: Message<S>) -> Step {
        if self.cuts.hold(from, to) {
            self.lost_to_cut(from, to, &message);
            return Ok(());
        }
        if !self.machines[to.index()].is_up {
            self.lost_at_node(to, format_args!("{message:?} from {from}"));
            return Ok(());
        }
        self.message_delivered(from, to, marks, &message);
        let wire_bytes = self.world.wire_bytes;
        self.trace.delivered(|| wire_bytes.map_or(0, |bytes| bytes(&message)));
        self.deliver(to, Delivery::Message { from, message })
    }

    pub(super) fn request_arrives(&mut self, from: ClientId, to: NodeId, marks: Marks, request: Request<S>) -> Step {
        if !self.machines[to.index()].is_up {
            self.lost_at_node(to, format_args!("{request:?} from {from}"));
            return Ok(());
        }
        self.request_delivered(from, to, marks, &request);
        self.deliver(to, Delivery::Request { from, request })
    }

    pub(super) fn deliver_held(&mut self, node: NodeId, life: u32, what: Delivery<S::Process>) -> Step {
        if self.machines[node.index()].life == life { self.deliver(node, what) } else { Ok(()) }
    }

    /// A process goes on: it gets the events that have arrived meanwhile, in order, and its wake-up if that is due.
    pub(super) fn hand_over_held(&mut self, node: NodeId) {
        let life = self.machines[node.index()].life;
        for what in self.world.hosts[node.index()].held.drain(..) {
            self.queue.push(self.now, run::Happening::World(Happening::Deliver { node, life, what }));
        }
        self.arm_node(node);
    }

    /// A disk that is no longer stalled ends the syncs that it kept back.
    pub(super) fn disk_goes_on(&mut self, node: NodeId) {
        let machine = &self.machines[node.index()];
        if machine.disk.is_stalled {
            return;
        }
        for sync in self.world.hosts[node.index()].syncs_stalled.drain(..) {
            let ends = Happening::SyncEnds { node, life: machine.life, sync };
            self.queue.push(self.now, run::Happening::World(ends));
        }
    }

    pub(super) fn boot(&mut self, node: NodeId, start: Start) -> Step {
        let mut effects = self.world.scratch.take();
        let now = self.machines[node.index()].clock.read(self.now);
        let host = &mut self.world.hosts[node.index()];
        let (files, random) = (host.disk.files(), &mut host.random);
        let (cluster, settings) = (&self.plan.cluster, &settings::of(self.plan));
        self.running = Some(Actor::Node(node));
        let boot = Boot { cluster, settings, node, start, disk: &files, now, random, effects: &mut effects };
        let booted = self.world.system.boot(boot);
        self.running = None;
        let step = match booted {
            Ok(process) => {
                host.process = Some(process);
                self.booted(node, start);
                self.carry_out(node, &mut effects)
            }
            Err(reason) => self.boot_refused(node, &reason.to_string()),
        };
        effects.clear();
        self.world.scratch.put(effects);
        step
    }

    /// The oldest sync of a node's disk ends. The disk works on while the process is paused.
    pub(super) fn sync_ends(&mut self, node: NodeId, life: u32, sync: SyncId) -> Step {
        let machine = &mut self.machines[node.index()];
        if machine.life != life {
            return Ok(());
        }
        let host = &mut self.world.hosts[node.index()];
        if machine.disk.is_stalled {
            host.syncs_stalled.push_back(sync);
            self.sync_stalled(node);
            return Ok(());
        }
        let fault = machine.sync_faults.pop_front();
        let end = host.disk.end_sync(sync, fault.is_some(), machine.disk.is_full);
        self.sync_ended(node, sync, end, fault)?;
        match end {
            SyncEnd::Durable => self.deliver(node, Delivery::Synced(sync)),
            SyncEnd::Failed(error) => self.deliver(node, Delivery::SyncFailed(sync, error)),
        }
    }

    /// True if a queued wake-up is due. If the node has put it off meanwhile, it is queued anew.
    pub(super) fn node_wake_is_due(&mut self, node: NodeId, ticket: u32) -> bool {
        let alarm = &mut self.world.hosts[node.index()].alarm;
        if !alarm.comes_up(ticket) {
            return false;
        }
        let machine = &self.machines[node.index()];
        if machine.pauses > 0 {
            // The wake-up is taken up when the node goes on.
            self.held_by_pause(node);
            return false;
        }
        let Some(wanted) = alarm.wanted else { return false };
        match machine.clock.when(self.now, wanted) {
            Some(due) if due <= self.now => true,
            _ => {
                self.arm_node(node);
                false
            }
        }
    }

    pub(super) fn wake_node(&mut self, node: NodeId) -> Step {
        self.world.hosts[node.index()].alarm.wanted = None;
        self.node_wakes(node);
        self.handle(node, Event::Wake)
    }

    /// Queues the wake-up that a node wants, as its clock goes now.
    pub(super) fn arm_node(&mut self, node: NodeId) {
        let alarm = &mut self.world.hosts[node.index()].alarm;
        let clock = &self.machines[node.index()].clock;
        let due = alarm.wanted.and_then(|wanted| clock.when(self.now, wanted));
        if let Some(due) = due
            && let Some(ticket) = alarm.arm(due)
        {
            self.queue.push(due, run::Happening::World(Happening::NodeWake { node, ticket }));
        }
    }

    /// Hands a delivery to a node, at once or when the node goes on.
    fn deliver(&mut self, node: NodeId, what: Delivery<S::Process>) -> Step {
        if self.machines[node.index()].pauses > 0 {
            self.world.hosts[node.index()].held.push_back(what);
            self.held_by_pause(node);
            return Ok(());
        }
        self.handle(node, what.into_event())
    }

    fn handle(&mut self, node: NodeId, event: Event<S::Process>) -> Step {
        self.assert_runs(node);
        let mut effects = self.world.scratch.take();
        self.clock_read(node);
        let now = self.machines[node.index()].clock.read(self.now);
        let host = &mut self.world.hosts[node.index()];
        let Some(process) = &mut host.process else { unreachable!("{node} is handed an event while it is down") };
        self.running = Some(Actor::Node(node));
        process.handle(event, now, &mut host.random, &mut effects);
        self.running = None;
        let step = self.carry_out(node, &mut effects);
        effects.clear();
        self.world.scratch.put(effects);
        step
    }

    /// Carries out the effects of a node, in the order of the fields.
    fn carry_out(&mut self, node: NodeId, effects: &mut Effects<S::Process>) -> Step {
        if !effects.disk.is_empty() {
            self.write(node, effects);
        }
        if let Some(sync) = effects.sync {
            self.request_sync(node, sync);
        }
        for note in &effects.notes {
            self.noted(node, note)?;
        }
        // Not before the notes: the sync covers the writes that they report.
        if let Some(sync) = effects.sync {
            self.show(Seen::SyncRequested(node, sync))?;
        }
        for (to, message) in effects.sends.drain(..) {
            self.send(node, to, message);
        }
        for (to, response) in effects.replies.drain(..) {
            self.reply(node, to, response);
        }
        if let Some(wanted) = effects.wake_at {
            self.world.hosts[node.index()].alarm.wanted = Some(wanted);
            self.arm_node(node);
        }
        match effects.halt.take() {
            Some(reason) => self.node_halts(node, &reason),
            None => Ok(()),
        }
    }

    fn write(&mut self, node: NodeId, effects: &mut Effects<S::Process>) {
        for op in effects.disk.drain(..) {
            self.digest.disk_op(&op);
            if let env::DiskOp::Append { bytes, .. } = &op {
                self.appended(bytes.len() as u64);
            }
            tell!(self, Actor::Node(node), What::Disk, "{op}");
            self.world.hosts[node.index()].disk.write(op);
        }
    }

    fn request_sync(&mut self, node: NodeId, sync: SyncId) {
        let machine = &self.machines[node.index()];
        let life = machine.life;
        let host = &mut self.world.hosts[node.index()];
        let drawn = host.disk_random.next_u64();
        let ends = host.disk.sync(sync, self.now, drawn, machine.disk.slowness);
        self.queue.push(ends, run::Happening::World(Happening::SyncEnds { node, life, sync }));
        self.sync_began(node, sync, ends);
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message<S>) {
        if to.index() >= self.machines.len() || to.0 == 0 {
            tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {}: there is no {to}", Shown(&message));
            return;
        }
        // Drawn in any case, so that a cut moves no later draw.
        let drawn = self.world.hosts[from.index()].link_random.next_u64();
        if self.cuts.hold(from, to) {
            self.lost_to_cut(from, to, &message);
            return;
        }
        let happening = |marks, message| run::Happening::World(Happening::Message { from, to, marks, message });
        match self.world.network.send(Link::Nodes { from, to }, self.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, message)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, message.clone()));
                self.queue.push(second.at, happening(second.marks, message));
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks, Actor::Node(from), format_args!("{to} {message:?}"));
            }
        }
    }

    fn reply(&mut self, from: NodeId, to: ClientId, response: Response<S>) {
        if to.0 == 0 || to > self.operator_id() {
            return;
        }
        let drawn = self.world.hosts[from.index()].link_random.next_u64();
        let happening = |marks, response| run::Happening::World(Happening::Response { from, to, marks, response });
        match self.world.network.send(Link::ToClient { node: from, client: to }, self.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, response)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, response.clone()));
                self.queue.push(second.at, happening(second.marks, response));
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks, Actor::Node(from), format_args!("{to} {response:?}"));
            }
        }
    }
}
