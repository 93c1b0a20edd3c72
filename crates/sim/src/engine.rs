//! The two engines that can run a plan.

use std::fmt;
use std::str::FromStr;

/// Decides which event comes next. Plan, faults, checkers, milestones and reports are the same on each; interleavings
/// differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// A discrete-event loop over the nodes as state machines: for volume.
    #[default]
    Event,
    /// Every node a turmoil host: a tokio shell around the same state machine, TCP connections, files: for fidelity.
    Turmoil,
}

/// A text that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no engine: give event or turmoil")]
pub struct EngineError(String);

impl Engine {
    /// Both engines.
    pub const ALL: &[Engine] = &[Engine::Event, Engine::Turmoil];

    /// Its name on the command line and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Event => "event",
            Engine::Turmoil => "turmoil",
        }
    }
}

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Engine, EngineError> {
        let named = Engine::ALL.iter().find(|engine| engine.name() == text);
        named.copied().ok_or_else(|| EngineError(text.into()))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
