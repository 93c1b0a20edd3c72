//! The command as its users meet it: exit codes, stdout and stderr, and the lines that must paste as they stand.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

mod bounds;
mod campaigns;
mod configuration;
mod failures;
mod files;
mod help;
mod histories;
mod inputs;
mod refusals;
mod scenarios;
mod schemas;
mod screens;
mod shells;
#[cfg(unix)]
mod signals;
mod systems;
mod zoo;

/// The command with these arguments, in a folder outside of any workspace and without the caller's variables.
fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormglass"));
    let asking = ["COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "CARGO", "CARGO_TARGET_DIR"];
    for variable in asking.into_iter().chain(explore::Key::ALL.iter().map(|key| key.variable)) {
        command.env_remove(variable);
    }
    command.args(args).stdin(Stdio::null());
    command
}

fn stormglass(args: &[&str]) -> Output {
    command(args).output().expect("the command starts")
}

/// Runs the command in this folder, where it saves the files of a failed run.
fn stormglass_in(folder: &Path, args: &[&str]) -> Output {
    command(args).current_dir(folder).output().expect("the command starts")
}

/// Runs the command with this on standard input.
fn stormglass_reading(text: &str, args: &[&str]) -> Output {
    stormglass_reading_in(Path::new("."), text, args)
}

fn stormglass_reading_in(folder: &Path, text: &str, args: &[&str]) -> Output {
    use std::io::Write;

    let mut command = command(args);
    command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}

/// The command line that a result ends with, as words.
#[track_caller]
fn reproduce(output: &Output) -> Vec<String> {
    let text = stdout(output);
    let line = text.lines().last().and_then(|line| line.strip_prefix("reproduce: "));
    let line = line.unwrap_or_else(|| panic!("the last line is not to be pasted: {text}"));
    line.split(' ').map(String::from).collect()
}

/// The one `FAIL` line.
#[track_caller]
fn fail(output: &Output) -> String {
    let text = stdout(output);
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("FAIL  ")).collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].into()
}
