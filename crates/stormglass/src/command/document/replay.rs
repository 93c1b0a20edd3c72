//! The document of `replay`.

use std::path::Path;

use explore::{Origin, Replay};
use serde::Serialize;
use sim::{Operations, Plan, Profile};

use super::{Envelope, FailedDocument};
use crate::command::kept::Kept;

/// One run again.
#[derive(Serialize)]
pub(crate) struct ReplayDocument {
    #[serde(flatten)]
    envelope: Envelope,
    seed: String,
    engine: &'static str,
    /// Null if the plan was not expanded from one.
    profile: Option<&'static str>,
    system: String,
    /// Null if the system has no version of its own.
    system_version: Option<String>,
    /// The size of the cluster at first.
    nodes: u8,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: Option<String>,
    explanation: Option<String>,
    #[serde(flatten)]
    failed: FailedDocument,
    /// True if it came to the outcome that its repro records; null for a seed, which records none.
    reproduced: Option<bool>,
    /// The file that `--history` names, else the one that was saved.
    history: Option<String>,
    file: Option<String>,
    digest: String,
    sim_s: f64,
    events: u64,
    messages: u64,
    operations: Operations,
}

impl ReplayDocument {
    pub(crate) fn new(
        plan: &Plan,
        replay: &Replay,
        origin: &Origin,
        reproduced: Option<bool>,
        history: Option<&Path>,
        kept: Option<&Kept>,
    ) -> ReplayDocument {
        let (failure, stats) = (replay.failure.as_ref(), &replay.outcome.stats);
        let failed = failure.map_or_else(FailedDocument::default, |failure| FailedDocument::new(failure, kept));
        let (file, saved_history) = failed.repro_and_history();
        let history = history.and_then(|file| std::path::absolute(file).ok()).map(|file| file.display().to_string());
        ReplayDocument {
            envelope: Envelope::of("replay"),
            seed: plan.seed.to_string(),
            engine: origin.engine.name(),
            profile: origin.profile.map(Profile::name),
            system: origin.subject.to_string(),
            system_version: origin.subject_version.clone(),
            nodes: plan.cluster.nodes,
            verdict: failure.map_or("pass", |failure| failure.kind.verdict()),
            invariant: failure.and_then(|failure| failure.invariant).map(sim::Invariant::id),
            message: failure.map(|failure| failure.message.clone()),
            explanation: failure.and_then(|failure| failure.explanation.clone()),
            failed,
            reproduced,
            history: history.or(saved_history),
            file,
            digest: format!("{:016x}", replay.outcome.digest),
            sim_s: stats.sim_ns as f64 / 1e9,
            events: stats.events,
            messages: stats.messages,
            operations: stats.operations,
        }
    }
}
