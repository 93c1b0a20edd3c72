//! A run to be run again elsewhere: its plan, what came of it, and what ran it.
//!
//! A seed means a run only together with the version that expands it. A repro holds the plan itself, so it outlives
//! changes of profiles and expansion; and it says what came of the run, so that whoever runs it knows whether it still
//! shows the same. It is a file, `repro.json`, or a [token](Repro::token) to be pasted.
//!
//! Repros come from strangers. Always true of one that was read:
//! - its plan is [valid](sim::validate());
//! - what it says of itself is plain text on one line, so that it can be shown;
//! - its verdict is that of its failure.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use check::Moment;
use serde::{Deserialize, Serialize};
use sim::{Engine, Outcome, Plan, PlanError, Profile};

use crate::failure::{Failure, one_line};
use crate::fingerprint::Fingerprint;
use crate::origin::Origin;
use crate::plain::directs;

mod by_name;
mod comparison;
mod token;

pub use comparison::Comparison;
pub use token::{TokenError, looks_like_token};

/// No repro is longer than this, in bytes of JSON: what claims to be is not read to its end.
const BYTES_MAX: u64 = 16 << 20;

/// A run that can be run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repro {
    /// The version that recorded it, with its commit.
    pub version: String,
    /// The system under test: `raft-kv`, `raft-kv with BUG`, or what the author of a test calls it.
    pub system: String,
    /// What ran it.
    #[serde(with = "by_name")]
    pub engine: Engine,
    /// What its plan was expanded from, as far as that is known. It is shown, and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "by_name::optional")]
    pub profile: Option<Profile>,
    /// What is run.
    pub plan: Plan,
    /// What came of it.
    pub outcome: Recorded,
}

/// What came of a run when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// `pass`, `violation`, `panic`, `stalled` or `non-determinism`.
    pub verdict: String,
    /// What was broken and by whom; `None` if it passed.
    pub failure: Option<Fingerprint>,
    /// What happened, in one line.
    pub message: Option<String>,
    /// When the run was stopped for it; `None` if it ran to its end.
    pub at: Option<Moment>,
    /// The hash of everything that happened.
    #[serde(with = "by_name::digest")]
    pub digest: u64,
    /// The noteworthy states that it reached, by name, and how often.
    pub milestones: BTreeMap<String, u64>,
}

