//! The safety invariants, one a file. Each judges an event against the [`Record`](crate::record::Record) as it was
//! before the event, and keeps to itself only state that no other needs.

use sim::Invariant;

pub(crate) mod acknowledged_writes;
pub(crate) mod durability;
pub(crate) mod election_safety;
pub(crate) mod exactly_once;
pub(crate) mod leader_append_only;
pub(crate) mod leader_completeness;
pub(crate) mod linearizable_reads;
pub(crate) mod log_matching;
pub(crate) mod monotonicity;
pub(crate) mod one_majority;
pub(crate) mod one_vote;
pub(crate) mod quorum_write_blocking;
pub(crate) mod state_machine_safety;

/// At most one leader in a term, and none without the votes of a majority.
pub const ELECTION_SAFETY: Invariant = Invariant::safety("election-safety", "paper figure 3 and section 5.2");
/// A node votes for at most one candidate in a term, across crashes too.
pub const ONE_VOTE_A_TERM: Invariant =
    Invariant::safety("one-vote-a-term", "paper section 5.2 and figure 2 (votedFor)");
/// A leader never overwrites or removes entries of its log; it only appends new ones, of its own term.
pub const LEADER_APPEND_ONLY: Invariant = Invariant::safety("leader-append-only", "paper figure 3 and section 5.3");
/// Two logs that hold an entry of the same index and term are equal up to it.
pub const LOG_MATCHING: Invariant = Invariant::safety("log-matching", "paper figure 3 and section 5.3");
/// An entry that was committed in a term is in the logs of the leaders of all later terms.
pub const LEADER_COMPLETENESS: Invariant = Invariant::safety("leader-completeness", "paper figure 3 and section 5.4");
/// No two nodes commit or apply different entries at one index, or have different states after it.
pub const STATE_MACHINE_SAFETY: Invariant =
    Invariant::safety("state-machine-safety", "paper figure 3 and section 5.4.3");
/// A node's term, commit index and applied index never go back while it runs.
pub const MONOTONICITY: Invariant =
    Invariant::safety("monotonicity", "paper figure 2 (currentTerm, commitIndex, lastApplied)");
/// A node that boots holds the log, term and vote that it held durably before.
pub const DURABILITY: Invariant = Invariant::safety("durability", "paper figure 2 (persistent state) and section 5.1");
/// An entry is committed only once a majority of the configuration in force holds it durably.
pub const QUORUM_WRITE_BLOCKING: Invariant =
    Invariant::safety("quorum-write-blocking", "paper sections 5.3 and 6, thesis section 10.2.1");
/// An acknowledged write is committed and executed, and stays so.
pub const NO_ACKNOWLEDGED_WRITE_LOST: Invariant =
    Invariant::safety("no-acknowledged-write-lost", "paper sections 5.3 and 8");
/// No client operation is executed twice, however often it is retried.
pub const EXACTLY_ONCE: Invariant = Invariant::safety("exactly-once", "paper section 8, thesis section 6.3");
/// A read sees every write and every read that ended before it began.
pub const LINEARIZABLE_READS: Invariant = Invariant::safety("linearizable-reads", "thesis section 6.4");
/// Of two configurations that could be in force, no two majorities are disjoint.
pub const ONE_MAJORITY: Invariant = Invariant::safety("one-majority", "paper section 6, thesis sections 4.1 and 4.3");

/// All of them, in the order of docs/invariants.md.
pub const OF_RAFT: &[Invariant] = &[
    ELECTION_SAFETY,
    ONE_VOTE_A_TERM,
    LEADER_APPEND_ONLY,
    LOG_MATCHING,
    LEADER_COMPLETENESS,
    STATE_MACHINE_SAFETY,
    MONOTONICITY,
    DURABILITY,
    QUORUM_WRITE_BLOCKING,
    NO_ACKNOWLEDGED_WRITE_LOST,
    EXACTLY_ONCE,
    LINEARIZABLE_READS,
    ONE_MAJORITY,
];
