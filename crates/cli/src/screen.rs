//! What a failing run prints, and how reports are laid out.

use std::fmt::Write;

use explore::Failure;

use crate::args::{RunArgs, VERSION};
use crate::artefacts::Saved;

/// The screen of a failed run: what, where, its artefacts, and the line that shows it again. Always the last lines of
/// standard error.
pub(crate) fn failure(failure: &Failure, run: &RunArgs, saved: Option<&Saved>) -> String {
    let mut text = failure.explanation.as_ref().map_or(String::new(), |more| format!("{}\n", more.trim_end()));
    let what = format!("FAIL  {}: {}", failure.headline(), failure.message);
    let at = failure.at.map(|at| format!("event {}, t={:.3}s", at.event, at.time.0 as f64 / 1e9));
    let _ = match at {
        Some(at) => writeln!(text, "{what:<60}  {at}"),
        None => writeln!(text, "{what}"),
    };
    let _ = writeln!(text, "{}", origin(&failure.seed.to_string(), run));
    let _ = match saved {
        Some(Ok(path)) => writeln!(text, "saved {}", path.display()),
        Some(Err(error)) => writeln!(text, "not saved: {error}"),
        None => Ok(()),
    };
    text + &format!("reproduce: {}", run.replay_command(failure.seed))
}

/// The line that says what was run.
pub(crate) fn origin(seed: &str, run: &RunArgs) -> String {
    let mut line = format!("seed  {seed}   engine {}   profile {}", run.engine.name(), run.profile);
    if let Some(nodes) = run.nodes {
        let _ = write!(line, "   nodes {nodes}");
    }
    format!("{line}   version {VERSION}")
}

/// `name      one, two, three`, broken into lines of at most 110 columns, those after the first indented.
pub(crate) fn list(name: &str, items: impl IntoIterator<Item = String>) -> String {
    const INDENT: usize = 13;
    const WIDTH: usize = 80;
    let mut text = format!("{name:<INDENT$}");
    let mut column = INDENT;
    let mut items = items.into_iter().peekable();
    while let Some(item) = items.next() {
        let end = if items.peek().is_some() { "," } else { "" };
        let width = item.chars().count() + end.len();
        if column > INDENT {
            if column + 1 + width > WIDTH {
                let _ = write!(text, "\n{:INDENT$}", "");
                column = INDENT;
            } else {
                text.push(' ');
                column += 1;
            }
        }
        text += &item;
        text += end;
        column += width;
    }
    text
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 run`, `2 runs`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
    }

    #[test]
    fn lists_break_between_items_and_line_up() {
        let text = list("faults", (0..40).map(|n| format!("fault-{n} {n}/{n}")));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 3);
        assert!(lines.iter().all(|line| line.len() <= 110), "{text}");
        assert!(lines[0].starts_with("faults       fault-0 0/0, fault-1"), "{text}");
        assert!(lines[1..].iter().all(|line| line.starts_with("             fault-")), "{text}");
    }
}
