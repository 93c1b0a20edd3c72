//! The machine that a node runs on.

use std::collections::VecDeque;

use env::{ClientId, DiskError, Event, NodeId, Process, SyncId};

use crate::alarm::Alarm;
use crate::disk::Disk;
use crate::plan::Plan;
use crate::rng::{Consumer, Stream};

/// What the event engine keeps of one machine: a process while it runs, what waits for it, and its disk.
#[derive(Clone, Debug)]
pub(super) struct Host<P: Process> {
    /// The node, while it runs.
    pub(super) process: Option<P>,
    /// What has arrived since it was paused.
    pub(super) held: VecDeque<Delivery<P>>,
    pub(super) alarm: Alarm,
    pub(super) disk: Disk,
    /// Syncs whose time has come and that a stalled disk keeps back.
    pub(super) syncs_stalled: VecDeque<SyncId>,
    /// Its process' choices.
    pub(super) random: Stream,
    /// The latencies of what it sends.
    pub(super) link_random: Stream,
    /// How long its syncs take.
    pub(super) disk_random: Stream,
}

/// What a node is handed.
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

    /// Forgets what only a running process can have.
    pub(super) fn process_gone(&mut self) {
        self.process = None;
        self.held.clear();
        self.alarm.cancel();
        self.syncs_stalled.clear();
    }
}
