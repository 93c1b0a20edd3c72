//! The machine that a node runs on.

use std::collections::VecDeque;

use env::{ClientId, DiskError, Event, NodeId, Process, SyncId};

use crate::alarm::Alarm;
use crate::disk::Disk;
use crate::plan::Plan;
use crate::rng::{Consumer, Stream};

/// The event engine's part of one machine: a process while it runs, the deliveries that it waits for, and its disk.
#[derive(Clone, Debug)]
pub(super) struct Host<P: Process> {
    /// The node, while it runs.
    pub(super) process: Option<P>,
    /// The deliveries that have arrived since it was paused.
    pub(super) held: VecDeque<Delivery<P>>,
    pub(super) alarm: Alarm,
    pub(super) disk: Disk,
    /// Syncs that are due and that a stalled disk keeps back.
    pub(super) syncs_stalled: VecDeque<SyncId>,
    /// The choices of its process.
    pub(super) random: Stream,
    /// The latencies of its messages.
    pub(super) link_random: Stream,
    /// How long its syncs take.
    pub(super) disk_random: Stream,
}

/// An event that is delivered to a node.
#[derive(Clone, Debug)]
pub(crate) enum Delivery<P: Process> {
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
            process: None,
            held: VecDeque::new(),
            alarm: Alarm::default(),
            disk: Disk::new(&plan.disk),
            syncs_stalled: VecDeque::new(),
            random: stream(Consumer::Process(id)),
            link_random: stream(Consumer::NodeLinks(id)),
            disk_random: stream(Consumer::Disk(id)),
        }
    }

    /// Forgets the state that only a running process can have.
    pub(super) fn process_gone(&mut self) {
        self.process = None;
        self.held.clear();
        self.alarm.cancel();
        self.syncs_stalled.clear();
    }
}
