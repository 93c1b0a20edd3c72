//! The machine that a node runs on.

use std::collections::VecDeque;

use env::{ClientId, DiskError, Event, Instant, NodeId, Process, SyncId};

use crate::clock::Clock;
use crate::disk::Disk;
use crate::plan::Plan;
use crate::rng::{Consumer, Stream};

/// One machine: a process while it runs, and all that outlives it.
#[derive(Clone, Debug)]
pub(super) struct Host<P: Process> {
    pub(super) id: NodeId,
    /// The node, while it runs.
    pub(super) process: Option<P>,
    pub(super) condition: Condition,
    /// How often a process stopped here; what belonged to an earlier one is told apart by it.
    pub(super) life: u32,
    /// How many faults keep it down.
    pub(super) holds: u32,
    /// How many faults keep its process from running.
    pub(super) pauses: u32,
    /// What has arrived since it was paused.
    pub(super) held: VecDeque<Delivery<P>>,
    pub(super) alarm: Alarm,
    pub(super) clock: Clock,
    /// Faults of the clock that no event has yet felt.
    pub(super) clock_faults_unread: Vec<usize>,
    pub(super) disk: Disk,
    /// Faults that have flipped a bit of its disk and were not noticed.
    pub(super) bit_flips: Vec<usize>,
    /// Faults that each let one sync fail.
    pub(super) sync_faults: VecDeque<usize>,
    /// A sync has failed in this life: nothing that the process syncs from then on is to be relied upon.
    pub(super) is_tainted: bool,
    /// Syncs whose time has come and that a stalled disk keeps back.
    pub(super) syncs_stalled: VecDeque<SyncId>,
    /// The fault that cuts its power in the middle of its next write.
    pub(super) trap: Option<usize>,
    /// Its process' choices.
    pub(super) random: Stream,
    /// The latencies of what it sends.
    pub(super) link_random: Stream,
    /// How long its syncs take.
    pub(super) disk_random: Stream,
}

/// What a machine is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Nothing was ever durable on it: its next start is its first.
    Blank,
    /// It has been in use.
    Used,
    /// It never comes back: its disk is gone or unreadable.
    Lost,
}

/// What a node is handed.
#[derive(Clone, Debug)]
pub(super) enum Delivery<P: Process> {
    Message { from: NodeId, message: P::Message },
    Request { from: ClientId, request: P::Request },
    Synced(SyncId),
    SyncFailed(SyncId, DiskError),
}

impl<P: Process> Delivery<P> {
    pub(super) fn into_event(self) -> Event<P> {
        match self {
            Delivery::Message { from, message } => Event::Message { from, message },
            Delivery::Request { from, request } => Event::Request { client: from, request },
            Delivery::Synced(sync) => Event::Synced(sync),
            Delivery::SyncFailed(sync, error) => Event::SyncFailed(sync, error),
        }
    }
}

impl<P: Process> Host<P> {
    pub(super) fn new(plan: &Plan, id: NodeId) -> Host<P> {
        let stream = |consumer| Stream::new(plan.seed, consumer);
        Host {
            id,
            process: None,
            condition: Condition::Blank,
            life: 0,
            holds: 0,
            pauses: 0,
            held: VecDeque::new(),
            alarm: Alarm::default(),
            clock: Clock::new(),
            clock_faults_unread: Vec::new(),
            disk: Disk::new(&plan.disk),
            bit_flips: Vec::new(),
            sync_faults: VecDeque::new(),
            is_tainted: false,
            syncs_stalled: VecDeque::new(),
            trap: None,
            random: stream(Consumer::Process(id)),
            link_random: stream(Consumer::NodeLinks(id)),
            disk_random: stream(Consumer::Disk(id)),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// Whether its disk holds what was ever synced to it, for all that is known of it.
    pub(super) fn is_intact(&self) -> bool {
        self.condition != Condition::Lost && !self.disk.is_damaged()
    }

    /// Forgets what only a running process can have.
    pub(super) fn process_gone(&mut self) {
        self.process = None;
        self.life += 1;
        self.pauses = 0;
        self.held.clear();
        self.alarm.cancel();
        self.is_tainted = false;
        self.syncs_stalled.clear();
    }
}

/// The wake-up of a node or a client. There is at most one that counts; the queue may hold others, replaced or put off.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alarm {
    /// When it wants to be woken, by its own clock.
    pub(super) wanted: Option<Instant>,
    /// The true time of the wake-up in the queue that counts.
    queued: Option<Instant>,
    /// Its number.
    ticket: u32,
}

impl Alarm {
    /// To be woken at this true time, as of now. Returns the ticket to queue, unless one that comes up in time is queued
    /// already: a deadline that moves later costs nothing until it would have been due.
    pub(super) fn arm(&mut self, at: Instant) -> Option<u32> {
        if self.queued.is_some_and(|queued| queued <= at) {
            return None;
        }
        self.queued = Some(at);
        self.ticket = self.ticket.wrapping_add(1);
        Some(self.ticket)
    }

    /// A queued wake-up has come up; false if it was replaced.
    pub(super) fn comes_up(&mut self, ticket: u32) -> bool {
        let counts = self.queued.is_some() && self.ticket == ticket;
        if counts {
            self.queued = None;
        }
        counts
    }

    pub(super) fn cancel(&mut self) {
        self.wanted = None;
        self.queued = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_deadline_leaves_the_queue_alone_and_an_earlier_one_replaces() {
        let mut alarm = Alarm::default();
        let first = alarm.arm(Instant(100)).expect("nothing is queued");
        assert_eq!(alarm.arm(Instant(200)), None);
        let earlier = alarm.arm(Instant(50)).expect("the queued one is too late");
        assert!(alarm.comes_up(earlier));
        assert!(!alarm.comes_up(first));
        assert!(alarm.arm(Instant(300)).is_some());
    }

    #[test]
    fn a_cancelled_wake_up_does_not_come_up() {
        let mut alarm = Alarm::default();
        let ticket = alarm.arm(Instant(100)).expect("nothing is queued");
        alarm.cancel();
        assert!(!alarm.comes_up(ticket));
        let next = alarm.arm(Instant(100)).expect("nothing that counts is queued");
        assert!(!alarm.comes_up(ticket) && alarm.comes_up(next));
    }
}
