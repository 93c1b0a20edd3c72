//! The one timer of a host's loop.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use env::Instant;
use tokio::time::Sleep;

/// The longest sleep at once. A later deadline is asked for again then.
const SLEEP_MAX: Duration = Duration::from_secs(3_600);

/// Fires when the first of a loop's deadlines may be due, or earlier: a deadline that moves later is left to fire, and
/// the loop, which looks at everything that may be due whenever it runs, asks for the next one.
#[derive(Debug)]
pub(super) struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// The true time at which it fires; `None` if it does not.
    armed: Option<Instant>,
}

impl Timer {
    /// It does not fire.
    pub(super) fn new() -> Timer {
        Timer { sleep: Box::pin(tokio::time::sleep(Duration::ZERO)), armed: None }
    }

    /// Fires no later than in the tick of this true time, and not in the present one.
    pub(super) fn arm(&mut self, now: Instant, due: Instant) {
        if due == Instant::NEVER || self.armed.is_some_and(|armed| armed <= due) {
            return;
        }
        self.armed = Some(due);
        // Of a tick's work all is done at its beginning, and tokio rounds up to its milliseconds.
        let ahead = due.saturating_since(now).clamp(Duration::from_nanos(1), SLEEP_MAX);
        self.sleep.as_mut().reset(tokio::time::Instant::now() + ahead);
    }

    /// Ready, once, when it fires.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.armed.is_none() {
            return Poll::Pending;
        }
        ready!(self.sleep.as_mut().poll(cx));
        self.armed = None;
        Poll::Ready(())
    }
}
