//! Running the nodes: what reaches them, and what they want done.

use std::mem;

use env::{ClientId, Effects, Event, Fingerprint, Instant, NodeId, Observation, Process, Random, SyncId};

use super::host::{Condition, Delivery};
use super::{Engine, Happening, Step};
use crate::digest::Tag;
use crate::disk::SyncEnd;
use crate::network::{Fate, Link, Marks};
use crate::rng::split;
use crate::system::System;
use crate::trace::{Actor, Trace, What};

type Message<S> = <<S as System>::Process as Process>::Message;
type Request<S> = <<S as System>::Process as Process>::Request;
type Response<S> = <<S as System>::Process as Process>::Response;

impl<S: System, T: Trace> Engine<'_, S, T> {
    pub(super) fn message_arrives(&mut self, from: NodeId, to: NodeId, marks: Marks, message: Message<S>) -> Step {
        if self.network.is_cut(from, to) {
            self.lost_to_cuts(from, to, &message);
            return Ok(());
        }
        if !self.hosts[to.index()].is_up() {
            self.lost_at_node(to, format_args!("{message:?} from {from}"));
            return Ok(());
        }
        self.touch_marked(marks);
        self.stats.messages += 1;
        self.digest.event(Tag::Message, self.now, to.0.into(), message.fingerprint() ^ u64::from(from.0) << 56);
        tell!(self, Actor::Node(to), What::Message, "<- {from} {message:?}");
        self.deliver(to, Delivery::Message { from, message })
    }

    pub(super) fn request_arrives(&mut self, from: ClientId, to: NodeId, marks: Marks, request: Request<S>) -> Step {
        if !self.hosts[to.index()].is_up() {
            self.lost_at_node(to, format_args!("{request:?} from {from}"));
            return Ok(());
        }
        self.touch_marked(marks);
        self.stats.requests += 1;
        self.digest.event(Tag::Request, self.now, to.0.into(), request.fingerprint() ^ u64::from(from.0) << 40);
        tell!(self, Actor::Node(to), What::Request, "<- {from} {request:?}");
        self.deliver(to, Delivery::Request { from, request })
    }

    pub(super) fn deliver_held(&mut self, node: NodeId, life: u32, what: Delivery<S::Process>) -> Step {
        if self.hosts[node.index()].life == life { self.deliver(node, what) } else { Ok(()) }
    }

    /// The oldest sync of a node's disk ends. The disk works on while the process is paused.
    pub(super) fn sync_ends(&mut self, node: NodeId, life: u32, sync: SyncId) -> Step {
        let host = &mut self.hosts[node.index()];
        if host.life != life {
            return Ok(());
        }
        if host.disk.is_stalled {
            host.syncs_stalled.push_back(sync);
            self.faults.touch_disk_stall(node);
            return Ok(());
        }
        let fault = host.sync_faults.pop_front();
        let end = host.disk.end_sync(sync, fault.is_some());
        if let Some(fault) = fault {
            self.faults.touch(fault);
            self.fault_is_over(fault)?;
        }
        match end {
            SyncEnd::Durable => {
                self.stats.syncs += 1;
                self.digest.event(Tag::Sync, self.now, node.0.into(), sync.0);
                tell!(self, Actor::Node(node), What::Sync, "sync {} is done", sync.0);
                let host = &mut self.hosts[node.index()];
                host.condition = Condition::Used;
                if !host.is_tainted {
                    self.checker.synced(node, sync);
                }
                self.deliver(node, Delivery::Synced(sync))
            }
            SyncEnd::Failed(error) => {
                self.hosts[node.index()].is_tainted = true;
                self.digest.event(Tag::SyncFailed, self.now, node.0.into(), sync.0);
                tell!(self, Actor::Node(node), What::Sync, "sync {} failed: {error}", sync.0);
                self.faults.touch_disk_full(node, error);
                self.deliver(node, Delivery::SyncFailed(sync, error))
            }
        }
    }

    /// Whether a queued wake-up is one. If the node has put it off meanwhile, it is queued anew.
    pub(super) fn node_wake_is_due(&mut self, node: NodeId, ticket: u32) -> bool {
        let host = &mut self.hosts[node.index()];
        if !host.alarm.comes_up(ticket) {
            return false;
        }
        if host.pauses > 0 {
            // Taken up when it goes on.
            self.faults.touch_pause(node);
            return false;
        }
        let Some(wanted) = host.alarm.wanted else { return false };
        match host.clock.when(self.now, wanted) {
            Some(due) if due <= self.now => true,
            _ => {
                self.arm_node(node);
                false
            }
        }
    }

    pub(super) fn wake_node(&mut self, node: NodeId) -> Step {
        self.hosts[node.index()].alarm.wanted = None;
        self.digest.event(Tag::Wake, self.now, node.0.into(), 0);
        tell!(self, Actor::Node(node), What::Wake, "wakes");
        self.handle(node, Event::Wake)
    }

    /// Queues the wake-up that a node wants, as its clock goes now.
    pub(super) fn arm_node(&mut self, node: NodeId) {
        let host = &mut self.hosts[node.index()];
        let due = host.alarm.wanted.and_then(|wanted| host.clock.when(self.now, wanted));
        if let Some(due) = due
            && let Some(ticket) = host.alarm.arm(due)
        {
            self.queue.push(due, Happening::NodeWake { node, ticket });
        }
    }

    /// Hands something to a node, at once or when it goes on.
    fn deliver(&mut self, node: NodeId, what: Delivery<S::Process>) -> Step {
        let host = &mut self.hosts[node.index()];
        if host.pauses > 0 {
            host.held.push_back(what);
            self.faults.touch_pause(node);
            return Ok(());
        }
        self.handle(node, what.into_event())
    }

    fn handle(&mut self, node: NodeId, event: Event<S::Process>) -> Step {
        let mut effects = self.scratch.take();
        let host = &mut self.hosts[node.index()];
        let Some(process) = &mut host.process else { unreachable!("{node} is handed an event while it is down") };
        let now = host.clock.read(self.now);
        if !host.clock_faults_unread.is_empty() {
            self.faults.touch_all(mem::take(&mut host.clock_faults_unread));
        }
        self.running = Some(Actor::Node(node));
        process.handle(event, now, &mut host.random, &mut effects);
        self.running = None;
        let step = self.carry_out(node, &mut effects);
        effects.clear();
        self.scratch.put(effects);
        step
    }

    /// Does what a node wants done, in the order of the fields.
    pub(super) fn carry_out(&mut self, node: NodeId, effects: &mut Effects<S::Process>) -> Step {
        if !effects.disk.is_empty() {
            self.write(node, effects);
        }
        if let Some(sync) = effects.sync {
            self.request_sync(node, sync);
        }
        for observation in &effects.observations {
            self.observe(node, observation)?;
        }
        // Only now: the sync covers what the node says here that it has written.
        if let Some(sync) = effects.sync {
            self.checker.sync_requested(node, sync);
        }
        for (to, message) in effects.sends.drain(..) {
            self.send(node, to, message);
        }
        for (to, response) in effects.replies.drain(..) {
            self.reply(node, to, response);
        }
        if let Some(wanted) = effects.wake_at {
            self.hosts[node.index()].alarm.wanted = Some(wanted);
            self.arm_node(node);
        }
        match effects.halt.take() {
            Some(reason) => self.node_halts(node, &reason),
            None => Ok(()),
        }
    }

    fn write(&mut self, node: NodeId, effects: &mut Effects<S::Process>) {
        let disk = &mut self.hosts[node.index()].disk;
        for op in effects.disk.drain(..) {
            self.digest.disk_op(&op);
            if let env::DiskOp::Append { bytes, .. } = &op {
                self.stats.disk_bytes += bytes.len() as u64;
            }
            tell!(self, Actor::Node(node), What::Disk, "{}", DiskOpText(&op));
            disk.write(op);
        }
    }

    fn request_sync(&mut self, node: NodeId, sync: SyncId) {
        let host = &mut self.hosts[node.index()];
        let drawn = host.disk_random.next_u64();
        if host.disk.slowness > 1 {
            self.faults.touch_slow_disk(node);
        }
        let ends = host.disk.sync(sync, self.now, drawn);
        self.digest.fold(sync.0 ^ ends.0 << 8);
        tell!(self, Actor::Node(node), What::Disk, "asks for sync {}", sync.0);
        self.queue.push(ends, Happening::SyncEnds { node, life: host.life, sync });
        if let Some(fault) = host.trap.take() {
            // In the middle of it, at a moment that the fault's own randomness decides.
            let share = split(self.plan.schedule[fault].pick, TRAP) % 1_000;
            let at = Instant(self.now.0 + (ends.0 - self.now.0) * share / 1_000);
            self.queue.push(at, Happening::FaultGoesOn(fault));
        }
    }

    fn observe(&mut self, node: NodeId, observation: &Observation) -> Step {
        self.digest.observation(observation);
        tell!(self, Actor::Node(node), What::Observation, "{observation}");
        // Before the checker, whose view is then still that of before.
        self.watch.observe(self.now, node, observation, self.checker.view(), &self.network);
        self.calm.something_changed();
        match observation {
            Observation::BecameLeader { .. } => {
                self.stats.elections_won += 1;
                self.operator.leads(node, &mut self.faults);
            }
            Observation::TransferStarted { to } => self.operator.hands_over(*to, false),
            Observation::TransferAborted { to } => self.operator.hands_over(*to, true),
            Observation::SnapshotTaken { .. } => self.operator.snapshot_taken(node, &mut self.faults),
            Observation::Committed { entry } => self.stats.commit_index = self.stats.commit_index.max(entry.index.0),
            _ => {}
        }
        self.checker.observe(self.moment(), node, observation)?;
        Ok(())
    }

    fn send(&mut self, from: NodeId, to: NodeId, message: Message<S>) {
        if to.index() >= self.hosts.len() || to.0 == 0 {
            tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {message:?}: there is no {to}");
            return;
        }
        // Drawn in any case, so that a cut moves no later draw.
        let drawn = self.hosts[from.index()].link_random.next_u64();
        if self.network.is_cut(from, to) {
            self.lost_to_cuts(from, to, &message);
            return;
        }
        match self.network.send(Link::Nodes { from, to }, self.now, drawn) {
            Fate::Once(arrival) => {
                self.queue.push(arrival.at, Happening::Message { from, to, marks: arrival.marks, message });
            }
            Fate::Twice(first, second) => {
                let copy = message.clone();
                self.queue.push(first.at, Happening::Message { from, to, marks: first.marks, message });
                self.queue.push(second.at, Happening::Message { from, to, marks: second.marks, message: copy });
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks);
                tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {message:?}");
            }
        }
    }

    fn reply(&mut self, from: NodeId, to: ClientId, response: Response<S>) {
        if to.0 == 0 || to > self.operator.id {
            return;
        }
        let drawn = self.hosts[from.index()].link_random.next_u64();
        match self.network.send(Link::ToClient { node: from, client: to }, self.now, drawn) {
            Fate::Once(arrival) => {
                self.queue.push(arrival.at, Happening::Response { from, to, marks: arrival.marks, response });
            }
            Fate::Twice(first, second) => {
                let copy = response.clone();
                self.queue.push(first.at, Happening::Response { from, to, marks: first.marks, response });
                self.queue.push(second.at, Happening::Response { from, to, marks: second.marks, response: copy });
            }
            Fate::Lost(marks) => {
                self.lost_on_link(marks);
                tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {response:?}");
            }
        }
    }

    /// A message met a cut, when it was sent or when it was to arrive.
    fn lost_to_cuts(&mut self, from: NodeId, to: NodeId, message: &Message<S>) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, to.0.into(), from.0.into());
        // To a node that is down it would have been lost anyhow.
        if self.hosts[to.index()].is_up() {
            self.faults.touch_cuts(from, to);
        }
        tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {message:?}");
    }

    pub(super) fn lost_on_link(&mut self, marks: Marks) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, 0, marks.into());
        self.touch_marked(marks);
    }

    fn lost_at_node(&mut self, to: NodeId, what: std::fmt::Arguments<'_>) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, to.0.into(), 0);
        tell!(self, Actor::Node(to), What::Dropped, "is down: {what}");
    }

    /// The faults that a delivered or lost message bears the marks of have taken effect.
    pub(super) fn touch_marked(&mut self, marks: Marks) {
        if marks != 0 {
            for fault in self.network.marked(marks) {
                self.faults.touch(fault);
            }
        }
    }
}

/// Tells this use of a fault's pick apart from others.
const TRAP: u64 = 0x7472_6170;

/// A change of a file as a trace shows it: without the bytes.
struct DiskOpText<'a>(&'a env::DiskOp);

impl std::fmt::Display for DiskOpText<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            env::DiskOp::Append { file, bytes } => write!(f, "appends {} bytes to {file}", bytes.len()),
            env::DiskOp::Truncate { file, len } => write!(f, "truncates {file} to {len} bytes"),
            env::DiskOp::Rename { from, to } => write!(f, "renames {from} to {to}"),
            env::DiskOp::Remove { file } => write!(f, "removes {file}"),
        }
    }
}
