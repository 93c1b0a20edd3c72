//! The `stormglass` command: parse, call, print.
//!
//! stdout is the result, stderr is progress and what is wrong. The exit code says what came of it, as [`exit`] lists.
#![forbid(unsafe_code)]

mod args;
mod asked;
mod bench;
mod check;
mod display;
mod document;
mod exit;
mod fuzz;
mod output;
mod replay;
mod scenario;
mod screen;
mod shrink;
mod stop;
mod system;
mod timeline;
mod what;
mod zoo;

use std::io::{self, Write};
use std::process::ExitCode;

use args::Command;
use explore::panics;

fn main() -> ExitCode {
    let cli = match args::parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => return refuse(&args::complain(&error)),
        Err(help) => {
            // A reader that closed the pipe has seen enough of it.
            let _ = help.print();
            return ExitCode::SUCCESS;
        }
    };
    let done = panics::caught(|| match cli.command.unwrap_or(Command::Fuzz(cli.fuzz)) {
        Command::Fuzz(args) => fuzz::fuzz(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Shrink(args) => shrink::shrink(&args),
        Command::Scenario(args) => scenario::scenario(&args),
        Command::Zoo(args) => zoo::zoo(&args),
        Command::Check(args) => check::check(&args),
        Command::Bench(args) => bench::bench(&args),
    });
    match done {
        Ok(Ok(code)) => ExitCode::from(code),
        Ok(Err(error)) => refuse(&format!("error: {error}")),
        Err(panic) => {
            refuse(&format!("error: the simulator itself panicked: {panic}"));
            ExitCode::from(exit::OWN_PANIC)
        }
    }
}

/// Says in one line why nothing came of it.
fn refuse(line: &str) -> ExitCode {
    // Nobody is left to tell when stderr is gone.
    let _ = writeln!(io::stderr(), "{line}");
    ExitCode::from(exit::BAD_INPUT)
}