/// What is no repro, or none that can be run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum ReproError {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    #[error("longer than the {} MiB that a repro has at most", BYTES_MAX >> 20)]
    TooLong,
    #[error("no repro as a failed run saves it: {}", plain(&.0.to_string()))]
    Json(#[from] serde_json::Error),
    #[error("its plan cannot be run: {0}")]
    Plan(#[from] PlanError),
    #[error("its {field} is no plain text on one line: give one of at most {CHARS_MAX} characters")]
    NotPlain { field: &'static str },
    #[error("its verdict is '{said}' and its failure means '{meant}': give the same for both")]
    Verdict { said: String, meant: &'static str },
    #[error("{0}")]
    Token(#[from] TokenError),
}

/// The longest text that a repro says of itself.
const CHARS_MAX: usize = 1_000;

impl Repro {
    /// The repro of a run that went like this.
    pub fn of(origin: &Origin, plan: &Plan, outcome: &Outcome, failure: Option<&Failure>) -> Repro {
        let milestones = outcome.milestones.iter().filter(|(_, count)| *count > 0);
        Repro {
            version: crate::VERSION.into(),
            system: plain(&origin.system),
            engine: origin.engine,
            profile: origin.profile,
            plan: plan.clone(),
            outcome: Recorded {
                verdict: verdict(failure.map(Fingerprint::of).as_ref()).into(),
                failure: failure.map(Fingerprint::of),
                message: failure.map(|failure| plain(&failure.message)),
                at: failure.and_then(|failure| failure.at),
                digest: outcome.digest,
                milestones: milestones.map(|(milestone, count)| (milestone.name().into(), count)).collect(),
            },
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why it holds no repro that can be run.
    pub fn load(file: &Path) -> Result<Repro, ReproError> {
        let mut json = Vec::new();
        File::open(file)?.take(BYTES_MAX + 1).read_to_end(&mut json)?;
        Repro::from_json(&json)
    }

    /// Reads what a file holds.
    ///
    /// # Errors
    /// Why it is no repro that can be run.
    pub fn from_json(json: &[u8]) -> Result<Repro, ReproError> {
        if json.len() as u64 > BYTES_MAX {
            return Err(ReproError::TooLong);
        }
        let repro: Repro = serde_json::from_slice(json)?;
        repro.validated()
    }

    /// Reads a token, whatever white space it was broken up with.
    ///
    /// # Errors
    /// Why it is none, or none that can be run.
    pub fn from_token(token: &str) -> Result<Repro, ReproError> {
        Repro::from_json(&token::unpacked(token, BYTES_MAX)?)
    }

    /// As a file holds it: for a person to read and to edit.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a repro is plain values") + "\n"
    }

    /// As one word to be pasted. It may be long.
    pub fn token(&self) -> String {
        token::packed(&serde_json::to_vec(self).expect("a repro is plain values"))
    }

    /// Where its run comes from.
    pub fn origin(&self) -> Origin {
        Origin { system: self.system.clone(), engine: self.engine, profile: self.profile, nodes: None }
    }

    /// Whether the other one records the same run, be it in another version.
    pub fn is_same_run(&self, other: &Repro) -> bool {
        let Repro { version: _, system, engine, profile, plan, outcome } = self;
        (system, engine, profile) == (&other.system, &other.engine, &other.profile)
            && (plan, outcome) == (&other.plan, &other.outcome)
    }

    /// Whether there is more in its plan that happens than in the other one's, or else in its run up to where it failed.
    pub fn is_larger_than(&self, other: &Repro) -> bool {
        let size = |repro: &Repro| {
            let operations = repro.plan.workload.script.as_ref().map_or(usize::MAX / 2, Vec::len);
            (operations + repro.plan.schedule.len(), repro.outcome.at.map_or(0, |at| at.event))
        };
        size(self) > size(other)
    }

    /// How the run that is recorded here compares with one that went like this.
    pub fn compare(&self, outcome: &Outcome, failure: Option<&Failure>) -> Comparison {
        Comparison::new(self, outcome, failure)
    }

    fn validated(self) -> Result<Repro, ReproError> {
        let outcome = &self.outcome;
        let texts = [("version", &self.version), ("system", &self.system), ("verdict", &outcome.verdict)];
        let messages = outcome.message.iter().map(|message| ("message", message));
        let milestones = outcome.milestones.keys().map(|name| ("milestone", name));
        for (field, text) in texts.into_iter().chain(messages).chain(milestones) {
            if !is_plain(text) {
                return Err(ReproError::NotPlain { field });
            }
        }
        let meant = verdict(outcome.failure.as_ref());
        if outcome.verdict != meant {
            return Err(ReproError::Verdict { said: self.outcome.verdict, meant });
        }
        sim::validate(&self.plan)?;
        Ok(self)
    }
}

fn verdict(failure: Option<&Fingerprint>) -> &'static str {
    failure.map_or("pass", |failure| failure.kind.verdict())
}

/// Whether a text can be shown: nothing in it disturbs a terminal, and it is not too long for one.
fn is_plain(text: &str) -> bool {
    !text.contains(directs) && text.chars().count() <= CHARS_MAX
}

/// As much of a text as can be shown.
fn plain(text: &str) -> String {
    one_line(text).chars().filter(|c| !directs(*c)).take(CHARS_MAX).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use env::Instant;
    use sim::{Overrides, Seed, expand};

    use super::*;
    use crate::origin::tests::{stale_get, usual};

    pub(crate) fn repro_of(seed: u64) -> Repro {
        let plan = expand(Seed(seed), Profile::Swarm, &Overrides::default()).expect("seeds make valid plans");
        let at = Moment { time: Instant(1_097_000_000), event: 737 };
        Repro {
            version: crate::VERSION.into(),
            system: usual().system,
            engine: Engine::Event,
            profile: Some(Profile::Swarm),
            plan,
            outcome: Recorded {
                verdict: "violation".into(),
                failure: Some(Fingerprint::of(&stale_get())),
                message: Some(stale_get().message),
                at: Some(at),
                digest: 0x00d4_6e81_8b22_f9cb,
                milestones: [("leader elected".into(), 2), ("entries truncated".into(), 1)].into(),
            },
        }
    }

    pub(crate) fn repro() -> Repro {
        repro_of(0xad)
    }

    /// Reads the repro with `from` replaced by `to`, which must be refused; answers with what is said.
    #[track_caller]
    fn refused(from: &str, to: &str) -> String {
        let json = repro().to_json();
        assert!(json.contains(from), "{json}");
        let error = Repro::from_json(json.replacen(from, to, 1).as_bytes()).expect_err("it is damaged").to_string();
        assert_eq!(error.lines().count(), 1, "{error}");
        error
    }

    #[test]
    fn a_file_is_read_back() {
        let json = repro().to_json();
        assert_eq!(Repro::from_json(json.as_bytes()).expect("just written"), repro());
        assert!(json.contains("\"digest\": \"00d46e818b22f9cb\""), "{json}");
        assert!(json.contains("\"engine\": \"event\""), "{json}");
        let bare = Repro { profile: None, ..repro() };
        assert_eq!(Repro::from_json(bare.to_json().as_bytes()).expect("just written"), bare);
    }

    #[test]
    fn a_file_of_an_earlier_version_is_read_with_every_character_that_it_may_hold() {
        // A variation selector, a filler, a soft hyphen: invisible by themselves, and harmless.
        let message = "\u{26a0}\u{fe0f} n1 is \u{3164} wr\u{ad}ong";
        let outcome = Recorded { message: Some(message.into()), ..repro().outcome };
        let written = Repro { outcome, ..repro() };
        assert_eq!(Repro::from_json(written.to_json().as_bytes()).expect("just written"), written);
        assert_eq!(plain(message), message);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_in_one_line() {
        let says = |error: String, said: &str| assert!(error.contains(said), "'{error}' does not say '{said}'");
        says(refused("{", "["), "no repro as a failed run saves it");
        says(refused("\"event\"", "\"steam\""), "give event or turmoil");
        says(refused("\"swarm\"", "\"storm\""), "give calm, chaos, disk, clock, membership or swarm");
        says(refused("\"engine\"", "\"machine\""), "unknown field `machine`, expected one of `version`");
        says(refused("\"nodes\": ", "\"nodes\": 0"), "invalid number");
        says(refused("00d46e818b22f9cb", "a digest"), "'a digest' is no digest: give 16 hex digits");
        says(refused("raft-kv", "raft\\u001b[2Jkv"), "its system is no plain text");
        says(refused("leader elected", "leader\\nelected"), "its milestone is no plain text");
        says(refused("raft-kv", "raft\u{202e}kv"), "its system is no plain text");
        let shown = refused("\"event\"", "\"st\\u001b[31m\\neam\"");
        assert!(!shown.contains(char::is_control), "{shown:?}");
        says(refused("\"violation\"", "\"pass\""), "its verdict is 'pass' and its failure means 'violation'");
        says(refused("\"heartbeat_ms\": ", "\"heartbeat_ms\": 99999"), "its plan cannot be run: ");
        let endless = vec![b' '; BYTES_MAX as usize + 1];
        says(Repro::from_json(&endless).expect_err("too long").to_string(), "longer than the 16 MiB");
    }
}
