//! Operations and answers as a timeline shows them: plain text on one line.

use std::fmt;

use env::Bytes;

/// Displays a word of a plan or of a message as plain text on one line.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Bytes::from(self.0), f)
    }
}

/// Displays a value that may be absent.
pub(crate) struct OrAbsent<T>(pub(crate) Option<T>);

impl<T: fmt::Display> fmt::Display for OrAbsent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("(absent)"),
        }
    }
}

/// Displays items with `; ` between them; `(none)` if there are none.
pub(crate) struct Listed<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, others @ ..] = self.0 else { return f.write_str("(none)") };
        first.fmt(f)?;
        others.iter().try_for_each(|item| write!(f, "; {item}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_shown_on_one_line_and_what_is_absent_as_absent() {
        assert_eq!(Plain("Ada\n\x1b[31m\u{202e}").to_string(), "Ada\\n\\x1b[31m\\u{202e}");
        assert_eq!([Some(7), None].map(|value| OrAbsent(value).to_string()), ["7", "(absent)"]);
        let listed = |items: &[u8]| Listed(items).to_string();
        assert_eq!((listed(&[]), listed(&[1]), listed(&[1, 2])), ("(none)".into(), "1".into(), "1; 2".into()));
    }
}
