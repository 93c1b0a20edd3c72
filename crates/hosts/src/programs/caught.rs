//! Panics of programs: the actor that panicked, and its message.
//!
//! A panic in the function itself is caught where its future is polled. A panic in a task that the function has spawned
//! is met by tokio first, which drops all tasks of that host's runtime and panics in turn; so a [`Canary`] among those
//! tasks names the host of the runtime.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use sim::Actor;
use sim::world::panic_text;

use super::state::{RunState, lock};

/// Runs a future to its end.
///
/// # Errors
/// The message of the panic.
pub(super) async fn caught<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    // Nothing of the future is used after it has panicked.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic_text(&*panic))),
    })
    .await
}

/// Names, when it is dropped, the actor whose tasks are being dropped.
pub(super) struct Canary {
    who: Actor,
    state: Arc<RunState>,
}

impl Canary {
    /// Puts one canary among the tasks of this host: tokio keeps tasks that can be sent apart from those that cannot,
    /// and drops the ones or the others. The returned canary is to be held by the function's own task.
    pub(super) fn put(who: Actor, state: &Arc<RunState>) -> Canary {
        let canary = Canary { who, state: state.clone() };
        tokio::spawn(async move {
            let _canary = canary;
            std::future::pending::<()>().await;
        });
        Canary { who, state: state.clone() }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        *lock(&self.state.shut_down) = Some(self.who);
    }
}
