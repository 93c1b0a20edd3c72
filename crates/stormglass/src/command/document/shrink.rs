//! The document of `shrink`.

use explore::{Origin, Shrunk, Size};
use serde::Serialize;

use super::{Envelope, FailedDocument};
use crate::command::kept::Kept;

/// A run that fails, as small as it gets.
#[derive(Serialize)]
pub(crate) struct ShrinkDocument {
    #[serde(flatten)]
    envelope: Envelope,
    seed: String,
    engine: &'static str,
    system: String,
    /// Null if the system has no version of its own.
    system_version: Option<String>,
    verdict: &'static str,
    invariant: Option<&'static str>,
    message: String,
    /// The size of the cluster that is left, at first.
    nodes: u8,
    #[serde(flatten)]
    failed: FailedDocument,
    before: SizeDocument,
    after: SizeDocument,
    runs: u64,
    cpu_s: f64,
    /// True if everything was tried; false if the time was over before.
    complete: bool,
    /// True if a signal ended it before everything was tried.
    stopped: bool,
    faults: Vec<BlameDocument>,
    /// The file that runs the smallest again; null if it was not saved.
    file: Option<String>,
}

#[derive(Serialize)]
struct SizeDocument {
    nodes: u8,
    faults: usize,
    operations: u64,
    events: u64,
    sim_s: f64,
}

#[derive(Serialize)]
struct BlameDocument {
    fault: String,
    /// True if the run needs it to fail in this way; null if there was no time to see.
    needed: Option<bool>,
}

impl ShrinkDocument {
    pub(crate) fn new(shrunk: &Shrunk, origin: &Origin, is_stopped: bool, kept: &Kept) -> ShrinkDocument {
        let failed = FailedDocument::new(&shrunk.failure, Some(kept));
        let failure = &shrunk.failure;
        let faults = shrunk.blame.iter().map(|blame| BlameDocument {
            fault: shrunk.plan.schedule[blame.number].fault.to_string(),
            needed: blame.without.is_needed(),
        });
        ShrinkDocument {
            envelope: Envelope::of("shrink"),
            seed: shrunk.plan.seed.to_string(),
            engine: origin.engine.name(),
            system: origin.subject.to_string(),
            system_version: origin.subject_version.clone(),
            verdict: failure.kind.verdict(),
            invariant: failure.invariant.map(sim::Invariant::id),
            message: failure.message.clone(),
            nodes: shrunk.plan.cluster.nodes,
            before: SizeDocument::new(shrunk.before),
            after: SizeDocument::new(shrunk.after),
            runs: shrunk.runs,
            cpu_s: shrunk.cpu.as_secs_f64(),
            complete: shrunk.is_complete,
            stopped: is_stopped && !shrunk.is_complete,
            faults: faults.collect(),
            file: failed.smallest(),
            failed,
        }
    }
}

impl SizeDocument {
    fn new(size: Size) -> SizeDocument {
        let Size { nodes, faults, operations, events, sim_ms } = size;
        SizeDocument { nodes, faults, operations, events, sim_s: sim_ms as f64 / 1e3 }
    }
}
