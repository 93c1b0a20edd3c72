//! What a failing run prints, whoever ran it.

use std::fmt;

use crate::artefacts::Saved;
use crate::failure::Failure;
use crate::origin::Origin;

/// The screen of a failed run: what and when, where it comes from, what it left behind, and the line that shows it again.
/// Always the last lines of standard error.
#[derive(Debug)]
pub struct Screen<'a> {
    /// What was wrong.
    pub failure: &'a Failure,
    /// What was run.
    pub origin: &'a Origin,
    /// What was saved of it; `None` if nothing was to be.
    pub saved: Option<&'a Saved>,
    /// What it was shrunk to, `1834 -> 41 events: n1 leads term 7, ...`.
    pub shrunk: Option<&'a str>,
    /// The run as a token, if it is short enough to be pasted.
    pub token: Option<&'a str>,
    /// The command that shows it again, to be pasted as it stands.
    pub reproduce: &'a str,
}

impl fmt::Display for Screen<'_> {
    /// Without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failure = self.failure;
        if let Some(explanation) = &failure.explanation {
            writeln!(f, "{}", explanation.trim_end())?;
        }
        let what = format!("FAIL  {}: {}", failure.headline(), failure.message);
        match failure.at {
            Some(at) => writeln!(f, "{what:<60}  event {}, t={:.3}s", at.event, at.time.0 as f64 / 1e9)?,
            None => writeln!(f, "{what}")?,
        }
        writeln!(f, "{}", self.origin.line(&failure.seed.to_string()))?;
        match self.saved {
            Some(Ok(folder)) => writeln!(f, "saved {folder}")?,
            Some(Err(error)) => writeln!(f, "not saved: {error}")?,
            None => {}
        }
        if let Some(shrunk) = self.shrunk {
            writeln!(f, "shrunk {shrunk}")?;
        }
        if let Some(token) = self.token {
            writeln!(f, "token {token}")?;
        }
        write!(f, "reproduce: {}", self.reproduce)
    }
}

#[cfg(test)]
mod tests {
    use check::Moment;
    use env::Instant;

    use super::*;
    use crate::origin::tests::{stale_get, usual};

    #[test]
    fn a_screen_ends_with_the_line_to_paste() {
        let at = Some(Moment { time: Instant(12_840_000_000), event: 1834 });
        let failure = Failure { at, explanation: Some("a table\n".into()), ..stale_get() };
        let saved = Err("the disk is full".into());
        let screen = Screen {
            failure: &failure,
            origin: &usual(),
            saved: Some(&saved),
            shrunk: Some("1834 -> 41 events"),
            token: Some("sg1-AAAA"),
            reproduce: "cargo run --release -- replay 0xad",
        };
        let version = crate::VERSION;
        let expected = format!(
            "a table\n\
             FAIL  Linearizability: c1's get is stale                      event 1834, t=12.840s\n\
             seed  0xad   engine event   profile swarm   version {version}\n\
             not saved: the disk is full\n\
             shrunk 1834 -> 41 events\n\
             token sg1-AAAA\n\
             reproduce: cargo run --release -- replay 0xad"
        );
        assert_eq!(screen.to_string(), expected);
    }

    #[test]
    fn what_there_is_not_takes_no_line() {
        let (failure, origin) = (stale_get(), usual());
        let screen =
            Screen { failure: &failure, origin: &origin, saved: None, shrunk: None, token: None, reproduce: "x" };
        assert_eq!(screen.to_string().lines().count(), 3);
    }
}
