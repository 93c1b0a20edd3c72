//! A replicated key-value store: the node that people would ship, and its client.
//!
//! A [`Node`] is a [`raft::Node`] with a disk under it (a write-ahead log and snapshots), a state machine on top (a
//! key-value map and client sessions), and linearizable reads. It is an [`env::Process`]: it takes events and returns
//! effects, and its runtime owns files, sockets, clocks and randomness. A [`Client`] is the other half of the contract
//! with its users: it finds the leader, retries, and says truthfully how each operation ended.
//!
//! A cluster of one, on a disk in memory that is as fast as can be:
//!
//! ```
//! use env::{ClientId, Effects, Event, Instant, NodeId, NodeSet, Process, Random, RequestId};
//! use kv::{Config, MemoryDisk, Node, Paper, Request, ResponseBody, Start};
//! use kv_types::{Operation, Output};
//! use raft_types::Membership;
//!
//! struct Dice;
//! impl Random for Dice {
//!     fn next_u64(&mut self) -> u64 {
//!         4
//!     }
//! }
//!
//! /// Lets one thing happen to the node, then as many finished syncs as it asks for. What it answers is returned.
//! fn run(node: &mut Node, disk: &mut MemoryDisk, event: Event<Node>, now: Instant) -> Vec<ResponseBody> {
//!     let (mut next, mut answers) = (Some(event), Vec::new());
//!     while let Some(event) = next {
//!         let mut effects = Effects::default();
//!         node.handle(event, now, &mut Dice, &mut effects);
//!         effects.disk.iter().for_each(|op| disk.apply(op));
//!         next = effects.sync.map(Event::Synced);
//!         answers.extend(effects.replies.into_iter().map(|(_, response)| response.body));
//!     }
//!     answers
//! }
//!
//! let mut disk = MemoryDisk::default();
//! let mut effects = Effects::default();
//! let founders = Membership::of(NodeSet::first(1));
//! let config = Config::new(NodeId(1));
//! let mut node =
//!     Node::boot(config.clone(), Start::New(founders), &disk, Paper, Instant::ZERO, &mut Dice, &mut effects)?;
//! effects.disk.iter().for_each(|op| disk.apply(op));
//! let sync = effects.sync.expect("what was founded is to be durable first");
//! run(&mut node, &mut disk, Event::Synced(sync), Instant::ZERO);
//! let now = effects.wake_at.expect("an election timeout");
//! run(&mut node, &mut disk, Event::Wake, now); // with no one else to ask, it is elected
//!
//! let mut ask = |request: Request| {
//!     run(&mut node, &mut disk, Event::Request { client: request.from.client, request }, now).remove(0)
//! };
//! let id = |seq| RequestId { client: ClientId(1), seq };
//! let ResponseBody::Registered { session, .. } = ask(Request::register(id(1))) else { panic!("it leads") };
//! let put = Operation::Put { key: "k".into(), value: "v".into() };
//! assert_eq!(ask(Request::write(id(1), session, put)), ResponseBody::Done(Output::Written));
//! let read = ask(Request::read(id(2), Operation::Get { key: "k".into() }));
//! assert_eq!(read, ResponseBody::Done(Output::Value(Some("v".into()))));
//!
//! // It is killed and comes back with all that it had.
//! let mut effects = Effects::default();
//! let again = Node::boot(config, Start::Again, &disk, Paper, now, &mut Dice, &mut effects)?;
//! assert_eq!(again.raft().last(), node.raft().last());
//! # Ok::<(), kv::BootError>(())
//! ```
//!
//! | subject | where |
//! | --- | --- |
//! | the node's own decision points | [`Rules`] |
//! | the sync that each write and each message waits for; group commit | `node/durability.rs` |
//! | assertions about the node between two events | `node/invariants.rs` |
//! | write-ahead log, seals, and the losses that stay undetected | `wal.rs`, `frame.rs` |
//! | snapshots (Raft paper section 7): as files; their publication step by step | `snapshot.rs`, `node/publication.rs` |
//! | the disks refused at boot, and the files cleaned up | [`BootError`], `recovery.rs` |
//! | exactly-once writes: sessions, log time (thesis section 6.3) | `sessions.rs`, `machine.rs` |
//! | linearizable reads, at followers too (thesis section 6.4) | `node/reads.rs` |
//! | `ok`, `fail` and `info` | [`Client`] |
//! | requests and responses as bytes | `wire.rs` |
//!
//! Always true:
//! - nothing leaves a node before the state that it promises is durable;
//! - a write is executed at most once, even if it is retried, duplicated, or delayed;
//! - a node refuses to boot if durable state is gone, within the limits that `wal.rs` states;
//! - two nodes that applied the same entries have the same [state digest](Node::state_digest).
//!
//! Left out, with the consequences:
//! - repair. A node that refuses its disk is brought back as a new machine under a new id.
//! - logs of 4 GiB and more. A segment begins with the whole log in one record; let snapshots keep it shorter, or the
//!   node panics when it begins one, at every boot.
//! - connections. Messages, requests and responses have an encoding ([`env::Wire`]) and a version ([`WIRE_VERSION`]);
//!   frames, checksums and the exchange of versions are up to the owner of the sockets.
//! - back-pressure. A leader takes every proposal; clients wait for one answer each, and that is the limit.
//! - log time that is true time. A leader whose clock runs an hour ahead expires every session, and then none for an hour.
#![forbid(unsafe_code)]

mod client;
mod codec;
mod command;
mod config;
mod error;
mod frame;
mod hash;
mod machine;
mod memory;
mod names;
mod node;
mod recovery;
mod request;
mod rules;
mod sessions;
mod snapshot;
mod store;
mod wal;
mod wire;

pub use client::{Client, ClientConfig};
pub use config::{Config, Start};
pub use error::BootError;
pub use memory::MemoryDisk;
pub use node::Node;
pub use request::{AdminRequest, Request, RequestBody, Response, ResponseBody, SessionId};
pub use rules::{Paper, Rules};
pub use wire::WIRE_VERSION;
