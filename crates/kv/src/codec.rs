//! Numbers and byte strings in the files and in the log: little-endian, lengths in front.

use env::{EntryId, LogIndex, Membership, NodeId, NodeSet, Term};

/// Bytes that are not what their format allows, though their checksum holds: written by other software, or by a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// Where, counted from the beginning of what was read.
    pub(crate) at: usize,
    /// What was being read.
    pub(crate) what: &'static str,
}

/// Reads a sequence of values; never beyond its end.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// How many bytes have been read.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Malformed> {
        let (array, _) = self.bytes[self.at..].split_first_chunk::<N>().ok_or(Malformed { at: self.at, what })?;
        self.at += N;
        Ok(*array)
    }

    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, Malformed> {
        self.array::<1>(what).map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, Malformed> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, Malformed> {
        self.array(what).map(u64::from_le_bytes)
    }

    /// A term or an index. No cluster lives to see 2^62 of either, and what is below can be counted on from without overflow.
    pub(crate) fn count(&mut self, what: &'static str) -> Result<u64, Malformed> {
        let before = self.at;
        let count = self.u64(what)?;
        if count < 1 << 62 { Ok(count) } else { Err(Malformed { at: before, what }) }
    }

    /// A byte string with its length in front.
    pub(crate) fn blob(&mut self, what: &'static str) -> Result<&'a [u8], Malformed> {
        let mut ahead = self.clone();
        let len = ahead.u32(what)? as usize;
        let rest = &self.bytes[ahead.at..];
        let blob = rest.get(..len).ok_or(Malformed { at: self.at, what })?;
        self.at = ahead.at + len;
        Ok(blob)
    }

    pub(crate) fn entry_id(&mut self, what: &'static str) -> Result<EntryId, Malformed> {
        Ok(EntryId { index: LogIndex(self.count(what)?), term: Term(self.count(what)?) })
    }

    /// A node, or `None` for 0.
    pub(crate) fn node(&mut self, what: &'static str) -> Result<Option<NodeId>, Malformed> {
        let before = self.at;
        match self.u8(what)? {
            0 => Ok(None),
            id if id <= NodeId::MAX.0 => Ok(Some(NodeId(id))),
            _ => Err(Malformed { at: before, what }),
        }
    }

    fn nodes(&mut self) -> Result<NodeSet, Malformed> {
        let before = self.at;
        let bits = self.u64("set of nodes")?;
        if bits & 1 != 0 {
            return Err(Malformed { at: before, what: "set of nodes" });
        }
        Ok((1..=NodeId::MAX.0).filter(|id| bits >> id & 1 == 1).map(NodeId).collect())
    }

    pub(crate) fn membership(&mut self) -> Result<Membership, Malformed> {
        Ok(Membership { voters: self.nodes()?, outgoing: self.nodes()?, learners: self.nodes()? })
    }
}

/// Writes what [`Reader`] reads.
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
            self.put_u64(nodes.iter().fold(0, |bits, node| bits | 1 << node.0));
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
