//! Runs the goldenscripts in `tests/scripts`: one behaviour each, as the conversation of a small cluster.
//!
//! Lines read `n1@2 what it did` with its term, and `n1 -> n2 message` (`-/->` where the link is cut). To write the
//! output of new or changed scripts: `UPDATE_GOLDENFILES=1 cargo test -p raft --test scripts`; then read it.

mod support;

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use env::{Bytes, NodeId, NodeSet};
use raft::{Config, HardState, MembershipChange, Node, Paper, ReadMode, ReadToken, Role, Stable};
use raft_types::{Membership, Term};

use support::{Cluster, Envelope};

/// The commands of a script. Servers are given by their numbers.
#[derive(goldenscript::Command)]
enum Command {
    /// Sets up a cluster, in which `leader` then leads term 1. With `sync=manual`, nothing is durable before `persist`.
    Cluster {
        #[arg(key)]
        nodes: u8,
        #[arg(key)]
        leader: Option<u8>,
        #[arg(key, optional)]
        spares: u8,
        #[arg(key)]
        reads: Option<String>,
        #[arg(key)]
        sync: Option<String>,
        #[arg(key)]
        window: Option<usize>,
        #[arg(key)]
        bytes: Option<usize>,
        #[arg(key)]
        chunk: Option<usize>,
        #[arg(key)]
        tail: Option<u64>,
    },
    /// Replaces a server by one that starts with this term and a log of entries with these terms.
    Boot {
        id: u8,
        #[arg(key)]
        term: u64,
        #[arg(many, optional)]
        log: Vec<u64>,
    },
    /// Lets a server's election timer run out: its clock moves on, the others' do not.
    Campaign { id: u8 },
    /// Lets milliseconds pass for these servers, or for all.
    Elapse {
        ms: u64,
        #[arg(many, optional)]
        ids: Vec<u8>,
    },
    /// Lets milliseconds pass for all servers, a heartbeat interval at a time, and delivers everything after each.
    Run { ms: u64 },
    /// Sets a server's clock back by milliseconds.
    ClockBack { id: u8, ms: u64 },
    /// Proposes commands, one entry each.
    Propose {
        id: u8,
        #[arg(many)]
        commands: Vec<String>,
    },
    /// Delivers the messages that are on their way now, oldest first; the answers stay on their way.
    Deliver {
        #[arg(key)]
        from: Option<u8>,
        #[arg(key)]
        to: Option<u8>,
        #[arg(key)]
        count: Option<usize>,
    },
    /// Loses the messages on their way.
    Drop {
        #[arg(key)]
        from: Option<u8>,
        #[arg(key)]
        to: Option<u8>,
        #[arg(key)]
        count: Option<usize>,
    },
    /// Doubles each message on its way.
    Duplicate,
    /// Reverses the order of the messages on their way.
    Reverse,
    /// Takes messages from and to servers out of the network, until `release`.
    Hold {
        #[arg(key)]
        from: Option<u8>,
        #[arg(key)]
        to: Option<u8>,
    },
    /// Puts the held messages back on their way.
    Release,
    /// Shows the messages on their way.
    Network,
    /// Delivers all messages, and the messages that they cause.
    Stabilize,
    /// Cuts these servers off from the others.
    Partition {
        #[arg(many)]
        ids: Vec<u8>,
    },
    /// Cuts one link in one direction.
    Cut { from: u8, to: u8 },
    /// Repairs all links.
    Heal,
    /// Stops a server and loses its unsynced writes.
    Crash { id: u8 },
    /// Starts it again.
    Restart { id: u8 },
    /// Makes the writes of servers durable.
    Persist {
        #[arg(many)]
        ids: Vec<u8>,
    },
    /// Changes the membership: `add-learner N`, `add-voter N`, `remove N`, `replace OLD NEW`.
    Member { id: u8, change: String, node: u8, new: Option<u8> },
    /// Hands leadership over.
    Transfer { id: u8, to: u8 },
    /// Asks for a linearizable read.
    Read { id: u8, token: u64 },
    /// Takes a snapshot of the state machine and compacts the log.
    Snapshot { id: u8 },
    /// Shows logs.
    Log {
        #[arg(many, optional)]
        ids: Vec<u8>,
    },
    /// Shows the state machines.
    State {
        #[arg(many, optional)]
        ids: Vec<u8>,
    },
    /// Shows roles, terms and indices.
    Status {
        #[arg(many, optional)]
        ids: Vec<u8>,
    },
}

