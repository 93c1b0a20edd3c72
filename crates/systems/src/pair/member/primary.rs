//! Serving clients: the requests that a primary takes, when a write counts, and the answers.

use env::{Bytes, ClientId, Effects, RequestId};
use parts::Answer;

use super::tenure::{Demotion, Waiting};
use super::{Member, Role};
use crate::pair::message::Response;
use crate::pair::node::Node;
use crate::pair::note::Note;
use crate::pair::operation::{Operation, Output};
use crate::pair::record::{Lsn, Mark, Record, Write};
use crate::pair::store::Known;

impl Member {
    /// A client's request.
    pub(super) fn request(
        &mut self,
        client: ClientId,
        from: RequestId,
        operation: Operation,
        effects: &mut Effects<Node>,
    ) {
        let answer = match &self.role {
            Role::Starting => Some(Answer::Later),
            Role::Passive => Some(Answer::NotHere { hint: self.hint() }),
            Role::Primary(_) => match operation {
                Operation::Store(kv_types::Operation::Get { key }) => Some(self.read(&key)),
                write => self.write(client, from, write, effects),
            },
        };
        if let Some(answer) = answer {
            effects.reply(client, Response::to(from, answer));
        }
    }

    /// The lease is valid, so no other member can have accepted a write; and once the record that began the tenure is
    /// committed, so is every write that was ever acknowledged.
    fn read(&self, key: &Bytes) -> Answer<Output> {
        match &self.role {
            Role::Primary(tenure) if self.store.applied() >= tenure.since => {
                Answer::Done(Output::Store(kv_types::Output::Value(self.store.get(key).cloned())))
            }
            _ => Answer::Later,
        }
    }

    /// Takes a write into the log, or answers with its known result; `None` if the answer comes later.
    fn write(
        &mut self,
        client: ClientId,
        from: RequestId,
        operation: Operation,
        effects: &mut Effects<Node>,
    ) -> Option<Answer<Output>> {
        let is_demotion = operation == Operation::Demote;
        let known = match self.store.known(from) {
            Known::Superseded => return Some(Answer::Superseded),
            Known::Executed(executed) => Some(executed.clone()),
            Known::New => None,
        };
        let Role::Primary(tenure) = &self.role else { return None };
        if !self.setup.rules.writes(self.now, tenure.lease_until) {
            return Some(Answer::NotHere { hint: None });
        }
        if tenure.waiting.get(&from.client).is_some_and(|waiting| waiting.seq >= from.seq)
            || tenure.demotion.is_some_and(|demotion| demotion.request == from)
        {
            // The write is in the log, and its answer is on its way.
            return None;
        }
        match known {
            // The demotion was asked of this tenure, and the tenure still goes on: the role was not handed over.
            Some(executed) if is_demotion && executed.token == tenure.token => {
                self.demote(Demotion { client, request: from, after: executed.lsn })
            }
            Some(executed) => {
                effects.note(Note::Acknowledged { request: from, lsn: executed.lsn });
                Some(Answer::Done(executed.output))
            }
            // No new write while the role is handed over, so that the hand-over ends.
            None if tenure.demotion.is_some() => Some(Answer::Later),
            None if is_demotion => {
                let refused = self.demote(Demotion { client, request: from, after: self.wal.last().lsn.next() });
                if refused.is_none() {
                    self.log(Write { request: from, operation }, effects);
                }
                refused
            }
            None => {
                self.log(Write { request: from, operation }, effects);
                let Role::Primary(tenure) = &mut self.role else { return None };
                tenure.waiting.insert(from.client, Waiting { client, seq: from.seq });
                None
            }
        }
    }

    /// Begins to hand over, if the primary has a successor.
    fn demote(&mut self, demotion: Demotion) -> Option<Answer<Output>> {
        let Role::Primary(tenure) = &self.role else { return None };
        if tenure.demotion.is_some() || !self.has_successor(tenure) {
            return Some(Answer::Later);
        }
        let Role::Primary(tenure) = &mut self.role else { return None };
        tenure.demotion = Some(demotion);
        None
    }

    fn log(&mut self, write: Write, effects: &mut Effects<Node>) -> Lsn {
        let last = self.wal.last().lsn;
        let Role::Primary(tenure) = &mut self.role else { panic!("only a primary writes") };
        tenure.passive.grows_behind(last, self.now);
        let at = Mark { lsn: last.next(), token: tenure.token };
        self.wal.append(Record { at, write: Some(write) });
        effects.note(Note::Logged { lsn: at.lsn, chain: self.wal.chain() });
        at.lsn
    }

    /// Commits, applies and answers the writes that all members in sync hold durably.
    pub(super) fn commit(&mut self, effects: &mut Effects<Node>) {
        let Role::Primary(tenure) = &self.role else { return };
        let (rules, acked) = (self.setup.rules, tenure.passive.acked);
        let committed = rules.committed(self.wal.durable(), tenure.counts_passive().then_some(acked));
        let applied = self.store.applied();
        if committed <= applied || !rules.writes(self.now, tenure.lease_until) {
            return;
        }
        effects.note(Note::Accepted { token: tenure.token, through: committed });
        self.apply_to(committed, effects);
        for lsn in (applied.0 + 1..=committed.0).map(Lsn) {
            self.answer_write(lsn, effects);
        }
    }

    fn answer_write(&mut self, lsn: Lsn, effects: &mut Effects<Node>) {
        let Role::Primary(tenure) = &mut self.role else { return };
        let Some(Write { request, .. }) = self.wal.record(lsn).and_then(|record| record.write.as_ref()) else { return };
        let Some(waiting) = tenure.waiting.get(&request.client).filter(|waiting| waiting.seq == request.seq) else {
            return;
        };
        if let Known::Executed(executed) = self.store.known(*request) {
            let (client, to, answer) = (waiting.client, *request, Answer::Done(executed.output.clone()));
            effects.note(Note::Acknowledged { request: to, lsn: executed.lsn });
            tenure.waiting.remove(&request.client);
            effects.reply(client, Response::to(to, answer));
        }
    }
}
