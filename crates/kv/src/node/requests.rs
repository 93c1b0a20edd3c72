//! The requests of clients and operators.

use env::{ClientId, Effects, Instant, RequestId};
use kv_types::Operation;
use raft::{MembershipChange, ProposeError};
use raft_types::{EntryId, Observation};

use super::{Node, Waiting};
use crate::command::{Change, Command, CommandBody};
use crate::request::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};
use crate::rules::Rules;

impl<R: Rules> Node<R> {
    /// Takes a request up or says why not.
    pub(super) fn request(&mut self, client: ClientId, request: Request, now: Instant, effects: &mut Effects<Node<R>>) {
        let Request { from, session, body } = request;
        let refused = match body {
            RequestBody::Operation(Operation::Get { key }) => return self.read(client, from, key, now, effects),
            RequestBody::Operation(operation) => self.write_operation(client, from, session, &operation, now, effects),
            RequestBody::Register => {
                let body = CommandBody::Register { client: from.client, ttl: self.config.session_ttl };
                self.propose(client, from, None, body, now, effects)
            }
            RequestBody::Admin(admin) => Some(self.administer(admin, now)),
        };
        if let Some(body) = refused {
            effects.reply(client, Response { to: from, body });
        }
    }

    /// Proposes a write, or answers it if it has been executed; `None` if the answer comes later.
    fn write_operation(
        &mut self,
        client: ClientId,
        from: RequestId,
        session: Option<SessionId>,
        operation: &Operation,
        now: Instant,
        effects: &mut Effects<Node<R>>,
    ) -> Option<ResponseBody> {
        let (Some(session), Some(change)) = (session, Change::of(operation)) else {
            return Some(ResponseBody::SessionExpired);
        };
        if let Some(executed) = self.machine.executed(session, from) {
            // An applied entry is committed, under any leader.
            effects.note(Observation::WriteAcknowledged { request: from, entry: Some(executed.entry) });
            return Some(ResponseBody::Done(executed.output.clone()));
        }
        self.propose(client, from, Some(from), CommandBody::Change { session, change }, now, effects)
    }

    /// Proposes a command, stamped with this node's clock; `None` if it was taken.
    fn propose(
        &mut self,
        client: ClientId,
        to: RequestId,
        request: Option<RequestId>,
        body: CommandBody<'_>,
        now: Instant,
        effects: &mut Effects<Node<R>>,
    ) -> Option<ResponseBody> {
        let command = Command { stamp: now, body }.encode(&mut self.scratch);
        match self.raft.propose(command, request, now) {
            Ok(proposed) => {
                self.give_up_waiting_from(proposed.index, effects);
                let last = self.waiting.back().map_or(EntryId::ZERO, |waiting| waiting.proposed);
                assert!(proposed.index > last.index, "a client is to wait for {proposed} behind one for {last}");
                self.waiting.push_back(Waiting { proposed, client, to });
                None
            }
            Err(refused) => Some(refused.into()),
        }
    }

    fn administer(&mut self, request: AdminRequest, now: Instant) -> ResponseBody {
        let change = match request {
            AdminRequest::TakeSnapshot => {
                self.take_snapshot();
                return ResponseBody::Accepted;
            }
            AdminRequest::TransferLeadership(to) => {
                return self.raft.transfer_leadership(to, now).map_or_else(Into::into, |()| ResponseBody::Accepted);
            }
            AdminRequest::AddMember(node) => MembershipChange::AddVoter(node),
            AdminRequest::RemoveMember(node) => MembershipChange::Remove(node),
            AdminRequest::ReplaceMember { old, new } => MembershipChange::Replace { old, new },
        };
        self.raft.change_membership(change, now).map_or_else(Into::into, |_| ResponseBody::Accepted)
    }
}

impl From<ProposeError> for ResponseBody {
    fn from(refused: ProposeError) -> ResponseBody {
        match refused {
            ProposeError::NotLeader { hint } => ResponseBody::NotLeader { hint },
            ProposeError::Transferring { .. } | ProposeError::NotReady | ProposeError::ChangeInProgress => {
                ResponseBody::Unavailable
            }
            ProposeError::InvalidChange(_) | ProposeError::InvalidTransfer { .. } => ResponseBody::Refused(refused),
        }
    }
}
