//! The encodings of terms, log positions and configurations; docs/wire-format.md has their layout.

use env::{Reader, Wire, WireError};

use crate::{EntryId, LogIndex, Membership, Term};

impl Wire for Term {
    #[inline]
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Term, WireError> {
        reader.varint("term").map(Term)
    }
}

impl Wire for LogIndex {
    #[inline]
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<LogIndex, WireError> {
        reader.varint("index").map(LogIndex)
    }
}

impl Wire for EntryId {
    #[inline]
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.index.to_wire(into);
        self.term.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<EntryId, WireError> {
        Ok(EntryId { index: Wire::read_wire(reader)?, term: Wire::read_wire(reader)? })
    }
}

impl Wire for Membership {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.voters.to_wire(into);
        self.outgoing.to_wire(into);
        self.learners.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Membership, WireError> {
        let (voters, outgoing, learners) =
            (Wire::read_wire(reader)?, Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(Membership { voters, outgoing, learners })
    }
}
