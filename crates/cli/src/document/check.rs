//! The document of `check`.

use std::time::Duration;

use check::History;
use check::linearizability::Verdict as HistoryVerdict;
use serde::Serialize;

use super::Envelope;
use crate::args::ModelArg;

/// The verdict on a recorded history.
#[derive(Serialize)]
pub(crate) struct CheckDocument {
    #[serde(flatten)]
    envelope: Envelope,
    verdict: &'static str,
    model: &'static str,
    operations: usize,
    /// The time that judging took, the explanation included and reading the file not.
    wall_s: f64,
    explanation: Option<String>,
}

impl CheckDocument {
    pub(crate) fn new(verdict: &HistoryVerdict, model: ModelArg, history: &History, wall: Duration) -> CheckDocument {
        CheckDocument {
            envelope: Envelope::of("check"),
            verdict: match verdict {
                HistoryVerdict::Linearizable => "linearizable",
                HistoryVerdict::NotLinearizable(_) => "not-linearizable",
                HistoryVerdict::Unknown(_) => "unknown",
            },
            model: match model {
                ModelArg::Register => "register",
                ModelArg::Kv => "kv",
            },
            operations: history.calls().len(),
            wall_s: wall.as_secs_f64(),
            explanation: match verdict {
                HistoryVerdict::NotLinearizable(found) => Some(found.to_string()),
                HistoryVerdict::Linearizable | HistoryVerdict::Unknown(_) => None,
            },
        }
    }
}
