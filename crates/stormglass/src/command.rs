//! The command: parse, call, print.
//!
//! stdout is the result, stderr is progress and complaints. The exit code tells the kind of result, as `exit` lists.

mod args;
mod asked;
mod bench;
mod called;
mod check;
mod complaint;
mod completions;
mod display;
mod document;
mod exit;
mod fuzz;
mod harness;
mod internal;
mod kept;
mod man;
mod output;
mod program;
mod replay;
mod scenario;
mod screen;
mod shrink;
mod stop;
mod system;
mod terminal;
mod timeline;
mod what;
mod zoo;

use std::env;
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use args::Command;
use document::ErrorDocument;
use output::Output;
pub use program::Program;

/// The command, for the systems of this program: everything that `stormglass` does for its own.
///
/// With no arguments it fuzzes 200 seeds of the first system; `--help` lists the commands, and their exit codes.
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use raft_kv::RaftKv; // in its place, a system of your own
/// use stormglass::Program;
///
/// fn main() -> ExitCode {
///     stormglass::main(Program::of(RaftKv::default()))
/// }
/// ```
pub fn main(program: impl Into<Program>) -> ExitCode {
    let program = program.into();
    let args = env::args_os().collect();
    let args = if harness::is_test_target() { harness::translated(args) } else { args };
    let (message, code) = match internal::caught(|| run(&args, &program)) {
        Ok(Ok(code)) => return ExitCode::from(code),
        Ok(Err(error)) => (error.to_string(), exit::BAD_INPUT),
        Err(panic) => (panic, exit::INTERNAL),
    };
    refuse(&complaint::line(&message, &args), code, &args)
}

fn run(args: &[OsString], program: &Program) -> Result<u8, Box<dyn Error>> {
    let systems = &program.systems;
    if let Some(tests) = harness::listed(args).filter(|_| harness::is_test_target()) {
        return print(&tests);
    }
    let mut command = match args::parse(args, systems) {
        Ok(command) => command,
        Err(error) if error.use_stderr() => return Err(complaint::of_clap(&error, args).into()),
        Err(help) => {
            let text = help.render();
            return print(&if terminal::is_colored() { text.ansi().to_string() } else { text.to_string() });
        }
    };
    explore::refuse_unknown_variables()?;
    // Outside of any folder there is no workspace: the commands that keep files say so.
    command.configure(&env::current_dir().unwrap_or_default())?;
    if systems.iter().next().is_none() && command.runs_systems() {
        return Err("this program has no system: give main one, as in Program::of(MyStore::default())".into());
    }
    match command {
        Command::Fuzz(args) => fuzz::fuzz(&args, systems),
        Command::Replay(args) => replay::replay(&args, systems),
        Command::Shrink(args) => shrink::shrink(&args, systems),
        Command::Scenario(args) => scenario::scenario(&args, program),
        Command::Zoo(args) => zoo::zoo(&args, systems),
        Command::Check(args) => check::check(&args),
        Command::Bench(args) => bench::bench(&args, systems),
        Command::Completions(of) => completions::completions(&of, args, program),
        Command::Man(of) => man::man(&of, args, systems),
    }
}

/// Prints a text as the result: a help, the version or a list of tests.
fn print(text: &str) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if !text.is_empty() {
        output.line(text.trim_end())?;
    }
    output.flush()?;
    Ok(exit::PASS)
}

/// Says in one line why nothing came of it, and in a document if one was asked for.
fn refuse(message: &str, code: u8, args: &[OsString]) -> ExitCode {
    if args::asks_for_json(args) {
        let mut output = Output::new();
        // The line below says it all the same.
        let _ = output.document(&ErrorDocument::new(message.into(), code)).and_then(|()| output.flush());
    }
    // An error has no reader when stderr is gone.
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_without_a_system_says_so() {
        for line in ["p fuzz", "p replay 1", "p shrink 1", "p zoo", "p bench", "p"] {
            let args: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let error = run(&args, &Program::default()).expect_err("there is nothing to run");
            assert!(error.to_string().starts_with("this program has no system: give main one"), "{line}: {error}");
        }
    }
}
