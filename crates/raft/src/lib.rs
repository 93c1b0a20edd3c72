//! The Raft algorithm alone, as a state machine without input and output.
//!
//! A [`Node`] is one server. It takes events and hands out work; it has no clock, no sockets, no files, no threads and
//! no source of randomness of its own. The caller owns all of these:
//!
//! ```
//! # use env::{Instant, NodeId, NodeSet, Random};
//! # use raft::{Config, Node, Paper, Ready, Stable};
//! # use raft_types::Membership;
//! # struct Dice;
//! # impl Random for Dice { fn next_u64(&mut self) -> u64 { 4 } }
//! let stable = Stable { membership: Membership::of(NodeSet::first(1)), ..Stable::default() };
//! let mut node = Node::new(Config::new(NodeId(1)), stable, Paper, Instant::ZERO, &mut Dice);
//! node.tick(node.deadline(), &mut Dice);                       // the election timer runs out: it stands
//!
//! let (mut ready, mut applied, now) = (Ready::default(), Vec::new(), node.deadline());
//! while node.has_ready() {
//!     node.take_ready(&mut ready);                             // write, send, apply: see Ready
//!     applied.extend(ready.committed.drain(..));
//!     node.persisted(ready.number, now);                       // the disk is fast today
//!     if node.is_leader() && node.last().index.0 == 1 {
//!         node.propose("x=1".into(), None, now)?;
//!     }
//! }
//! assert_eq!(applied.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1@1 {n1}", "2@1 x=1"]);
//! # Ok::<(), raft::ProposeError>(())
//! ```
//!
//! Where the ideas of the paper (Ongaro and Ousterhout 2014, extended version) and of Ongaro's thesis live:
//!
//! | idea | section | here |
//! | --- | --- | --- |
//! | every rule that safety or liveness rests on | | [`Rules`], [`Paper`] |
//! | persistent state | Figure 2 | [`Stable`], [`HardState`], [`Entry`] |
//! | RPCs | Figures 2 and 13 | [`Message`] |
//! | "respond only after updating stable storage" | Figure 2 | [`Ready`], `outbox.rs` |
//! | leader election, pre-vote, loyalty to a live leader | 5.2, 5.4.1, 6; thesis 9.6, 4.2.3 | `election.rs` |
//! | log replication, consistency check, conflict hints | 5.3 | `replication.rs`, `follower.rs`, `log.rs` |
//! | `next_index`, `match_index`, pipelining | Figure 2; thesis 10.2 | `progress.rs` |
//! | commitment | 5.3, 5.4.2 | `commit.rs`, `quorum.rs` |
//! | log compaction, InstallSnapshot | 7 | `snapshot.rs` |
//! | joint consensus, learners | 6; thesis 4 | [`MembershipChange`], `membership.rs`, `configurations.rs` |
//! | leadership transfer | thesis 3.10 | `transfer.rs` |
//! | linearizable reads: ReadIndex and lease | 8; thesis 6.4 | [`ReadMode`], `read.rs`, `rounds.rs` |
//! | a leader without a quorum steps down | thesis 6.2 | `leader.rs`, `rounds.rs` |
//! | messages as bytes | | [`env::Wire`], `wire.rs` |
//!
//! Always true, and asserted after every step (`invariants.rs`): applied <= committed <= last index; term and commit
//! index never fall; a vote does not change within a term; a leader's log only grows.
//!
//! Left out, with the consequence of each:
//! - sessions and state machine. A command that a client sends twice is in the log twice; see the `kv` crate.
//! - any encoding in a file. Stable state is values, and the caller writes them down.
//! - flow control of proposals. Entries that no quorum takes pile up in the leader's log.
//! - Byzantine servers. A message may say anything without harm to the server that gets it, but one that lies well
//!   enough (a forged vote) is believed.
#![forbid(unsafe_code)]

mod clock;
mod commit;
mod config;
mod configurations;
mod election;
mod entry;
mod error;
mod follower;
mod invariants;
mod leader;
mod log;
mod membership;
mod message;
mod node;
mod outbox;
mod progress;
mod quorum;
mod read;
mod ready;
mod replication;
mod rounds;
mod rules;
mod snapshot;
mod transfer;
mod wire;

pub use config::{Config, ReadMode};
pub use entry::{Entries, Entry, HardState, Payload, Snapshot, Stable};
pub use error::{InvalidChange, ProposeError};
pub use membership::MembershipChange;
pub use message::{AppendEntries, AppendOutcome, InstallSnapshot, Message, RequestVote};
pub use node::Node;
pub use raft_types::Role;
pub use ready::{ReadState, ReadToken, Ready};
pub use rules::{
    CommitCandidate, ConfirmedRound, FollowerCommit, Paper, Promise, Reconciliation, Rules, SnapshotFate,
    SnapshotOffer, Tally, Voter, Written,
};
