//! `cargo stormglass`: the program of this workspace that calls `stormglass::main`, run by cargo with these arguments.
//!
//! It knows no system. `run` in the workspace's `stormglass.toml`, or `STORMGLASS_RUN`, names the program by options of
//! cargo, separated by blanks: `run = "-p mystore --bin storms"`. `cargo stormglass replay 7` is then
//! `cargo run --release -p mystore --bin storms -- replay 7`. Options with `--test NAME` name a test target without a
//! harness, which `cargo test` runs.
#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, ExitCode};

use stormglass::explore::cargo::{variable, workspace_of};
use stormglass::explore::{CONFIGURATION_FILE, Configuration, refuse_unknown_variables};

fn main() -> ExitCode {
    let error = match command() {
        Ok(command) => run(command),
        Err(error) => error,
    };
    // An error has no reader when stderr is gone.
    let _ = writeln!(io::stderr(), "error: {error}");
    ExitCode::FAILURE
}

/// The call of cargo.
fn command() -> Result<Command, String> {
    refuse_unknown_variables()?;
    let here = env::current_dir().map_err(|error| format!("the current folder cannot be found: {error}"))?;
    let run = Configuration::of_command(&here)?.options().run.ok_or_else(|| unnamed(&here))?;
    let mut args: Vec<OsString> = env::args_os().skip(1).collect();
    // cargo gives the name of the subcommand first.
    if args.first().is_some_and(|name| name == "stormglass") {
        args.remove(0);
    }
    let mut command = Command::new(variable("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(call(&run)).args(args);
    Ok(command)
}

/// The reason why no program is run.
fn unnamed(here: &Path) -> String {
    match workspace_of(here) {
        None => "there is no cargo workspace here: call cargo stormglass in one".into(),
        Some(_) => format!(
            "no program is named: give the options of cargo that run yours in {CONFIGURATION_FILE} at the root of the \
             workspace, such as run = \"-p mystore --bin storms\""
        ),
    }
}

/// The arguments of cargo before those of the program.
fn call(run: &str) -> Vec<&str> {
    let options: Vec<&str> = run.split_whitespace().collect();
    let has = |names: &[&str]| {
        let name = |option: &&str| option.split('=').next().unwrap_or_default().to_string();
        options.iter().map(name).any(|name| names.contains(&name.as_str()))
    };
    let subcommand = if has(&["--test"]) { "test" } else { "run" };
    // Without optimization a run takes many times as long.
    let profile = Some("--release").filter(|_| !has(&["--profile", "--release", "-r"]));
    [subcommand].into_iter().chain(profile).chain(options.iter().copied()).chain(["--"]).collect()
}

/// Becomes the call of cargo, so that signals and the exit code are those of the program. Returns only the reason why
/// cargo was not started.
#[cfg(unix)]
fn run(mut command: Command) -> String {
    use std::os::unix::process::CommandExt;

    let error = command.exec();
    format!("{}: {error}", command.get_program().display())
}

/// Runs the call of cargo, and ends with its exit code. Returns only the reason why cargo was not started.
#[cfg(not(unix))]
fn run(mut command: Command) -> String {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => format!("{}: {error}", command.get_program().display()),
    }
}

#[cfg(test)]
mod tests {
    use super::call;

    #[test]
    fn the_options_say_how_cargo_runs_the_program() {
        assert_eq!(call("-p mystore --bin storms"), ["run", "--release", "-p", "mystore", "--bin", "storms", "--"]);
        assert_eq!(call(""), ["run", "--release", "--"]);
        assert_eq!(call("--profile dev"), ["run", "--profile", "dev", "--"]);
        assert_eq!(call("--test=storms -r"), ["test", "--test=storms", "-r", "--"]);
    }
}
