//! An update: some registers of the graph, written at once, by one node.

use std::fmt;

use env::{NodeId, Reader, RequestId, Wire, WireError};
use parts::hash_of;
use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use crate::lists;

/// Names an update: the node that made it, and that node's count of its updates, from 1. Written `n2#7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UpdateId {
    /// The node that made it.
    pub origin: NodeId,
    /// Its number.
    pub seq: u64,
}

impl fmt::Display for UpdateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.origin, self.seq)
    }
}

/// The kind of the element of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A node of the graph.
    Node,
    /// An edge of the graph.
    Edge,
    /// A value under a bare name, beside the graph.
    Note,
}

/// A register of the graph.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Path {
    /// The kind of its element.
    pub kind: Kind,
    /// The id of its element.
    pub id: String,
    /// The register of that element.
    pub register: Register,
}

/// A register of an element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Register {
    /// Written when the element is removed: hides its older values.
    Removed,
    /// The type of the element.
    Type,
    /// The node that an edge leaves.
    From,
    /// The node that an edge leads to.
    To,
    /// The property of this name; of a note, the empty name.
    Property(String),
}

/// A register that is written, and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Write {
    pub path: Path,
    pub value: String,
}

/// Registers written at once: all of them are seen, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) id: UpdateId,
    pub(crate) stamp: Stamp,
    /// The client's operation that it comes from.
    pub(crate) request: RequestId,
    /// The registers that are written, each once, with their values.
    pub(crate) writes: Vec<Write>,
}

impl Update {
    /// A hash of all of it.
    pub(crate) fn digest(&self) -> u64 {
        hash_of(self)
    }

    /// About how many bytes it takes in a message.
    pub(crate) fn bytes(&self) -> usize {
        let path =
            |path: &Path| path.id.len() + if let Register::Property(name) = &path.register { name.len() } else { 0 };
        32 + self.writes.iter().map(|write| path(&write.path) + write.value.len() + 4).sum::<usize>()
    }
}

impl Wire for UpdateId {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.origin.to_wire(into);
        self.seq.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<UpdateId, WireError> {
        let (at, origin) = (reader.at(), NodeId::read_wire(reader)?);
        if origin.0 == 0 || origin > NodeId::MAX {
            return Err(WireError::Invalid { at, what: "origin" });
        }
        Ok(UpdateId { origin, seq: reader.varint("update")? })
    }
}

impl Wire for Path {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self.kind {
            Kind::Node => 1,
            Kind::Edge => 2,
            Kind::Note => 3,
        });
        self.id.to_wire(into);
        into.push(match self.register {
            Register::Removed => 1,
            Register::Type => 2,
            Register::From => 3,
            Register::To => 4,
            Register::Property(_) => 5,
        });
        if let Register::Property(name) = &self.register {
            name.to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Path, WireError> {
        let (at, what) = (reader.at(), "register");
        let kind = match reader.u8(what)? {
            1 => Kind::Node,
            2 => Kind::Edge,
            3 => Kind::Note,
            _ => return Err(WireError::Invalid { at, what }),
        };
        let id = String::read_wire(reader)?;
        let at = reader.at();
        let register = match reader.u8(what)? {
            1 => Register::Removed,
            2 => Register::Type,
            3 => Register::From,
            4 => Register::To,
            5 => Register::Property(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what }),
        };
        Ok(Path { kind, id, register })
    }
}

impl Wire for Write {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.path.to_wire(into);
        self.value.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Write, WireError> {
        Ok(Write { path: Wire::read_wire(reader)?, value: Wire::read_wire(reader)? })
    }
}

impl Wire for Update {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.id.to_wire(into);
        self.stamp.to_wire(into);
        self.request.to_wire(into);
        lists::to_wire(&self.writes, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Update, WireError> {
        let (id, stamp, request) = (Wire::read_wire(reader)?, Wire::read_wire(reader)?, Wire::read_wire(reader)?);
        Ok(Update { id, stamp, request, writes: lists::read_wire(reader, 4, "writes")? })
    }
}
