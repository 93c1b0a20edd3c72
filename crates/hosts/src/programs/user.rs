//! The handle of a client.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use env::{ClientId, Completion, Random};
use kv_types::{Operation, Output};
use sim::{Actor, Answer, Note, Op};

use super::host::names;
use super::operations::ClientOperations;
use super::state::{Report, RunState};

/// A client's handle on the run: its operations, the hosts to ask, and the way to report completions. It has one
/// operation outstanding at a time. An operation that it lets go of, by asking for the next or by returning, has ended
/// as `info`.
///
/// As a [`Random`](env::Random) it draws from the client's own stream, which grows from the plan's seed.
///
/// It notes `N`, asks for operations `O`, and is answered `A`.
pub struct User<N, O = Operation, A = Output> {
    id: ClientId,
    is_outstanding: bool,
    state: Arc<RunState>,
    operations: Arc<ClientOperations<O>>,
    words: PhantomData<fn() -> (A, N)>,
}

impl<O: Op + Send, A: Answer + Send, N: Note + Send> User<N, O, A> {
    pub(super) fn new(id: ClientId, state: Arc<RunState>, operations: Arc<ClientOperations<O>>) -> User<N, O, A> {
        User { id, is_outstanding: false, state, operations, words: PhantomData }
    }

    /// The id of this client.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The names of all hosts, in order: `n1`, `n2` and so on, as `turmoil::net` resolves them.
    pub fn nodes(&self) -> Vec<String> {
        names(self.state.nodes).map(|(_, name)| name).collect()
    }

    /// The name of the host that this client is at home on, by the plan: the client asks that host and no other. `None`
    /// if the client may ask any.
    pub fn home(&self) -> Option<String> {
        self.state.home(self.id).map(|node| node.to_string())
    }

    /// How long the plan lets a client wait for an answer before it gives an operation up. Nothing enforces it, and on
    /// turmoil a connection attempt to a host that is down lasts until it is up again, a read from one that has stopped
    /// for ever.
    pub fn timeout(&self) -> Duration {
        self.state.timeout
    }

    /// Pauses as the workload says, then begins its next operation, which counts as invoked; `None` once the storm is
    /// over, or the workload's script.
    pub async fn next(&mut self) -> Option<O> {
        self.let_go();
        let operation = self.operations.next(self.id).await?;
        self.is_outstanding = true;
        self.state.report(Report::Invoked { client: self.id, operation: Box::new(operation.clone()) });
        Some(operation)
    }

    /// The operation has ended with `completion`.
    ///
    /// # Panics
    /// If no operation is outstanding.
    pub fn complete(&mut self, completion: Completion<A>) {
        assert!(self.is_outstanding, "{} completes an operation that it has not begun: {completion:?}", self.id);
        self.is_outstanding = false;
        self.state.report(Report::Completed { client: self.id, completion: Box::new(completion) });
    }

    /// Notes an observation of the client, in the system's own words, for its rule and for the trace.
    pub fn note(&self, note: N) {
        self.state.report(Report::Noted { who: Actor::Client(self.id), note: Box::new(note) });
    }
}

impl<O, A, N> User<N, O, A> {
    fn let_go(&mut self) {
        if self.is_outstanding {
            self.is_outstanding = false;
            self.state.report(Report::LetGo { client: self.id });
        }
    }
}

impl<O, A, N> Drop for User<N, O, A> {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl<O, A, N> Random for User<N, O, A> {
    fn next_u64(&mut self) -> u64 {
        self.state.draw(Actor::Client(self.id))
    }
}

impl<O, A, N> fmt::Debug for User<N, O, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("User").field(&self.id).finish()
    }
}
