//! The bugs, by name.

use std::fmt;
use std::str::FromStr;

macro_rules! bugs {
    ($($category:ident = $category_name:literal {
        $($(#[doc = $doc:literal])+ $bug:ident = $name:literal, $source:literal;)+
    })+) => {
        /// A bug that a real implementation of Raft had.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug { $($($(#[doc = $doc])+ $bug,)+)+ }

        /// The part of Raft that a bug is in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum Category { $($category),+ }

        impl Category {
            /// Its name in tables.
            pub fn name(self) -> &'static str {
                match self { $(Category::$category => $category_name),+ }
            }
        }

        impl Bug {
            /// Every bug, category by category.
            pub const ALL: &[Bug] = &[$($(Bug::$bug),+),+];

            /// Its name on the command line, in tables and in repro files.
            pub const fn name(self) -> &'static str {
                match self { $($(Bug::$bug => $name),+),+ }
            }

            /// The part of Raft that it is in.
            pub fn category(self) -> Category {
                match self { $($(Bug::$bug)|+ => Category::$category),+ }
            }

            /// The wrong behaviour, in one sentence.
            pub fn change(self) -> &'static str {
                match self { $($(Bug::$bug => concat!($($doc),+).trim_ascii()),+),+ }
            }

            /// Where it was found: a report, a fix, or the text that warns of it.
            pub fn source(self) -> &'static str {
                match self { $($(Bug::$bug => $source),+),+ }
            }
        }
    };
}

