//! An engine's half of a run.
//!
//! A [`Run`] decides on faults and judges events; a world makes both real: it carries messages, runs processes and
//! clients, keeps files and fires wake-ups, and knows the types of the system. The run tells the world each change (of
//! the cuts, of a full disk, of a machine's power), and the world reports events to the run, by the methods in
//! `happened.rs` and `typed_events.rs`, in the order in which they happened.

use env::{ClientId, Instant, NodeId, RequestId};

use super::power::Stopping;
use super::{Due, Run, Step};
use crate::disk::Medium;
use crate::net::{Net, UntypedNet};
use crate::plan::Value;
use crate::queue::QueueSize;
use crate::system::{OperatorAction, Start};

/// The operations of clients in a world.
pub type OpOf<W> = <<W as TypedWorld>::Net as Net>::Op;
/// The outputs of their operations.
pub type OutputOf<W> = <<W as TypedWorld>::Net as Net>::Output;
/// The notes of nodes and clients.
pub type NoteOf<W> = <<W as TypedWorld>::Net as Net>::Note;

/// An engine's half of a run, as the run sees it. A change that the world is told of may lead to further events.
pub trait World {
    /// The net that watches the run.
    fn net(&self) -> &dyn UntypedNet;

    /// The net that watches the run, to show it more.
    fn net_mut(&mut self) -> &mut dyn UntypedNet;

    /// Puts an entry of the run's into the queue, at `at`, behind all entries of the same time.
    fn push(&mut self, at: Instant, due: Due);

    /// The size of the queue.
    fn queue_size(&self) -> QueueSize;

    /// Gets ready for the first event.
    fn set_up(&mut self, run: &mut Run<'_>);

    /// The next time at which `advance` has work; `None` if never.
    fn next_at(&self, run: &Run<'_>) -> Option<Instant>;

    /// Goes on by one event, or by as much as this engine does at once.
    ///
    /// # Errors
    /// The reason for which the run ends.
    fn advance(&mut self, run: &mut Run<'_>) -> Step;

    /// Starts the process of a node that is down, from the files of its disk.
    ///
    /// # Errors
    /// The reason for which the run ends.
    fn start(&mut self, run: &mut Run<'_>, node: NodeId, start: Start) -> Step;

    /// The process of this node is gone, and so is all that only a running process has; the run has dealt with its
    /// disk.
    fn stopped(&mut self, run: &mut Run<'_>, node: NodeId, how: Stopping);

    /// Checks that the system can read an operation.
    ///
    /// # Errors
    /// Why it cannot, in one line.
    fn check_operation(&self, operation: &Value) -> Result<(), String>;

    /// Lets a client that has nothing outstanding begin an operation, which a driver has given as a plain value.
    ///
    /// # Errors
    /// The reason for which the run ends.
    ///
    /// # Panics
    /// If the operation does not pass [`check_operation`](World::check_operation).
    fn invoke(&mut self, run: &mut Run<'_>, client: ClientId, operation: &Value) -> Step;

    /// Lets the probe of the calm phase begin its operation, on its try of this number; false if it proves nothing.
    ///
    /// # Errors
    /// The reason for which the run ends.
    fn invoke_probe(&mut self, run: &mut Run<'_>, probe: ClientId, number: u64) -> Result<bool, super::Stop>;

    /// True if the system has a request for `action`, under this id.
    fn can_ask(&self, request: RequestId, action: OperatorAction) -> bool;

    /// Sends a node the operator's request for `action`; `drawn` decides the fate of the request on its way.
    ///
    /// # Panics
    /// If the system has no such request: see [`can_ask`](World::can_ask).
    fn ask(&mut self, run: &mut Run<'_>, request: RequestId, node: NodeId, action: OperatorAction, drawn: u64);

    /// Clients of the workload begin nothing more.
    fn storm_is_over(&mut self);

    /// [`Run::cuts`] have changed.
    fn cuts_change(&mut self, run: &mut Run<'_>);

    /// [`Run::disturbances`] have changed.
    fn disturbances_change(&mut self, run: &Run<'_>);

    /// The clock of this machine was set, or runs at another rate.
    fn clock_changes(&mut self, run: &Run<'_>, node: NodeId);

    /// The process of this node is paused, or goes on.
    fn pause_changes(&mut self, run: &Run<'_>, node: NodeId);

    /// The condition of this node's disk has changed, or the fate of the next syncs on it.
    fn disk_changes(&mut self, run: &Run<'_>, node: NodeId);

    /// The disk of this machine.
    fn disk(&self, node: NodeId) -> &dyn Medium;

    /// The disk of this machine, to change it.
    fn disk_mut(&mut self, node: NodeId) -> &mut dyn Medium;

    /// The clients of the workload that have yet to end, if clients are programs that end by themselves. The calm phase
    /// then demands their end, before anything else, and makes no probe.
    fn clients_left(&self) -> Option<&[ClientId]> {
        None
    }

    /// True if the world knows the files of its nodes, and so the writes that a power loss drops.
    fn sees_files(&self) -> bool {
        true
    }
}

/// A world whose types are known: those of its net are the system's.
pub trait TypedWorld: World + Sized {
    /// The net that watches a run in this world.
    type Net: Net;

    /// The net that watches the run, with its types.
    fn typed_net(&mut self) -> &mut Self::Net;
}
