//! The document of `fuzz`.

use std::collections::BTreeMap;

use explore::{Failure, Origin, Report};
use serde::Serialize;
use sim::{Operations, Seed};

use super::{Envelope, FailedDocument};
use crate::command::args::FuzzArgs;
use crate::command::kept::Kept;

/// A campaign.
#[derive(Serialize)]
pub(crate) struct FuzzDocument {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    /// Null if the system has no version of its own.
    system_version: Option<String>,
    engine: &'static str,
    profile: &'static str,
    /// The size of the cluster; null if each seed drew its own.
    nodes: Option<u8>,
    first_seed: String,
    seeds: u64,
    passed: u64,
    /// True if a signal ended it before it was through. A time limit is no such end: it was asked for.
    stopped: bool,
    /// How many runs were still under way a second after that, and count nowhere else.
    given_up: u64,
    failures: Vec<FailureDocument>,
    wall_s: f64,
    cpu_s: f64,
    sim_s: f64,
    speed: f64,
    messages: u64,
    operations: Operations,
    faults: BTreeMap<&'static str, FaultDocument>,
    milestones: BTreeMap<&'static str, u64>,
    demands_waived: u64,
    histories_undecided: u64,
    digest: String,
}

#[derive(Serialize)]
struct FailureDocument {
    seed: String,
    verdict: &'static str,
    /// The broken invariant's id, `election-safety`; null where it is nothing so definite.
    invariant: Option<&'static str>,
    message: String,
    /// A table for a person, where one line does not make it plain.
    explanation: Option<String>,
    #[serde(flatten)]
    failed: FailedDocument,
    /// The file with the history of the clients; null if it was not saved.
    history: Option<String>,
    /// The file that runs it again; null if it was not saved.
    file: Option<String>,
    /// The command that shows it again.
    repro: String,
}

#[derive(Serialize)]
struct FaultDocument {
    injected: u64,
    effective: u64,
}

impl FuzzDocument {
    pub(crate) fn new(report: &Report, origin: &Origin, args: &FuzzArgs, kept: &BTreeMap<Seed, Kept>) -> FuzzDocument {
        let faults = report
            .fault_counts()
            .map(|(kind, count)| (kind.name(), FaultDocument { injected: count.injected, effective: count.effective }));
        FuzzDocument {
            envelope: Envelope::of("fuzz"),
            system: origin.subject.to_string(),
            system_version: origin.subject_version.clone(),
            engine: origin.engine.name(),
            profile: args.run.profile().name(),
            nodes: origin.nodes,
            first_seed: report.first_seed.to_string(),
            seeds: report.seeds,
            passed: report.passed(),
            stopped: report.stopped,
            given_up: report.given_up,
            failures: report
                .failures
                .iter()
                .map(|failure| FailureDocument::new(failure, args, kept.get(&failure.seed)))
                .collect(),
            wall_s: report.wall.as_secs_f64(),
            cpu_s: report.cpu.as_secs_f64(),
            sim_s: report.sim_s(),
            speed: report.speed(),
            messages: report.stats.messages,
            operations: report.stats.operations,
            faults: faults.collect(),
            milestones: report.milestones.iter().map(|(milestone, count)| (milestone.name, count)).collect(),
            demands_waived: report.stats.demands_waived,
            histories_undecided: report.stats.histories_undecided,
            digest: format!("{:016x}", report.digest),
        }
    }
}

impl FailureDocument {
    fn new(failure: &Failure, args: &FuzzArgs, kept: Option<&Kept>) -> FailureDocument {
        let failed = FailedDocument::new(failure, kept);
        let (file, history) = failed.repro_and_history();
        FailureDocument {
            seed: failure.seed.to_string(),
            verdict: failure.kind.verdict(),
            invariant: failure.invariant.map(sim::Invariant::id),
            message: failure.message.clone(),
            explanation: failure.explanation.clone(),
            failed,
            history,
            file,
            repro: args.run.replay_command(failure.seed),
        }
    }
}
