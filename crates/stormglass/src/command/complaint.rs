//! The fault in the input, in one short line that no argument can disturb.

use std::error::Error;
use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use explore::plain::{disturbs, escaped, shortened};

/// The longest line, in characters.
const LINE_MAX: usize = 200;
/// The most of an argument that is repeated.
const ECHO_MAX: usize = 40;

/// The fault that clap tells over several lines, in one, with the hint and without the usage that follows.
pub(crate) fn of_clap(error: &clap::Error, args: &[OsString]) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing: give list or run".into();
    }
    // The message of the value's own reader is enough: clap would show the value twice.
    if let (ErrorKind::ValueValidation, Some(said)) = (error.kind(), error.source())
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
    {
        let option = option.split(' ').next().unwrap_or_default();
        return line(&format!("{option}: {said}"), args);
    }
    // A line break of an argument would be taken for one of clap's.
    let text = with_echoes(&error.render().to_string(), args, &|echo| escaped(echo));
    let lines =
        text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    if matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        said.push("see --help for the commands and options");
    }
    let said = said.join("; ").replace(":;", ":");
    line(said.strip_prefix("error: ").unwrap_or(&said), args)
}

/// A text as one line of at most 200 characters. If it is longer, arguments that it repeats are cut in their middle,
/// and if that is not enough, the line is.
pub(crate) fn line(text: &str, args: &[OsString]) -> String {
    const CHARS_MAX: usize = LINE_MAX - "error: ".len();
    let whole = escaped(text.trim());
    if whole.chars().count() <= CHARS_MAX {
        return whole;
    }
    let cut = with_echoes(text, args, &|echo| shortened(&escaped(echo), ECHO_MAX));
    shortened(&escaped(cut.trim()), CHARS_MAX)
}

/// The text with arguments that are long or would disturb it shown otherwise.
fn with_echoes(text: &str, args: &[OsString], shown: &dyn Fn(&str) -> String) -> String {
    let mut text = text.to_string();
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let values = args.iter().filter_map(|arg| arg.split_once('=')).map(|(_, value)| value);
    for echo in args.iter().map(String::as_str).chain(values) {
        if echo.chars().count() > ECHO_MAX || echo.contains(disturbs) {
            text = text.replace(echo, &shown(echo));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, args: &[&str]) -> String {
        line(text, &args.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn a_long_argument_is_cut_and_the_hint_is_kept() {
        let arg = "x".repeat(5_000);
        let line = told(&format!("'{arg}' is no seed: give a number"), &["replay", &arg]);
        assert_eq!(line, format!("'{}...{}' is no seed: give a number", "x".repeat(19), "x".repeat(18)));
        let path = format!("{}.json", "long-name".repeat(15));
        assert_eq!(told(&format!("{path}: No such file"), &["check", &path]), format!("{path}: No such file"));
        let option = format!("--time={arg}");
        assert!(told(&format!("--time: '{arg}' is no length"), &[&option]).ends_with("xxx' is no length"));
    }

    #[test]
    fn no_character_of_an_argument_disturbs_the_line() {
        let line = told("'a\x1b[31mb\r\n\u{202e}': No such file", &["check", "a\x1b[31mb\r\n\u{202e}"]);
        assert_eq!(line, "'a\\u{1b}[31mb\\r\\n\\u{202e}': No such file");
    }

    #[test]
    fn any_line_fits() {
        let line = told(&"no argument, ".repeat(100), &[]);
        assert!(line.chars().count() <= 193 && line.starts_with("no argument, no") && line.ends_with("argument,"));
    }
}
