//! The reasons why a server refuses a proposal or a read.

use std::fmt;

use env::NodeId;

/// Why a proposal was not taken. None of these changed anything: the command surely did not happen by this call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposeError {
    /// This server does not lead.
    NotLeader {
        /// The leader, as far as it knows.
        hint: Option<NodeId>,
    },
    /// It is handing over leadership and takes nothing new meanwhile.
    Transferring {
        /// To this server.
        to: NodeId,
    },
    /// Another change of the membership is not finished.
    ChangeInProgress,
    /// No entry of the leader's own term is committed yet; ask again in a moment.
    NotReady,
    /// The change makes no sense for the configuration in force.
    InvalidChange(InvalidChange),
    /// Leadership can only go to another voter.
    InvalidTransfer {
        /// The target, which is not another voter.
        to: NodeId,
    },
}

/// The reasons why a change of the membership is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidChange {
    /// Ids run from 1 to [`NodeId::MAX`].
    NoSuchId(NodeId),
    /// It is a member in that capacity already.
    AlreadyMember(NodeId),
    /// It is not a member in that capacity.
    NotMember(NodeId),
    /// No voter would be left.
    NoVoterLeft,
}

impl fmt::Display for ProposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProposeError::NotLeader { hint: Some(leader) } => write!(f, "not the leader, which is {leader}"),
            ProposeError::NotLeader { hint: None } => f.write_str("not the leader, and knows of none"),
            ProposeError::Transferring { to } => write!(f, "handing over leadership to {to}"),
            ProposeError::ChangeInProgress => f.write_str("another membership change is in progress"),
            ProposeError::NotReady => f.write_str("no entry of this term is committed yet"),
            ProposeError::InvalidChange(why) => why.fmt(f),
            ProposeError::InvalidTransfer { to } => write!(f, "{to} is not another voter"),
        }
    }
}

impl fmt::Display for InvalidChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidChange::NoSuchId(node) => write!(f, "{node} is no server's id"),
            InvalidChange::AlreadyMember(node) => write!(f, "{node} is a member already"),
            InvalidChange::NotMember(node) => write!(f, "{node} is no member"),
            InvalidChange::NoVoterLeft => f.write_str("no voter would be left"),
        }
    }
}

impl std::error::Error for ProposeError {}

impl std::error::Error for InvalidChange {}
