//! The events of a run in which no word of the system plays a part, reported by its world: each is counted, folded into
//! the digest, traced, and shown to the net.
//!
//! Both engines call these methods, in the order of the events. A message is given as itself or by a stand-in.

use std::fmt::{Arguments, Debug};

use env::{ClientId, DiskError, Instant, NodeId, Shown, SyncId, Traced};

use super::machine::Condition;
use super::{Due, Run, Step, World};
use crate::digest::Tag;
use crate::disk::SyncEnd;
use crate::disturbance::Marks;
use crate::net::{Fact, Seen};
use crate::rng::split;
use crate::trace::{Actor, What};

/// Tells this use of a fault's pick apart from others.
const TRAP: u64 = 0x7472_6170;

impl Run<'_> {
    /// A node is about to be handed a message. `bytes` gives its size on a wire; it is called if a driver counts bytes.
    pub fn message_delivered(
        &mut self,
        from: NodeId,
        to: NodeId,
        marks: Marks,
        message: &impl Traced,
        bytes: impl FnOnce() -> u64,
    ) {
        self.trace.delivered(bytes);
        self.assert_is_up(to);
        self.touch_marked(marks);
        self.stats.messages += 1;
        self.digest.event(Tag::Message, self.now, to.0.into(), message.digest() ^ u64::from(from.0) << 56);
        tell!(self, Actor::Node(to), What::Message, "<- {from} {}", Shown(message));
    }

    /// A node is about to be handed a request.
    pub fn request_delivered(&mut self, from: ClientId, to: NodeId, marks: Marks, request: &impl Traced) {
        self.assert_is_up(to);
        self.touch_marked(marks);
        self.stats.requests += 1;
        self.digest.event(Tag::Request, self.now, to.0.into(), request.digest() ^ u64::from(from.0) << 40);
        tell!(self, Actor::Node(to), What::Request, "<- {from} {}", Shown(request));
    }

    /// A client or the operator is about to be handed an answer. Answers differ from system to system, so the operator
    /// reads none and goes by the actions of the nodes.
    pub fn response_delivered(&mut self, from: NodeId, to: ClientId, marks: Marks, response: &impl Traced) {
        self.touch_marked(marks);
        self.stats.responses += 1;
        self.digest.event(Tag::Response, self.now, to.0.into(), response.digest() ^ u64::from(from.0) << 56);
        let to = if to == self.operator.id { Actor::Operator } else { Actor::Client(to) };
        tell!(self, to, What::Response, "<- {from} {}", Shown(response));
    }

    /// A message met a cut.
    pub fn lost_to_cut(&mut self, from: NodeId, to: NodeId, message: &impl Debug) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, to.0.into(), from.0.into());
        // To a node that is down it would have been lost anyhow.
        if self.machines[to.index()].is_up {
            self.faults.touch_cuts(from, to);
        }
        tell!(self, Actor::Node(from), What::Dropped, "-/-> {to} {message:?}");
    }

    /// A message, request or answer of `by` was lost on a link, to the faults that these marks name.
    pub fn lost_on_link(&mut self, marks: Marks, by: Actor, lost: Arguments<'_>) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, 0, marks.into());
        self.touch_marked(marks);
        tell!(self, by, What::Dropped, "-/-> {lost}");
    }

    /// A sender has given up frames that it could not deliver.
    pub fn gave_up(&mut self, by: Actor, frames: u64, why: &str) {
        self.stats.dropped += frames;
        self.digest.event(Tag::Dropped, self.now, 0, frames);
        tell!(self, by, What::Dropped, "gives up {frames} frame(s): {why}");
    }

    /// A connection was closed because a frame on it was refused.
    pub fn frame_refused(&mut self, by: Actor, error: &str) {
        self.stats.frames_refused += 1;
        self.digest.event(Tag::Dropped, self.now, 1, 0);
        self.digest.bytes(error.as_bytes());
        tell!(self, by, What::Dropped, "closes a connection: {error}");
    }

    /// A message or a request was lost at a node that is down.
    pub fn lost_at_node(&mut self, to: NodeId, what: Arguments<'_>) {
        self.stats.dropped += 1;
        self.digest.event(Tag::Dropped, self.now, to.0.into(), 0);
        tell!(self, Actor::Node(to), What::Dropped, "is down: {what}");
    }

    /// A node's process is about to be woken.
    pub fn node_wakes(&mut self, node: NodeId) {
        self.assert_runs(node);
        self.digest.event(Tag::Wake, self.now, node.0.into(), 0);
        tell!(self, Actor::Node(node), What::Wake, "wakes");
    }

    /// A node has read its clock.
    pub fn clock_read(&mut self, node: NodeId) {
        let machine = &mut self.machines[node.index()];
        if !machine.clock_faults_unread.is_empty() {
            self.faults.touch_all(std::mem::take(&mut machine.clock_faults_unread));
        }
    }

    /// A pause has kept a due event from a node.
    pub fn held_by_pause(&mut self, node: NodeId) {
        self.faults.touch_pause(node);
    }

    /// A node has changed a file: `digest` stands for the change, which appended so many bytes.
    pub fn wrote(&mut self, node: NodeId, digest: u64, bytes: u64, change: Arguments<'_>) {
        self.digest.fold(digest);
        self.appended(bytes);
        tell!(self, Actor::Node(node), What::Disk, "{change}");
    }

    /// A node has appended so many bytes to its files.
    pub(crate) fn appended(&mut self, bytes: u64) {
        self.stats.disk_bytes += bytes;
        self.meter.moved(bytes);
    }

    /// A node has asked for a sync, which is to end at `ends`.
    pub fn sync_began(&mut self, world: &mut dyn World, node: NodeId, sync: SyncId, ends: Instant) {
        assert!(ends >= self.now, "a sync of {node} ends at {ends}, before it begins");
        if self.machines[node.index()].disk.slowness > 1 {
            self.faults.touch_slow_disk(node);
        }
        self.digest.fold(sync.0 ^ ends.0 << 8);
        tell!(self, Actor::Node(node), What::Disk, "asks for sync {}", sync.0);
        if let Some(fault) = self.machines[node.index()].trap.take() {
            // In the middle of the sync, at a moment that the fault's own randomness decides.
            let share = split(self.schedule[fault].pick, TRAP) % 1_000;
            let at = Instant(self.now.0 + (ends.0 - self.now.0) * share / 1_000);
            world.push(at, Due::FaultGoesOn(fault));
        }
    }

    /// A stalled disk keeps a sync back.
    pub fn sync_stalled(&mut self, node: NodeId) {
        self.faults.touch_disk_stall(node);
    }

    /// A full disk has refused a write.
    pub fn write_refused(&mut self, node: NodeId) {
        self.digest.event(Tag::SyncFailed, self.now, node.0.into(), 0);
        tell!(self, Actor::Node(node), What::Disk, "cannot write: {}", DiskError::Full);
        self.faults.touch_disk_full(node, DiskError::Full);
    }

    /// A node says that all it has noted so far is durable: the net takes its word, unless a sync of its has failed.
    pub fn claims_durability(&mut self, world: &mut dyn World, node: NodeId, claim: SyncId) -> Step {
        self.digest.event(Tag::Sync, self.now, node.0.into(), claim.0);
        if self.machines[node.index()].is_tainted {
            return Ok(());
        }
        self.show(world, Seen::SyncRequested(node, claim))?;
        self.show(world, Seen::Synced(node, claim))
    }

    /// A sync has ended. If `fault` let it fail, that fault is over.
    pub fn sync_ended(
        &mut self,
        world: &mut dyn World,
        node: NodeId,
        sync: SyncId,
        end: SyncEnd,
        fault: Option<usize>,
    ) -> Step {
        if end == SyncEnd::Durable && !self.machines[node.index()].is_tainted {
            self.show(world, Seen::Synced(node, sync))?;
        }
        self.file_sync_ended(world, node, sync, end, fault)
    }

    /// A sync of one file has ended, which makes durable what is in that file, and the net knows of no files. If `fault`
    /// let it fail, that fault is over.
    pub fn file_sync_ended(
        &mut self,
        world: &mut dyn World,
        node: NodeId,
        sync: SyncId,
        end: SyncEnd,
        fault: Option<usize>,
    ) -> Step {
        self.assert_is_up(node);
        if let Some(fault) = fault {
            self.faults.touch(fault);
            self.fault_is_over(world, fault)?;
        }
        let machine = &mut self.machines[node.index()];
        match end {
            SyncEnd::Durable => {
                machine.condition = Condition::Used;
                self.stats.syncs += 1;
                self.digest.event(Tag::Sync, self.now, node.0.into(), sync.0);
                tell!(self, Actor::Node(node), What::Sync, "sync {} is done", sync.0);
            }
            SyncEnd::Failed(error) => {
                machine.is_tainted = true;
                self.digest.event(Tag::SyncFailed, self.now, node.0.into(), sync.0);
                tell!(self, Actor::Node(node), What::Sync, "sync {} failed: {error}", sync.0);
                self.faults.touch_disk_full(node, error);
            }
        }
        Ok(())
    }

    /// A client's wake-up is due.
    pub fn client_wakes(&mut self, id: ClientId) {
        self.digest.event(Tag::ClientWake, self.now, id.0.into(), 0);
    }

    /// A client that is a program has returned an error, and is called again.
    pub fn client_failed(&mut self, id: ClientId, reason: &str) {
        self.digest.event(Tag::Halt, self.now, id.0.into(), 1);
        self.digest.bytes(reason.as_bytes());
        tell!(self, Actor::Client(id), What::Lifecycle, "has returned an error: {reason}");
    }

    /// A client that is a program has returned for good, for this reason if it was not satisfied.
    pub fn client_ended(&mut self, id: ClientId, reason: Option<&str>) {
        self.digest.event(Tag::Halt, self.now, id.0.into(), 2);
        self.digest.bytes(reason.unwrap_or_default().as_bytes());
        self.calm.something_changed();
        tell!(
            self,
            Actor::Client(id),
            What::Lifecycle,
            "has ended{}{}",
            if reason.is_some() { ": " } else { "" },
            reason.unwrap_or_default()
        );
    }

    /// The faults whose marks a delivered or lost message bears are effective.
    pub fn touch_marked(&mut self, marks: Marks) {
        if marks != 0 {
            let Run { disturbances, faults, .. } = self;
            for fault in disturbances.marked(marks) {
                faults.touch(fault);
            }
        }
    }

    /// True if the net may be shown more: no rule is broken yet.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        !self.is_settled() && self.objection.is_none()
    }

    /// Shows `fact` to the net, unless the outcome is settled: after a violation the net must not be shown more.
    ///
    /// # Errors
    /// The rule that it breaks.
    #[inline]
    pub fn show(&mut self, world: &mut dyn World, fact: Fact<'_>) -> Step {
        if self.is_watched() { Ok(world.net_mut().see(self.moment(), fact)?) } else { Ok(()) }
    }

    /// Shows `fact` to the net in the middle of an event; if that breaks a rule, the run ends when the event is over.
    pub(super) fn show_only(&mut self, world: &mut dyn World, fact: Fact<'_>) {
        if self.is_watched()
            && let Err(violation) = world.net_mut().see(self.moment(), fact)
        {
            self.objection.get_or_insert(violation);
        }
    }
}
