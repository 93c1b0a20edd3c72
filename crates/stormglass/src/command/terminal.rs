//! The terminal that shows the result, if one does.

use std::io::{self, IsTerminal};

use explore::cargo::variable;
use explore::layout::{WIDTH_PIPED, width_asked};
use terminal_size::{Width, terminal_size_of};

/// Lines are broken for no terminal narrower than this.
const WIDTH_MIN: usize = 20;

/// How wide lines may be: as `COLUMNS` says, else as the terminal is, else 80.
pub(crate) fn width() -> usize {
    let of_terminal = || terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns).max(WIDTH_MIN));
    width_asked().or_else(of_terminal).unwrap_or(WIDTH_PIPED)
}

/// True if verdicts are shown in colour: on a terminal, unless `NO_COLOR` is set or the terminal has none.
pub(crate) fn is_colored() -> bool {
    io::stdout().is_terminal() && variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb")
}
