//! The screen of a failed run, the same for the command and for a test.

use std::fmt;

use crate::artefacts::Saved;
use crate::failure::Failure;
use crate::layout::{WIDTH_PIPED, refitted, width_asked, wrapped};
use crate::origin::Origin;

/// The most lines of a terminal that a token may take unless it is asked for.
const TOKEN_LINES_MAX: usize = 3;

/// How a screen is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Lines are broken at so many characters, but for those that are there to be pasted.
    pub width: usize,
    /// True if the token is shown however long it is.
    pub shows_token: bool,
}

/// The screen of a failed run: the broken invariant and its moment, the run's origin, the smaller run that fails alike,
/// the files it left behind, and the line that shows it again, which is always the last.
#[derive(Debug)]
pub struct Screen<'a> {
    /// Its first word: `FAIL`, or `CAUGHT` where the failure was hoped for.
    pub verdict: &'static str,
    /// The failure.
    pub failure: &'a Failure,
    /// The origin of the run.
    pub origin: &'a Origin,
    /// The place where its files are; `None` if none were to be saved.
    pub saved: Option<&'a Saved>,
    /// The smaller run that fails alike, `1834 -> 41 events: n1 leads term 7, ...`.
    pub shrunk: Option<&'a str>,
    /// The run as a token.
    pub token: &'a str,
    /// The command that shows it again, to be pasted as it stands.
    pub reproduce: &'a str,
    /// How wide it is.
    pub layout: Layout,
}

impl Layout {
    /// The layout of a test's screen: the harness of the test stands between it and any terminal.
    pub fn of_test() -> Layout {
        Layout { width: width_asked().unwrap_or(WIDTH_PIPED), shows_token: false }
    }
}

impl fmt::Display for Screen<'_> {
    /// Without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const INDENT: usize = 6;
        let Layout { width, shows_token } = self.layout;
        let failure = self.failure;
        if let Some(explanation) = &failure.explanation {
            writeln!(f, "{}", refitted(explanation.trim_end(), width))?;
        }
        let what = format!("{}  {}: {}", self.verdict, failure.headline(), failure.message);
        let what = match failure.at {
            Some(at) => format!("{what}  event {}, t={:.3}s", at.event, at.time.0 as f64 / 1e9),
            None => what,
        };
        writeln!(f, "{}", wrapped(&what, width, INDENT))?;
        writeln!(f, "{}", wrapped(&self.origin.line(&failure.seed.to_string()), width, INDENT))?;
        if let Some(shrunk) = self.shrunk {
            writeln!(f, "{}", wrapped(&format!("shrunk {shrunk}"), width, INDENT))?;
        }
        match self.saved {
            Some(Ok(folder)) => writeln!(f, "{}", wrapped(&format!("saved {folder}"), width, INDENT))?,
            Some(Err(error)) => writeln!(f, "{}", wrapped(&format!("not saved: {error}"), width, INDENT))?,
            None => {}
        }
        let token = format!("token {}", self.token);
        if shows_token || token.chars().count() <= TOKEN_LINES_MAX * width {
            writeln!(f, "{token}")?;
        }
        write!(f, "reproduce: {}", self.reproduce)
    }
}

#[cfg(test)]
mod tests {
    use env::Instant;
    use sim::Moment;

    use super::*;
    use crate::origin::tests::{stale_get, usual};

    const LAYOUT: Layout = Layout { width: 100, shows_token: false };

    #[test]
    fn a_screen_ends_with_the_line_to_paste() {
        let at = Some(Moment { time: Instant(12_840_000_000), event: 1834 });
        let failure = Failure { at, explanation: Some("a table\n".into()), ..stale_get() };
        let saved = Err("the disk is full".into());
        let screen = Screen {
            verdict: "FAIL",
            failure: &failure,
            origin: &usual(),
            saved: Some(&saved),
            shrunk: Some("1834 -> 41 events"),
            token: "sg2-AAAA",
            reproduce: "cargo run --release -- replay 0xad",
            layout: LAYOUT,
        };
        let version = crate::VERSION;
        let expected = format!(
            "a table\n\
             FAIL  Linearizability: c1's get is stale  event 1834, t=12.840s\n\
             seed  0xad   engine event   profile swarm   system raft-kv   version {version}\n\
             shrunk 1834 -> 41 events\n\
             not saved: the disk is full\n\
             token sg2-AAAA\n\
             reproduce: cargo run --release -- replay 0xad"
        );
        assert_eq!(screen.to_string(), expected);
    }

    /// A screen with a token, and without saved files or a smaller run.
    fn bare(token: &str, layout: Layout) -> String {
        let (failure, origin) = (stale_get(), usual());
        let (verdict, reproduce) = ("FAIL", "cargo run --release -- replay 0xad --profile membership");
        Screen { verdict, failure: &failure, origin: &origin, saved: None, shrunk: None, token, reproduce, layout }
            .to_string()
    }

    #[test]
    fn a_token_is_shown_if_it_is_short_or_asked_for() {
        let shown = |len: usize, layout| bare(&"x".repeat(len), layout).contains("\ntoken ");
        let wide = Layout { width: 200, ..LAYOUT };
        assert_eq!([294, 295].map(|len| shown(len, LAYOUT)), [true, false]);
        assert_eq!([594, 595].map(|len| shown(len, wide)), [true, false]);
        assert!(shown(5_000, Layout { shows_token: true, ..LAYOUT }));
    }

    #[test]
    fn no_line_is_too_wide_but_those_to_paste() {
        for width in [40, 60, 80] {
            let text = bare(&"x".repeat(1_000), Layout { width, ..LAYOUT });
            let (rest, last) = text.rsplit_once('\n').expect("more than a line");
            assert_eq!(last, "reproduce: cargo run --release -- replay 0xad --profile membership");
            assert!(rest.lines().all(|line| line.chars().count() <= width), "{text}");
        }
    }
}
