//! How reports are laid out.

use std::fmt::Write;

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

/// A text in lines of at most 80 columns, all of them indented.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    const WIDTH: usize = 80;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("one to begin with");
        if line.is_empty() {
            *line = format!("{:indent$}{word}", "");
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            *line += &format!(" {word}");
        } else {
            lines.push(format!("{:indent$}{word}", ""));
        }
    }
    lines.join("\n")
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
