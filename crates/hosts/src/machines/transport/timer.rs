//! A deadline of a connection, over one tokio timer that is used again and again.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

/// At most one deadline. Costs nothing until it is first armed.
#[derive(Debug, Default)]
pub(super) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// `None` if it is not armed.
    deadline: Option<Instant>,
}

impl Timer {
    pub(super) fn is_armed(&self) -> bool {
        self.deadline.is_some()
    }

    /// Sets the deadline, in place of any other. The task must poll the timer afterwards to be woken by it.
    pub(super) fn arm(&mut self, deadline: Instant) {
        if self.deadline == Some(deadline) {
            return;
        }
        self.deadline = Some(deadline);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(deadline),
            None => self.sleep = Some(Box::pin(sleep_until(deadline))),
        }
    }

    /// Ready, once, when the deadline has passed; never while there is none.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(sleep) = self.sleep.as_mut().filter(|_| self.deadline.is_some()) else {
            return Poll::Pending;
        };
        let elapsed = sleep.as_mut().poll(cx);
        if elapsed.is_ready() {
            self.deadline = None;
        }
        elapsed
    }
}
