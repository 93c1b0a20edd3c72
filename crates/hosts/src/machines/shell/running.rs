//! A node that runs: its process, and the events that the process waits for.

use std::collections::VecDeque;
use std::mem;
use std::ops::ControlFlow;
use std::rc::Rc;

use env::{DiskOp, Effects, Event, Instant, Networked, Random, SyncId};
use sim::Actor;
use sim::world::{Digest, SyncEnd};

use super::Incoming;
use super::links::Sender;
use super::syncs::Syncs;
use crate::machines::disk::Disk;
use crate::machines::machine::Machine;
use crate::machines::report::Report;
use crate::machines::state::RunState;

/// The process goes on, or has stopped.
pub(super) type Going = ControlFlow<()>;

/// A process and the state that ends with it.
pub(super) struct Running<P: Networked> {
    state: Rc<RunState>,
    machine: Rc<Machine>,
    disk: Disk,
    process: P,
    sender: Sender,
    syncs: Syncs,
    /// Syncs that have ended and that the process has not been told of.
    unheard: VecDeque<(SyncId, SyncEnd)>,
    /// Arrivals that were read and that a pause kept from the process.
    held: VecDeque<Incoming<P>>,
    /// When it wants to be woken, by its own clock.
    wake_at: Option<Instant>,
    /// The true time at which it asked for that. It is woken in a later tick: a process that always wants to be woken
    /// at once must not stop time.
    wake_asked: Instant,
    /// An event was kept from it since it was last paused, and that was reported.
    is_pause_felt: bool,
    /// Filled again and again, to keep its allocations.
    effects: Effects<P>,
}

impl<P: Networked> Running<P> {
    /// A process that has just booted.
    pub(super) fn new(
        state: &Rc<RunState>,
        machine: &Rc<Machine>,
        disk: &Disk,
        process: P,
        sender: Sender,
    ) -> Running<P> {
        Running {
            state: Rc::clone(state),
            machine: Rc::clone(machine),
            disk: disk.clone(),
            process,
            sender,
            syncs: Syncs::default(),
            unheard: VecDeque::new(),
            held: VecDeque::new(),
            wake_at: None,
            wake_asked: Instant::ZERO,
            is_pause_felt: false,
            effects: Effects::default(),
        }
    }

    /// A message or a request has arrived; a paused process is handed it afterwards.
    pub(super) fn arrives(&mut self, incoming: Incoming<P>) -> Going {
        if self.machine.is_paused.get() {
            self.held.push_back(incoming);
            self.held_by_pause();
            return Going::Continue(());
        }
        let to = self.machine.node;
        let (report, event) = match incoming {
            Incoming::Message { from, number, bytes, message } => {
                let (marks, said) = (self.state.take_marks(number), self.state.said(&message));
                (Report::Message { from, to, marks, bytes, said }, Event::Message { from, message })
            }
            Incoming::Request { from, number, request } => {
                let (marks, said) = (self.state.take_marks(number), self.state.said(&request));
                (Report::Request { from, to, marks, said }, Event::Request { client: from, request })
            }
        };
        self.handle(Some(report), event)
    }

    /// Ends the syncs that are due, lets go of the frames that were kept beside their connection until now, and hands
    /// the process, unless it is paused, the ended syncs and the held arrivals.
    pub(super) fn catch_up(&mut self) -> Going {
        self.sender.release();
        while let Some(ended) = self.syncs.end_next(&self.state, &self.machine, &self.disk) {
            self.unheard.push_back(ended);
        }
        if self.machine.is_paused.get() {
            if !self.unheard.is_empty() {
                self.held_by_pause();
            }
            return Going::Continue(());
        }
        self.is_pause_felt = false;
        while let Some((sync, end)) = self.unheard.pop_front() {
            let event = match end {
                SyncEnd::Durable => Event::Synced(sync),
                SyncEnd::Failed(error) => Event::SyncFailed(sync, error),
            };
            self.handle(None, event)?;
        }
        while let Some(incoming) = self.held.pop_front() {
            self.arrives(incoming)?;
        }
        Going::Continue(())
    }

