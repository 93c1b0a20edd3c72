//! The `stormglass` command, for the systems and the scenarios of this repository.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use stormglass::Program;

fn main() -> ExitCode {
    stormglass::main(Program::from(scenarios::systems()).with_scenarios(scenarios::all()))
}