struct Runner {
    cluster: Cluster,
    held: Vec<Envelope>,
}

impl Runner {
    fn new() -> Runner {
        Runner { cluster: Cluster::new(0, 0, Config::new(NodeId(1)), Paper), held: Vec::new() }
    }

    fn set_up(&mut self, nodes: u8, spares: u8, leader: Option<u8>, syncs_at_once: bool, config: Config) {
        self.cluster = Cluster::new(nodes, spares, config, Paper);
        if let Some(leader) = leader {
            if self.cluster.config.reads == ReadMode::Lease {
                // Servers that have just started grant no vote.
                self.cluster.elapse(&self.cluster.ids(), Duration::from_millis(151));
            }
            self.cluster.campaign(NodeId(leader));
            self.cluster.stabilize();
            // A heartbeat tells the followers the commit index.
            let heartbeat = self.cluster.config.heartbeat;
            self.cluster.elapse(&[NodeId(leader)], heartbeat);
            self.cluster.stabilize();
            assert_eq!(self.cluster.node(NodeId(leader)).map(Node::role), Some(Role::Leader));
        }
        self.cluster.syncs_at_once = syncs_at_once;
    }

    fn boot(&mut self, id: NodeId, term: u64, log: &[u64]) {
        let founders = self.cluster.ids().iter().copied().collect();
        let stable = Stable {
            hard_state: HardState { term: Term(term), voted_for: None },
            entries: support::log_of(log),
            membership: Membership::of(founders),
            ..Stable::default()
        };
        self.cluster.install(id, stable);
    }

    fn ids(&self, given: &[u8]) -> Vec<NodeId> {
        if given.is_empty() { self.cluster.ids() } else { given.iter().copied().map(NodeId).collect() }
    }

    /// Takes messages out of the queue, oldest first.
    fn take(&mut self, from: Option<u8>, to: Option<u8>, count: Option<usize>) -> Vec<Envelope> {
        let mut taken = Vec::new();
        for envelope in std::mem::take(&mut self.cluster.queue) {
            let wanted = from.is_none_or(|id| envelope.from.0 == id) && to.is_none_or(|id| envelope.to.0 == id);
            if wanted && count.is_none_or(|count| taken.len() < count) {
                taken.push(envelope);
            } else {
                self.cluster.queue.push_back(envelope);
            }
        }
        taken
    }

    fn partition(&mut self, side: &[u8]) {
        let side: NodeSet = side.iter().copied().map(NodeId).collect();
        for a in self.cluster.ids() {
            for b in self.cluster.ids() {
                if side.contains(a) != side.contains(b) {
                    self.cluster.cut.insert((a, b));
                }
            }
        }
    }

    fn propose(&mut self, id: NodeId, commands: &[String]) -> Result<(), Box<dyn Error>> {
        for command in commands {
            let command = Bytes::from(command.as_str());
            self.cluster.act(id, |node, now, _| node.propose(command, None, now)).ok_or("it is down")??;
        }
        Ok(())
    }

    fn status(&self, ids: &[u8]) -> String {
        let mut output = String::new();
        for id in self.ids(ids) {
            let Some(node) = self.cluster.node(id) else {
                writeln!(output, "{id} down").expect("writing to a string");
                continue;
            };
            let role = match node.role() {
                Role::Follower => match node.leader() {
                    Some(leader) => format!("follows {leader}"),
                    None => "follows no one".into(),
                },
                Role::PreCandidate => "pre-candidate".into(),
                Role::Candidate => "candidate".into(),
                Role::Leader => "leads".into(),
            };
            let (term, commit, last) = (node.term(), node.commit_index(), node.last());
            let membership = node.membership();
            writeln!(output, "{id} {role} term={term} commit={commit} last={last} {membership}")
                .expect("writing to a string");
        }
        output
    }

    fn logs(&self, ids: &[u8]) -> String {
        let mut output = String::new();
        for id in self.ids(ids) {
            let Some(node) = self.cluster.node(id) else { continue };
            write!(output, "{id}").expect("writing to a string");
            if node.first_index().0 > 1 {
                write!(output, " .. {}", node.first_index().prev()).expect("writing to a string");
            }
            for entry in support::entries(node) {
                write!(output, " | {entry}").expect("writing to a string");
            }
            output.push('\n');
        }
        output
    }

