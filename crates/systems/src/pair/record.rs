//! The records of the write-ahead log, and the marks that name them.

use std::fmt;

use env::{Reader, RequestId, Traced, Wire, WireError, mix};
use parts::hash_of;

use super::operation::Operation;

/// A position in the write-ahead log. The first record has 1; 0 is the position before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// The fencing token of one tenure: the first has 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// A record by its position and the tenure that wrote it. Two logs with the same mark have the same records before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its position.
    pub lsn: Lsn,
    /// The token of the tenure that wrote it; 0 before the first record.
    pub token: Token,
}

/// A record of the write-ahead log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) at: Mark,
    /// `None` begins a tenure: the records that its primary finds in its log count once this one does. Until then it is
    /// unknown which of them were acknowledged.
    pub(super) write: Option<Write>,
}

/// A client's write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) request: RequestId,
    pub(super) operation: Operation,
}

impl Lsn {
    /// The next position.
    #[must_use]
    pub fn next(self) -> Lsn {
        Lsn(self.0 + 1)
    }

    /// The position before; 0 stays 0.
    #[must_use]
    pub fn prev(self) -> Lsn {
        Lsn(self.0.saturating_sub(1))
    }
}

impl Token {
    /// The token of the next tenure.
    #[must_use]
    pub fn next(self) -> Token {
        Token(self.0 + 1)
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.lsn, self.token)
    }
}

/// The chain of a log that ends with this record, given the chain of the log before it: logs with the same chain are
/// the same.
pub(super) fn chained(before: u64, record: &Record) -> u64 {
    mix(before, hash_of(record))
}

impl Traced for Record {
    /// Its mark names its content.
    fn digest(&self) -> u64 {
        mix(self.at.lsn.0, self.at.token.0)
    }
}

impl Wire for Lsn {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Lsn, WireError> {
        reader.varint("position").map(Lsn)
    }
}

impl Wire for Token {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.0.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Token, WireError> {
        reader.varint("token").map(Token)
    }
}

impl Wire for Mark {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.lsn.to_wire(into);
        self.token.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Mark, WireError> {
        Ok(Mark { lsn: Wire::read_wire(reader)?, token: Wire::read_wire(reader)? })
    }
}

impl Wire for Write {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.request.to_wire(into);
        self.operation.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Write, WireError> {
        Ok(Write { request: Wire::read_wire(reader)?, operation: Wire::read_wire(reader)? })
    }
}

impl Wire for Record {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.at.to_wire(into);
        self.write.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Record, WireError> {
        Ok(Record { at: Wire::read_wire(reader)?, write: Wire::read_wire(reader)? })
    }
}
