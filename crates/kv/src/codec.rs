//! Numbers and byte strings in the files and in the log: little-endian, of fixed width, lengths in front.
//!
//! Messages have an encoding of their own, with numbers of variable length ([`env::Wire`]).

use env::{NodeId, NodeSet, Reader, WireError};
use raft_types::{EntryId, LogIndex, Membership, Term};

/// Reads the values that [`Write`] writes.
pub(crate) trait Read<'a> {
    /// A term or an index. No cluster lives to see 2^62 of either, and a lower number can be counted on from without
    /// overflow.
    fn count(&mut self, what: &'static str) -> Result<u64, WireError>;

    /// A byte string with its length in front.
    fn blob(&mut self, what: &'static str) -> Result<&'a [u8], WireError>;

    /// A node, or `None` for 0.
    fn node(&mut self, what: &'static str) -> Result<Option<NodeId>, WireError>;

    fn entry_id(&mut self, what: &'static str) -> Result<EntryId, WireError>;

    fn membership(&mut self) -> Result<Membership, WireError>;
}

impl<'a> Read<'a> for Reader<'a> {
    fn count(&mut self, what: &'static str) -> Result<u64, WireError> {
        let at = self.at();
        let count = self.u64(what)?;
        if count < 1 << 62 { Ok(count) } else { Err(WireError::Invalid { at, what }) }
    }

    fn blob(&mut self, what: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.u32(what)? as usize;
        self.take(len, what)
    }

    fn node(&mut self, what: &'static str) -> Result<Option<NodeId>, WireError> {
        let at = self.at();
        match self.u8(what)? {
            0 => Ok(None),
            id if id <= NodeId::MAX.0 => Ok(Some(NodeId(id))),
            _ => Err(WireError::Invalid { at, what }),
        }
    }

    fn entry_id(&mut self, what: &'static str) -> Result<EntryId, WireError> {
        Ok(EntryId { index: LogIndex(self.count(what)?), term: Term(self.count(what)?) })
    }

    fn membership(&mut self) -> Result<Membership, WireError> {
        let mut nodes = || {
            let at = self.at();
            NodeSet::from_bits(self.u64("set of nodes")?).ok_or(WireError::Invalid { at, what: "set of nodes" })
        };
        Ok(Membership { voters: nodes()?, outgoing: nodes()?, learners: nodes()? })
    }
}

/// Writes the values that [`Read`] reads.
pub(crate) trait Write {
    fn put_u8(&mut self, value: u8);
    fn put_u32(&mut self, value: u32);
    fn put_u64(&mut self, value: u64);
    fn put_blob(&mut self, blob: &[u8]);

    fn put_entry_id(&mut self, id: EntryId) {
        self.put_u64(id.index.0);
        self.put_u64(id.term.0);
    }

    fn put_node(&mut self, node: Option<NodeId>) {
        self.put_u8(node.map_or(0, |node| node.0));
    }

    fn put_membership(&mut self, membership: &Membership) {
        for nodes in [membership.voters, membership.outgoing, membership.learners] {
            self.put_u64(nodes.bits());
        }
    }
}

impl Write for Vec<u8> {
    fn put_u8(&mut self, value: u8) {
        self.push(value);
    }

    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_blob(&mut self, blob: &[u8]) {
        let len = u32::try_from(blob.len()).expect("a byte string is shorter than 4 GiB");
        self.put_u32(len);
        self.extend_from_slice(blob);
    }
}
