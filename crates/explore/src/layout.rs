//! Text in lines that fit a terminal. Every screen breaks its lines by [`wrapped`].

use std::env;

/// The width of lines where no terminal shows them.
pub const WIDTH_PIPED: usize = 80;

/// Lines are broken for no terminal narrower than this.
const WIDTH_MIN: usize = 20;

/// A blank at which a line breaks only if nothing else fits.
const GLUE: char = '\u{a0}';
/// A blank at which no line breaks: no path and no argument can hold this character.
const SOLID: char = '\0';

/// The width that the environment asks for by `COLUMNS`, in characters; `None` if it asks for none.
#[expect(clippy::disallowed_methods, reason = "the width of a screen is no part of a run")]
pub fn width_asked() -> Option<usize> {
    let columns: usize = env::var("COLUMNS").ok()?.parse().ok()?;
    (columns > 0).then(|| columns.max(WIDTH_MIN))
}

/// A text in which no line breaks, such as a path to paste.
pub fn solid(text: &str) -> String {
    text.replace(' ', &SOLID.to_string())
}

/// The text in lines of at most `width` characters, all but the first begun by `indent` blanks. A line breaks where
/// several blanks stand together if it can, then between words, and within `{n1 n2}` only if nothing else fits; a word that
/// is longer than a line stays whole. Line breaks of the text stay.
pub fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let lines = text.split('\n').map(|line| {
        let mut page = Page { width, indent, text: String::new(), column: 0, is_begun: false };
        page.place(&with_sets_glued(line), "", Break::ALL);
        page.text
    });
    lines.collect::<Vec<_>>().join("\n").replace([GLUE, SOLID], " ")
}

/// The text with the blanks between braces made such that they break last.
fn with_sets_glued(text: &str) -> String {
    let mut is_within = false;
    let glued = text.chars().map(|c| {
        is_within = (is_within || c == '{') && c != '}';
        if is_within && c == ' ' { GLUE } else { c }
    });
    glued.collect()
}

/// `name         one, two, three` in lines of at most `width` characters, those after the first indented as far as the
/// first item. Items break only if one is longer than a line.
pub fn list(name: &str, items: impl IntoIterator<Item = String>, width: usize) -> String {
    const INDENT: usize = 13;
    let items: Vec<String> = items.into_iter().map(|item| item.replace(' ', &GLUE.to_string())).collect();
    wrapped(&format!("{name:<INDENT$}{}", items.join(", ")), width, INDENT)
}