bugs! {
    Election = "election" {
        /// A vote is sent before it is on the disk.
        VoteNotDurableBeforeReply = "vote-not-durable-before-reply", "https://github.com/robustmq/robustmq/pull/2039";
        /// A server that steps down forgets its vote, in the same term too.
        VoteClearedOnSameTermStepdown = "vote-cleared-on-same-term-stepdown", "https://github.com/microsoft/CCF/pull/8094";
        /// The longer log wins a vote, even with an earlier last term.
        UpToDateCheckByLength = "up-to-date-check-by-length", "https://thesquareplanet.com/blog/students-guide-to-raft/";
        /// A vote granted in an earlier term counts in this one.
        StaleTermVoteCounted = "stale-term-vote-counted", "https://github.com/andreev-io/little-raft/issues/44";
        /// Votes are counted as they come in, the network's duplicates with them.
        DuplicateVoteCounted = "duplicate-vote-counted", "https://github.com/xnnyygn/xraft/issues/27";
    }
    Replication = "replication" {
        /// A heartbeat is accepted without a look at the entry before it.
        HeartbeatSkipsPrevCheck = "heartbeat-skips-prev-check", "https://github.com/cloud-software-foundation/c5/issues/43";
        /// The log is cut behind the entry before an append, though nothing there conflicts with it.
        TruncateWithoutConflict = "truncate-without-conflict", "https://github.com/microsoft/CCF/pull/5991";
        /// An acknowledgement counts for all that was sent meanwhile.
        MatchFromCurrentLog = "match-from-current-log", "https://thesquareplanet.com/blog/students-guide-to-raft/";
        /// A follower acknowledges its whole log, the tail that nothing has verified included.
        AckOwnLastIndex = "ack-own-last-index", "https://github.com/microsoft/CCF/pull/6001";
        /// A leader that sees a newer term adopts it, and leads on until its next tick.
        AppendStampedWithAdoptedTerm = "append-stamped-with-adopted-term", "https://github.com/eBay/NuRaft/issues/293";
    }
    Commit = "commit" {
        /// An entry of an earlier term is committed by counting its copies.
        CommitPriorTermByCount = "commit-prior-term-by-count", "https://github.com/logcabin/logcabin/issues/44";
        /// A follower commits as far as its log goes, and not as far as it was verified.
        FollowerCommitUnclamped = "follower-commit-unclamped", "https://github.com/atomix/copycat/issues/265";
        /// Half of an even number of servers commits.
        EvenQuorumOffByOne = "even-quorum-off-by-one", "https://github.com/hashicorp/raft/commit/163a55f55990b3c743462ddba70677c4a045aa40";
        /// Nothing is committed as long as the first uncommitted entry is of an earlier term.
        CommitScanBreaksOnOldTerm = "commit-scan-breaks-on-old-term", "https://github.com/zhebrak/raftos/pull/30";
        /// A follower's commit index becomes the one in the last append, though it knew a higher one.
        CommitIndexRegresses = "commit-index-regresses", "https://github.com/bakwc/PySyncObj/issues/166";
    }
    Persistence = "persistence" {
        /// A follower acknowledges entries before they are on the disk.
        AckBeforeFsync = "ack-before-fsync", "https://jepsen.io/analyses/nats-2.12.1";
        /// A leader counts its own copy of an entry before it is on the disk.
        LeaderSelfAckBeforeFsync = "leader-self-ack-before-fsync", "https://github.com/etcd-io/etcd/issues/14370";
        /// The log is dropped before the snapshot that covers it is on the disk.
        TruncateBeforeSnapshotDurable = "truncate-before-snapshot-durable", "https://github.com/etcd-io/etcd/pull/7876";
        /// A new log segment begins without the vote that the old one held.
        VoteLostOnLogRewrite = "vote-lost-on-log-rewrite", "https://github.com/RedisLabs/redisraft/commit/46a6ad0174ec91291f86420e33bea30ff4c8d06c";
        /// Only term and vote are synced, entries are not.
        MustSyncSkipsEntries = "must-sync-skips-entries", "https://github.com/tikv/raft-rs/pull/372";
    }
    Snapshot = "snapshot" {
        /// A snapshot older than the state machine replaces it.
        StaleSnapshotRegresses = "stale-snapshot-regresses", "https://github.com/databendlabs/openraft/commit/d5b52d35";
        /// A snapshot replaces the whole log, though the log holds its last entry and more.
        SnapshotTruncatesNewerSuffix = "snapshot-truncates-newer-suffix", "https://github.com/camunda/camunda/issues/6092";
        /// An installed snapshot sets the current term to that of its last entry.
        SnapshotTermOverwritesTerm = "snapshot-term-overwrites-term", "https://github.com/willemt/raft/pull/118";
        /// A snapshot is labelled with an earlier entry than the last one in it.
        SnapshotLabelMismatch = "snapshot-label-mismatch", "https://github.com/deventlab/d-engine/issues/418";
        /// A snapshot is merged into the state that is there.
        SnapshotMergeNotReplace = "snapshot-merge-not-replace", "https://github.com/jgroups-extras/jgroups-raft/issues/301";
    }
    Membership = "membership" {
        /// A new leader changes the membership before it has committed an entry of its own term.
        ConfchangeBeforeCurrentTermCommit = "confchange-before-current-term-commit", "https://groups.google.com/g/raft-dev/c/t4xj6dJTP6E";
        /// A configuration stays in force though its entry was removed from the log.
        ConfigNotRolledBack = "config-not-rolled-back", "https://github.com/canonical/raft/issues/250";
        /// In a joint configuration one majority of all voters elects.
        JointUnionCounterVotes = "joint-union-counter-votes", "https://github.com/async-raft/async-raft/issues/62";
        /// In a joint configuration one majority of all voters commits.
        JointUnionCounterCommit = "joint-union-counter-commit", "https://github.com/async-raft/async-raft/issues/62";
        /// In a joint configuration one majority of all voters confirms that a leader leads.
        JointUnionCounterReads = "joint-union-counter-reads", "https://github.com/async-raft/async-raft/issues/62";
    }
    Reads = "reads" {
        /// A leader answers reads without having heard from a quorum.
        LeaderReadNoQuorum = "leader-read-no-quorum", "https://github.com/etcd-io/etcd/issues/741";
        /// A new leader answers reads before it has committed an entry of its own term.
        ReadindexBeforeOwnTermCommit = "readindex-before-own-term-commit", "https://github.com/etcd-io/etcd/issues/7331";
        /// A lease runs from when the answers came in, not from when they were asked for.
        LeaseOutlivesElectionTimeout = "lease-outlives-election-timeout", "https://github.com/sofastack/sofa-jraft/pull/34";
        /// A leader that has asked another one to stand goes on reading by its lease.
        LeaseSurvivesTransfer = "lease-survives-transfer", "https://github.com/tikv/raft-rs/issues/234";
        /// A read is answered before the state machine has come as far as it was confirmed to.
        ReadBeforeApplied = "read-before-applied", "https://github.com/databendlabs/openraft/commit/eed681d5";
    }
    Sessions = "sessions" {
        /// Only the leader remembers which requests were executed.
        DedupInLeaderMemory = "dedup-in-leader-memory", "https://github.com/CurvineIO/curvine/issues/676";
        /// A snapshot leaves out which requests were executed.
        DedupNotInSnapshot = "dedup-not-in-snapshot", "https://github.com/atomix/atomix/pull/417";
        /// A repeated request is recognised when it is proposed, and not when it is applied.
        DedupAtProposeOnly = "dedup-at-propose-only", "https://thesquareplanet.com/blog/students-guide-to-raft/";
        /// A client is told that its write is done when any entry is applied at its index.
        AckByIndexOnly = "ack-by-index-only", "https://thesquareplanet.com/blog/students-guide-to-raft/";
    }
    Transfer = "leadership transfer" {
        /// A leader that hands over waits for ever, and takes no writes meanwhile.
        TransferNeverAborts = "transfer-never-aborts", "https://github.com/databendlabs/openraft/issues/2088";
    }
    Liveness = "liveness" {
        /// A candidate does not learn the newer term that refuses it.
        PreVoteHidesHigherTerm = "pre-vote-hides-higher-term", "https://github.com/etcd-io/etcd/issues/8243";
        /// A leader that cannot reach a quorum leads on.
        NoCheckQuorum = "no-check-quorum", "https://github.com/databendlabs/openraft/issues/2080";
        /// A follower whose probe was lost is never sent anything again.
        ProbePausedForever = "probe-paused-forever", "https://github.com/etcd-io/etcd/issues/7037";
    }
    Storage = "storage corruption" {
        /// A damaged record in the middle of the log is taken for its end.
        TruncateAtCorruptEntry = "truncate-at-corrupt-entry", "https://github.com/nats-io/nats-server/issues/7549";
        /// A failed sync is tried again, and believed when it then succeeds.
        FsyncRetrySuccess = "fsync-retry-success", "https://www.usenix.org/conference/atc20/presentation/rebello";
        /// New records are written behind a torn one, where no recovery reads them.
        TornTailAppendedOver = "torn-tail-appended-over", "https://github.com/pmcfadin/cqlite/issues/1390";
    }
}

