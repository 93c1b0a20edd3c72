//! A run's count of its resources, and the event at which they are looked at next.
//!
//! Each event compares one number only: `look_at` is the event at which anything can be due, be it the plan's
//! `events_max`, a limit, or the next weighing of the run. So bounds cost nothing.

use super::{Run, Step, Stop, World};
use crate::bounds::{Bounds, EVENTS_A_TICK, Exceeded, Held};

/// A run is weighed after so many events,
const EVENTS_BETWEEN_LOOKS: u64 = 4_096;
/// or after so many bytes were written to disks or invoked, if that is sooner.
const BYTES_BETWEEN_LOOKS: u64 = 4 << 20;

/// A run's own count of its resources.
#[derive(Clone, Debug)]
pub(crate) struct Meter<'a> {
    bounds: Bounds<'a>,
    /// The event at which the run is looked at next.
    look_at: u64,
    /// The event at which its resources are weighed next.
    weigh_at: u64,
    ticks: u64,
    operations: u64,
    /// The keys and values of all operations.
    operation_bytes: u64,
    /// Bytes that were moved since the last weighing.
    bytes_unseen: u64,
}

/// A reason that lies outside a run, and ends it.
#[derive(Clone, Copy, Debug)]
pub enum CutBy {
    /// A limit.
    Exceeded(Exceeded),
    /// The deadline of the caller.
    Deadline,
}

impl<'a> Meter<'a> {
    pub(super) fn new(bounds: Bounds<'a>) -> Meter<'a> {
        // The first event is looked at, and decides which is the next.
        Meter { bounds, look_at: 0, weigh_at: 0, ticks: 0, operations: 0, operation_bytes: 0, bytes_unseen: 0 }
    }

    /// True if something may be due at this event.
    pub(super) fn is_due(&self, event: u64) -> bool {
        event >= self.look_at
    }

    /// So many bytes were moved.
    pub(super) fn moved(&mut self, bytes: u64) {
        self.bytes_unseen += bytes;
        if self.bytes_unseen >= BYTES_BETWEEN_LOOKS {
            self.weigh_soon();
        }
    }

    /// A client begins an operation of so many bytes.
    pub(super) fn invoked(&mut self, bytes: u64) {
        self.operations += 1;
        self.operation_bytes += bytes;
        if self.operations > self.bounds.limits.operations {
            self.weigh_soon();
        }
        self.moved(bytes);
    }

    /// Weighs the run at the next event.
    fn weigh_soon(&mut self) {
        (self.look_at, self.weigh_at) = (0, 0);
    }

    fn is_to_be_weighed(&mut self, event: u64) -> bool {
        if self.bounds.trail.is_some() {
            // Every event leaves its mark on the trail.
            self.look_at = event + 1;
        }
        event >= self.weigh_at
    }

    fn weighed(&mut self, event: u64, events_max: u64) {
        let limit = self.bounds.limits.events.min(events_max).saturating_add(1);
        self.weigh_at = limit.min(event + EVENTS_BETWEEN_LOOKS);
        self.look_at = if self.bounds.trail.is_some() { event + 1 } else { self.weigh_at };
        self.bytes_unseen = 0;
    }
}

impl Run<'_> {
    /// Time has gone on by a tick, whether anything happened in it or not.
    ///
    /// # Errors
    /// The run has taken too much, or is to stop.
    pub fn count_tick(&mut self, world: &dyn World) -> Step {
        const TICKS_BETWEEN_LOOKS: u64 = EVENTS_BETWEEN_LOOKS / (8 * EVENTS_A_TICK);
        self.meter.ticks += 1;
        if self.meter.ticks.is_multiple_of(TICKS_BETWEEN_LOOKS) { self.weigh(world) } else { Ok(()) }
    }

    /// Looks whether the run is to go on with the event that has just been counted.
    #[cold]
    #[inline(never)]
    pub(super) fn look(&mut self, world: &dyn World) -> Step {
        let (events, events_max) = (self.stats.events, self.plan.events_max);
        if let Some(trail) = self.meter.bounds.trail {
            trail.mark(events, self.digest.value());
        }
        if events > events_max {
            return Err(Stop::Stalled(format!("more than {events_max} events in {}", self.now)));
        }
        if self.meter.is_to_be_weighed(events) { self.weigh(world) } else { Ok(()) }
    }

    /// Weighs the resources that the run has taken, and decides whether it goes on.
    fn weigh(&mut self, world: &dyn World) -> Step {
        self.meter.weighed(self.stats.events, self.plan.events_max);
        match self.exceeded(world) {
            Some(exceeded) => Err(Stop::Cut(CutBy::Exceeded(exceeded))),
            None if self.meter.bounds.deadline.is_over() => Err(Stop::Cut(CutBy::Deadline)),
            None => Ok(()),
        }
    }

    /// The limit that the run exceeds by now.
    fn exceeded(&self, world: &dyn World) -> Option<Exceeded> {
        let (limits, at) = (&self.meter.bounds.limits, self.moment());
        if self.stats.events + EVENTS_A_TICK * self.meter.ticks > limits.events {
            return Some(Exceeded::Events { limit: limits.events, at });
        }
        if self.meter.operations > limits.operations {
            return Some(Exceeded::Operations { limit: limits.operations, at });
        }
        let held = self.held(world);
        (held.total() > limits.heap).then_some(Exceeded::Heap { limit: limits.heap, held, at })
    }

    /// The bytes that the run holds, as far as it knows.
    pub(super) fn held(&self, world: &dyn World) -> Held {
        Held {
            disks: self.machines.iter().map(|machine| world.disk(machine.id).held_bytes()).sum(),
            operations: self.meter.operation_bytes,
            queue: world.queue_size().bytes,
        }
    }
}
