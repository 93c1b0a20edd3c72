//! Clients see one linearizable key-value store.

use std::marker::PhantomData;

use env::Bytes;
use history::HistoryChecker;
use history::linearizability::Counterexample;
use kv_types::{Operation, Output};

use super::{Checked, Invariant, Moment, Net, Note, Op, Seen, Tally, Violation};

impl Op for Operation {
    fn heap_bytes(&self) -> u64 {
        self.bytes() as u64
    }

    /// A put in place of an append or a compare-and-swap, a short value, the first key.
    fn simpler(&self) -> Vec<Operation> {
        let mut simpler = Vec::new();
        if let Operation::Append { key, value } | Operation::Cas { key, value: Some(value), .. } = self {
            simpler.push(Operation::Put { key: key.clone(), value: value.clone() });
        }
        if let Some(short) = self.with_value(shortened) {
            simpler.push(short);
        }
        if self.key()[..] != *b"k0" {
            simpler.push(self.with_key("k0".into()));
        }
        simpler
    }
}

/// A value without its filling, the dots that the generator ends it with; one dot stays and keeps values apart.
fn shortened(value: &Bytes) -> Option<Bytes> {
    let bare = value.iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1);
    let short = &value[..value.len().min(bare + 1)];
    (short.len() < value.len()).then(|| Bytes::from(short))
}

/// Judges, while the run goes on and key by key, whether clients see one linearizable key-value store that is empty at
/// first. Its memory grows with the operations under way, not with the run's length.
#[derive(Debug)]
pub struct LinearizableStore<N> {
    history: HistoryChecker,
    notes: PhantomData<fn() -> N>,
}

impl<N> Default for LinearizableStore<N> {
    fn default() -> Self {
        LinearizableStore { history: HistoryChecker::default(), notes: PhantomData }
    }
}

impl<N> Clone for LinearizableStore<N> {
    fn clone(&self) -> Self {
        LinearizableStore { history: self.history.clone(), notes: PhantomData }
    }
}

impl<N: Note> Net for LinearizableStore<N> {
    type Op = Operation;
    type Output = Output;
    type Note = N;

    // As in a pair of nets.
    #[inline(always)]
    fn see(&mut self, at: Moment, seen: Seen<'_, Operation, Output, N>) -> Checked {
        let judged = match seen {
            Seen::Invoked(request, operation) => {
                self.history.invoked(at.time, request, operation);
                Ok(())
            }
            Seen::Completed(request, completion) => self.history.completed(at.time, request, completion),
            Seen::Over | Seen::GivenUp => self.history.finished(),
            _ => Ok(()),
        };
        judged.map_err(|found| not_linearizable(at, &found))
    }

    fn tally(&self) -> Tally {
        Tally { undecided: self.history.undecided(), ..Tally::default() }
    }
}

/// The violation that this counterexample shows.
#[cold]
pub(super) fn not_linearizable(at: Moment, found: &Counterexample) -> Box<Violation> {
    let explanation = Some(found.to_string());
    let violation = Violation::new(Invariant::LINEARIZABILITY, at, env::NodeSet::EMPTY, found.headline());
    Box::new(Violation { explanation, ..violation })
}
