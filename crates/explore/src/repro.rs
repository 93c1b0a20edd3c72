//! A run to be run again elsewhere: its plan, its outcome, its engine and its version.
//!
//! A seed means a run only together with the version that expands it. A repro holds the plan itself, so it outlives
//! changes of profiles and expansion. It holds the run's outcome too, and so tells whether a later run still shows the
//! same. It is a file, `repro.json`, or a [token](Repro::token) to be pasted. A plan alone is read as a repro that has
//! no outcome: nothing is known of its run yet.
//!
//! Repros come from strangers. Always true of one that was read:
//! - its plan is [valid](sim::validate());
//! - its own texts are plain and on one line, so that they can be shown;
//! - its verdict is that of its failure.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sim::Moment;
use sim::{Engine, Outcome, Plan, PlanError, Profile, Subject, SubjectId};

use crate::budget::{Budget, GivenLimits};
use crate::failure::{Failure, FailureKind, one_line};
use crate::fingerprint::Fingerprint;
use crate::origin::Origin;
use crate::plain::directs;

pub(crate) mod by_name;
mod comparison;
mod format;
mod token;

pub use comparison::Comparison;
use format::Shape;
pub use format::{Format, OtherFormat};
pub use token::{TokenError, looks_like_token};

/// The most bytes of JSON that a repro may have: longer input is not read to its end.
const BYTES_MAX: u64 = 16 << 20;
/// Some editors begin a file with it. It means nothing.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// A run that can be run again. Of a file only the plan has to be there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repro {
    /// The format of the file.
    #[serde(default)]
    pub format: Format,
    /// The version that recorded it, with its commit; `unknown` if the file does not say.
    #[serde(default = "unknown_version")]
    pub version: String,
    /// The system under test; `None` of a plan that does not say.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "by_name::optional")]
    pub system: Option<SubjectId>,
    /// The version of the system under test when the run was recorded, if it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_version: Option<String>,
    /// The engine that ran it.
    #[serde(default, with = "by_name")]
    pub engine: Engine,
    /// The profile that its plan was expanded from, as far as that is known. It is shown, and decides nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "by_name::optional")]
    pub profile: Option<Profile>,
    /// The plan of the run.
    pub plan: Plan,
    /// The result of its run; `None` of a plan without a recorded run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Recorded>,
}

fn unknown_version() -> String {
    "unknown".into()
}

/// The result of a run when it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// `pass`, `violation`, `panic`, `stalled` or `non-determinism`.
    pub verdict: String,
    /// The fingerprint of its failure; `None` if it passed.
    pub failure: Option<Fingerprint>,
    /// The failure in one line.
    pub message: Option<String>,
    /// When the run was stopped for it; `None` if it ran to its end.
    pub at: Option<Moment>,
    /// The hash of everything that happened.
    #[serde(with = "by_name::digest")]
    pub digest: u64,
    /// The noteworthy states that it reached, by name, and how often.
    pub milestones: BTreeMap<String, u64>,
}

