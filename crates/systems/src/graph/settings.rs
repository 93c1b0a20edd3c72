//! The settings of a graph that plans decide.

use serde::{Deserialize, Serialize};
use sim::{Draw, Plan};

/// How nodes and relay send updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The most bytes of updates in one message (one update always fits).
    pub batch_bytes: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { batch_bytes: 64 << 10 }
    }
}

impl sim::Settings for Settings {
    fn check(&self) -> Result<(), String> {
        if self.batch_bytes == 0 { Err("batch_bytes is 0: give at least 1".into()) } else { Ok(()) }
    }
}

impl Settings {
    /// Draws the settings of a plan and puts them in: one update a message, now and then.
    pub(super) fn draw_into(draw: &mut Draw, plan: &mut Plan) {
        let batch_bytes = draw.weighted(&[(64 << 10, 5), (1 << 10, 2), (100, 1)]);
        plan.configure(|settings: &mut Settings| settings.batch_bytes = batch_bytes);
    }
}
