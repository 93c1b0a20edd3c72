//! Entries, snapshots, and the stable state that survives a restart.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use env::{Bytes, NodeId, NodeSet, RequestId, mix};
use raft_types::{EntryId, Membership, Term};

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its position and the term of the leader that created it.
    pub id: EntryId,
    /// The request to the state machine or to Raft itself.
    pub payload: Payload,
    /// The client operation it carries, if it carries one. Raft itself does nothing with it.
    pub request: Option<RequestId>,
}

/// The content of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing: the entry with which a leader begins its term (section 8).
    Empty,
    /// A command for the state machine.
    Command(Bytes),
    /// A configuration, in force from the moment it is in the log (section 6). The first entry of a cluster's first
    /// leader is the configuration that the cluster began with.
    Membership(Membership),
}

impl Entry {
    /// Its share of the size of a message, in bytes: the command and a constant for the rest.
    pub fn size(&self) -> usize {
        const FIXED: usize = 32;
        match &self.payload {
            Payload::Empty | Payload::Membership(_) => FIXED,
            Payload::Command(command) => FIXED + command.len(),
        }
    }

    /// A digest of the payload: equal payloads have equal ones, different payloads different ones but for chance.
    pub fn payload_digest(&self) -> u64 {
        match &self.payload {
            Payload::Empty => 0,
            Payload::Command(command) => digest_bytes(1, command),
            Payload::Membership(membership) => {
                [membership.voters, membership.outgoing, membership.learners].into_iter().fold(2, digest_nodes)
            }
        }
    }
}

fn digest_bytes(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = mix(seed, bytes.len() as u64);
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        hash = mix(hash, u64::from_le_bytes(word.try_into().expect("8 bytes")));
    }
    let mut last = [0; 8];
    last[..words.remainder().len()].copy_from_slice(words.remainder());
    mix(hash, u64::from_le_bytes(last))
}

pub(crate) fn digest_nodes(seed: u64, nodes: NodeSet) -> u64 {
    nodes.iter().fold(mix(seed, nodes.len() as u64), |hash, node| mix(hash, u64::from(node.0)))
}

impl fmt::Display for Entry {
    /// `2@1 put x=1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)?;
        match &self.payload {
            Payload::Empty => Ok(()),
            Payload::Command(command) => write!(f, " {command}"),
            Payload::Membership(membership) => write!(f, " {membership}"),
        }
    }
}

/// The entries of one message: immutable, and one allocation however many peers they go to. None is no allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries(Option<Arc<[Entry]>>);

impl Entries {
    /// No entries, as in a heartbeat.
    pub const NONE: Entries = Entries(None);
}

impl Deref for Entries {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        self.0.as_deref().unwrap_or(&[])
    }
}

impl FromIterator<Entry> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Entries {
        let entries: Arc<[Entry]> = entries.into_iter().collect();
        Entries(if entries.is_empty() { None } else { Some(entries) })
    }
}

/// A state machine's state, and the position in the log that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The last entry it covers.
    pub last: EntryId,
    /// The configuration in force at that entry.
    pub membership: Membership,
    /// The state, in the state machine's own encoding.
    pub data: Bytes,
}

/// The term and vote of Figure 2's "persistent state", which must be durable before anything that rests on them leaves
/// the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HardState {
    /// The latest term this server has seen.
    pub term: Term,
    /// The candidate it voted for in that term.
    pub voted_for: Option<NodeId>,
}

/// The state that a server finds on its disk when it starts. The default is a blank machine that waits to be added.
#[derive(Clone, Debug, Default)]
pub struct Stable {
    /// Its term and vote.
    pub hard_state: HardState,
    /// Its snapshot, if it has one.
    pub snapshot: Option<Snapshot>,
    /// Its log: without gaps, beginning at or before the entry that follows the snapshot.
    pub entries: Vec<Entry>,
    /// The configuration the cluster began with, in force if neither snapshot nor entries hold one. Empty on a machine
    /// that joins a running cluster and learns the other members from the log.
    pub membership: Membership,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(bytes: &[u8]) -> Entry {
        Entry { id: EntryId::new(1, 1), payload: Payload::Command(bytes.into()), request: None }
    }

    #[test]
    fn digests_tell_payloads_apart() {
        let payloads: [&[u8]; 6] = [b"", b"\0", b"12345678", b"12345678\0", b"123456789", b"87654321"];
        for (i, a) in payloads.iter().enumerate() {
            for (j, b) in payloads.iter().enumerate() {
                assert_eq!(command(a).payload_digest() == command(b).payload_digest(), i == j, "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn no_entries_need_no_allocation() {
        assert_eq!(std::iter::empty().collect::<Entries>(), Entries::NONE);
        assert_eq!([command(b"x")].into_iter().collect::<Entries>().len(), 1);
    }
}