/// A text that names no bug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum BugError {
    #[error("'{text}' is no bug of the zoo: did you mean {near}?")]
    Near { text: String, near: Bug },
    #[error("'{text}' is no bug of the zoo; `stormglass zoo --list` names them all")]
    Unknown { text: String },
}

impl FromStr for Bug {
    type Err = BugError;

    fn from_str(text: &str) -> Result<Bug, BugError> {
        let named = Bug::ALL.iter().copied().find(|bug| bug.name() == text);
        named.ok_or_else(|| {
            // A part of a name means the only bug that it is a part of.
            let mut near = Bug::ALL.iter().copied().filter(|bug| !text.is_empty() && bug.name().contains(text));
            match (near.next(), near.next()) {
                (Some(near), None) => BugError::Near { text: text.into(), near },
                _ => BugError::Unknown { text: text.into() },
            }
        })
    }
}

impl fmt::Display for Bug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for bug in Bug::ALL {
            assert_eq!(bug.name().parse(), Ok(*bug));
        }
    }

    #[test]
    fn a_part_of_a_name_is_refused_with_the_name_it_is_a_part_of() {
        let error = |text: &str| text.parse::<Bug>().expect_err("no name").to_string();
        assert_eq!(error("ack-by"), "'ack-by' is no bug of the zoo: did you mean ack-by-index-only?");
        assert_eq!(error("lease"), "'lease' is no bug of the zoo; `stormglass zoo --list` names them all");
    }

    #[test]
    fn every_bug_says_what_is_changed_and_where_it_was_found() {
        for bug in Bug::ALL {
            assert!(bug.change().ends_with('.'), "{bug}: {}", bug.change());
            assert!(bug.source().starts_with("https://"), "{bug}: {}", bug.source());
        }
    }
}
