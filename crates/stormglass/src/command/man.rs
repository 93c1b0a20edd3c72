//! `man`: the man pages of this program, one for all its commands and one for each.

use std::error::Error;
use std::ffi::OsString;

use clap_mangen::Man;
use explore::Registry;
use roff::{Roff, bold, roman};

use crate::command::args::{self, ManArgs};
use crate::command::output::Output;
use crate::command::{called, exit};

pub(crate) fn man(args: &ManArgs, called: &[OsString], systems: &Registry) -> Result<u8, Box<dyn Error>> {
    let program = called::program(called.first());
    let mut described = args::described(systems).name(program.clone()).bin_name(program);
    // Gives each command its full name.
    described.build();
    for name in &args.command {
        let Some(within) = described.find_subcommand(name) else {
            return Err(no_command(name, &described).into());
        };
        described = within.clone();
    }
    let mut output = Output::new();
    output.line(page(described)?.trim_end())?;
    output.flush()?;
    Ok(exit::PASS)
}

fn no_command(name: &str, of: &clap::Command) -> String {
    let names = of.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help");
    let names = names.collect::<Vec<_>>().join(", ");
    let of = of.get_display_name().unwrap_or_else(|| of.get_name());
    if names.is_empty() {
        return format!("'{name}' is no command of {of}, which has none");
    }
    format!("'{name}' is no command: give one of {names}")
}

/// The page of a command: clap's sections, and the exit codes.
fn page(described: clap::Command) -> Result<String, Box<dyn Error>> {
    let has_commands = described.has_subcommands();
    let man = Man::new(described);
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    exit_codes().to_writer(&mut page)?;
    Ok(String::from_utf8(page)?)
}

fn exit_codes() -> Roff {
    let mut section = Roff::new();
    section.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::TABLE {
        section.control("TP", []);
        section.text([bold(code.to_string())]);
        section.text([roman(*meaning)]);
    }
    section
}
