//! Applying committed entries, and answering the clients that wait for them.

use env::{Effects, RequestId};
use kv_types::Output;
use raft::Entry;
use raft_types::{EntryId, LogIndex, Observation};

use super::{Applied, Node};
use crate::machine::Outcome;
use crate::request::{Response, ResponseBody};
use crate::rules::Rules;

impl<R: Rules> Node<R> {
    /// Applies committed entries, in order.
    pub(super) fn apply(&mut self, committed: &[Entry], effects: &mut Effects<Node<R>>) {
        let leads = self.raft.is_leader();
        for entry in committed {
            if self.rules.asserts_invariants() {
                self.assert_comes_next(entry.id);
            }
            let outcome = self.machine.apply(entry, leads, &self.rules);
            self.applied = Applied { last: entry.id, before: self.applied.last };
            effects.note(Observation::Applied {
                entry: entry.id,
                state: self.machine.digest(),
                request: entry.request,
                executed: matches!(outcome, Outcome::Executed(_)),
            });
            self.answer_waiting(entry.id, &outcome, effects);
        }
    }

    fn assert_comes_next(&self, entry: EntryId) {
        let (last, commit) = (self.applied.last, self.raft.commit_index());
        let expected = last.index.next();
        assert!(entry.index == expected, "entry {entry} is to be applied, {expected} comes next");
        assert!(entry.term >= last.term, "entry {entry} is to be applied behind {last}, of a later term");
        assert!(entry.index <= commit, "entry {entry} is to be applied, beyond the commit index {commit}");
        let installing = self.publications.installing_to();
        assert!(installing.is_none(), "entry {entry} is to be applied to a state about to be replaced");
    }

    /// Answers the client that waits for the entry just applied; a client that waits for another entry at that index
    /// has lost it.
    fn answer_waiting(&mut self, applied: EntryId, outcome: &Outcome, effects: &mut Effects<Node<R>>) {
        while let Some(waiting) = self.waiting.pop_front_if(|waiting| waiting.proposed.index <= applied.index) {
            let at_index = waiting.proposed.index == applied.index;
            let body = if at_index && self.rules.completes_request(waiting.proposed, applied) {
                answer(waiting.to, applied, outcome, effects)
            } else {
                ResponseBody::Deposed { hint: self.raft.leader() }
            };
            effects.reply(waiting.client, Response { to: waiting.to, body });
        }
    }

    /// A snapshot has taken the place of entries that clients wait for: whether theirs were among them is unknown.
    pub(super) fn settle_covered(&mut self, last: EntryId, effects: &mut Effects<Node<R>>) {
        self.give_up_waiting_before(last.index.next(), effects);
        self.serve_reads(effects);
    }

    fn give_up_waiting_before(&mut self, index: LogIndex, effects: &mut Effects<Node<R>>) {
        while let Some(waiting) = self.waiting.pop_front_if(|waiting| waiting.proposed.index < index) {
            let body = ResponseBody::Deposed { hint: self.raft.leader() };
            effects.reply(waiting.client, Response { to: waiting.to, body });
        }
    }

    /// This node proposes anew from `index` on: its earlier proposals there are no longer in its log.
    pub(super) fn give_up_waiting_from(&mut self, index: LogIndex, effects: &mut Effects<Node<R>>) {
        while let Some(waiting) = self.waiting.pop_back_if(|waiting| waiting.proposed.index >= index) {
            let body = ResponseBody::Deposed { hint: self.raft.leader() };
            effects.reply(waiting.client, Response { to: waiting.to, body });
        }
    }
}

/// The answer to the client whose entry was `applied` with this outcome.
fn answer<R: Rules>(
    request: RequestId,
    applied: EntryId,
    outcome: &Outcome,
    effects: &mut Effects<Node<R>>,
) -> ResponseBody {
    let (output, entry) = match outcome {
        Outcome::Executed(output) => (output.clone(), applied),
        Outcome::Repeated { output, first } => (output.clone(), *first),
        Outcome::Registered { session, ttl } => return ResponseBody::Registered { session: *session, ttl: *ttl },
        Outcome::Superseded => return ResponseBody::Superseded,
        Outcome::SessionExpired => return ResponseBody::SessionExpired,
        // Only commands are waited for; with the entries compared, no client waits for an entry without one.
        Outcome::Nothing => (Output::Written, applied),
    };
    effects.note(Observation::WriteAcknowledged { request, entry: Some(entry) });
    ResponseBody::Done(output)
}
