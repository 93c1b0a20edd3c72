//! The table of all scenarios, as docs/scenarios.md has it.

use std::fmt::Write;

use sim::Engine;
use stormglass::scenario::Scenario;

use crate::sources;

/// Markdown: for each source, each row of it with its scenario, the engines that it runs on, and the bugs that it
/// guards against.
pub fn table() -> String {
    let engines = Engine::ALL.iter().map(|engine| engine.name()).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for source in sources::ALL {
        let of_source: Vec<&Scenario> = crate::all().filter(|scenario| scenario.source == *source).collect();
        let _ = write!(text, "### {}\n\n{}\n\n", source.title, source.about);
        let _ = writeln!(text, "| row | scenario | engines | guards |\n| --- | --- | --- | --- |");
        for scenario in of_source {
            let guards: Vec<String> = scenario.guards.iter().map(|bug| format!("`{bug}`")).collect();
            for row in scenario.rows {
                let _ = writeln!(text, "| {row} | `{}` | {engines} | {} |", scenario.name, guards.join(", "));
            }
        }
        text.push('\n');
    }
    text.trim_end().into()
}