    fn states(&mut self, ids: &[u8]) -> String {
        let mut output = String::new();
        for id in self.ids(ids) {
            let machine = self.cluster.machine(id);
            let state: Vec<String> = machine.state.iter().map(Bytes::to_string).collect();
            let applied = machine.applied;
            writeln!(output, "{id} applied={applied} [{}]", state.join(" ")).expect("writing to a string");
        }
        output
    }
}

impl goldenscript::Runner for Runner {
    type Command = Command;

    fn run(&mut self, command: &Command, _context: &goldenscript::Context) -> Result<String, Box<dyn Error>> {
        self.cluster.trace = Some(String::new());
        let cluster = &mut self.cluster;
        match *command {
            Command::Cluster { nodes, leader, spares, ref reads, ref sync, window, bytes, chunk, tail } => {
                let default = Config::new(NodeId(1));
                let config = Config {
                    reads: if reads.as_deref() == Some("lease") { ReadMode::Lease } else { ReadMode::ReadIndex },
                    appends_in_flight_max: window.unwrap_or(default.appends_in_flight_max),
                    append_bytes_max: bytes.unwrap_or(default.append_bytes_max),
                    snapshot_chunk_bytes: chunk.unwrap_or(default.snapshot_chunk_bytes),
                    log_tail: tail.unwrap_or(default.log_tail),
                    ..default
                };
                self.set_up(nodes, spares, leader, sync.as_deref() != Some("manual"), config);
            }
            Command::Boot { id, term, ref log } => self.boot(NodeId(id), term, log),
            Command::Campaign { id } => cluster.campaign(NodeId(id)),
            Command::Elapse { ms, ref ids } => {
                let ids = self.ids(ids);
                self.cluster.elapse(&ids, Duration::from_millis(ms));
            }
            Command::Run { ms } => {
                let heartbeat = cluster.config.heartbeat;
                let ids = cluster.ids();
                for _ in 0..Duration::from_millis(ms).as_nanos().div_ceil(heartbeat.as_nanos()) {
                    cluster.elapse(&ids, heartbeat);
                    cluster.stabilize();
                }
            }
            Command::ClockBack { id, ms } => {
                cluster.machine(NodeId(id)).clock.0 -= ms * 1_000_000;
                cluster.act(NodeId(id), |node, now, random| node.tick(now, random));
            }
            Command::Propose { id, ref commands } => self.propose(NodeId(id), commands)?,
            Command::Deliver { from, to, count } => {
                for envelope in self.take(from, to, count) {
                    self.cluster.deliver(envelope);
                }
            }
            Command::Drop { from, to, count } => {
                let mut output = String::new();
                for Envelope { from, to, message } in self.take(from, to, count) {
                    writeln!(output, "lost: {from} -> {to} {message}")?;
                }
                return Ok(output);
            }
            Command::Duplicate => {
                let queue = std::mem::take(&mut cluster.queue);
                cluster.queue.extend(queue.into_iter().flat_map(|envelope| [envelope.clone(), envelope]));
            }
            Command::Reverse => cluster.queue.make_contiguous().reverse(),
            Command::Hold { from, to } => {
                let taken = self.take(from, to, None);
                self.held.extend(taken);
            }
            Command::Release => cluster.queue.extend(self.held.drain(..)),
            Command::Network => {
                let lines =
                    cluster.queue.iter().map(|Envelope { from, to, message }| format!("{from} -> {to} {message}"));
                return Ok(lines.collect::<Vec<_>>().join("\n"));
            }
            Command::Stabilize => cluster.stabilize(),
            Command::Partition { ref ids } => self.partition(ids),
            Command::Cut { from, to } => {
                cluster.cut.insert((NodeId(from), NodeId(to)));
            }
            Command::Heal => cluster.cut.clear(),
            Command::Crash { id } => cluster.crash(NodeId(id)),
            Command::Restart { id } => cluster.restart(NodeId(id)),
            Command::Persist { ref ids } => {
                for id in ids {
                    cluster.persist(NodeId(*id));
                }
            }
            Command::Member { id, ref change, node, new } => {
                let node = NodeId(node);
                let change = match (change.as_str(), new) {
                    ("add-learner", None) => MembershipChange::AddLearner(node),
                    ("add-voter", None) => MembershipChange::AddVoter(node),
                    ("remove", None) => MembershipChange::Remove(node),
                    ("replace", Some(new)) => MembershipChange::Replace { old: node, new: NodeId(new) },
                    _ => return Err(format!("no such change: {change}").into()),
                };
                cluster.act(NodeId(id), |node, now, _| node.change_membership(change, now)).ok_or("it is down")??;
            }
            Command::Transfer { id, to } => {
                let to = NodeId(to);
                cluster.act(NodeId(id), |node, now, _| node.transfer_leadership(to, now)).ok_or("it is down")??;
            }
            Command::Read { id, token } => {
                cluster.act(NodeId(id), |node, now, _| node.read(ReadToken(token), now)).ok_or("it is down")??;
            }
            Command::Snapshot { id } => cluster.snapshot(NodeId(id)),
            Command::Log { ref ids } => return Ok(self.logs(ids)),
            Command::State { ref ids } => return Ok(self.states(ids)),
            Command::Status { ref ids } => return Ok(self.status(ids)),
        }
        Ok(self.cluster.trace.take().unwrap_or_default())
    }
}

