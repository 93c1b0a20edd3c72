//! The milestones of a Raft cluster, read off observations.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Instant, NodeId, RequestId};
use raft_types::{LogIndex, Observation, Term};
use sim::{FaultKind, Milestone, Milestones};

use crate::{ClusterView, Role};

macro_rules! milestones {
    ($($(#[doc = $doc:literal])+ $milestone:ident = $name:literal after [$($kind:ident),*]),* $(,)?) => {
        /// A noteworthy state of a Raft cluster.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum RaftMilestone { $($(#[doc = $doc])+ $milestone),* }

        impl RaftMilestone {
            /// All of them, in the order of their declaration.
            const ALL: &[RaftMilestone] = &[$(RaftMilestone::$milestone),*];

            /// Its name in reports, and the faults that lead to it.
            pub fn milestone(self) -> Milestone {
                match self {
                    $(RaftMilestone::$milestone => Milestone::after($name, &[$(FaultKind::$kind),*])),*
                }
            }

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                self.milestone().name
            }
        }
    };
}

milestones! {
    /// A node became leader.
    LeaderElected = "leader elected" after [],
    /// A term's candidates all went without a majority, and a later term had to be begun.
    ElectionWithoutWinner = "election without winner" after [Isolate],
    /// Two running nodes believed that they lead, in different terms.
    TwoLeadersAtOnce = "two leaders of different terms at once" after [Isolate],
    /// A leader that still ran as one gave up leading in its own term: check-quorum.
    LeaderSteppedDown = "leader stepped down by check-quorum" after [Isolate],
    /// A leader stopped with entries in its log that it did not know to be committed.
    LeaderStoppedWithTail = "leader stopped with an uncommitted tail" after [Crash, Kill],
    /// A node stopped less than an election timeout after it had voted for another.
    StoppedAfterVote = "node stopped after granting a vote" after [Crash, Kill],
    /// A follower removed entries that conflicted with its leader's.
    EntriesTruncated = "entries truncated" after [Isolate],
    /// An entry of an earlier term was committed by a later term's leader.
    EarlierTermCommitted = "earlier term's entry committed by a new leader" after [Isolate],
    /// A node took a snapshot.
    SnapshotTaken = "snapshot taken" after [],
    /// A node replaced its state by a leader's snapshot.
    SnapshotInstalled = "snapshot installed" after [Isolate],
    /// It did so while links between nodes were cut.
    SnapshotInstalledInPartition = "snapshot installed during a partition" after [Isolate],
    /// A node used a joint configuration.
    JointConfiguration = "joint configuration" after [AddMember, RemoveMember, ReplaceMember],
    /// A node stood for election under a joint configuration.
    ElectionInJointConfiguration = "election in a joint configuration" after [AddMember, RemoveMember, ReplaceMember],
    /// A truncation brought an earlier configuration back.
    ConfigurationRolledBack = "configuration rolled back" after [AddMember, RemoveMember, ReplaceMember],
    /// The node that a leader asked to take over became leader.
    LeadershipTransferred = "leadership transferred" after [TransferLeadership],
    /// A leader gave up handing over.
    TransferAborted = "transfer aborted" after [TransferLeadership],
    /// A retry of an operation that had been executed before was answered without executing it again.
    RetryNotExecuted = "retry answered without executing" after [Isolate],
    /// A node that did not lead served a linearizable read.
    FollowerRead = "read served by a follower" after [],
    /// All members were down at the same time.
    AllDown = "all members down at once" after [Crash, Kill],
    /// A majority of the members were down at the same time.
    MajorityDown = "majority of members down at once" after [Crash, Kill],
}

/// Watches a run for milestones.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    counts: [u64; RaftMilestone::ALL.len()],
    /// A node that stops so soon after it voted is worth noting.
    vote_matters_ns: u64,
    /// By [`NodeId::index`].
    nodes: Vec<Watched>,
    /// The highest term that a node stood for, and whether it had a winner.
    candidate_term: Term,
    has_winner: bool,
    /// The node that was last asked to take over, unless that was given up.
    transfer_to: Option<NodeId>,
    /// How far any node has said that the log is committed.
    committed: LogIndex,
    /// Of each client, its last operation that was acknowledged as a write. A node may be a client of others, under any
    /// id.
    acknowledged: BTreeMap<ClientId, u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Watched {
    /// When it last voted for another.
    voted_at: Option<Instant>,
    /// As leader: the last entry of earlier terms in its log, if no node had committed it when it was elected.
    inherited: Option<LogIndex>,
}

impl Watch {
    /// A node that stops so soon after it has voted is worth noting.
    pub(crate) fn new(election_timeout: Duration) -> Watch {
        Watch {
            counts: [0; RaftMilestone::ALL.len()],
            vote_matters_ns: election_timeout.as_nanos() as u64,
            nodes: vec![Watched::default(); NodeId::MAX.index() + 1],
            candidate_term: Term(0),
            has_winner: true,
            transfer_to: None,
            committed: LogIndex(0),
            acknowledged: BTreeMap::new(),
        }
    }

    fn reach(&mut self, milestone: RaftMilestone) {
        self.counts[milestone as usize] += 1;
    }

    /// How often this one was reached.
    pub(crate) fn count(&self, milestone: RaftMilestone) -> u64 {
        self.counts[milestone as usize]
    }

    /// The counts by name.
    pub(crate) fn milestones(&self) -> Milestones {
        RaftMilestone::ALL.iter().map(|reached| (reached.milestone(), self.count(*reached))).collect()
    }

    /// A node reports an observation; `view` is the cluster before it.
    pub(crate) fn observe(
        &mut self,
        now: Instant,
        node: NodeId,
        observation: &Observation,
        view: &ClusterView,
        are_links_cut: bool,
    ) {
        let watched = &mut self.nodes[node.index()];
        if let Observation::Committed { entry } = *observation {
            self.committed = self.committed.max(entry.index);
        }
        match *observation {
            Observation::Committed { entry } if watched.inherited.is_some_and(|last| entry.index >= last) => {
                watched.inherited = None;
                self.reach(RaftMilestone::EarlierTermCommitted);
            }
            Observation::BecameFollower { term, .. } => {
                watched.inherited = None;
                let before = view.node(node);
                if before.role == Role::Leader && before.term == term && before.membership.is_voter(node) {
                    self.reach(RaftMilestone::LeaderSteppedDown);
                }
            }
            Observation::BecameCandidate { term } => self.stands(node, term, view),
            Observation::BecameLeader { term, last } => {
                watched.inherited = (last.index > self.committed).then_some(last.index);
                self.leads(node, term, view);
            }
            Observation::Voted { candidate, .. } if candidate != node => watched.voted_at = Some(now),
            Observation::Truncated { .. } => self.reach(RaftMilestone::EntriesTruncated),
            Observation::Configured { index, membership } => {
                let before = view.node(node);
                if before.is_running && index < before.configured_at {
                    self.reach(RaftMilestone::ConfigurationRolledBack);
                }
                if membership.is_joint() {
                    self.reach(RaftMilestone::JointConfiguration);
                }
            }
            Observation::SnapshotTaken { .. } => self.reach(RaftMilestone::SnapshotTaken),
            Observation::SnapshotInstalled { .. } => {
                self.reach(RaftMilestone::SnapshotInstalled);
                if are_links_cut {
                    self.reach(RaftMilestone::SnapshotInstalledInPartition);
                }
            }
            Observation::WriteAcknowledged { request, .. } => self.acknowledges(request),
            Observation::ReadServed { .. } if view.node(node).role != Role::Leader => {
                self.reach(RaftMilestone::FollowerRead);
            }
            Observation::TransferStarted { to } => self.transfer_to = Some(to),
            Observation::TransferAborted { to } => {
                self.transfer_to.take_if(|asked| *asked == to);
                self.reach(RaftMilestone::TransferAborted);
            }
            _ => {}
        }
    }

    /// A node is about to stop; `view` still has it running.
    pub(crate) fn stops(&mut self, now: Instant, node: NodeId, view: &ClusterView) {
        let watched = std::mem::take(&mut self.nodes[node.index()]);
        let last_seen = view.node(node);
        if last_seen.role == Role::Leader && last_seen.last.index > last_seen.commit_index {
            self.reach(RaftMilestone::LeaderStoppedWithTail);
        }
        if watched.voted_at.is_some_and(|at| now.0 - at.0 < self.vote_matters_ns) {
            self.reach(RaftMilestone::StoppedAfterVote);
        }
        let membership = view.membership();
        let before = view.running();
        let mut after = before;
        after.remove(node);
        if membership.has_quorum(before) && !membership.has_quorum(after) {
            self.reach(RaftMilestone::MajorityDown);
        }
        let members = membership.members();
        if !members.intersection(before).is_empty() && members.intersection(after).is_empty() {
            self.reach(RaftMilestone::AllDown);
        }
    }

    /// A write is executed once (or a checker objects), so a node that acknowledges it again answers from memory.
    fn acknowledges(&mut self, request: RequestId) {
        if self.acknowledged.insert(request.client, request.seq) == Some(request.seq) {
            self.reach(RaftMilestone::RetryNotExecuted);
        }
    }

    fn stands(&mut self, node: NodeId, term: Term, view: &ClusterView) {
        if term > self.candidate_term {
            if !self.has_winner {
                self.reach(RaftMilestone::ElectionWithoutWinner);
            }
            (self.candidate_term, self.has_winner) = (term, false);
        }
        if view.node(node).membership.is_joint() {
            self.reach(RaftMilestone::ElectionInJointConfiguration);
        }
    }

    fn leads(&mut self, node: NodeId, term: Term, view: &ClusterView) {
        self.reach(RaftMilestone::LeaderElected);
        self.has_winner |= term == self.candidate_term;
        if view.leaders().iter().any(|other| other != node && view.node(other).term != term) {
            self.reach(RaftMilestone::TwoLeadersAtOnce);
        }
        if self.transfer_to.take() == Some(node) {
            self.reach(RaftMilestone::LeadershipTransferred);
        }
    }
}

#[cfg(test)]
mod tests {
    use env::{NodeSet, SyncId};
    use raft_types::{EntryId, Membership};
    use sim::Moment;

    use super::*;
    use crate::Checker;

    /// Shows observations to a watch and a checker, a millisecond apart.
    struct Story {
        watch: Watch,
        checker: Checker,
        now: Instant,
    }

    impl Story {
        fn new() -> Story {
            let mut story = Story {
                watch: Watch::new(Duration::from_millis(150)),
                checker: Checker::new(Membership::of(NodeSet::first(3))),
                now: Instant::ZERO,
            };
            for node in 1..=3 {
                let (snapshot, last) = (EntryId::ZERO, EntryId::ZERO);
                story.tell(node, Observation::Recovered { term: Term(0), voted_for: None, snapshot, last, state: 0 });
            }
            story
        }

        fn tell(&mut self, node: u8, observation: Observation) {
            self.now.0 += 1_000_000;
            self.watch.observe(self.now, NodeId(node), &observation, self.checker.view(), false);
            let at = Moment { time: self.now, event: 0 };
            self.checker.observe(at, NodeId(node), &observation).expect("a story of a correct cluster");
        }

        fn elect(&mut self, leader: u8, voter: u8, term: u64, last: EntryId) {
            let (term, candidate) = (Term(term), NodeId(leader));
            self.tell(leader, Observation::BecameCandidate { term });
            self.tell(leader, Observation::Voted { term, candidate });
            self.tell(voter, Observation::BecameFollower { term, leader: None });
            self.tell(voter, Observation::Voted { term, candidate });
            self.tell(leader, Observation::BecameLeader { term, last });
        }

        /// An entry, at once durable.
        fn append(&mut self, node: u8, entry: EntryId) {
            self.tell(node, Observation::Appended { entry, payload: entry.index.0, request: None });
            let sync = SyncId(entry.index.0);
            self.checker.sync_requested(NodeId(node), sync);
            self.checker.synced(NodeId(node), sync);
        }

        fn reached(&self) -> Vec<&'static str> {
            let counts = self.watch.milestones();
            let reached = counts.iter().filter(|(_, count)| *count > 0);
            reached.map(|(milestone, _)| milestone.name).collect()
        }
    }

    #[test]
    fn an_old_leader_that_does_not_know_of_the_new_one_makes_two() {
        let mut story = Story::new();
        story.elect(1, 2, 1, EntryId::ZERO);
        assert_eq!(story.reached(), ["leader elected"]);
        story.elect(3, 2, 2, EntryId::ZERO);
        assert_eq!(story.reached(), ["leader elected", "two leaders of different terms at once"]);
    }

    #[test]
    fn a_term_that_was_stood_for_and_not_won_is_noted_when_the_next_begins() {
        let mut story = Story::new();
        story.tell(1, Observation::BecameCandidate { term: Term(1) });
        story.tell(2, Observation::BecameCandidate { term: Term(1) });
        assert_eq!(story.reached(), [""; 0]);
        story.tell(2, Observation::BecameCandidate { term: Term(2) });
        assert_eq!(story.reached(), ["election without winner"]);
    }

    #[test]
    fn a_leader_that_gives_up_in_its_own_term_has_stepped_down() {
        let mut story = Story::new();
        story.elect(1, 2, 1, EntryId::ZERO);
        story.tell(1, Observation::BecameFollower { term: Term(1), leader: None });
        assert_eq!(story.reached(), ["leader elected", "leader stepped down by check-quorum"]);
    }

    #[test]
    fn a_stop_right_after_a_vote_is_noted_and_so_is_the_last_of_all() {
        let mut story = Story::new();
        story.elect(1, 2, 1, EntryId::ZERO);
        for node in [2, 1, 3] {
            story.watch.stops(story.now, NodeId(node), story.checker.view());
            story.checker.stopped(NodeId(node));
        }
        let expected = ["leader elected", "node stopped after granting a vote", "all members down at once"];
        assert!(expected.iter().all(|name| story.reached().contains(name)), "{:?}", story.reached());
        assert_eq!(story.watch.count(RaftMilestone::MajorityDown), 1);
    }

    #[test]
    fn the_node_that_was_asked_to_take_over_makes_a_transfer() {
        let mut story = Story::new();
        story.elect(1, 2, 1, EntryId::ZERO);
        story.tell(1, Observation::TransferStarted { to: NodeId(3) });
        story.elect(3, 2, 2, EntryId::ZERO);
        assert_eq!(story.watch.count(RaftMilestone::LeadershipTransferred), 1);
    }

    #[test]
    fn a_transfer_that_was_given_up_is_none_when_its_target_is_elected_later() {
        let mut story = Story::new();
        story.elect(1, 2, 1, EntryId::ZERO);
        story.tell(1, Observation::TransferStarted { to: NodeId(3) });
        story.tell(1, Observation::TransferAborted { to: NodeId(3) });
        story.elect(3, 2, 2, EntryId::ZERO);
        assert_eq!(story.watch.count(RaftMilestone::LeadershipTransferred), 0);
    }

    #[test]
    fn an_earlier_terms_entry_counts_only_if_nobody_had_committed_it_before() {
        for is_committed_before in [false, true] {
            let mut story = Story::new();
            let (first, second) = (EntryId::new(1, 1), EntryId::new(2, 2));
            story.elect(1, 2, 1, EntryId::ZERO);
            for node in [1, 2] {
                story.append(node, first);
            }
            if is_committed_before {
                story.tell(1, Observation::Committed { entry: first });
            }
            story.elect(2, 3, 2, first);
            story.append(2, second);
            story.append(3, first);
            story.append(3, second);
            story.tell(2, Observation::Committed { entry: second });
            let count = story.watch.count(RaftMilestone::EarlierTermCommitted);
            assert_eq!(count, u64::from(!is_committed_before));
        }
    }
}