/// Why an input is no repro, or none that can be run.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum ReproError {
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    #[error("longer than the {} MiB that a repro has at most", BYTES_MAX >> 20)]
    TooLong,
    #[error("empty: give a repro, a plan or a token")]
    Empty,
    #[error("cut off: its JSON is incomplete where it ends, in line {line}")]
    CutOff { line: usize },
    #[error("no repro, plan or token: {}", plain(&.0.to_string()))]
    Json(#[source] serde_json::Error),
    #[error("{0}")]
    Format(OtherFormat),
    #[error("its plan cannot be run: {0}")]
    Plan(#[from] PlanError),
    #[error("its {field} is no plain text on one line: give one of at most {CHARS_MAX} characters")]
    NotPlain { field: &'static str },
    #[error("its verdict is '{said}' and its failure means '{meant}': give the same for both")]
    Verdict { said: String, meant: &'static str },
    #[error("{0}")]
    Token(#[from] TokenError),
}

impl From<serde_json::Error> for ReproError {
    fn from(error: serde_json::Error) -> ReproError {
        if error.is_eof() { ReproError::CutOff { line: error.line() } } else { ReproError::Json(error) }
    }
}

/// The longest text that a repro says of itself.
const CHARS_MAX: usize = 1_000;

impl Repro {
    /// The repro of a run that went like this.
    pub fn of(origin: &Origin, plan: &Plan, outcome: &Outcome, failure: Option<&Failure>) -> Repro {
        let milestones = outcome.milestones.iter().filter(|(_, count)| *count > 0);
        Repro {
            format: Format,
            version: crate::VERSION.into(),
            system: Some(origin.subject.clone()),
            system_version: origin.subject_version.clone(),
            engine: origin.engine,
            profile: origin.profile,
            plan: plan.clone(),
            outcome: Some(Recorded {
                verdict: verdict(failure.map(Fingerprint::of).as_ref()).into(),
                failure: failure.map(Fingerprint::of),
                message: failure.map(|failure| plain(&failure.message)),
                at: failure.and_then(|failure| failure.at),
                digest: outcome.digest,
                milestones: milestones.map(|(milestone, count)| (milestone.name.into(), count)).collect(),
            }),
        }
    }

    /// Reads a file as [`read`](Repro::read) does.
    ///
    /// # Errors
    /// Why it holds no repro that can be run.
    pub fn load(file: &Path) -> Result<Repro, ReproError> {
        Repro::read(&mut File::open(file)?)
    }

    /// Reads all that there is to be read, but no more than a repro may have, as [`from_input`](Repro::from_input)
    /// does.
    ///
    /// # Errors
    /// Why it is no repro that can be run.
    pub fn read(from: &mut dyn Read) -> Result<Repro, ReproError> {
        let mut bytes = Vec::new();
        from.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Repro::from_input(&bytes)
    }

    /// Reads a repro however it is written: as JSON, as a token, or as a plan alone, which is JSON too.
    ///
    /// # Errors
    /// Why it is none of them, or none that can be run.
    pub fn from_input(bytes: &[u8]) -> Result<Repro, ReproError> {
        if bytes.len() as u64 > BYTES_MAX {
            return Err(ReproError::TooLong);
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) if looks_like_token(text) => Repro::from_token(text),
            _ => Repro::from_json(bytes),
        }
    }

    /// Reads JSON: a repro, or a plan alone.
    ///
    /// # Errors
    /// Why it is no repro that can be run.
    pub fn from_json(json: &[u8]) -> Result<Repro, ReproError> {
        if json.len() as u64 > BYTES_MAX {
            return Err(ReproError::TooLong);
        }
        if json.trim_ascii().is_empty() {
            return Err(ReproError::Empty);
        }
        let shape: Shape = serde_json::from_slice(json)?;
        if let Some(other) = shape.other_format() {
            return Err(ReproError::Format(other));
        }
        let repro = match shape.is_plan() {
            false => serde_json::from_slice(json)?,
            true => Repro::of_plan(serde_json::from_slice(json)?),
        };
        repro.validated()
    }

    /// A plan without a recorded run.
    fn of_plan(plan: Plan) -> Repro {
        let (version, engine) = (unknown_version(), Engine::default());
        Repro {
            format: Format,
            version,
            system: None,
            system_version: None,
            engine,
            profile: None,
            plan,
            outcome: None,
        }
    }

    /// Reads a token, and leaves out the white space in it.
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

    /// The origin of its run, by this subject.
    pub fn origin(&self, subject: &dyn Subject) -> Origin {
        Origin { profile: self.profile, ..Origin::of(subject, self.engine) }
    }

    /// True if the other one records the same run, be it in another version.
    pub fn is_same_run(&self, other: &Repro) -> bool {
        let Repro { format: Format, version: _, system, system_version: _, engine, profile, plan, outcome } = self;
        (system, engine, profile) == (&other.system, &other.engine, &other.profile)
            && (plan, outcome) == (&other.plan, &other.outcome)
    }

    /// True if there is more in its plan that happens than in the other one's, or else in its run up to where it
    /// failed.
    pub fn is_larger_than(&self, other: &Repro) -> bool {
        let size = |repro: &Repro| {
            let operations = repro.plan.workload.script.as_ref().map_or(usize::MAX / 2, Vec::len);
            let failed_at = repro.outcome.as_ref().and_then(|outcome| outcome.at);
            (operations + repro.plan.schedule.len(), failed_at.map_or(0, |at| at.event))
        };
        size(self) > size(other)
    }

    /// The budget of its run. A run that is recorded as stalled may have exceeded that when it was recorded, and stalls
    /// again.
    pub fn budget(&self, given: GivenLimits) -> Budget {
        let failure = self.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref());
        let blames_run = failure.is_some_and(|failure| failure.kind == FailureKind::Stalled);
        Budget { blames_run, ..Budget::of_foreign_plan(given) }
    }

    /// How the run that is recorded here compares with one that went like this; `None` if none is recorded.
    pub fn compare(&self, outcome: &Outcome, failure: Option<&Failure>) -> Option<Comparison> {
        let recorded = self.outcome.as_ref()?;
        Some(Comparison::new(&self.version, recorded, outcome, failure))
    }

    fn validated(self) -> Result<Repro, ReproError> {
        are_plain([("version", &self.version)])?;
        are_plain(self.system_version.iter().map(|version| ("system_version", version)))?;
        self.outcome.as_ref().map_or(Ok(()), Recorded::validate)?;
        sim::validate(&self.plan)?;
        Ok(self)
    }
}

impl Recorded {
    /// The fault of the run, in one line: `Election Safety: n1 and n4 both lead term 7`.
    pub fn found(&self) -> Option<String> {
        let headline = self.failure.as_ref()?.headline();
        Some(format!("{headline}: {}", self.message.as_deref().unwrap_or_default()))
    }

    fn validate(&self) -> Result<(), ReproError> {
        are_plain([("verdict", &self.verdict)])?;
        are_plain(self.message.iter().map(|message| ("message", message)))?;
        are_plain(self.failure.iter().flat_map(|failure| &failure.invariant).map(|id| ("invariant", id)))?;
        are_plain(self.milestones.keys().map(|name| ("milestone", name)))?;
        let meant = verdict(self.failure.as_ref());
        if self.verdict == meant { Ok(()) } else { Err(ReproError::Verdict { said: self.verdict.clone(), meant }) }
    }
}

fn are_plain<'a>(texts: impl IntoIterator<Item = (&'static str, &'a String)>) -> Result<(), ReproError> {
    match texts.into_iter().find(|(_, text)| !is_plain(text)) {
        None => Ok(()),
        Some((field, _)) => Err(ReproError::NotPlain { field }),
    }
}

fn verdict(failure: Option<&Fingerprint>) -> &'static str {
    failure.map_or("pass", |failure| failure.kind.verdict())
}

