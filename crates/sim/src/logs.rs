//! The log events that the code under test makes with the crate `tracing`, for the trace of a recorded run.
//!
//! [`Logs`] is a subscriber of `tracing`'s for one run. It is subscribed on the run's own thread, while code under test
//! runs there, and at no other time: [`Logs::listen`] begins that, and the drop of its guard ends it, by unwinding too.
//! Its events are lines of text, which carry neither wall time nor an id of a thread or of a span.
//!
//! Left out without the feature `tracing`: then no [`Logs`] can be made, and nothing ever listens.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[cfg(feature = "tracing")]
mod spans;
#[cfg(feature = "tracing")]
mod subscriber;
#[cfg(all(test, feature = "tracing"))]
mod tests;
#[cfg(feature = "tracing")]
mod text;

/// The least important log events that a recorder wants; more important ones come with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// None at all.
    Off,
    /// Errors.
    Error,
    /// Warnings.
    Warn,
    /// Information.
    #[default]
    Info,
    /// Debugging.
    Debug,
    /// Everything.
    Trace,
}

/// A text that names no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no log level: give off, error, warn, info, debug or trace")]
pub struct LogLevelError(String);

impl LogLevel {
    /// All levels, from none to everything.
    pub const ALL: &[LogLevel] =
        &[LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Off => "off",
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

impl FromStr for LogLevel {
    type Err = LogLevelError;

    fn from_str(text: &str) -> Result<LogLevel, LogLevelError> {
        let named = LogLevel::ALL.iter().find(|level| level.name() == text);
        named.copied().ok_or_else(|| LogLevelError(text.into()))
    }
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A subscriber for one run. Clones are the same subscriber; it hears nothing once the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Logs {
    #[cfg(feature = "tracing")]
    subscription: Arc<subscriber::Subscription>,
    #[cfg(not(feature = "tracing"))]
    none: std::convert::Infallible,
}

/// While it lives, the log events of this thread go to a run.
#[must_use = "the log events go elsewhere once it is dropped"]
#[derive(Debug)]
pub struct Listening {
    #[cfg(feature = "tracing")]
    _guard: tracing_core::dispatcher::DefaultGuard,
}

impl Logs {
    /// Hands events of this level and above to `hear`, each as one line of text; `None` if there is nothing to hear:
    /// the level is [`LogLevel::Off`], or the feature `tracing` is.
    pub fn of(level: LogLevel, hear: impl Fn(String) + Send + Sync + 'static) -> Option<Logs> {
        #[cfg(feature = "tracing")]
        return (level != LogLevel::Off)
            .then(|| Logs { subscription: Arc::new(subscriber::Subscription::of(level, Box::new(hear))) });
        #[cfg(not(feature = "tracing"))]
        {
            let _ = (level, hear);
            None
        }
    }

    /// Begins to listen on this thread.
    pub fn listen(&self) -> Listening {
        #[cfg(feature = "tracing")]
        return Listening { _guard: self.subscription.listen() };
        #[cfg(not(feature = "tracing"))]
        match self.none {}
    }
}

/// A subscriber that keeps its lines until they are taken. Clones keep the same lines.
#[derive(Clone, Debug)]
pub struct KeptLogs {
    logs: Logs,
    /// A run has one thread, and a subscriber must be `Sync`: the lock is never waited for.
    lines: Arc<Mutex<Vec<String>>>,
}

impl KeptLogs {
    /// For events of this level and above; `None` as in [`Logs::of`].
    pub fn of(level: LogLevel) -> Option<KeptLogs> {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let kept = lines.clone();
        Logs::of(level, move |line| lock(&kept).push(line)).map(|logs| KeptLogs { logs, lines })
    }

    /// Begins to listen on this thread.
    pub fn listen(&self) -> Listening {
        self.logs.listen()
    }

    /// The lines since they were last taken, in order.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.lines))
    }
}

/// A panic leaves the guarded data whole: no code under test runs under a lock.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
