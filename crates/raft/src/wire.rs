//! The encodings of messages, of their parts, and of refusals of proposals. docs/wire-format.md has the layout.
//!
//! Decoding looks at the form alone. The sense of a message (entries without gaps, numbers that cannot overflow, a
//! configuration with voters) is judged by the server that receives it, whichever way it came.

use env::{NodeId, Reader, Wire, WireError};

use crate::entry::{Entries, Entry, Payload};
use crate::error::{InvalidChange, ProposeError};
use crate::message::{AppendEntries, AppendOutcome, InstallSnapshot, Message, RequestVote};

const REQUEST_VOTE: u8 = 1;
const REQUEST_VOTE_RESPONSE: u8 = 2;
const APPEND_ENTRIES: u8 = 3;
const APPEND_ENTRIES_RESPONSE: u8 = 4;
const INSTALL_SNAPSHOT: u8 = 5;
const INSTALL_SNAPSHOT_RESPONSE: u8 = 6;
const TIMEOUT_NOW: u8 = 7;
const READ_INDEX: u8 = 8;
const READ_INDEX_RESPONSE: u8 = 9;

impl Wire for Message {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Message::RequestVote(request) => {
                into.push(REQUEST_VOTE);
                request.to_wire(into);
            }
            Message::RequestVoteResponse { term, granted, pre_vote } => {
                into.push(REQUEST_VOTE_RESPONSE);
                term.to_wire(into);
                granted.to_wire(into);
                pre_vote.to_wire(into);
            }
            Message::AppendEntries(append) => {
                into.push(APPEND_ENTRIES);
                append.to_wire(into);
            }
            Message::AppendEntriesResponse { term, round, outcome } => {
                into.push(APPEND_ENTRIES_RESPONSE);
                term.to_wire(into);
                round.to_wire(into);
                outcome.to_wire(into);
            }
            Message::InstallSnapshot(chunk) => {
                into.push(INSTALL_SNAPSHOT);
                chunk.to_wire(into);
            }
            Message::InstallSnapshotResponse { term, last, received, installed } => {
                into.push(INSTALL_SNAPSHOT_RESPONSE);
                term.to_wire(into);
                last.to_wire(into);
                received.to_wire(into);
                installed.to_wire(into);
            }
            Message::TimeoutNow { term } => {
                into.push(TIMEOUT_NOW);
                term.to_wire(into);
            }
            Message::ReadIndex { term, context } => {
                into.push(READ_INDEX);
                term.to_wire(into);
                context.to_wire(into);
            }
            Message::ReadIndexResponse { term, context, index } => {
                into.push(READ_INDEX_RESPONSE);
                term.to_wire(into);
                context.to_wire(into);
                index.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Message, WireError> {
        let at = reader.at();
        Ok(match reader.u8("message kind")? {
            REQUEST_VOTE => Message::RequestVote(Wire::read_wire(reader)?),
            REQUEST_VOTE_RESPONSE => Message::RequestVoteResponse {
                term: Wire::read_wire(reader)?,
                granted: Wire::read_wire(reader)?,
                pre_vote: Wire::read_wire(reader)?,
            },
            APPEND_ENTRIES => Message::AppendEntries(Wire::read_wire(reader)?),
            APPEND_ENTRIES_RESPONSE => Message::AppendEntriesResponse {
                term: Wire::read_wire(reader)?,
                round: reader.varint("round")?,
                outcome: Wire::read_wire(reader)?,
            },
            INSTALL_SNAPSHOT => Message::InstallSnapshot(Box::new(Wire::read_wire(reader)?)),
            INSTALL_SNAPSHOT_RESPONSE => Message::InstallSnapshotResponse {
                term: Wire::read_wire(reader)?,
                last: Wire::read_wire(reader)?,
                received: reader.varint("received bytes")?,
                installed: Wire::read_wire(reader)?,
            },
            TIMEOUT_NOW => Message::TimeoutNow { term: Wire::read_wire(reader)? },
            READ_INDEX => Message::ReadIndex { term: Wire::read_wire(reader)?, context: reader.varint("context")? },
            READ_INDEX_RESPONSE => Message::ReadIndexResponse {
                term: Wire::read_wire(reader)?,
                context: reader.varint("context")?,
                index: Wire::read_wire(reader)?,
            },
            _ => return Err(WireError::Invalid { at, what: "message kind" }),
        })
    }
}

impl Wire for RequestVote {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.term.to_wire(into);
        self.last.to_wire(into);
        self.pre_vote.to_wire(into);
        self.transfer.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<RequestVote, WireError> {
        Ok(RequestVote {
            term: Wire::read_wire(reader)?,
            last: Wire::read_wire(reader)?,
            pre_vote: Wire::read_wire(reader)?,
            transfer: Wire::read_wire(reader)?,
        })
    }
}

impl Wire for AppendEntries {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.term.to_wire(into);
        self.prev.to_wire(into);
        self.leader_commit.to_wire(into);
        self.round.to_wire(into);
        self.entries.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<AppendEntries, WireError> {
        Ok(AppendEntries {
            term: Wire::read_wire(reader)?,
            prev: Wire::read_wire(reader)?,
            leader_commit: Wire::read_wire(reader)?,
            round: reader.varint("round")?,
            entries: Wire::read_wire(reader)?,
        })
    }
}

const ACCEPTED: u8 = 1;
const REJECTED: u8 = 2;

impl Wire for AppendOutcome {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            AppendOutcome::Accepted { match_index } => {
                into.push(ACCEPTED);
                match_index.to_wire(into);
            }
            AppendOutcome::Rejected { prev_index, hint } => {
                into.push(REJECTED);
                prev_index.to_wire(into);
                hint.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<AppendOutcome, WireError> {
        let at = reader.at();
        match reader.u8("append outcome")? {
            ACCEPTED => Ok(AppendOutcome::Accepted { match_index: Wire::read_wire(reader)? }),
            REJECTED => {
                Ok(AppendOutcome::Rejected { prev_index: Wire::read_wire(reader)?, hint: Wire::read_wire(reader)? })
            }
            _ => Err(WireError::Invalid { at, what: "append outcome" }),
        }
    }
}

impl Wire for InstallSnapshot {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.term.to_wire(into);
        self.last.to_wire(into);
        self.membership.to_wire(into);
        self.offset.to_wire(into);
        self.done.to_wire(into);
        self.data.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<InstallSnapshot, WireError> {
        Ok(InstallSnapshot {
            term: Wire::read_wire(reader)?,
            last: Wire::read_wire(reader)?,
            membership: Wire::read_wire(reader)?,
            offset: reader.varint("offset")?,
            done: Wire::read_wire(reader)?,
            data: Wire::read_wire(reader)?,
        })
    }
}

/// Index, term, request, and the kind of the payload: one byte each at the least.
const ENTRY_BYTES_MIN: usize = 4;

impl Wire for Entries {
    fn to_wire(&self, into: &mut Vec<u8>) {
        (self.len() as u64).to_wire(into);
        for entry in self.iter() {
            entry.to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Entries, WireError> {
        match reader.item_count(ENTRY_BYTES_MIN, "number of entries")? {
            0 => Ok(Entries::NONE),
            // Room is made as entries come, not for as many as are announced: an entry is larger than its bytes.
            count => (0..count).map(|_| Entry::read_wire(reader)).collect(),
        }
    }
}

const EMPTY: u8 = 1;
const COMMAND: u8 = 2;
const MEMBERSHIP: u8 = 3;

impl Wire for Entry {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.id.to_wire(into);
        self.request.to_wire(into);
        match &self.payload {
            Payload::Empty => into.push(EMPTY),
            Payload::Command(command) => {
                into.push(COMMAND);
                command.to_wire(into);
            }
            Payload::Membership(membership) => {
                into.push(MEMBERSHIP);
                membership.to_wire(into);
            }
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Entry, WireError> {
        let (id, request) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        let at = reader.at();
        let payload = match reader.u8("payload kind")? {
            EMPTY => Payload::Empty,
            COMMAND => Payload::Command(Wire::read_wire(reader)?),
            MEMBERSHIP => Payload::Membership(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "payload kind" }),
        };
        Ok(Entry { id, payload, request })
    }
}

const NOT_LEADER: u8 = 1;
const TRANSFERRING: u8 = 2;
const CHANGE_IN_PROGRESS: u8 = 3;
const NOT_READY: u8 = 4;
const INVALID_TRANSFER: u8 = 5;
const NO_SUCH_ID: u8 = 6;
const ALREADY_MEMBER: u8 = 7;
const NOT_MEMBER: u8 = 8;
const NO_VOTER_LEFT: u8 = 9;

impl Wire for ProposeError {
    fn to_wire(&self, into: &mut Vec<u8>) {
        let mut with_node = |kind: u8, node: &NodeId| {
            into.push(kind);
            node.to_wire(into);
        };
        match self {
            ProposeError::NotLeader { hint } => {
                into.push(NOT_LEADER);
                hint.to_wire(into);
            }
            ProposeError::Transferring { to } => with_node(TRANSFERRING, to),
            ProposeError::ChangeInProgress => into.push(CHANGE_IN_PROGRESS),
            ProposeError::NotReady => into.push(NOT_READY),
            ProposeError::InvalidTransfer { to } => with_node(INVALID_TRANSFER, to),
            ProposeError::InvalidChange(InvalidChange::NoSuchId(node)) => with_node(NO_SUCH_ID, node),
            ProposeError::InvalidChange(InvalidChange::AlreadyMember(node)) => with_node(ALREADY_MEMBER, node),
            ProposeError::InvalidChange(InvalidChange::NotMember(node)) => with_node(NOT_MEMBER, node),
            ProposeError::InvalidChange(InvalidChange::NoVoterLeft) => into.push(NO_VOTER_LEFT),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<ProposeError, WireError> {
        let at = reader.at();
        Ok(match reader.u8("reason")? {
            NOT_LEADER => ProposeError::NotLeader { hint: Wire::read_wire(reader)? },
            TRANSFERRING => ProposeError::Transferring { to: Wire::read_wire(reader)? },
            CHANGE_IN_PROGRESS => ProposeError::ChangeInProgress,
            NOT_READY => ProposeError::NotReady,
            INVALID_TRANSFER => ProposeError::InvalidTransfer { to: Wire::read_wire(reader)? },
            NO_SUCH_ID => ProposeError::InvalidChange(InvalidChange::NoSuchId(Wire::read_wire(reader)?)),
            ALREADY_MEMBER => ProposeError::InvalidChange(InvalidChange::AlreadyMember(Wire::read_wire(reader)?)),
            NOT_MEMBER => ProposeError::InvalidChange(InvalidChange::NotMember(Wire::read_wire(reader)?)),
            NO_VOTER_LEFT => ProposeError::InvalidChange(InvalidChange::NoVoterLeft),
            _ => return Err(WireError::Invalid { at, what: "reason" }),
        })
    }
}
