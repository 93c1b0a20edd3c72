//! The document of `bench`.

use explore::Figure;
use serde::Serialize;
use sim::{Engine, Subject};

use super::Envelope;

/// One of those that `bench` prints.
#[derive(Serialize)]
pub(crate) struct FigureDocument {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    name: &'static str,
    engine: &'static str,
    nodes: u8,
    /// How many times it was run; the other figures are of one run.
    runs: u32,
    sim_s: f64,
    cpu_s: f64,
    speed: f64,
    messages: u64,
    messages_per_cpu_s: f64,
    operations: u64,
    operations_per_cpu_s: f64,
    /// Null if the machine does not say.
    peak_mib: Option<f64>,
}

impl FigureDocument {
    pub(crate) fn new(figure: &Figure, engine: Engine, subject: &dyn Subject) -> FigureDocument {
        FigureDocument {
            envelope: Envelope::of("bench"),
            system: subject.id().to_string(),
            name: figure.standard.name(),
            engine: engine.name(),
            nodes: figure.nodes,
            runs: figure.runs,
            sim_s: figure.sim_s(),
            cpu_s: figure.cpu.as_secs_f64(),
            speed: figure.speed(),
            messages: figure.stats.messages,
            messages_per_cpu_s: figure.messages_per_cpu_s(),
            operations: figure.stats.operations.total(),
            operations_per_cpu_s: figure.operations_per_cpu_s(),
            peak_mib: figure.peak_kib.map(|kib| kib as f64 / 1_024.0),
        }
    }
}
