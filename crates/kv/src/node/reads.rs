//! Linearizable reads (thesis section 6.4) on their way through the node: asked of Raft, confirmed by it at an index, served
//! from the state machine once that includes the index.

use std::collections::VecDeque;
use std::time::Duration;

use env::{Bytes, ClientId, Effects, Instant, RequestId};
use kv_types::Output;
use raft::{ReadToken, Ready};
use raft_types::{LogIndex, Observation};

use super::Node;
use crate::request::{Response, ResponseBody};
use crate::rules::Rules;

/// A read that has not been confirmed for so long is forgotten: the question may have been lost on its way to the leader,
/// and the client has asked again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads that are not served yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Reads {
    pub(super) last_token: u64,
    /// Not confirmed yet, by ascending tokens.
    pub(super) asked: VecDeque<Read>,
    /// Confirmed at an index that the state machine does not include yet.
    pub(super) confirmed: Vec<(LogIndex, Read)>,
}

#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) token: ReadToken,
    client: ClientId,
    to: RequestId,
    key: Bytes,
    asked_at: Instant,
}

impl Reads {
    fn take(&mut self, token: ReadToken) -> Option<Read> {
        let position = self.asked.binary_search_by_key(&token, |read| read.token).ok()?;
        self.asked.remove(position)
    }
}

impl<R: Rules> Node<R> {
    /// Takes a client's read up.
    pub(super) fn read(
        &mut self,
        client: ClientId,
        to: RequestId,
        key: Bytes,
        now: Instant,
        effects: &mut Effects<Node<R>>,
    ) {
        while self.reads.asked.pop_front_if(|read| now.saturating_since(read.asked_at) > PATIENCE).is_some() {}
        self.reads.last_token += 1;
        let token = ReadToken(self.reads.last_token);
        match self.raft.read(token, now) {
            Ok(()) => self.reads.asked.push_back(Read { token, client, to, key, asked_at: now }),
            Err(refused) => effects.reply(client, Response { to, body: refused.into() }),
        }
    }

    /// Serves the reads that Raft has confirmed and refuses those that it cannot confirm.
    pub(super) fn settle_reads(&mut self, ready: &mut Ready, effects: &mut Effects<Node<R>>) {
        for confirmed in ready.reads.drain(..) {
            if let Some(read) = self.reads.take(confirmed.token) {
                self.reads.confirmed.push((confirmed.index, read));
            }
        }
        for token in ready.reads_dropped.drain(..) {
            if let Some(Read { client, to, .. }) = self.reads.take(token) {
                let hint = self.raft.leader();
                effects.reply(client, Response { to, body: ResponseBody::NotLeader { hint } });
            }
        }
        self.serve_reads(effects);
    }

    /// Serves the confirmed reads whose index the state machine includes.
    pub(super) fn serve_reads(&mut self, effects: &mut Effects<Node<R>>) {
        if self.reads.confirmed.is_empty() {
            return;
        }
        let applied = self.applied.last.index;
        let (rules, machine) = (&self.rules, &self.machine);
        self.reads.confirmed.retain(|(index, read)| {
            if !rules.may_serve_read(applied, *index) {
                return true;
            }
            effects.note(Observation::ReadServed { request: read.to, applied });
            let body = ResponseBody::Done(Output::Value(machine.get(&read.key)));
            effects.reply(read.client, Response { to: read.to, body });
            false
        });
    }
}
