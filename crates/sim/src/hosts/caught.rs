//! Panics of programs: whose they are, and what they said.
//!
//! A panic in the function itself is caught where its future is polled. One in a task that it has spawned is met by
//! tokio first, which drops all tasks of that host's runtime and panics in turn; so a [`Canary`] among those tasks says
//! whose runtime it was.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

use super::stage::{Stage, lock};
use crate::panics::panic_text;
use crate::trace::Actor;

/// Runs a future to its end.
///
/// # Errors
/// What it said when it panicked.
pub(super) async fn caught<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    // Nothing of the future is used after it has panicked.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => std::task::Poll::Ready(Err(panic_text(&*panic))),
    })
    .await
}

/// Says, when it is dropped, whose tasks are being dropped.
pub(super) struct Canary {
    who: Actor,
    stage: Arc<Stage>,
}

impl Canary {
    /// Puts one among the tasks of this host: tokio keeps those that can be sent apart from those that cannot, and
    /// drops the ones or the others. The one that is returned is to be held by the function's own task.
    pub(super) fn put(who: Actor, stage: &Arc<Stage>) -> Canary {
        let canary = Canary { who, stage: stage.clone() };
        tokio::spawn(async move {
            let _canary = canary;
            std::future::pending::<()>().await;
        });
        Canary { who, stage: stage.clone() }
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        *lock(&self.stage.shut_down) = Some(self.who);
    }
}
