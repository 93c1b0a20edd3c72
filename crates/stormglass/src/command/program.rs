//! The systems and the scenarios of a program.

use explore::{Registered, Registry};
use sim::IntoSubject;

use crate::scenario::{Scenario, ScenarioError, find};

/// The systems and the scenarios that a program's command knows. The first system is meant where none is named.
#[derive(Debug, Default)]
pub struct Program {
    pub(crate) systems: Registry,
    pub(crate) scenarios: Vec<&'static Scenario>,
}

impl Program {
    /// A program that knows this system.
    pub fn of(system: impl IntoSubject) -> Program {
        Program::default().with(Registered::of(system))
    }

    /// The same with one more system, and its variants.
    ///
    /// # Panics
    /// If there is one of that name already.
    #[must_use]
    pub fn with(self, registered: Registered) -> Program {
        Program { systems: self.systems.with(registered), ..self }
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

impl From<Registry> for Program {
    /// A program that knows these systems, and no scenarios.
    fn from(systems: Registry) -> Program {
        Program { systems, scenarios: Vec::new() }
    }
}
