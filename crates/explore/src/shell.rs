//! Words of lines that are printed to be pasted into a shell.

use crate::plain::disturbs;

/// A text as one word.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into()
    } else if text.contains(disturbs) {
        format!("$'{}'", text.chars().map(spelled).collect::<String>())
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// A character as a shell reads it between `$'` and `'`, so that none reaches the terminal as it is.
fn spelled(c: char) -> String {
    match c {
        '\'' | '\\' => format!("\\{c}"),
        c if disturbs(c) => c.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        c => c.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_means_something_to_a_shell_is_quoted() {
        assert_eq!(word("target/stormglass/progress-0x1/repro.json"), "target/stormglass/progress-0x1/repro.json");
        assert_eq!(word("my runs/it's.json"), "'my runs/it'\\''s.json'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn a_character_that_disturbs_a_terminal_is_spelled_out() {
        assert_eq!(word("it's\x1b[31m\u{202e}"), "$'it\\'s\\x1b[31m\\xe2\\x80\\xae'");
    }
}
