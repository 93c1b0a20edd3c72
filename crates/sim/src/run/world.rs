//! An engine's duties to a run: it carries messages, runs processes and clients, keeps files and fires wake-ups.
//!
//! A [`Run`] decides on faults and judges events; a world makes both real. The run tells the world each change (of the
//! cuts, of a full disk, of a machine's power), and the world reports events to the run, by the methods in
//! `happened.rs`, in the order in which they happened.

use env::{ClientId, Instant, NodeId, RequestId};

use super::power::Stopping;
use super::{Run, Step};
use crate::disk::Medium;
use crate::disturbance::Disturbances;
use crate::net::Net;
use crate::system::{OperatorAction, Start};
use crate::trace::Trace;

/// The operations of clients in a world.
pub type OpOf<W> = <<W as World>::Net as Net>::Op;
/// The outputs of their operations.
pub type OutputOf<W> = <<W as World>::Net as Net>::Output;
/// The notes of nodes and clients.
pub type NoteOf<W> = <<W as World>::Net as Net>::Note;

/// An engine's half of a run. Most methods take the whole run, since they lead to further events of it.
pub trait World: Sized {
    /// The net that watches a run in this world.
    type Net: Net;
    /// The world's own entries in the run's queue.
    type Happening;
    /// A request that an operator sends to a node.
    type Request;
    /// The disk of a machine.
    type Disk: Medium;

    /// Whether clients are programs that end by themselves. The calm phase then demands their end, before anything
    /// else.
    const CLIENTS_END: bool = false;

    /// True if the world knows the files of its nodes, and so the writes that a power loss drops.
    const SEES_FILES: bool = true;

    /// Gets ready for the first event.
    fn set_up<T: Trace>(run: &mut Run<'_, T, Self>);

    /// The next time at which `advance` has work; `None` if never.
    fn next_at<T: Trace>(run: &Run<'_, T, Self>) -> Option<Instant>;

    /// Goes on by one event, or by as much as this engine does at once.
    fn advance<T: Trace>(run: &mut Run<'_, T, Self>) -> Step;

    /// An entry of its own in the queue is due.
    fn happen<T: Trace>(run: &mut Run<'_, T, Self>, happening: Self::Happening) -> Step;

    /// Starts the process of a node that is down, from the files of its disk.
    fn start<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, start: Start) -> Step;

    /// The process of this node is gone, and so is all that only a running process has; the run has dealt with its
    /// disk.
    fn stopped<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId, how: Stopping);

    /// Lets a client that has nothing outstanding begin this operation.
    fn invoke<T: Trace>(run: &mut Run<'_, T, Self>, client: ClientId, operation: OpOf<Self>) -> Step;

    /// The operation that the probe of the calm phase begins on its try of this number; `None` if it proves nothing.
    fn probe(&self, number: u64) -> Option<OpOf<Self>>;

    /// The request of an operator that asks for `action`; `None` if the system cannot do it.
    fn operator_request(&self, from: RequestId, action: OperatorAction) -> Option<Self::Request>;

    /// Sends a request; `drawn` decides its fate on the way.
    fn send_request<T: Trace>(
        run: &mut Run<'_, T, Self>,
        from: ClientId,
        to: NodeId,
        request: Self::Request,
        drawn: u64,
    );

    /// Clients of the workload begin nothing more.
    fn storm_is_over<T: Trace>(run: &mut Run<'_, T, Self>);

    /// [`Run::cuts`] have changed.
    fn cuts_change<T: Trace>(run: &mut Run<'_, T, Self>);

    /// The clock of this machine was set, or runs at another rate.
    fn clock_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// The process of this node is paused, or goes on.
    fn pause_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// The condition of this node's disk has changed, or the fate of the next syncs on it.
    fn disk_changes<T: Trace>(run: &mut Run<'_, T, Self>, node: NodeId);

    /// The faults that disturb messages.
    fn with_disturbances<R>(&mut self, act: impl FnOnce(&mut Disturbances) -> R) -> R;

    /// The disk of this machine.
    fn disk(&self, node: NodeId) -> &Self::Disk;

    /// The disk of this machine, to change it.
    fn disk_mut(&mut self, node: NodeId) -> &mut Self::Disk;

    /// The clients of the workload that have yet to end; none where clients do not end.
    fn clients_left(&self) -> &[ClientId] {
        &[]
    }
}
