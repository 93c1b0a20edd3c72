//! The handle of a client.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use env::{ClientId, Completion, Random, RequestId};
use kv_types::{Operation, Output};
use sim::{Actor, Answer, Note, Op, Plan};

use super::host::names;
use super::operations::ClientOperations;
use super::state::RunState;
use crate::os::{Kernel, Life, Report};

/// A client's handle on the run: its operations, the hosts to ask, and the way to report completions. It has one
/// operation outstanding at a time. An operation that it lets go of, by asking for the next or by returning, has ended
/// as `info`.
///
/// As a [`Random`](env::Random) it draws from the client's own stream, which grows from the plan's seed.
///
/// It notes `N`, asks for operations `O`, and is answered `A`.
pub struct User<N, O = Operation, A = Output> {
    id: ClientId,
    outstanding: Option<RequestId>,
    state: Arc<RunState>,
    life: Life,
    /// The number of this call of the client: the handle of an earlier one is of no use.
    call: u64,
    operations: Arc<ClientOperations<O>>,
    words: PhantomData<fn() -> (A, N)>,
}

impl<O: Op + Send, A: Answer + Send, N: Note + Send> User<N, O, A> {
    pub(super) fn new(
        id: ClientId,
        state: Arc<RunState>,
        kernel: Arc<Kernel>,
        operations: Arc<ClientOperations<O>>,
    ) -> User<N, O, A> {
        let (life, call) = (Life::of(kernel), state.next_call(id));
        User { id, outstanding: None, state, life, call, operations, words: PhantomData }
    }

    /// The id of this client.
    pub fn id(&self) -> ClientId {
        self.id
    }

    /// The names of all hosts, in order: `n1`, `n2` and so on, as [`net`](crate::net) resolves them.
    pub fn nodes(&self) -> Vec<String> {
        names(self.state.plan.cluster.nodes).map(|(_, name)| name).collect()
    }

    /// The name of the host that this client is at home on, by the plan: the client asks that host and no other. `None`
    /// if the client may ask any.
    pub fn home(&self) -> Option<String> {
        self.state.home(self.id).map(|node| node.to_string())
    }

    /// How long the plan lets a client wait for an answer before it gives an operation up. Nothing enforces it, and
    /// a connection attempt that nobody answers lasts for minutes, a read from a machine that has lost its power until it
    /// is up again.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.state.plan.workload.timeout_ms)
    }

    /// Pauses as the workload says, then begins its next operation, which counts as invoked; `None` once the storm is
    /// over, or the workload's script.
    pub async fn next(&mut self) -> Option<O> {
        self.let_go();
        let operation = self.operations.next(self.id).await.filter(|_| self.is_current())?;
        self.outstanding = Some(self.state.begin(self.id));
        self.report(Report::Invoked { operation: Box::new(operation.clone()) });
        Some(operation)
    }

    /// The operation has ended with `completion`.
    ///
    /// # Panics
    /// If no operation is outstanding.
    pub fn complete(&mut self, completion: Completion<A>) {
        let outstanding = self.outstanding.take();
        assert!(outstanding.is_some(), "{} completes an operation that it has not begun: {completion:?}", self.id);
        self.report(Report::Completed { completion: Box::new(completion) });
    }

    /// The id of its outstanding operation, the same as in the trace and in the history: a client that tries an operation
    /// again may send it, so that servers tell the tries of one operation from other operations.
    pub fn request_id(&self) -> Option<RequestId> {
        self.outstanding
    }

    /// The plan of the run.
    pub fn plan(&self) -> &Plan {
        &self.state.plan
    }

    /// Notes an observation of the client, in the system's own words, for its rule and for the trace.
    pub fn note(&self, note: N) {
        self.report(Report::Noted { note: Box::new(note) });
    }
}

impl<O, A, N> User<N, O, A> {
    fn let_go(&mut self) {
        if self.outstanding.take().is_some() {
            self.report(Report::LetGo);
        }
    }

    /// True until the client has returned.
    fn is_current(&self) -> bool {
        self.life.goes_on() && self.state.is_call(self.id, self.call)
    }

    /// Tells the world; nobody hears a task that has kept the handle of a client that has returned.
    fn report(&self, report: Report) {
        if self.is_current() {
            self.life.report(report);
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
