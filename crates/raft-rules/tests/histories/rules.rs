//! The bugs of the model: rules that it does not keep.

use env::NodeSet;
use raft_types::{EntryId, Membership};

/// A rule that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Bug {
    VoteNotDurable,
    VoteForgottenInTerm,
    VoteByLength,
    StaleVoteCounted,
    PrevNotChecked,
    TruncateWithoutConflict,
    AckOwnLast,
    AckBeforeSync,
    LeaderCountsUnsynced,
    CommitEarlierTerm,
    CommitByHalf,
    CommitUnclamped,
    CommitGoesBack,
    JointByUnion,
    ChangesOverlap,
    ConfigurationNotRolledBack,
    StaleSnapshot,
    SnapshotDropsTail,
    SnapshotMislabelled,
    SnapshotWithoutSessions,
    RetryExecuted,
    CompletedByIndex,
    DeposedLeaderReads,
    ReadBeforeApplied,
    SyncSkipped,
}

/// True if `nodes` decide under `membership`.
pub(crate) fn is_quorum(bug: Option<Bug>, membership: &Membership, nodes: NodeSet) -> bool {
    match bug {
        Some(Bug::JointByUnion) if membership.is_joint() => {
            let all = membership.all_voters();
            nodes.intersection(all).len() >= all.majority()
        }
        Some(Bug::CommitByHalf) => {
            let half = |voters: NodeSet| 2 * nodes.intersection(voters).len() >= voters.len();
            half(membership.voters) && half(membership.outgoing)
        }
        _ => membership.has_quorum(nodes),
    }
}

/// True if a candidate's log is good enough for a vote (paper section 5.4.1).
pub(crate) fn is_up_to_date(bug: Option<Bug>, candidate: EntryId, own: EntryId) -> bool {
    if bug == Some(Bug::VoteByLength) { candidate.index >= own.index } else { candidate >= own }
}
