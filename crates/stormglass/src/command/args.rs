//! The command line, read into values.
//!
//! A fault in it is told in one line, and nothing has been done by then.

use std::ffi::OsString;
use std::path::Path;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use explore::layout::wrapped;
use explore::{Configuration, Registry, VERSION};

mod bench;
mod check;
mod completions;
mod fuzz;
mod keep;
mod limits;
mod man;
mod replay;
mod run;
mod scenario;
mod shrink;
mod values;
mod zoo;

pub(crate) use bench::BenchArgs;
pub(crate) use check::{CheckArgs, ModelArg};
pub(crate) use completions::CompletionsArgs;
pub(crate) use fuzz::FuzzArgs;
pub(crate) use keep::KeepArgs;
pub(crate) use limits::LimitArgs;
pub(crate) use man::ManArgs;
pub(crate) use replay::ReplayArgs;
pub(crate) use run::RunArgs;
pub(crate) use scenario::{ScenarioArgs, ScenarioCommand, ScenarioRunArgs};
pub(crate) use shrink::ShrinkArgs;
pub(crate) use zoo::ZooArgs;

use crate::command::{exit, terminal};

#[derive(Debug, Parser)]
#[command(
    name = "stormglass",
    version = VERSION,
    about = "Runs a replicated system through simulated storms, and checks every step."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    fuzz: FuzzArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs many seeds and reports failures, injected faults and blind spots
    Fuzz(FuzzArgs),
    /// Runs a seed, a repro file or a token again and prints its timeline
    Replay(ReplayArgs),
    /// Shrinks a run that fails, and says why each fault that is left is needed
    Shrink(ShrinkArgs),
    /// Lists the named scenarios of cluster tests, or runs one
    Scenario(ScenarioArgs),
    /// Hunts the bugs of the zoo, and says which checker caught each, and how fast
    Zoo(ZooArgs),
    /// Judges whether a recorded history is linearizable
    Check(CheckArgs),
    /// Runs the standard workloads and prints their cost
    Bench(BenchArgs),
    /// Prints the completions of this command for a shell
    Completions(CompletionsArgs),
    /// Prints the man page of this command, or of one of its commands
    Man(ManArgs),
}

impl Command {
    /// Takes the values that no option gives from the configuration of this folder, if the command runs anything.
    ///
    /// # Errors
    /// In one line, if there is a mistake in the configuration.
    pub(crate) fn configure(&mut self, here: &Path) -> Result<(), String> {
        let options = || Configuration::of_command(here).map(Configuration::options);
        match self {
            Command::Fuzz(args) => args.configure(&options()?),
            Command::Replay(args) => args.configure(&options()?),
            Command::Shrink(args) => args.configure(&options()?),
            Command::Scenario(ScenarioArgs { command: ScenarioCommand::Run(args) }) => args.configure(&options()?),
            Command::Zoo(args) => args.configure(&options()?),
            Command::Scenario(_)
            | Command::Check(_)
            | Command::Bench(_)
            | Command::Completions(_)
            | Command::Man(_) => {}
        }
        Ok(())
    }

    /// True if it is about the systems of the program.
    pub(crate) fn runs_systems(&self) -> bool {
        use Command::{Bench, Fuzz, Replay, Shrink, Zoo};
        matches!(self, Fuzz(_) | Replay(_) | Shrink(_) | Zoo(_) | Bench(_))
    }

    /// The switch that asks for one JSON document; `None` for a command that has no document.
    fn json_mut(&mut self) -> Option<&mut bool> {
        Some(match self {
            Command::Fuzz(FuzzArgs { run, .. })
            | Command::Replay(ReplayArgs { run, .. })
            | Command::Shrink(ShrinkArgs { run, .. }) => &mut run.json,
            Command::Scenario(ScenarioArgs { command: ScenarioCommand::List { json } }) => json,
            Command::Scenario(ScenarioArgs { command: ScenarioCommand::Run(args) }) => &mut args.json,
            Command::Zoo(args) => &mut args.json,
            Command::Check(args) => &mut args.json,
            Command::Bench(args) => &mut args.json,
            Command::Completions(_) | Command::Man(_) => return None,
        })
    }
}

/// Every command with its options, for these systems.
pub(crate) fn described(systems: &Registry) -> clap::Command {
    let Some(usual) = systems.iter().next() else { return Cli::command() };
    let with_default = |arg: clap::Arg| match arg.get_help() {
        Some(help) if arg.get_id() == "system" => {
            let help = format!("{help} [default: {}]", usual.name());
            arg.help(help)
        }
        _ => arg,
    };
    Cli::command().mut_args(with_default).mut_subcommands(|command| command.mut_args(with_default))
}

