//! Running the nodes: the events that reach them, and the effects that they want.

use env::{ClientId, Effects, Event, NodeId, Process, Random, Shown, SyncId};

use super::host::Delivery;
use super::network::Fate;
use super::{EventWorld, Happening};
use crate::disk::SyncEnd;
use crate::disturbance::{Link, Marks};
use crate::net::Seen;
use crate::run::{Run, Step, tell};
use crate::settings::settings_of;
use crate::system::{Boot, Start, System};
use crate::trace::{Actor, What};

pub(super) type Message<S> = <<S as System>::Process as Process>::Message;
type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

impl<S: System> EventWorld<'_, S> {
    pub(super) fn message_arrives(
        &mut self,
        run: &mut Run<'_>,
        from: NodeId,
        to: NodeId,
        marks: Marks,
        message: Message<S>,
    ) -> Step {
        if run.cuts.hold(from, to) {
            run.lost_to_cut(from, to, &message);
            return Ok(());
        }
        if !run.machines[to.index()].is_up {
            run.lost_at_node(to, format_args!("{message:?} from {from}"));
            return Ok(());
        }
        let wire_bytes = self.wire_bytes;
        run.message_delivered(from, to, marks, &message, || wire_bytes.map_or(0, |bytes| bytes(&message)));
        self.deliver(run, to, Delivery::Message { from, message })
    }

    pub(super) fn request_arrives(
        &mut self,
        run: &mut Run<'_>,
        from: ClientId,
        to: NodeId,
        marks: Marks,
        request: Request<S>,
    ) -> Step {
        if !run.machines[to.index()].is_up {
            run.lost_at_node(to, format_args!("{request:?} from {from}"));
            return Ok(());
        }
        run.request_delivered(from, to, marks, &request);
        self.deliver(run, to, Delivery::Request { from, request })
    }

    pub(super) fn deliver_held(
        &mut self,
        run: &mut Run<'_>,
        node: NodeId,
        life: u32,
        what: Delivery<S::Process>,
    ) -> Step {
        if run.machines[node.index()].life == life { self.deliver(run, node, what) } else { Ok(()) }
    }

    /// A process goes on: it gets the events that have arrived meanwhile, in order, and its wake-up if that is due.
    pub(super) fn hand_over_held(&mut self, run: &Run<'_>, node: NodeId) {
        let life = run.machines[node.index()].life;
        for what in self.hosts[node.index()].held.drain(..) {
            self.queue.push(run.now, Happening::Deliver { node, life, what });
        }
        self.arm_node(run, node);
    }

    /// A disk that is no longer stalled ends the syncs that it kept back.
    pub(super) fn disk_goes_on(&mut self, run: &Run<'_>, node: NodeId) {
        let machine = &run.machines[node.index()];
        if machine.disk.is_stalled {
            return;
        }
        for sync in self.hosts[node.index()].syncs_stalled.drain(..) {
            let ends = Happening::SyncEnds { node, life: machine.life, sync };
            self.queue.push(run.now, ends);
        }
    }

    pub(super) fn boot(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step {
        let mut effects = self.scratch.take();
        let now = run.machines[node.index()].clock.read(run.now);
        let host = &mut self.hosts[node.index()];
        let (files, random) = (host.disk.files(), &mut host.random);
        let (cluster, settings) = (&run.plan.cluster, &settings_of(run.plan));
        let boot = Boot { cluster, settings, node, start, disk: &files, now, random, effects: &mut effects };
        let booted = run.code_under_test(Actor::Node(node), || self.system.boot(boot));
        let step = match booted {
            Ok(process) => {
                host.process = Some(process);
                run.booted(self, node, start);
                self.carry_out(run, node, &mut effects)
            }
            Err(reason) => run.boot_refused(self, node, &reason.to_string()),
        };
        effects.clear();
        self.scratch.put(effects);
        step
    }

    /// The oldest sync of a node's disk ends. The disk works on while the process is paused.
    pub(super) fn sync_ends(&mut self, run: &mut Run<'_>, node: NodeId, life: u32, sync: SyncId) -> Step {
        let machine = &mut run.machines[node.index()];
        if machine.life != life {
            return Ok(());
        }
        let host = &mut self.hosts[node.index()];
        if machine.disk.is_stalled {
            host.syncs_stalled.push_back(sync);
            run.sync_stalled(node);
            return Ok(());
        }
        let fault = machine.sync_faults.pop_front();
        let end = host.disk.end_sync(sync, fault.is_some(), machine.disk.is_full);
        run.sync_ended(self, node, sync, end, fault)?;
        match end {
            SyncEnd::Durable => self.deliver(run, node, Delivery::Synced(sync)),
            SyncEnd::Failed(error) => self.deliver(run, node, Delivery::SyncFailed(sync, error)),
        }
    }

    /// True if a queued wake-up is due. If the node has put it off meanwhile, it is queued anew.
    pub(super) fn node_wake_is_due(&mut self, run: &mut Run<'_>, node: NodeId, ticket: u32) -> bool {
        let alarm = &mut self.hosts[node.index()].alarm;
        if !alarm.comes_up(ticket) {
            return false;
        }
        let machine = &run.machines[node.index()];
        if machine.pauses > 0 {
            // The wake-up is taken up when the node goes on.
            run.held_by_pause(node);
            return false;
        }
        let Some(wanted) = alarm.wanted else { return false };
        match machine.clock.when(run.now, wanted) {
            Some(due) if due <= run.now => true,
            _ => {
                self.arm_node(run, node);
                false
            }
        }
    }

    pub(super) fn wake_node(&mut self, run: &mut Run<'_>, node: NodeId) -> Step {
        self.hosts[node.index()].alarm.wanted = None;
        run.node_wakes(node);
        self.handle(run, node, Event::Wake)
    }

    /// Queues the wake-up that a node wants, as its clock goes now.
    pub(super) fn arm_node(&mut self, run: &Run<'_>, node: NodeId) {
        let alarm = &mut self.hosts[node.index()].alarm;
        let clock = &run.machines[node.index()].clock;
        let due = alarm.wanted.and_then(|wanted| clock.when(run.now, wanted));
        if let Some(due) = due
            && let Some(ticket) = alarm.arm(due)
        {
            self.queue.push(due, Happening::NodeWake { node, ticket });
        }
    }

    /// Hands a delivery to a node, at once or when the node goes on.
    fn deliver(&mut self, run: &mut Run<'_>, node: NodeId, what: Delivery<S::Process>) -> Step {
        if run.machines[node.index()].pauses > 0 {
            self.hosts[node.index()].held.push_back(what);
            run.held_by_pause(node);
            return Ok(());
        }
        self.handle(run, node, what.into_event())
    }

    fn handle(&mut self, run: &mut Run<'_>, node: NodeId, event: Event<S::Process>) -> Step {
        run.assert_runs(node);
        let mut effects = self.scratch.take();
        run.clock_read(node);
        let now = run.machines[node.index()].clock.read(run.now);
        let host = &mut self.hosts[node.index()];
        let Some(process) = &mut host.process else { unreachable!("{node} is handed an event while it is down") };
        run.code_under_test(Actor::Node(node), || process.handle(event, now, &mut host.random, &mut effects));
        let step = self.carry_out(run, node, &mut effects);
        effects.clear();
        self.scratch.put(effects);
        step
    }

    /// Carries out the effects of a node, in the order of the fields.
    fn carry_out(&mut self, run: &mut Run<'_>, node: NodeId, effects: &mut Effects<S::Process>) -> Step {
        if !effects.disk.is_empty() {
            self.write(run, node, effects);
        }
        if let Some(sync) = effects.sync {
            self.request_sync(run, node, sync);
        }
        for note in &effects.notes {
            run.noted(self, node, note)?;
        }
        // Not before the notes: the sync covers the writes that they report.
        if let Some(sync) = effects.sync {
            run.show(self, Seen::SyncRequested(node, sync))?;
        }
        for (to, message) in effects.sends.drain(..) {
            self.send(run, node, to, message);
        }
        for (to, response) in effects.replies.drain(..) {
            self.reply(run, node, to, response);
        }
        if let Some(wanted) = effects.wake_at {
            self.hosts[node.index()].alarm.wanted = Some(wanted);
            self.arm_node(run, node);
        }
        match effects.halt.take() {
            Some(reason) => run.node_halts(self, node, &reason),
            None => Ok(()),
        }
    }

    fn write(&mut self, run: &mut Run<'_>, node: NodeId, effects: &mut Effects<S::Process>) {
        for op in effects.disk.drain(..) {
            run.digest.disk_op(&op);
            if let env::DiskOp::Append { bytes, .. } = &op {
                run.appended(bytes.len() as u64);
            }
            tell!(run, Actor::Node(node), What::Disk, "{op}");
            self.hosts[node.index()].disk.write(op);
        }
    }

    fn request_sync(&mut self, run: &mut Run<'_>, node: NodeId, sync: SyncId) {
        let machine = &run.machines[node.index()];
        let life = machine.life;
        let host = &mut self.hosts[node.index()];
        let drawn = host.disk_random.next_u64();
        let ends = host.disk.sync(sync, run.now, drawn, machine.disk.slowness);
        self.queue.push(ends, Happening::SyncEnds { node, life, sync });
        run.sync_began(self, node, sync, ends);
    }

    fn send(&mut self, run: &mut Run<'_>, from: NodeId, to: NodeId, message: Message<S>) {
        if to.index() >= run.machines.len() || to.0 == 0 {
            tell!(run, Actor::Node(from), What::Dropped, "-/-> {to} {}: there is no {to}", Shown(&message));
            return;
        }
        // Drawn in any case, so that a cut moves no later draw.
        let drawn = self.hosts[from.index()].link_random.next_u64();
        if run.cuts.hold(from, to) {
            run.lost_to_cut(from, to, &message);
            return;
        }
        let happening = |marks, message| Happening::Message { from, to, marks, message };
        match self.network.send(&run.disturbances, Link::Nodes { from, to }, run.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, message)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, message.clone()));
                self.queue.push(second.at, happening(second.marks, message));
            }
            Fate::Lost(marks) => {
                run.lost_on_link(marks, Actor::Node(from), format_args!("{to} {message:?}"));
            }
        }
    }

    fn reply(&mut self, run: &mut Run<'_>, from: NodeId, to: ClientId, response: Response<S>) {
        if to.0 == 0 || to > run.operator_id() {
            return;
        }
        let drawn = self.hosts[from.index()].link_random.next_u64();
        let happening = |marks, response| Happening::Response { from, to, marks, response };
        match self.network.send(&run.disturbances, Link::ToClient { node: from, client: to }, run.now, drawn) {
            Fate::Once(arrival) => self.queue.push(arrival.at, happening(arrival.marks, response)),
            Fate::Twice(first, second) => {
                self.queue.push(first.at, happening(first.marks, response.clone()));
                self.queue.push(second.at, happening(second.marks, response));
            }
            Fate::Lost(marks) => {
                run.lost_on_link(marks, Actor::Node(from), format_args!("{to} {response:?}"));
            }
        }
    }
}
