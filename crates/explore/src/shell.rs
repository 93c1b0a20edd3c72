//! What is printed to be pasted into a shell.

/// A text as one word.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_means_something_to_a_shell_is_quoted() {
        assert_eq!(word("stormglass-out/progress-0x1/repro.json"), "stormglass-out/progress-0x1/repro.json");
        assert_eq!(word("my runs/it's.json"), "'my runs/it'\\''s.json'");
        assert_eq!(word(""), "''");
    }
}