/// Reads the command line, the program's name first; an error is one to report.
pub(crate) fn parse(args: &[OsString], systems: &Registry) -> Result<Command, clap::Error> {
    let width = terminal::width();
    let mut described = described(systems).term_width(width).after_help(epilogue(width));
    let matches = described.try_get_matches_from_mut(args)?;
    refuse_misplaced(&matches, &mut described)?;
    let Cli { command, fuzz } = Cli::from_arg_matches(&matches)?;
    let json = fuzz.run.json;
    let mut command = command.unwrap_or(Command::Fuzz(fuzz));
    match command.json_mut() {
        Some(asked) => *asked |= json,
        None if json => {
            let said = "the option '--json' cannot be used here: the command has no document";
            return Err(described.error(ErrorKind::ArgumentConflict, said));
        }
        None => {}
    }
    Ok(command)
}

/// The text below the help of all commands.
fn epilogue(width: usize) -> String {
    let defaults = "With no command it fuzzes 200 seeds. Options that are not given come from variables of the environment, \
                    STORMGLASS_PROFILE=disk, and from stormglass.toml in the root of the workspace, \
                    profile = \"disk\".";
    format!("{}\n\nExit codes:\n{}", wrapped(defaults, width, 0), exit::table(width))
}

/// Refuses options of `fuzz` before the name of another command. `--json` is of all of them.
fn refuse_misplaced(matches: &ArgMatches, described: &mut clap::Command) -> Result<(), clap::Error> {
    let Some(name) = matches.subcommand_name() else { return Ok(()) };
    let is_given = |arg: &&clap::Arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine);
    let misplaced = described.get_arguments().filter(|arg| arg.get_long() != Some("json")).find(is_given);
    let Some(option) = misplaced.and_then(clap::Arg::get_long) else { return Ok(()) };
    let said = format!("the option '--{option}' cannot be used with '{name}' behind it: give it after '{name}'");
    Err(described.error(ErrorKind::ArgumentConflict, said))
}

/// True if a command line asks for JSON, even if it is wrong otherwise.
pub(crate) fn asks_for_json(args: &[OsString]) -> bool {
    args.iter().skip(1).take_while(|arg| *arg != "--").any(|arg| arg == "--json")
}

#[cfg(test)]
mod tests {
    use sim::Seed;

    use super::*;

    fn parsed(args: &[&str]) -> Result<Command, clap::Error> {
        let args: Vec<OsString> = ["stormglass"].iter().chain(args).map(OsString::from).collect();
        parse(&args, &Registry::default())
    }

    fn fuzz(args: &[&str]) -> FuzzArgs {
        match parsed(args).expect("good input") {
            Command::Fuzz(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_replay_is_asked_for_by_what_is_not_default() {
        let replay = |args: &[&str]| fuzz(args).run.replay(Seed(0x1f3a));
        assert_eq!(replay(&[]), "replay 0x1f3a");
        let given = ["--profile", "disk", "--engine", "turmoil", "--nodes", "7"];
        assert_eq!(replay(&given), "replay 0x1f3a --profile disk --engine turmoil --nodes 7");
        assert_eq!(replay(&["--bug", "ack-before-fsync"]), "replay 0x1f3a --bug ack-before-fsync");
        assert_eq!(replay(&["--heap", "64", "--events", "5000"]), "replay 0x1f3a --events 5000 --heap 64");
    }

    #[test]
    fn the_options_of_fuzz_may_stand_without_its_name() {
        assert_eq!(fuzz(&["--seeds", "5"]).seeds(), 5);
    }

    #[test]
    fn two_hundred_seeds_unless_a_time_is_given() {
        assert_eq!(fuzz(&[]).seeds(), 200);
        assert_eq!(fuzz(&["--time", "60s"]).seeds(), u64::MAX);
        assert_eq!(fuzz(&["--time", "60", "--seeds", "7"]).seeds(), 7);
    }

    #[test]
    fn the_first_seed_has_one_name_as_good_as_the_other() {
        assert_eq!(fuzz(&["--seed", "7"]).first_seed, Seed(7));
        assert_eq!(fuzz(&["--first-seed", "7"]).first_seed, Seed(7));
        for option in ["--seed", "--first-seed"] {
            let Ok(Command::Scenario(args)) = parsed(&["scenario", "run", "quorum_loss", option, "7"]) else {
                panic!("{option}")
            };
            let ScenarioCommand::Run(args) = args.command else { panic!("{option}") };
            assert_eq!(args.seed, Seed(7));
        }
    }

    #[test]
    fn json_may_stand_before_the_command() {
        for args in [&["--json", "replay", "1"][..], &["replay", "1", "--json"]] {
            let Ok(Command::Replay(args)) = parsed(args) else { panic!("{args:?}") };
            assert!(args.run.json);
        }
        assert!(parsed(&["--seeds", "5", "replay", "1"]).is_err());
    }
}
