//! The client's half of the contract.

use crate::{Instant, NodeId, Random};

/// A client as a state machine: one operation at a time, from [`invoke`](Client::invoke) to one completion.
pub trait Client: Sized {
    /// What it is asked to do.
    type Op;
    /// What a successful operation answers.
    type Output;
    /// What it sends to nodes.
    type Request;
    /// What nodes answer.
    type Response;

    /// Starts an operation. Called only when none is outstanding.
    fn invoke(
        &mut self,
        operation: Self::Op,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut ClientEffects<Self::Request, Self::Output>,
    );

    /// An answer has arrived; it may be late, duplicated, or to an operation long completed.
    fn receive(
        &mut self,
        from: NodeId,
        response: Self::Response,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut ClientEffects<Self::Request, Self::Output>,
    );

    /// The wake-up last asked for is due.
    fn wake(&mut self, now: Instant, random: &mut dyn Random, effects: &mut ClientEffects<Self::Request, Self::Output>);
}

/// What a client wants done after one event.
#[derive(Clone, Debug)]
pub struct ClientEffects<Q, A> {
    /// Requests to send, in order.
    pub sends: Vec<(NodeId, Q)>,
    /// When to call [`Client::wake`]; replaces the wake-up asked for before. `None` leaves that as it is.
    pub wake_at: Option<Instant>,
    /// The outstanding operation has ended so.
    pub completion: Option<Completion<A>>,
}

impl<Q, A> Default for ClientEffects<Q, A> {
    fn default() -> Self {
        ClientEffects { sends: Vec::new(), wake_at: None, completion: None }
    }
}

/// How an operation ended for the client. The last two are never to be confused. `O` is what a successful one answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Completion<O> {
    /// It happened, with this answer.
    Ok(O),
    /// It surely did not happen and never will.
    Fail,
    /// It may have happened, may yet happen, or may never.
    Info,
}
