//! One plan, run twice: whether it was the same run, and if not, where the two part.
//!
//! Every run leaves a [`Trail`] of digests, which tells where. Then the plan is run twice again with a recorder on, and
//! the first line in which these two runs differ is shown. A run that is not deterministic may part from the next
//! somewhere else each time: the two recorded runs decide, and where no two of them part, the trail.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use env::TextHash;
use sim::Moment;
use sim::{FaultKind, Line, LogLevel, Outcome, Plan, Recorder, Trail};

use crate::failure::{Failure, FailureKind};
use crate::runner::{Runner, Unfinished};

/// The likely causes of a difference.
const LIKELY: &str = "the system, or a crate that it uses, takes something from the machine: random numbers (`cargo tree \
    -i getrandom`), a clock, the order of a hash map, a static; docs/determinism.md lists what, and the way out of each";

/// A run and the trail that it has left.
pub(crate) struct Trailed {
    pub(crate) outcome: Outcome,
    trail: Trail,
}

/// Where two runs part.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parting {
    at: Moment,
    /// The events there in one run and in the other.
    one: String,
    other: String,
}

impl Trailed {
    pub(crate) fn run(
        runner: &Runner<'_>,
        plan: &Plan,
        recorder: Option<&mut dyn Recorder>,
    ) -> Result<Trailed, Unfinished> {
        let trail = Trail::new();
        let outcome = runner.run_bounded(plan, Some(&trail), recorder)?;
        Ok(Trailed { outcome, trail })
    }
}

/// Two runs of one plan that were not the same; `None` if they were.
pub(crate) fn difference(runner: &Runner<'_>, plan: &Plan, first: &Trailed, second: &Trailed) -> Option<Failure> {
    let differ = differing(&first.outcome, &second.outcome)?;
    let differ = format!("two runs of one plan differ: {differ}\n{LIKELY}");
    let failure = Failure::bare(plan.seed, FailureKind::NonDeterminism, differ.clone());
    let about = first.trail.parts_from(&second.trail);
    Some(match parting(runner, plan, *about.start()) {
        Some(Parting { at, one, other }) => Failure {
            message: format!("event {}: {one} | {other}", at.event),
            explanation: Some(differ),
            at: Some(at),
            ..failure
        },
        None if *about.end() < u64::MAX => {
            let (from, to) = about.into_inner();
            Failure { message: format!("event {from} to {to}: {differ}"), ..failure }
        }
        None => failure,
    })
}

/// The first thing in which two outcomes differ, with its values.
fn differing(first: &Outcome, second: &Outcome) -> Option<String> {
    let (one, two) = (&first.stats, &second.stats);
    if first.digest != second.digest {
        return Some(format!(
            "digest {:016x} after {} events, then {:016x} after {}",
            first.digest, one.events, second.digest, two.events
        ));
    }
    let verdict = |outcome: &Outcome| (outcome.verdict.to_string(), outcome.verdict.at());
    if verdict(first) != verdict(second) {
        return Some(format!("verdict '{}', then '{}'", first.verdict, second.verdict));
    }
    if one != two {
        return Some(counts_differing(one, two));
    }
    let mut milestones = first.milestones.iter().zip(second.milestones.iter());
    if let Some(((milestone, one), (_, two))) = milestones.find(|((_, one), (_, two))| one != two) {
        return Some(format!("milestone '{}' reached {one} times, then {two} times", milestone.name));
    }
    let mut kinds = FaultKind::ALL.iter().filter(|kind| first.faults.of(**kind) != second.faults.of(**kind));
    kinds.next().map(|kind| {
        let (one, two) = (first.faults.of(*kind), second.faults.of(*kind));
        format!(
            "{kind} effective {} times of {}, then {} of {}",
            one.effective, one.injected, two.effective, two.injected
        )
    })
}

/// The first count in which two runs' statistics differ.
fn counts_differing(first: &sim::Stats, second: &sim::Stats) -> String {
    let fields = |stats: &sim::Stats| match serde_json::to_value(stats) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => unreachable!("statistics are an object of numbers"),
    };
    let (one, two) = (fields(first), fields(second));
    let differs = one.iter().find(|(name, value)| two.get(*name) != Some(value));
    let (name, value) = differs.expect("statistics differ in a field");
    format!("{name} {value}, then {}", two[name])
}

