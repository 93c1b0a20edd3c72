//! Operations before a cut that cannot be forgotten yet.
//!
//! Where the operations before a cut cannot be put in order without one of unknown end, and one or another will do,
//! it stays open which of them may still take effect. Such a *stretch* is kept, and is judged again, together with
//! later operations, whenever those need an operation of unknown end too. The operations between two stretches, or
//! between the last one and the record's value, are settled: one write of the value that they led to stands for them.

use env::{Bytes, Completion};
use kv_types::{Operation, Output};

use super::record::{Known, Record};
use crate::history::{Call, Point};

/// The operations before a cut that are not settled.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// The moment at which it begins, and the value there.
    pub(super) since: u64,
    pub(super) from: Option<Bytes>,
    /// The operations that surely took effect in it, in the order of their invocations.
    pub(super) calls: Vec<Known>,
    /// The moment at which it ends, and the value there.
    pub(super) at: u64,
    pub(super) to: Option<Bytes>,
}

/// An operation that surely took effect, and when: times are four times those of the history, so that there is room between.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) known: Known,
    pub(super) invoked: u64,
    pub(super) until: u64,
}

/// When an operation that was invoked then can take effect at the earliest, behind a cut.
pub(super) fn behind(since: u64, invoked: u64) -> u64 {
    (4 * invoked).max((4 * since).saturating_sub(1))
}

impl Record {
    /// The value that the first stretch begins with.
    pub(super) fn past_from(&self) -> &Option<Bytes> {
        self.stretches.first().map_or(&self.value, |stretch| &stretch.from)
    }

    /// The stretches, and the settled operations between them: in the order of their beginnings.
    pub(super) fn past(&self) -> Vec<Placed> {
        let mut past = Vec::new();
        let mut last: Option<&Stretch> = None;
        for stretch in &self.stretches {
            self.bridge(last, stretch.since, &stretch.from, &mut past);
            let end = 4 * stretch.at - 3;
            past.extend(stretch.calls.iter().map(|known| Placed {
                known: known.clone(),
                invoked: behind(stretch.since, known.call.invoked.order),
                until: known.returned().map_or(end, |returned| end.min(4 * returned)),
            }));
            let get = Operation::Get { key: self.key().clone() };
            past.push(self.made_up(get, Output::Value(stretch.to.clone()), end));
            last = Some(stretch);
        }
        self.bridge(last, self.since, &self.value, &mut past);
        past
    }

    /// The settled time from a stretch to a moment at which the value was this one.
    fn bridge(&self, last: Option<&Stretch>, to: u64, value: &Option<Bytes>, past: &mut Vec<Placed>) {
        if last.is_some_and(|last| last.at < to) {
            let key = self.key().clone();
            let write = match value.clone() {
                Some(value) => Operation::Put { key, value },
                None => Operation::Delete { key },
            };
            past.push(self.made_up(write, Output::Written, 4 * to - 2));
        }
    }

    /// An operation that no client invoked, alone at this time.
    fn made_up(&self, input: Operation, output: Output, time: u64) -> Placed {
        let Known { request, .. } = *self.shown_by.as_ref().unwrap_or(&self.calls[0]);
        let at = Point { order: time / 4, time: None };
        let completed = Some((at, Completion::Ok(output)));
        let call = Call { process: request.client.0.into(), input, invoked: at, completed };
        Placed { known: Known { request, call, is_open: false }, invoked: time, until: time + 1 }
    }
}
