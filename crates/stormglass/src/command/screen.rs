//! Numbers and lines as reports have them.

use explore::layout::wrapped;

/// A text in lines of at most `width` characters, all of them indented.
pub(crate) fn indented(text: &str, width: usize, indent: usize) -> String {
    wrapped(&format!("{:indent$}{text}", ""), width, indent)
}

/// `  name                      value`, in two lines where one is too narrow.
pub(crate) fn measured(name: &str, value: &str, width: usize) -> String {
    let line = format!("  {name:<32} {value:>14}");
    if line.chars().count() <= width { line } else { format!("  {name}\n{}", indented(value, width, 6)) }
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

/// `STOPPED after 63 of 200 seeds`; `of` is `None` where there was no end to them but one of time.
pub(crate) fn stopped(after: u64, of: Option<u64>, noun: &str) -> String {
    match of {
        Some(of) => format!("STOPPED after {} of {}", grouped(after), counted(of, noun)),
        None => format!("STOPPED after {}", counted(after, noun)),
    }
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
    fn all_lines_of_an_indented_text_are() {
        assert_eq!(indented("one two three", 11, 4), "    one two\n    three");
    }

    #[test]
    fn work_that_was_stopped_says_after_how_much() {
        assert_eq!(stopped(63, Some(100_000), "seed"), "STOPPED after 63 of 100,000 seeds");
        assert_eq!(stopped(1, None, "seed"), "STOPPED after 1 seed");
    }
}
