//! The client's half of the contract.

use crate::{Instant, NodeId, Random};

/// A client as a state machine: one operation at a time, from [`invoke`](Client::invoke) to one completion.
pub trait Client: Sized {
    /// An operation.
    type Op;
    /// The answer to a successful operation.
    type Output;
    /// A request to a node.
    type Request;
    /// A node's answer to a request.
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

/// The actions that a client asks for after one event.
#[derive(Clone, Debug)]
pub struct ClientEffects<Q, A> {
    /// Requests to send, in order.
    pub sends: Vec<(NodeId, Q)>,
    /// When to call [`Client::wake`]; replaces the wake-up asked for before. `None` keeps that one.
    pub wake_at: Option<Instant>,
    /// How the outstanding operation ended; `None` if it goes on.
    pub completion: Option<Completion<A>>,
}

impl<Q, A> Default for ClientEffects<Q, A> {
    fn default() -> Self {
        ClientEffects { sends: Vec::new(), wake_at: None, completion: None }
    }
}

/// How an operation ended for the client. `Fail` and `Info` are never to be confused. `O` is the answer to a successful
/// operation.
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
