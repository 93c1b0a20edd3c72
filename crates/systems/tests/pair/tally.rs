//! Counts the events of a run, by the text of its lines.

use std::collections::BTreeSet;

use env::{Completion, RequestId};
use sim::{Actor, Line, Moment, Recorder, Value, What};

/// The events, and how often each has happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// How often the role went from one member to the other.
    pub(crate) fail_overs: u64,
    /// How often it was handed over.
    pub(crate) hand_overs: u64,
    /// How often a member cut off the tail of its log.
    pub(crate) cuts: u64,
    /// How often the passive was taken out, and how often it was put back.
    pub(crate) outs: u64,
    pub(crate) returns: u64,
    /// How often a shipment was refused for its token.
    pub(crate) refusals: u64,
    /// How often a retry was answered from memory, or a late copy refused.
    pub(crate) copies: u64,
    /// How the demotions ended.
    pub(crate) demotions_ok: u64,
    pub(crate) demotions_not_ok: u64,
    primary: Option<Actor>,
    in_sync: String,
    demotions: BTreeSet<RequestId>,
}

impl Tally {
    /// Another run begins.
    pub(crate) fn another_run(&mut self) {
        self.primary = None;
        self.in_sync.clear();
        self.demotions.clear();
    }
}

impl Recorder for Tally {
    fn record(&mut self, line: &Line<'_>) {
        let text = line.text.to_string();
        match line.what {
            What::Note if text.starts_with("is primary") => {
                let before = self.primary.replace(line.actor);
                self.fail_overs += u64::from(before.is_some_and(|before| before != line.actor));
            }
            What::Note if text.starts_with("has in sync") => {
                let (_, rest) = text.split_once('{').expect("the members in sync");
                let (now, _) = rest.split_once('}').expect("the members in sync");
                let (now, both) = (now.to_owned(), "n4 n5");
                self.outs += u64::from(self.in_sync == both && now != both);
                self.returns += u64::from(!self.in_sync.is_empty() && self.in_sync != both && now == both);
                self.in_sync = now;
            }
            What::Note => self.cuts += u64::from(text.starts_with("cut its log")),
            What::Message => {
                self.hand_overs += u64::from(text.contains("TakeOver"));
                self.refusals += u64::from(text.contains("Refused"));
            }
            What::Response => self.copies += u64::from(text.contains("Superseded")),
            _ => {}
        }
    }

    fn invoked(&mut self, _: Moment, request: RequestId, operation: &Value) {
        if operation == "demote" {
            self.demotions.insert(request);
        }
    }

    fn completed(&mut self, _: Moment, request: RequestId, completion: &Completion<Value>) {
        if self.demotions.remove(&request) {
            let is_ok = matches!(completion, Completion::Ok(_));
            self.demotions_ok += u64::from(is_ok);
            self.demotions_not_ok += u64::from(!is_ok);
        }
    }
}