/// Where two runs part that are recorded now. The first of them keeps its lines from this event on.
fn parting(runner: &Runner<'_>, plan: &Plan, from: u64) -> Option<Parting> {
    const TRIED_MAX: usize = 3;
    let mut from = from;
    for _ in 0..TRIED_MAX {
        let mut one = Kept { from, ..Kept::default() };
        runner.run_recorded(plan, &mut one).ok()?;
        let mut other = Compared::with(&one);
        runner.run_recorded(plan, &mut other).ok()?;
        match other.ended() {
            Found::Parting(parting) => return Some(parting),
            // They part before the lines that were kept: keep those next time.
            Found::NotKept(event) => from = event,
            // These two were the same run, for once.
            Found::Nothing => {}
        }
    }
    None
}

/// So many lines of a run are kept as hashes, and so many as texts.
const HASHES_MAX: usize = 1 << 22;
const TEXTS_MAX: usize = 1 << 15;

/// The lines of one run, without the log events of the system: these are no part of a run's digest, and may hold an
/// address or a wall time.
#[derive(Default)]
struct Kept {
    hashes: Vec<u64>,
    /// By number, from this event on.
    texts: BTreeMap<usize, (Moment, String)>,
    from: u64,
}

impl Recorder for Kept {
    fn record(&mut self, line: &Line<'_>) {
        if line.at.event >= self.from && self.texts.len() < TEXTS_MAX {
            self.texts.insert(self.hashes.len(), (line.at, text(line)));
        }
        if self.hashes.len() < HASHES_MAX {
            self.hashes.push(hash(line));
        }
    }

    fn log_level(&self) -> LogLevel {
        LogLevel::Off
    }
}

/// Compares the lines of another run with those that were kept.
struct Compared<'a> {
    one: &'a Kept,
    number: usize,
    /// The event of the last line that was the same.
    same_until: u64,
    /// The first line that was not.
    parted: Option<(Moment, String)>,
}

enum Found {
    Parting(Parting),
    /// They part at a line of this event or a later one, which was not kept.
    NotKept(u64),
    Nothing,
}

impl<'a> Compared<'a> {
    fn with(one: &'a Kept) -> Compared<'a> {
        Compared { one, number: 0, same_until: 0, parted: None }
    }

    fn ended(self) -> Found {
        const ENDS: &str = "the run ends";
        let Compared { one, number, same_until, parted } = self;
        let kept = one.texts.get(&number);
        match (kept, parted) {
            (Some((at, ours)), Some((theirs_at, theirs))) => {
                Found::Parting(Parting { at: (*at).min(theirs_at), one: ours.clone(), other: theirs })
            }
            (Some((at, ours)), None) => Found::Parting(Parting { at: *at, one: ours.clone(), other: ENDS.into() }),
            (None, Some((at, other))) if number == one.hashes.len() && number < HASHES_MAX => {
                Found::Parting(Parting { at, one: ENDS.into(), other })
            }
            (None, None) if number >= one.hashes.len() => Found::Nothing,
            (None, _) => Found::NotKept(same_until),
        }
    }
}

impl Recorder for Compared<'_> {
    fn record(&mut self, line: &Line<'_>) {
        if self.parted.is_some() {
            return;
        }
        if self.one.hashes.get(self.number) == Some(&hash(line)) {
            self.number += 1;
            self.same_until = line.at.event;
        } else {
            self.parted = Some((line.at, text(line)));
        }
    }

    fn log_level(&self) -> LogLevel {
        LogLevel::Off
    }
}

/// All of a line as one word.
fn hash(line: &Line<'_>) -> u64 {
    TextHash::of(line.at.event, format_args!("{line}"))
}

/// The line's actor and text, cut so that it goes on a line beside another one.
fn text(line: &Line<'_>) -> String {
    const CHARS_MAX: usize = 70;
    struct Clipped(String, usize);
    impl Write for Clipped {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            let rest = text.chars().filter(|c| !c.is_control()).take(self.1);
            let before = self.0.len();
            self.0.extend(rest);
            self.1 -= self.0[before..].chars().count();
            // A run that writes a megabyte stops here.
            if self.1 == 0 { Err(fmt::Error) } else { Ok(()) }
        }
    }
    let mut clipped = Clipped(String::new(), CHARS_MAX);
    match write!(clipped, "{} {}", line.actor, line.text) {
        Ok(()) => clipped.0,
        Err(fmt::Error) => clipped.0 + "...",
    }
}
