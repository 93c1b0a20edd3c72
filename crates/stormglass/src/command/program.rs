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

    /// The same with these scenarios, besides those that it has. Each is one of a system that it has already.
    ///
    /// # Panics
    /// If two scenarios have one name, or the program has no system of the name that a scenario has.
    #[must_use]
    pub fn with_scenarios(mut self, scenarios: impl IntoIterator<Item = &'static Scenario>) -> Program {
        for scenario in scenarios {
            let refusal = self.refusal(scenario);
            assert!(refusal.is_none(), "{}", refusal.unwrap_or_default());
            self.scenarios.push(scenario);
        }
        self
    }

    /// The reason why this scenario cannot be added, if there is one.
    fn refusal(&self, scenario: &Scenario) -> Option<String> {
        let (name, system) = (scenario.name, scenario.system());
        match () {
            () if self.scenarios.iter().any(|other| other.name == name) => {
                Some(format!("two scenarios are called {name}"))
            }
            () if self.systems.named(system).is_none() => {
                Some(format!("scenario {name} is of {system}: register that system first"))
            }
            () => None,
        }
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

#[cfg(test)]
mod tests {
    use raft_kv::RaftKv;

    use super::*;
    use crate::scenario::Source;

    static SUITE: Source = Source::new("suite", "raft-kv", "");
    static FIRST: Scenario = Scenario::new("first", &SUITE, |_, _| Ok(()));
    static SECOND: Scenario = Scenario::new("second", &SUITE, |_, _| Ok(()));

    fn program() -> Program {
        Program::of(RaftKv::default()).with_scenarios([&FIRST])
    }

    #[test]
    fn scenarios_are_added_to_those_that_there_are() {
        let program = program().with_scenarios([&SECOND]);
        assert_eq!(program.scenarios.iter().map(|scenario| scenario.name).collect::<Vec<_>>(), ["first", "second"]);
    }

    // A panic would disturb the test of another file that looks for the place of its own.
    #[test]
    fn a_scenario_has_a_name_of_its_own_and_a_system_that_is_known() {
        assert_eq!(program().refusal(&FIRST), Some("two scenarios are called first".into()));
        let unknown = Some("scenario first is of raft-kv: register that system first".into());
        assert_eq!(Program::default().refusal(&FIRST), unknown);
        assert_eq!(program().refusal(&SECOND), None);
    }
}