/// True if a text can be shown: nothing in it disturbs a terminal, and it is not too long for one.
fn is_plain(text: &str) -> bool {
    !text.contains(directs) && text.chars().count() <= CHARS_MAX
}

/// As much of a text as can be shown.
pub(crate) fn plain(text: &str) -> String {
    one_line(text).chars().filter(|c| !directs(*c)).take(CHARS_MAX).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use env::Instant;
    use sim::{Overrides, Seed, expand};

    use super::*;
    use crate::origin::tests::{stale_get, usual};

    pub(crate) fn repro_of(seed: u64) -> Repro {
        let plan = expand(Seed(seed), Profile::Swarm, &Overrides::default(), &[]).expect("seeds make valid plans");
        let at = Moment { time: Instant(1_097_000_000), event: 737 };
        Repro {
            format: Format,
            version: crate::VERSION.into(),
            system: Some(usual().subject),
            system_version: None,
            engine: Engine::Event,
            profile: Some(Profile::Swarm),
            plan,
            outcome: Some(Recorded {
                verdict: "violation".into(),
                failure: Some(Fingerprint::of(&stale_get())),
                message: Some(stale_get().message),
                at: Some(at),
                digest: 0x00d4_6e81_8b22_f9cb,
                milestones: [("leader elected".into(), 2), ("entries truncated".into(), 1)].into(),
            }),
        }
    }

    pub(crate) fn repro() -> Repro {
        repro_of(0xad)
    }

    /// Reads the repro with `from` replaced by `to`, which must be refused; returns the refusal's message.
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
    fn a_token_in_a_file_is_read_as_one() {
        let (token, end) = (repro().token(), b"\r\n".as_slice());
        let (first, second) = token.split_at(100);
        for text in [token.clone(), format!("\u{feff}  {token}"), format!("{first}\n{second}")] {
            assert_eq!(Repro::from_input(&[text.as_bytes(), end].concat()).expect("a token"), repro());
        }
        assert_eq!(Repro::from_input(repro().to_json().as_bytes()).expect("a file"), repro());
        let error = Repro::from_input(b"sg2-AAAA\n").expect_err("it is damaged").to_string();
        assert!(error.contains("the token is damaged"), "{error}");
    }

    #[test]
    fn a_plan_alone_is_one_of_which_nothing_is_recorded() {
        let plan = serde_json::to_value(&repro().plan).expect("plain values");
        let read = |value: serde_json::Value| Repro::from_input(value.to_string().as_bytes());
        let alone = read(plan.clone()).expect("a plan");
        assert_eq!((&alone.plan, &alone.outcome), (&repro().plan, &None));
        assert_eq!((&alone.system, alone.engine), (&None, Engine::Event));
        assert_eq!(read(serde_json::json!({ "plan": plan })).expect("a plan"), alone);
        let on_turmoil = read(serde_json::json!({ "plan": plan, "engine": "turmoil" })).expect("a plan");
        assert_eq!(on_turmoil, Repro { engine: Engine::Turmoil, ..alone.clone() });
        assert_eq!(Repro::from_json(alone.to_json().as_bytes()).expect("just written"), alone);
    }

    #[test]
    fn a_plan_from_elsewhere_is_bounded_and_blames_only_a_run_that_has_stalled_before() {
        let usual = repro().budget(GivenLimits::default());
        assert_eq!((usual.limits, usual.blames_run), (sim::Limits::default(), false));
        let mut stalled = repro();
        let outcome = stalled.outcome.as_mut().expect("a run is recorded");
        outcome.failure = outcome.failure.take().map(|failure| Fingerprint { kind: FailureKind::Stalled, ..failure });
        assert!(stalled.budget(GivenLimits::default()).blames_run);
    }

    #[test]
    fn what_is_wrong_with_a_plan_alone_is_said_of_the_plan() {
        let says = |value: serde_json::Value, said: &str| {
            let error = Repro::from_input(value.to_string().as_bytes()).expect_err(said).to_string();
            assert!(error.contains(said) && error.lines().count() == 1, "'{error}' does not say '{said}'");
        };
        let mut plan = serde_json::to_value(&repro().plan).expect("plain values");
        plan["cluster"]["heartbeat_ms"] = 0.into();
        says(plan.clone(), "its plan cannot be run: cluster.heartbeat_ms is 0");
        plan["weather"] = "fine".into();
        says(plan, "unknown field `weather`, expected one of `seed`, `cluster`");
        says(serde_json::json!({ "engine": "event" }), "missing field `plan`");
        says(serde_json::json!([1, 2]), "no repro, plan or token");
    }

    #[test]
    fn a_file_of_an_earlier_version_is_read_with_every_character_that_it_may_hold() {
        // A variation selector, a filler, a soft hyphen: invisible by themselves, and harmless.
        let message = "\u{26a0}\u{fe0f} n1 is \u{3164} wr\u{ad}ong";
        let mut written = repro();
        written.outcome.as_mut().expect("a run is recorded").message = Some(message.into());
        assert_eq!(Repro::from_json(written.to_json().as_bytes()).expect("just written"), written);
        assert_eq!(plain(message), message);
    }

    #[test]
    fn another_format_is_refused_with_the_release_that_reads_it() {
        let says = |json: &str| Repro::from_json(json.as_bytes()).expect_err("another format").to_string();
        let first = "of format 1: stormglass 0.1 reads it, and this one format 2";
        assert_eq!(
            says(r#"{"version":"0.1.0","plan":{"seed":"0x1","cluster":{"election_timeout_min_ms":150}}}"#),
            first
        );
        assert_eq!(says(r#"{"seed":"0x1","cluster":{"nodes":3,"election_timeout_min_ms":150}}"#), first);
        let json = repro().to_json();
        assert!(json.starts_with("{\n  \"format\": 2,\n"), "{json}");
        let later = "of format 3: a later stormglass reads it, and this one format 2";
        assert_eq!(says(&json.replace("\"format\": 2", "\"format\": 3")), later);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_in_one_line() {
        let says = |error: String, said: &str| assert!(error.contains(said), "'{error}' does not say '{said}'");
        says(refused("{", "["), "no repro, plan or token");
        let json = repro().to_json();
        says(
            Repro::from_json(&json.as_bytes()[..30]).expect_err("it is cut off").to_string(),
            "cut off: its JSON is incomplete where it ends, in line 3",
        );
        says(Repro::from_input(b" \n").expect_err("it is empty").to_string(), "empty: give a repro, a plan or a token");
        says(refused("\"event\"", "\"steam\""), "give event or turmoil");
        says(refused("\"swarm\"", "\"storm\""), "give calm, chaos, disk, clock, membership or swarm");
        says(refused("\"engine\"", "\"machine\""), "unknown field `machine`, expected one of `format`");
        says(refused("\"nodes\": ", "\"nodes\": 0"), "invalid number");
        says(refused("00d46e818b22f9cb", "a digest"), "'a digest' is no digest: give 16 hex digits");
        says(refused("raft-kv", "raft\\u001b[2Jkv"), "names no system");
        says(refused("leader elected", "leader\\nelected"), "its milestone is no plain text");
        says(refused("raft-kv", "raft\u{202e}kv"), "names no system");
        let shown = refused("\"event\"", "\"st\\u001b[31m\\neam\"");
        assert!(!shown.contains(char::is_control), "{shown:?}");
        says(refused("\"violation\"", "\"pass\""), "its verdict is 'pass' and its failure means 'violation'");
        says(refused("\"heartbeat_ms\": ", "\"heartbeat_ms\": 99999"), "its plan cannot be run: ");
        let endless = vec![b' '; BYTES_MAX as usize + 1];
        says(Repro::from_json(&endless).expect_err("too long").to_string(), "longer than the 16 MiB");
    }
}
