//! The subscriber that `tracing` knows.
//!
//! Always true:
//! - the values of events and spans are formatted before a lock is taken: their `Debug` is code under test, which may
//!   log or panic;
//! - no callsite is told that it is always enabled, so a thread that does not listen evaluates no field of an event.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tracing_core::callsite::rebuild_interest_cache;
use tracing_core::dispatcher::{DefaultGuard, set_default};
use tracing_core::span::{Attributes, Current, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Dispatch, Event, LevelFilter, Metadata, Subscriber};

use super::spans::Spans;
use super::text::{event_line, span_fields};
use super::{LogLevel, lock};

/// The crates whose log events are of the engine: turmoil, and tokio where it is built to describe its tasks. The
/// latter number their tasks by process, not by run.
const OF_THE_ENGINE: &[&str] = &["turmoil", "tokio"];
/// The targets of tokio that do not name it.
const OF_TOKIO: &[&str] =
    &["runtime::resource::poll_op", "runtime::resource::state_update", "runtime::resource::async_op::state_update"];

type Hear = Box<dyn Fn(String) + Send + Sync>;

/// A subscriber as long as a run needs it.
#[derive(Debug)]
pub(super) struct Subscription {
    dispatch: Dispatch,
    spans: Arc<Mutex<Spans>>,
    is_over: Arc<AtomicBool>,
}

impl Subscription {
    pub(super) fn of(level: LogLevel, hear: Hear) -> Subscription {
        let is_over = Arc::<AtomicBool>::default();
        let spans = Arc::<Mutex<Spans>>::default();
        let subscriber = RunSubscriber { level: filter(level), hear, spans: spans.clone(), is_over: is_over.clone() };
        Subscription { dispatch: Dispatch::new(subscriber), spans, is_over }
    }

    /// Subscribes on this thread: `tracing` keeps the subscriber in a thread-local of its own, and other runs of the
    /// process go on without one. A span that was entered before, and not left, is of another call, maybe of another
    /// node.
    pub(super) fn listen(&self) -> DefaultGuard {
        lock(&self.spans).leave_all();
        set_default(&self.dispatch)
    }
}

/// Spans of the code under test may keep the subscriber alive; the callsites are to be off nevertheless, as before.
impl Drop for Subscription {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        rebuild_interest_cache();
    }
}

struct RunSubscriber {
    level: LevelFilter,
    hear: Hear,
    spans: Arc<Mutex<Spans>>,
    is_over: Arc<AtomicBool>,
}

impl RunSubscriber {
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for RunSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunSubscriber").field("level", &self.level).finish_non_exhaustive()
    }
}

impl Subscriber for RunSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        !self.is_over() && *metadata.level() <= self.level && !is_of_the_engine(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.is_over() { LevelFilter::OFF } else { self.level })
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let fields = span_fields(|fields| attributes.record(fields));
        let mut spans = lock(&self.spans);
        let parent = match attributes.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if attributes.is_contextual() => spans.current(),
            None => None,
        };
        Id::from_u64(spans.open(attributes.metadata(), fields, parent))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let fields = span_fields(|fields| values.record(fields));
        lock(&self.spans).add(span.into_u64(), &fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let context = {
            let spans = lock(&self.spans);
            let within = match event.parent() {
                Some(parent) => Some(parent.into_u64()),
                None if event.is_contextual() => spans.current(),
                None => None,
            };
            spans.context(within)
        };
        (self.hear)(event_line(event, &context));
    }

    fn enter(&self, span: &Id) {
        lock(&self.spans).enter(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        lock(&self.spans).exit(span.into_u64());
    }

    fn clone_span(&self, span: &Id) -> Id {
        lock(&self.spans).hold(span.into_u64());
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        lock(&self.spans).let_go(span.into_u64())
    }

    fn current_span(&self) -> Current {
        let spans = lock(&self.spans);
        match spans.current().and_then(|id| Some((id, spans.metadata(id)?))) {
            Some((id, metadata)) => Current::new(Id::from_u64(id), metadata),
            None => Current::none(),
        }
    }
}

fn is_of_the_engine(target: &str) -> bool {
    let of = target.split("::").next().unwrap_or_default();
    OF_THE_ENGINE.contains(&of) || OF_TOKIO.contains(&target)
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}