macro_rules! scripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                let script = concat!("tests/scripts/", stringify!($name));
                goldenscript::run(&mut Runner::new(), script).expect("a script that runs");
            }
        )*

        #[test]
        fn every_script_is_run() {
            let files = std::fs::read_dir("tests/scripts").expect("the directory of the scripts");
            let files: BTreeSet<_> = files.map(|file| file.expect("a file").file_name()).collect();
            let run: BTreeSet<_> = [$(stringify!($name)),*].into_iter().map(Into::into).collect();
            assert_eq!(files, run);
        }
    };
}

scripts! {
    commit_figure8_own_term_commits_prior
    commit_figure8_prior_term_not_committed
    commit_one_quorum_of_four_is_three
    election_duplicate_vote_counts_once
    election_higher_term_learnt_from_refusal
    election_late_vote_not_counted
    election_longer_log_of_older_term_loses
    election_prevote_blocks_disruption
    election_quorum_elects
    election_single_voter_leads_alone
    election_split_vote_resolved
    election_stickiness_ignores_candidate
    election_vote_durable_before_reply
    leader_cut_off_appends_but_does_not_commit
    leader_deposed_by_newer_term
    leader_without_quorum_steps_down
    membership_follower_removed
    membership_joint_needs_both_majorities
    membership_leader_removed_steps_down
    membership_learner_counts_for_nothing
    membership_one_change_at_a_time
    membership_removed_leader_needed_to_finish
    membership_rolled_back_on_truncation
    membership_unreachable_voter_given_up
    membership_voter_added_by_way_of_learner
    membership_voter_replaced
    read_confirmed_by_quorum
    read_from_follower
    read_lease_ends_with_transfer
    read_lease_forgotten_when_clock_jumps
    read_lease_serves_without_messages
    read_one_round_serves_many
    read_restarted_voter_respects_lease
    read_waits_for_own_term_commit
    replication_append_durable_before_ack
    replication_batch_bounded_in_bytes
    replication_figure7_logs_repaired
    replication_follower_commit_clamped
    replication_followers_commit_without_leaders_disk
    replication_heartbeat_lost_append_resent
    replication_heartbeat_lost_is_harmless
    replication_late_append_truncates_nothing
    replication_lost_probe_resumed_by_heartbeat
    replication_own_copy_counts_when_durable
    replication_probe_overtaken_by_compaction
    replication_quorum_commits
    replication_reordered_appends_end_well
    replication_window_full_entries_batched
    restart_recovers_log_and_vote
    snapshot_chunks_lost_and_doubled
    snapshot_compaction_keeps_tail
    snapshot_durable_before_ack
    snapshot_installed_in_chunks
    snapshot_of_entries_held_keeps_log
    snapshot_restarted_follower_starts_over
    snapshot_stale_ignored
    transfer_caught_up_target_takes_over
    transfer_lagging_target_catches_up_first
    transfer_late_request_to_stand_is_safe
    transfer_to_unreachable_target_given_up
}