/// A text that was laid out by its author, such as a table: only its lines that are too long break, and go on further in.
pub fn refitted(text: &str, width: usize) -> String {
    let lines = text.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        if line.chars().count() <= width { line.into() } else { wrapped(line, width, (indent + 4).min(width / 2)) }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a line may break, the best place first.
#[derive(Clone, Copy)]
enum Break {
    /// At several blanks.
    Gap,
    Blank,
    Glue,
}

impl Break {
    const ALL: &[Break] = &[Break::Gap, Break::Blank, Break::Glue];

    /// Takes off the first piece of a text, and the blanks behind it.
    fn split(self, text: &str) -> (&str, &str, &str) {
        let at = match self {
            Break::Gap => text.trim_start().find("  ").map(|at| at + text.len() - text.trim_start().len()),
            Break::Blank => text.find(|c| c != ' ').and_then(|from| Some(from + text[from..].find(' ')?)),
            Break::Glue => text.find(GLUE),
        };
        let Some(at) = at else { return (text, "", "") };
        let rest = text[at..].trim_start_matches(if matches!(self, Break::Glue) { GLUE } else { ' ' });
        (&text[..at], &text[at..text.len() - rest.len()], rest)
    }
}

/// Lines that are being filled.
struct Page {
    width: usize,
    indent: usize,
    text: String,
    column: usize,
    /// True if the line has more than its indentation.
    is_begun: bool,
}

impl Page {
    /// Appends a text, separated by `blanks`, and breaks it at these places if it has to be broken.
    fn place(&mut self, text: &str, blanks: &str, breaks: &[Break]) {
        let blanks = if self.is_begun { blanks } else { "" };
        let len = blanks.chars().count() + text.chars().count();
        let fits = self.column + len <= self.width;
        let fits_alone = self.indent + text.chars().count() <= self.width;
        // Behind a heading there is no less room than on a line of its own.
        let is_behind_more = self.is_begun && self.column + blanks.chars().count() > self.indent;
        match breaks {
            _ if fits => self.push(text, blanks),
            _ if fits_alone && is_behind_more => {
                self.begin_line();
                self.push(text, "");
            }
            [] => {
                if is_behind_more {
                    self.begin_line();
                    self.push(text, "");
                } else {
                    self.push(text, blanks);
                }
            }
            [here, further @ ..] => {
                let (mut before, mut rest) = (blanks, text);
                while !rest.is_empty() {
                    let (piece, behind, after) = here.split(rest);
                    self.place(piece, before, further);
                    (before, rest) = (behind, after);
                }
            }
        }
    }

    fn push(&mut self, text: &str, blanks: &str) {
        self.text += blanks;
        self.text += text;
        self.column += blanks.chars().count() + text.chars().count();
        self.is_begun = true;
    }

    fn begin_line(&mut self) {
        self.text.push('\n');
        self.text += &" ".repeat(self.indent);
        self.column = self.indent;
        self.is_begun = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_breaks_between_words_and_goes_on_indented() {
        assert_eq!(wrapped("one two three", 80, 4), "one two three");
        assert_eq!(wrapped("one two three four", 9, 2), "one two\n  three\n  four");
        assert_eq!(wrapped("FAIL  Ordering Safety: n1 leads", 20, 6), "FAIL  Ordering\n      Safety: n1\n      leads");
        assert_eq!(wrapped("    indented text goes on", 16, 4), "    indented\n    text goes on");
    }

    #[test]
    fn several_blanks_are_the_best_place_to_break() {
        let header = "seed  0x2e   engine event   system raft-kv with a bug";
        assert_eq!(wrapped(header, 40, 6), "seed  0x2e   engine event\n      system raft-kv with a bug");
        assert_eq!(wrapped("FAIL  a b  event 1, t=0.1s", 14, 6), "FAIL  a b\n      event 1,\n      t=0.1s");
    }

    #[test]
    fn a_set_of_nodes_stays_on_one_line_if_one_has_room_for_it() {
        assert_eq!(wrapped("no majority of {n1 n2 n3}", 22, 4), "no majority of\n    {n1 n2 n3}");
        assert_eq!(wrapped("of {n1 n2 n3} at 7", 8, 4), "of {n1\n    n2\n    n3}\n    at 7");
    }

    #[test]
    fn a_word_longer_than_a_line_stays_whole() {
        assert_eq!(
            wrapped("saved a/rather/long/path  repro.json", 12, 6),
            "saved a/rather/long/path\n      repro.json"
        );
        let path = solid("my runs/of today");
        assert_eq!(wrapped(&format!("saved {path}  it"), 12, 6), "saved my runs/of today\n      it");
    }

    #[test]
    fn lists_break_between_items_and_line_up() {
        let text = list("faults", (0..40).map(|n| format!("fault-{n} {n}/{n}")), 80);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() > 3);
        assert!(lines.iter().all(|line| line.len() <= 80), "{text}");
        assert!(lines[0].starts_with("faults       fault-0 0/0, fault-1"), "{text}");
        assert!(lines[1..].iter().all(|line| line.starts_with("             fault-")), "{text}");
    }

    #[test]
    fn an_item_longer_than_a_line_breaks_after_all() {
        let text = list("milestones", ["entry of an earlier term committed 416".into(), "torn write 2".into()], 30);
        assert!(text.lines().all(|line| line.chars().count() <= 30), "{text}");
        assert_eq!(text.split_whitespace().count(), 11, "{text}");
    }

    #[test]
    fn a_table_breaks_only_where_it_is_too_wide() {
        assert_eq!(refitted("     p1  write 2\n  read", 80), "     p1  write 2\n  read");
        assert_eq!(refitted("  p1  writes two and three\n", 20), "  p1  writes two and\n      three");
    }

    #[test]
    fn nothing_is_lost_at_any_width() {
        let text = "seed  0x2e   engine event   system raft-kv with a bug  and more than one word here";
        for width in 1..100 {
            let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
            assert_eq!(words(&wrapped(text, width, 6)), words(text), "{width}");
        }
    }
}
