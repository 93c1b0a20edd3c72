//! Text from strangers, made fit for a terminal: arguments, file names, texts in files.

/// True if a character does something to a terminal or changes the order in which others are shown: the control characters,
/// those that separate lines, and the invisible ones that direct text. No repro holds one, so this set never grows: a file
/// that was written once is read for ever.
pub(crate) fn directs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// True if a character directs a terminal or shows nothing by itself, as those that Unicode calls ignorable by default.
pub fn disturbs(c: char) -> bool {
    directs(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every character that [disturbs] a terminal spelled out: `\n`, `\u{1b}`.
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if disturbs(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// The text in at most `chars_max` characters, from 5: a longer one keeps its ends, with `...` for its middle.
pub fn shortened(text: &str, chars_max: usize) -> String {
    const CUT: &str = "...";
    let count = text.chars().count();
    if count <= chars_max {
        return text.into();
    }
    let kept = chars_max.saturating_sub(CUT.len());
    let head: String = text.chars().take(kept.div_ceil(2)).collect();
    let tail: String = text.chars().skip(count - kept / 2).collect();
    format!("{head}{CUT}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_do_something_to_a_terminal_are_spelled_out() {
        assert_eq!(escaped("a\x1b[31mb\r\n"), "a\\u{1b}[31mb\\r\\n");
        assert_eq!(escaped("gpj\u{202e}.exe\u{200b}\u{9b}"), "gpj\\u{202e}.exe\\u{200b}\\u{9b}");
        assert_eq!(escaped("zażółć 日本 {n1}"), "zażółć 日本 {n1}");
    }

    #[test]
    fn a_long_text_keeps_its_ends() {
        assert_eq!(shortened("0123456789", 10), "0123456789");
        assert_eq!(shortened("0123456789a", 10), "0123...89a");
        assert_eq!(shortened(&"ż".repeat(5_000), 9), "żżż...żżż");
    }
}
