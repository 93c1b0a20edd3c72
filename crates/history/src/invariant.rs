//! The names of what must hold.

use std::fmt;

/// Whether an invariant can be broken at a moment, or only by waiting too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvariantKind {
    /// Nothing bad ever happens: broken by one event.
    Safety,
    /// Something good happens in the end: broken when a bound has passed.
    Liveness,
}

macro_rules! invariants {
    ($($(#[doc = $doc:literal])* $invariant:ident = $name:literal, $id:literal, $kind:ident, $reference:literal;)*) => {
        /// A rule that every run must keep. docs/invariants.md states each in full.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum Invariant {
            $(
                $(#[doc = $doc])*
                #[serde(rename = $id)]
                $invariant,
            )*
        }

        impl Invariant {
            /// Every invariant, in the order of docs/invariants.md.
            pub const ALL: &[Invariant] = &[$(Invariant::$invariant),*];

            /// Its name as people write it, `Election Safety`.
            pub fn name(self) -> &'static str {
                match self { $(Invariant::$invariant => $name),* }
            }

            /// Its name as files and options write it, `election-safety`.
            pub fn id(self) -> &'static str {
                match self { $(Invariant::$invariant => $id),* }
            }

            /// Whether it is about safety or about liveness.
            pub fn kind(self) -> InvariantKind {
                match self { $(Invariant::$invariant => InvariantKind::$kind),* }
            }

            /// Where it is stated. "Paper" is "In Search of an Understandable Consensus Algorithm (Extended Version)",
            /// "thesis" is "Consensus: Bridging Theory and Practice", both by Diego Ongaro, the first with John Ousterhout.
            pub fn reference(self) -> &'static str {
                match self { $(Invariant::$invariant => $reference),* }
            }
        }
    };
}

invariants! {
    /// At most one leader in a term, and none without the votes of a majority.
    ElectionSafety = "Election Safety", "election-safety", Safety, "paper figure 3 and section 5.2";
    /// A node votes for at most one candidate in a term, whatever crashes lie between.
    OneVoteATerm = "One Vote a Term", "one-vote-a-term", Safety, "paper section 5.2 and figure 2 (votedFor)";
    /// A leader never overwrites or removes entries of its log; it only appends new ones, of its own term.
    LeaderAppendOnly = "Leader Append-Only", "leader-append-only", Safety, "paper figure 3 and section 5.3";
    /// Two logs that hold an entry of the same index and term are equal up to it.
    LogMatching = "Log Matching", "log-matching", Safety, "paper figure 3 and section 5.3";
    /// An entry that was committed in a term is in the logs of the leaders of all later terms.
    LeaderCompleteness = "Leader Completeness", "leader-completeness", Safety, "paper figure 3 and section 5.4";
    /// No two nodes commit or apply different entries at one index, or have different states after it.
    StateMachineSafety = "State Machine Safety", "state-machine-safety", Safety, "paper figure 3 and section 5.4.3";
    /// A node's term, commit index and applied index never go back while it runs.
    Monotonicity = "Monotonicity", "monotonicity", Safety, "paper figure 2 (currentTerm, commitIndex, lastApplied)";
    /// A node that boots holds what it held durably before: log, term and vote.
    Durability = "Durability", "durability", Safety, "paper figure 2 (persistent state) and section 5.1";
    /// An entry is committed only once a majority of the configuration in force holds it durably.
    QuorumWriteBlocking = "Quorum Write Blocking", "quorum-write-blocking", Safety, "paper sections 5.3 and 6, thesis section 10.2.1";
    /// A write of which a client was told that it took effect is committed and executed, and stays so.
    NoAcknowledgedWriteLost = "No Acknowledged Write Lost", "no-acknowledged-write-lost", Safety, "paper sections 5.3 and 8";
    /// No client operation is executed twice, however often it is retried.
    ExactlyOnce = "Exactly Once", "exactly-once", Safety, "paper section 8, thesis section 6.3";
    /// A read sees every write and every read that ended before it began.
    LinearizableReads = "Linearizable Reads", "linearizable-reads", Safety, "thesis section 6.4";
    /// The history of each key is linearizable: its operations could have come one at a time and answered the same.
    Linearizability = "Linearizability", "linearizability", Safety, "Herlihy and Wing 1990, thesis section 6.3";
    /// Of two configurations that could be in force, no two majorities are disjoint.
    OneMajority = "One Majority", "one-majority", Safety, "paper section 6, thesis sections 4.1 and 4.3";
    /// What the system under test says of itself keeps to the rule that it brought along.
    SystemRule = "System Rule", "system-rule", Safety, "the system under test";
    /// What a story expects of the cluster is so.
    Expectation = "Expectation", "expectation", Safety, "the story that is told";
    /// What a story waits for comes within the time that it allows.
    Deadline = "Deadline", "deadline", Liveness, "the story that is told";
    /// In the calm phase there is a leader, and it commits a write. Where nothing leads, clients come to an end.
    Progress = "Progress", "progress", Liveness, "paper section 5.6, thesis section 3.9";
    /// In the calm phase all nodes come to the same state.
    Convergence = "Convergence", "convergence", Liveness, "paper sections 5.3 and 7";
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Invariant;

    #[test]
    fn an_id_is_the_name_in_kebab_case() {
        for invariant in Invariant::ALL {
            assert_eq!(invariant.id(), invariant.name().to_lowercase().replace(' ', "-"));
        }
    }

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<_> = Invariant::ALL.iter().map(|invariant| invariant.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Invariant::ALL.len());
    }
}
