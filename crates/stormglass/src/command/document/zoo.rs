//! The documents of `zoo`.

use explore::PlantedBug;
use serde::Serialize;
use sim::SubjectId;

use super::{Envelope, FailedDocument};
use crate::command::args::ZooArgs;
use crate::command::zoo::Hunt;

/// One of those that `zoo --list` prints.
#[derive(Serialize)]
pub(crate) struct BugListed {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    bug: String,
    /// The part of the system that it is in; empty if the system has no such parts.
    category: String,
    /// The difference from a correct system.
    change: String,
    /// Where it was found; empty if it was made up.
    source: String,
}

impl BugListed {
    pub(crate) fn new(system: &SubjectId, bug: &PlantedBug) -> BugListed {
        BugListed {
            envelope: Envelope::of("zoo-list"),
            system: system.clone().with_bug(&bug.name).to_string(),
            bug: bug.name.clone(),
            category: bug.category.clone(),
            change: bug.change.clone(),
            source: bug.source.clone(),
        }
    }
}

/// One of those that `zoo` prints.
#[derive(Serialize)]
pub(crate) struct ZooDocument {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    /// Null: each seed draws the size of its cluster.
    nodes: Option<u8>,
    bug: String,
    category: String,
    caught: bool,
    /// True if a signal ended the hunt before anything was caught, or before it began.
    stopped: bool,
    /// The broken invariant's id; null if it is nothing so definite, or nothing was caught.
    invariant: Option<&'static str>,
    /// How many seeds it took, or were tried.
    seeds: u64,
    /// The CPU time of the hunt, without shrinking.
    cpu_s: f64,
    /// Null where nothing was caught or shrunk, as are the fields below.
    shrunk_events: Option<u64>,
    shrunk_faults: Option<usize>,
    shrunk_operations: Option<u64>,
    shrink_cpu_s: Option<f64>,
    #[serde(flatten)]
    failed: FailedDocument,
    /// The command that shows it again.
    repro: Option<String>,
    /// The file that runs it again.
    file: Option<String>,
}

impl ZooDocument {
    pub(crate) fn new(args: &ZooArgs, hunt: &Hunt) -> ZooDocument {
        let Hunt { bug, subject, hunted, kept, is_stopped } = hunt;
        let caught = hunted.caught.as_ref();
        let failed = caught.map(|caught| FailedDocument::new(&caught.failure, kept.as_ref())).unwrap_or_default();
        let shrunk = caught.and_then(|caught| caught.shrunk.as_ref());
        ZooDocument {
            envelope: Envelope::of("zoo"),
            system: subject.id().to_string(),
            nodes: None,
            bug: bug.name.clone(),
            category: bug.category.clone(),
            caught: caught.is_some(),
            stopped: *is_stopped,
            invariant: caught.and_then(|caught| caught.failure.invariant).map(sim::Invariant::id),
            seeds: hunted.seeds,
            cpu_s: hunted.cpu.as_secs_f64(),
            shrunk_events: shrunk.map(|shrunk| shrunk.after.events),
            shrunk_faults: shrunk.map(|shrunk| shrunk.after.faults),
            shrunk_operations: shrunk.map(|shrunk| shrunk.after.operations),
            shrink_cpu_s: shrunk.map(|shrunk| shrunk.cpu.as_secs_f64()),
            repro: caught.map(|caught| args.run(bug).replay_command(caught.failure.seed)),
            file: failed.smallest(),
            failed,
        }
    }
}
