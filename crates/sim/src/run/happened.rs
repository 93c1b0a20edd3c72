//! The events of a run, reported by its world: each is counted, folded into the digest, traced, and shown to the
//! checkers.
//!
//! Both engines call these methods, in the order of the events. A message is given as itself or by a stand-in.

use std::fmt::{Arguments, Debug};

use env::{ClientId, Completion, Instant, NodeId, RequestId, Shown, SyncId, Traced};

use super::machine::Condition;
use super::world::{NoteOf, OpOf, OutputOf};
use super::{Happening, Run, Step, Stop, World};
use crate::digest::Tag;
use crate::disk::SyncEnd;
use crate::disturbance::Marks;
use crate::net::{Net, Op, Seen};
use crate::rng::split;
use crate::run::reached;
use crate::trace::{Actor, Trace, What};

/// Tells this use of a fault's pick apart from others.
const TRAP: u64 = 0x7472_6170;

impl<T: Trace, W: World> Run<'_, T, W> {
    /// A node is about to be handed a message.
    pub fn message_delivered(&mut self, from: NodeId, to: NodeId, marks: Marks, message: &impl Traced) {
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
        tell!(self, by, What::Dropped, "gives up {frames} frames: {why}");
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
    pub fn sync_began(&mut self, node: NodeId, sync: SyncId, ends: Instant) {
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
            self.queue.push(at, Happening::FaultGoesOn(fault));
        }
    }

    /// A stalled disk keeps a sync back.
    pub fn sync_stalled(&mut self, node: NodeId) {
        self.faults.touch_disk_stall(node);
    }

    /// A sync has ended. If `fault` let it fail, that fault is over.
    pub fn sync_ended(&mut self, node: NodeId, sync: SyncId, end: SyncEnd, fault: Option<usize>) -> Step {
        self.assert_is_up(node);
        if let Some(fault) = fault {
            self.faults.touch(fault);
            self.fault_is_over(fault)?;
        }
        let machine = &mut self.machines[node.index()];
        match end {
            SyncEnd::Durable => {
                machine.condition = Condition::Used;
                if !machine.is_tainted {
                    self.show(Seen::Synced(node, sync))?;
                }
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

    /// A node notes something that it did.
    #[inline]
    pub fn noted(&mut self, node: NodeId, note: &NoteOf<W>) -> Step {
        if !self.is_watched() {
            return Ok(());
        }
        self.digest.fold(note.digest() ^ u64::from(node.0) << 56);
        tell!(self, Actor::Node(node), What::Note, "{}", Shown(note));
        self.calm.something_changed();
        if let Err(violation) = self.net.see(self.moment(), Seen::Noted(node, note)) {
            return self.broken(violation);
        }
        while let Some((node, action)) = self.net.performed() {
            self.operator.performed(node, action, &mut self.faults);
        }
        Ok(())
    }

    /// A client that is a program notes something.
    pub fn client_noted(&mut self, id: ClientId, note: &NoteOf<W>) -> Step {
        self.digest.event(Tag::Note, self.now, 1 << 8 | u64::from(id.0), note.digest());
        tell!(self, Actor::Client(id), What::Note, "{}", Shown(note));
        self.calm.something_changed();
        self.show(Seen::ClientNoted(id, note))
    }

    /// Shows `seen` to the net, unless the outcome is settled: after a violation the net must not be shown more.
    #[inline]
    pub fn show(&mut self, seen: Seen<'_, OpOf<W>, OutputOf<W>, NoteOf<W>>) -> Step {
        if self.is_watched() { Ok(self.net.see(self.moment(), seen)?) } else { Ok(()) }
    }

    /// A client begins an operation. Returns the operation's id.
    pub fn invoked(&mut self, id: ClientId, operation: &OpOf<W>) -> Result<RequestId, Stop> {
        let at = self.moment();
        let client = self.clients.of(id);
        assert!(!client.is_outstanding, "{id} invokes an operation while another is outstanding");
        client.seq += 1;
        client.is_outstanding = true;
        let request = RequestId { client: id, seq: client.seq };
        self.meter.invoked(operation.heap_bytes());
        self.digest.event(Tag::Invocation, self.now, id.0.into(), request.seq);
        self.digest.fold(operation.digest());
        tell!(self, Actor::Client(id), What::Invocation, "{request} {}", Shown(operation));
        self.trace.invoked(at, request, operation);
        self.show(Seen::Invoked(request, operation))?;
        Ok(request)
    }

    /// A client's wake-up is due.
    pub fn client_wakes(&mut self, id: ClientId) {
        self.digest.event(Tag::ClientWake, self.now, id.0.into(), 0);
    }

    /// A client's operation has ended.
    pub fn completed(&mut self, id: ClientId, completion: &Completion<OutputOf<W>>) -> Step {
        let at = self.moment();
        let client = self.clients.of(id);
        assert!(client.is_outstanding, "an operation of {id} ends, and none is outstanding");
        client.is_outstanding = false;
        let request = RequestId { client: id, seq: client.seq };
        self.digest.event(Tag::Completion, self.now, id.0.into(), request.seq);
        self.digest.completion(completion);
        tell!(self, Actor::Client(id), What::Completion, "{request} {}", CompletionText(completion));
        self.trace.completed(at, request, completion);
        self.calm.something_changed();
        self.show(Seen::Completed(request, completion))?;
        if id == self.probe_id() {
            return self.probe_ended(matches!(completion, Completion::Ok(_)));
        }
        let operations = &mut self.stats.operations;
        match completion {
            Completion::Ok(_) => operations.ok += 1,
            Completion::Fail => operations.fail += 1,
            Completion::Info => {
                operations.info += 1;
                self.reached.reach(reached::OPERATION_IN_DOUBT);
            }
        }
        Ok(())
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
            let Run { world, faults, .. } = self;
            world.with_disturbances(|disturbances| {
                for fault in disturbances.marked(marks) {
                    faults.touch(fault);
                }
            });
        }
    }
}

struct CompletionText<'a, A>(&'a Completion<A>);

impl<A: Traced> std::fmt::Display for CompletionText<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Completion::Ok(output) => write!(f, "ok: {}", Shown(output)),
            Completion::Fail => f.write_str("fail: it did not happen"),
            Completion::Info => f.write_str("info: it may have happened"),
        }
    }
}
