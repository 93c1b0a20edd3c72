//! `completions`: the completions of this program for a shell.

use std::error::Error;
use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ValueEnum};
use clap_complete::Shell;
use explore::Registered;
use sim::{Engine, LogLevel, Profile, Standard};

use crate::command::args::{self, CompletionsArgs, ModelArg};
use crate::command::output::Output;
use crate::command::program::Program;
use crate::command::{called, exit};

pub(crate) fn completions(
    args: &CompletionsArgs,
    called: &[OsString],
    program: &Program,
) -> Result<u8, Box<dyn Error>> {
    let mut script = Vec::new();
    let name = called::program(called.first());
    clap_complete::generate(args.shell, &mut offering(program), name, &mut script);
    let mut output = Output::new();
    output.line(String::from_utf8(script)?.trim_end())?;
    output.flush()?;
    Ok(exit::PASS)
}

/// The commands with the values of their options, as far as they are names that this program knows. Nothing is parsed
/// by them: an error of clap's would name all the bugs.
fn offering(program: &Program) -> clap::Command {
    let with_values = |arg: Arg| match names(arg.get_id().as_str(), program) {
        names if names.is_empty() => arg,
        names => arg.value_parser(PossibleValuesParser::new(names)),
    };
    let of_command = |command: clap::Command| command.mut_args(with_values);
    args::described(&program.systems)
        .mut_args(with_values)
        .mut_subcommands(|command| of_command(command).mut_subcommands(of_command))
}

/// The names that the argument of this id takes; none of an argument that takes others.
fn names(id: &str, program: &Program) -> Vec<String> {
    fn owned<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        names.into_iter().map(String::from).collect()
    }
    let bugs = program.systems.iter().flat_map(Registered::bugs);
    match id {
        "profile" => owned(Profile::ALL.iter().map(|profile| profile.name())),
        "engine" => owned(Engine::ALL.iter().map(|engine| engine.name())),
        "log" => owned(LogLevel::ALL.iter().map(|level| level.name())),
        "system" => owned(program.systems.iter().map(Registered::name)),
        "bug" => owned(bugs.map(|bug| &*bug.name)),
        "name" => owned(program.scenarios.iter().map(|scenario| scenario.name)),
        "names" => owned(Standard::ALL.iter().map(|standard| standard.name())),
        "model" => owned(ModelArg::ALL.iter().map(|model| model.name())),
        "shell" => Shell::value_variants().iter().map(|shell| shell.to_string()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use raft_kv::RaftKv;

    use super::*;
    use crate::scenario::{Scenario, Source};

    static SUITE: Source = Source::new("suite", "raft-kv", "");
    static FIRST: Scenario = Scenario::new("first", &SUITE, |_, _| Ok(()));

    /// The ids of all arguments for which values are offered, below this command too.
    fn offered(command: &clap::Command) -> BTreeSet<String> {
        let has_values = |arg: &&Arg| arg.get_action().takes_values() && !arg.get_possible_values().is_empty();
        let own = command.get_arguments().filter(has_values).map(|arg| arg.get_id().to_string());
        own.chain(command.get_subcommands().flat_map(offered)).collect()
    }

    #[test]
    fn values_are_offered_for_every_argument_that_takes_a_name() {
        let bug = explore::PlantedBug::new("half", "half is enough");
        let registered = Registered::of(RaftKv::default()).with_bugs([bug]);
        let program = Program::default().with(registered).with_scenarios([&FIRST]);
        let mut all = vec!["bug", "engine", "model", "name", "names", "profile", "shell", "system"];
        if cfg!(feature = "tracing") {
            all.push("log");
        }
        assert_eq!(offered(&offering(&program)), all.into_iter().map(String::from).collect());
    }
}