    /// Wakes the process if it wants to be woken by now.
    pub(super) fn wake_if_due(&mut self) -> Going {
        if self.wake_due().is_none_or(|due| due > self.state.now.get()) {
            return Going::Continue(());
        }
        if self.machine.is_paused.get() {
            self.held_by_pause();
            return Going::Continue(());
        }
        self.wake_at = None;
        self.handle(Some(Report::Woke { node: self.machine.node }), Event::Wake)
    }

    fn held_by_pause(&mut self) {
        if !mem::replace(&mut self.is_pause_felt, true) {
            self.state.report(Report::HeldByPause { node: self.machine.node });
        }
    }

    /// The next time at which an event is due by the clock alone; `None` if never.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let wake = self.wake_due().filter(|_| !self.is_pause_felt);
        [wake, self.syncs.next_due(&self.machine), self.sender.next_due()].into_iter().flatten().min()
    }

    /// The true time at which it is to be woken, as its clock goes now.
    fn wake_due(&self) -> Option<Instant> {
        let due = self.machine.clock.borrow().when(self.state.now.get(), self.wake_at?)?;
        Some(due.max(Instant(self.wake_asked.0 + 1)))
    }

    /// Hands an event to the process, having reported it, and carries out the effects.
    fn handle(&mut self, report: Option<Report>, event: Event<P>) -> Going {
        let now = self.machine.read_clock(&self.state);
        if let Some(report) = report {
            self.state.report(report);
        }
        let mut effects = mem::take(&mut self.effects);
        let handled = self.state.code_under_test(Actor::Node(self.machine.node), || {
            let random = &mut *self.machine.random.borrow_mut();
            self.process.handle(event, now, random, &mut effects);
        });
        if let Err(message) = handled {
            self.state.report(Report::Panicked { who: Actor::Node(self.machine.node), message });
            return Going::Break(());
        }
        let going = self.carry_out(&mut effects);
        effects.clear();
        self.effects = effects;
        going
    }

    /// Carries out the effects of the process, in the order of the fields.
    pub(super) fn carry_out(&mut self, effects: &mut Effects<P>) -> Going {
        let (node, now) = (self.machine.node, self.state.now.get());
        for op in effects.disk.drain(..) {
            self.write(&op);
        }
        if let Some(sync) = effects.sync {
            self.request_sync(sync);
        }
        for note in effects.notes.drain(..) {
            self.state.report(Report::Noted { node, note: Rc::new(note) });
        }
        // Not before the notes: the sync covers the writes that they report.
        if let Some(sync) = effects.sync {
            self.state.report(Report::SyncRequested { node, sync });
        }
        let sent = self.state.code_under_test(Actor::Node(node), || {
            for (to, message) in effects.sends.drain(..) {
                self.sender.send(to, &message);
            }
            for (to, response) in effects.replies.drain(..) {
                self.sender.reply(to, &response);
            }
        });
        if let Err(message) = sent {
            self.state.report(Report::Panicked { who: Actor::Node(node), message });
            return Going::Break(());
        }
        if let Some(wake_at) = effects.wake_at {
            self.wake_at = Some(wake_at);
            self.wake_asked = now;
        }
        match effects.halt.take() {
            Some(reason) => {
                self.state.report(Report::Halted { node, reason });
                Going::Break(())
            }
            None => Going::Continue(()),
        }
    }

    fn write(&self, op: &DiskOp) {
        let mut digest = Digest::empty();
        digest.disk_op(op);
        let bytes = if let DiskOp::Append { bytes, .. } = op { bytes.len() as u64 } else { 0 };
        let text = self.state.is_recorded.then(|| op.to_string());
        self.state.report(Report::Wrote { node: self.machine.node, digest: digest.value(), bytes, text });
        self.disk.write(op);
    }

    fn request_sync(&mut self, sync: SyncId) {
        let now = self.state.now.get();
        let drawn = self.machine.disk_random.borrow_mut().next_u64();
        let latency = self.disk.sync_latency(drawn, self.machine.disk_slowness.get());
        self.disk.begin_sync(sync);
        let ends = self.syncs.begin(sync, now, now + latency);
        self.state.report(Report::SyncBegan { node: self.machine.node, sync, ends });
    }
}
