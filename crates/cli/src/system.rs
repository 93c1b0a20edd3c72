//! The systems that the command runs, and their list.

use std::error::Error;

use explore::Registry;

use crate::document::SystemListed;
use crate::exit;
use crate::output::Output;
use crate::screen::indented;

/// The systems that can be named; the first is meant where none is.
pub(crate) fn known() -> Registry {
    scenarios::systems()
}

/// Names every system and the bugs that can be planted in it.
pub(crate) fn list(is_json: bool) -> Result<u8, Box<dyn Error>> {
    let mut output = Output::new();
    if is_json {
        output.document(&known().iter().map(SystemListed::new).collect::<Vec<_>>())?;
    } else {
        listing(output.width).into_iter().try_for_each(|line| output.line(line))?;
    }
    output.flush()?;
    Ok(exit::PASS)
}

fn listing(width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for registered in known().iter() {
        lines.push(registered.name().to_string());
        lines.push(indented(registered.about(), width, 2));
        for bug in registered.bugs() {
            lines.push(format!("  with {}", bug.name));
            lines.push(indented(&bug.change, width, 6));
        }
    }
    lines
}
