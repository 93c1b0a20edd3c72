//! The list of the systems that the command runs.

use std::error::Error;

use explore::Registry;

use crate::command::document::SystemListed;
use crate::command::exit;
use crate::command::output::Output;
use crate::command::screen::indented;

/// Names every system and the bugs that can be planted in it.
pub(crate) fn list(systems: &Registry, is_json: bool) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if is_json {
        output.document(&systems.iter().map(SystemListed::new).collect::<Vec<_>>())?;
    } else {
        listing(systems, output.width).into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    Ok(exit::PASS)
}

fn listing(systems: &Registry, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for registered in systems.iter() {
        lines.push(registered.name().to_string());
        lines.push(indented(registered.about(), width, 2));
        for bug in registered.bugs() {
            lines.push(format!("  with {}", bug.name));
            lines.push(indented(&bug.change, width, 6));
        }
    }
    lines
}
