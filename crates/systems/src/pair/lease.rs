//! The lease: one record in the coordination service, changed by compare-and-swap only.

use env::{Bytes, NodeId, NodeSet, Reader, Wire, WireError};

use super::record::Token;

/// The key of the record.
pub(super) const KEY: &str = "lease";

/// The holder of the role, and the members that may be the next.
///
/// Always true of a written record: `renewal` is one above that of the record it replaces, so that no two records that
/// follow one another are equal, and a swap that was sent long ago finds another record than it expects. `holder` is in
/// `in_sync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// The member that holds the lease, or is named to take it.
    pub(super) holder: NodeId,
    /// The token of the holder's tenure, or of the last tenure before the holder was named.
    pub(super) token: Token,
    /// How often the record was written.
    pub(super) renewal: u64,
    /// The members that hold every acknowledged write; one of them is the next to hold the lease.
    pub(super) in_sync: NodeSet,
}

impl Lease {
    /// The first lease: nothing has been written yet, so all members are in sync.
    pub(super) fn first(holder: NodeId) -> Lease {
        Lease { holder, token: Token(1), renewal: 1, in_sync: super::members() }
    }

    /// The holder goes on, with these members in sync.
    pub(super) fn renewed(self, in_sync: NodeSet) -> Lease {
        Lease { renewal: self.renewal + 1, in_sync, ..self }
    }

    /// `holder` begins a tenure.
    pub(super) fn taken(self, holder: NodeId, in_sync: NodeSet) -> Lease {
        Lease { holder, token: self.token.next(), renewal: self.renewal + 1, in_sync }
    }

    /// `holder` is to begin a tenure.
    pub(super) fn handed_to(self, holder: NodeId) -> Lease {
        Lease { holder, renewal: self.renewal + 1, ..self }
    }

    pub(super) fn to_bytes(self) -> Bytes {
        let mut bytes = Vec::new();
        self.to_wire(&mut bytes);
        bytes.into()
    }
}

impl Wire for Lease {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.holder.to_wire(into);
        self.token.to_wire(into);
        self.renewal.to_wire(into);
        self.in_sync.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Lease, WireError> {
        Ok(Lease {
            holder: Wire::read_wire(reader)?,
            token: Wire::read_wire(reader)?,
            renewal: Wire::read_wire(reader)?,
            in_sync: Wire::read_wire(reader)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_successor_of_a_record_is_another_and_is_read_back() {
        let [n4, n5] = super::super::MEMBERS;
        let first = Lease::first(n4);
        let alone = [n5].into_iter().collect();
        for next in [first.renewed(first.in_sync), first.renewed(alone), first.taken(n5, alone), first.handed_to(n5)] {
            assert_eq!(next.renewal, 2);
            assert_eq!(Lease::from_wire(&next.to_bytes()), Ok(next));
        }
        assert_eq!(first.taken(n5, alone).token, Token(2));
        assert_eq!(first.handed_to(n5).token, Token(1), "the token goes up when the role is taken");
    }
}
