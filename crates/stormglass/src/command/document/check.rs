//! The document of `check`.

use history::Point;
use history::format::LeftOut;
use history::linearizability::{Attempt, Counterexample, Operation};
use serde::Serialize;

use super::Envelope;
use crate::command::check::{Finding, Judged, name_of};

/// The verdict on a recorded history.
#[derive(Serialize)]
pub(crate) struct CheckDocument {
    #[serde(flatten)]
    envelope: Envelope,
    verdict: &'static str,
    model: &'static str,
    format: String,
    operations: usize,
    order: String,
    /// How many lines have an earlier time than the one before them.
    backward_times: u64,
    left_out: LeftOutDocument,
    /// The value that the register, or each key, was taken to begin with: `nil`, a value, or `any`.
    initial: String,
    /// The value for `--initial` from which the history is linearizable, where it is not from an empty store.
    other_initial: Option<String>,
    /// Why there is no verdict, in words.
    given_up: Option<String>,
    /// Judging and explaining, without reading.
    wall_s: f64,
    explanation: Option<ExplanationDocument>,
}

/// How many lines of the file are not in the history, by their kind.
#[derive(Serialize)]
struct LeftOutDocument {
    nemesis: u64,
    processes: u64,
    records: u64,
    others: u64,
    indices: u64,
}

/// Operations that contradict one another.
#[derive(Serialize)]
struct ExplanationDocument {
    key: Option<String>,
    culprit: OperationDocument,
    operations: Vec<OperationDocument>,
    /// How many more operations the contradiction has, that are not listed.
    omitted: usize,
    /// True if none of them can be left out.
    irreducible: bool,
    /// How many operations before the culprit have an order; null if none was found.
    ordered: Option<usize>,
    /// The last of these that change anything, in that order.
    order: Vec<OperationDocument>,
    /// The operations that might have come next, each with the state that it leads to.
    attempts: Vec<AttemptDocument>,
}

#[derive(Serialize)]
struct OperationDocument {
    process: String,
    operation: String,
    invoked: PointDocument,
    /// Null if it has not completed.
    completed: Option<PointDocument>,
}

#[derive(Serialize)]
struct PointDocument {
    line: u64,
    time_ns: Option<u64>,
}

#[derive(Serialize)]
struct AttemptDocument {
    state: String,
    process: String,
    operation: String,
    /// Null if it cannot have given its answer there.
    leads_to: Option<String>,
}

impl CheckDocument {
    pub(crate) fn new(judged: &Judged) -> CheckDocument {
        let Judged { format, model, operations, order, backward_times, left_out, initial, wall, finding } = judged;
        let LeftOut { nemesis, processes, records, others, indices } = *left_out;
        CheckDocument {
            envelope: Envelope::of("check"),
            verdict: match finding {
                Finding::Linearizable => "linearizable",
                Finding::NotLinearizable(_) => "not-linearizable",
                Finding::OtherStart(_) | Finding::GivenUp(_) => "unknown",
            },
            model: model.name(),
            format: format.to_string(),
            operations: *operations,
            order: order.to_string(),
            backward_times: *backward_times,
            left_out: LeftOutDocument { nemesis, processes, records, others, indices },
            initial: name_of(initial),
            other_initial: if let Finding::OtherStart(start) = finding { Some(name_of(start)) } else { None },
            given_up: if let Finding::GivenUp(why) = finding { Some(why.clone()) } else { None },
            wall_s: wall.as_secs_f64(),
            explanation: if let Finding::NotLinearizable(found) = finding {
                Some(ExplanationDocument::new(found))
            } else {
                None
            },
        }
    }
}

impl ExplanationDocument {
    fn new(found: &Counterexample) -> ExplanationDocument {
        let all = |operations: &[Operation]| operations.iter().map(OperationDocument::new).collect();
        let attempt = |attempt: &Attempt| AttemptDocument {
            state: attempt.state.clone(),
            process: attempt.who.clone(),
            operation: attempt.told.clone(),
            leads_to: attempt.leads_to.clone(),
        };
        ExplanationDocument {
            key: found.key.clone(),
            culprit: OperationDocument::new(found.culprit()),
            operations: all(&found.operations),
            omitted: found.left_out,
            irreducible: found.is_irreducible,
            ordered: found.ordered,
            order: all(&found.last),
            attempts: found.attempts.iter().map(attempt).collect(),
        }
    }
}

impl OperationDocument {
    fn new(operation: &Operation) -> OperationDocument {
        OperationDocument {
            process: operation.who.clone(),
            operation: operation.told.clone(),
            invoked: PointDocument::new(operation.invoked),
            completed: operation.returned.map(PointDocument::new),
        }
    }
}

impl PointDocument {
    fn new(point: Point) -> PointDocument {
        PointDocument { line: point.order, time_ns: point.time.map(|time| time.0) }
    }
}
