//! What an engine does for a run: it carries messages, runs processes and clients, keeps files and wakes whoever wants
//! it.
//!
//! A [`Run`] decides what goes wrong and judges what happens; a world makes both real. It is told what has changed (who
//! is cut off, which disk is full, that a machine has lost its power) and tells the run what happened, by the methods
//! in `happened.rs`, in the order in which it happened.

use env::{ClientId, Instant, NodeId, RequestId};

use super::power::Stopping;
use super::{Run, Step};
use crate::disk::Medium;
use crate::disturbance::Disturbances;
use crate::net::Net;
use crate::system::{OperatorAction, Start};
use crate::trace::Trace;

/// What clients ask in a world.
pub(crate) type OpOf<W> = <<W as World>::Net as Net>::Op;
/// What they are answered there.
pub(crate) type OutputOf<W> = <<W as World>::Net as Net>::Output;
/// What is noted there.
pub(crate) type NoteOf<W> = <<W as World>::Net as Net>::Note;

/// An engine's half of a run. Most take the whole run, since what they do leads to further events of it.
pub(crate) trait World: Sized {
    /// What watches a run in it.
    type Net: Net;
    /// What it puts into the run's queue, besides what every run has there.
    type Happening;
    /// A request that an operator sends to a node.
    type Request;
    /// The disk of a machine.
    type Disk: Medium;

    /// Whether clients are programs that end by themselves. The calm phase then demands that they do, before anything
    /// else.
    const CLIENTS_END: bool = false;

    /// Gets ready for the first event.
    fn set_up<T: Trace>(run: &mut Run<'_, T, Self>);

    /// When there is next something to go on with; `None` if never.
    fn next_at<T: Trace>(run: &Run<'_, T, Self>) -> Option<Instant>;

    /// Goes on by one event, or by as much as this engine does at once.
    fn advance<T: Trace>(run: &mut Run<'_, T, Self>) -> Step;

    /// Something of its own has come up in the queue.
    fn happen<T: Trace>(run: &mut Run<'_, T, Self>, happening: Self::Happening) -> Step;

    /// Starts the process of a node that is down, from the files of its disk.
    fn start<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, start: Start) -> Step;

    /// The process of this node is gone, and so is all that only a running process has; its disk was seen to already.
    fn stopped<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, how: Stopping);

    /// Lets a client that has nothing outstanding begin this operation.
    fn invoke<T: Trace>(run: &mut Run<'_, T, Self>, client: ClientId, operation: OpOf<Self>) -> Step;

    /// The operation that the probe of the calm phase begins on its try of this number; `None` if it proves nothing.
    fn probe(&self, number: u64) -> Option<OpOf<Self>>;

    /// The request of an operator that asks for `action`; `None` if the system cannot do it.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<Self::Request>;

    /// Sends a request; what happens to it on its way is decided by `drawn`.
    fn send_request<T: Trace>(
        run: &mut Run<'_, T, Self>,
        from: ClientId,
        to: NodeId,
        request: Self::Request,
        drawn: u64,
    );

    /// Clients of the workload begin nothing more.
    fn storm_is_over<T: Trace>(run: &mut Run<'_, T, Self>);

    /// [`Run::cuts`] are others than before.
    fn cuts_change<T: Trace>(run: &mut Run<'_, T, Self>);

    /// The clock of this machine was set, or runs at another rate.
    fn clock_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// The process of this node is paused, or goes on.
    fn pause_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// Something else is wrong with the disk of this node than before, or with the next syncs on it.
    fn disk_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// The faults that disturb messages.
    fn with_disturbances<R>(&mut self, act: impl FnOnce(&mut Disturbances) -> R) -> R;

    /// The disk of this machine.
    fn disk(&self, node: NodeId) -> &Self::Disk;

    /// The disk of this machine, to do something to it.
    fn disk_mut(&mut self, node: NodeId) -> &mut Self::Disk;

    /// The clients of the workload that are yet to end, if they do.
    fn clients_left(&self) -> &[ClientId] {
        &[]
    }
}
