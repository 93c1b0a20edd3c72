//! `completions`: the completions of this program for a shell.

use std::error::Error;
use std::ffi::OsString;

use explore::Registry;

use crate::command::args::{self, CompletionsArgs};
use crate::command::output::Output;
use crate::command::{called, exit};

pub(crate) fn completions(
    args: &CompletionsArgs,
    called: &[OsString],
    systems: &Registry,
) -> Result<u8, Box<dyn Error>> {
    let mut script = Vec::new();
    let program = called::program(called.first());
    clap_complete::generate(args.shell, &mut args::described(systems), program, &mut script);
    let mut output = Output::new();
    output.line(String::from_utf8(script)?.trim_end())?;
    output.flush()?;
    Ok(exit::PASS)
}
