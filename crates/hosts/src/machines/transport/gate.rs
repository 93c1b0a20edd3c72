//! A process that is paused, as by SIGSTOP, from the point of view of its tasks.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Holds back every task that runs behind it while it is closed.
///
/// Nothing in such a task runs meanwhile; data goes on arriving in the kernel's buffers, and timers elapse. When the
/// gate opens, all of them go on where they were, in the order in which they came to it, and find the data that has
/// arrived.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_closed: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
    /// How often a task was let through.
    #[cfg(test)]
    passages: Cell<u64>,
}

impl Gate {
    /// Stops every task behind the gate.
    pub(crate) fn close(&self) {
        self.is_closed.set(true);
    }

    /// Lets the tasks go on.
    pub(crate) fn open(&self) {
        self.is_closed.set(false);
        for task in self.waiting.take() {
            task.wake();
        }
    }

    /// Ready while the gate is open; wakes the task when it opens.
    pub(crate) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_closed.get() {
            #[cfg(test)]
            self.passages.set(self.passages.get() + 1);
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|task| task.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    #[cfg(test)]
    pub(super) fn passages(&self) -> u64 {
        self.passages.get()
    }

    /// Runs `task` behind the gate.
    pub(crate) async fn guard<F: Future>(&self, task: F) -> F::Output {
        let mut task = pin!(task);
        poll_fn(|cx| match self.poll_open(cx) {
            Poll::Ready(()) => task.as_mut().poll(cx),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
