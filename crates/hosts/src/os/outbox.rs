//! The acts of programs, in order, with the true time of each.

use std::any::Any;
use std::sync::Mutex;

use env::{Instant, NodeId, SyncId};
use sim::world::SyncEnd;
use sim::{Actor, OperatorAction};

use super::lock;
use super::net::Packet;

/// A note, an operation or a completion, of a type that only the system and its world know.
pub(crate) type Word = Box<dyn Any + Send>;

/// One thing that a program did, or that happened to it.
#[derive(Debug)]
pub(crate) enum Report {
    /// A program notes something, in the words of its system.
    Noted { note: Word },
    /// All that the host has noted so far is durable, as it says.
    SaysSynced,
    /// A server has returned.
    Halted { reason: String },
    /// A client begins an operation.
    Invoked { operation: Word },
    /// A program has made a log event.
    Logged { line: String },
    /// Its operation has ended.
    Completed { completion: Word },
    /// A client has let go of its operation, which has ended as `info`.
    LetGo,
    /// A client has returned an error, and is called again.
    ClientFailed { reason: String },
    /// A client has returned for good.
    ClientEnded { reason: Option<String> },
    /// The operator has done what it was asked for, or has failed.
    Operated { node: NodeId, action: OperatorAction, failed: Option<String> },
    /// A packet leaves the host.
    Sent(Packet),
    /// A program has changed its files; so many bytes were written.
    Wrote { digest: u64, bytes: u64, change: String },
    /// A program asks for a sync, which is to end then.
    SyncBegan { sync: SyncId, ends: Instant },
    /// A stalled disk keeps a sync back.
    SyncStalled,
    /// A full disk has refused a write.
    WriteRefused,
    /// A sync has ended; `by_fault` if a fault let it fail.
    SyncEnded { sync: SyncId, end: SyncEnd, by_fault: bool },
    /// A program has read a clock of its host.
    ReadClock,
}

/// The reports of all hosts of a run.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    reports: Mutex<Vec<(Instant, Actor, Report)>>,
}

impl Outbox {
    /// Adds a report. Bytes that leave at one moment on one connection leave as one packet.
    pub(crate) fn put(&self, at: Instant, who: Actor, report: Report) {
        let mut reports = lock(&self.reports);
        let report = match (reports.last_mut(), report) {
            (Some((then, _, Report::Sent(last))), Report::Sent(packet)) if *then == at => match last.join(packet) {
                Some(packet) => Report::Sent(packet),
                None => return,
            },
            (_, report) => report,
        };
        reports.push((at, who, report));
    }

    /// Takes all reports, in order of time; those of one moment as they were made.
    pub(crate) fn take(&self) -> Vec<(Instant, Actor, Report)> {
        let mut reports = std::mem::take(&mut *lock(&self.reports));
        reports.sort_by_key(|(at, _, _)| *at);
        reports
    }
}
