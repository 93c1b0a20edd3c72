//! The systems and the scenarios of a program.

use explore::Registry;
use stormglass::scenario::{Scenario, ScenarioError, find};

/// The systems and the scenarios that the command knows.
#[derive(Debug, Default)]
pub struct Program {
    pub(crate) systems: Registry,
    pub(crate) scenarios: Vec<&'static Scenario>,
}

impl Program {
    /// A program that knows these systems, and no scenarios.
    pub fn new(systems: Registry) -> Program {
        Program { systems, scenarios: Vec::new() }
    }

    /// The same with these scenarios, each of one of its systems.
    #[must_use]
    pub fn with_scenarios(self, scenarios: impl IntoIterator<Item = &'static Scenario>) -> Program {
        Program { scenarios: scenarios.into_iter().collect(), ..self }
    }

    /// The scenario of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn scenario(&self, name: &str) -> Result<&'static Scenario, ScenarioError> {
        find(name, &self.scenarios)
    }
}
