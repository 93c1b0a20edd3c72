//! The catalogues of peers, which the puller gathers: organizations, peers and orderers.

use std::fmt;

use env::{Reader, Wire, WireError};
use parts::hash_of;
use serde::{Deserialize, Serialize};

use crate::names::read_name;
use crate::plain::Plain;

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Organization,
    Peer,
    Orderer,
}

impl Kind {
    /// Every kind, in the order of [`Counts`].
    pub const ALL: &[Kind] = &[Kind::Organization, Kind::Peer, Kind::Orderer];

    /// The name of the catalogue's part with the entries of this kind.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Organization => "organizations",
            Kind::Peer => "peers",
            Kind::Orderer => "orderers",
        }
    }
}

/// An entry: its kind and name identify it, and a value goes with them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Entry {
    pub kind: Kind,
    #[serde(deserialize_with = "read_name")]
    pub name: String,
    pub value: String,
}

impl Entry {
    /// True if the two have the same kind and name.
    pub(crate) fn is_same(&self, other: &Entry) -> bool {
        (self.kind, &self.name) == (other.kind, &other.name)
    }

    /// A hash of its kind and name.
    pub(crate) fn key_digest(&self) -> u64 {
        hash_of(&Entry { value: String::new(), ..self.clone() })
    }

    /// A hash of all of it.
    pub(crate) fn digest(&self) -> u64 {
        hash_of(self)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}={}", self.kind.name(), Plain(&self.name), Plain(&self.value))
    }
}

impl Wire for Kind {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Kind::Organization => 1,
            Kind::Peer => 2,
            Kind::Orderer => 3,
        });
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Kind, WireError> {
        let at = reader.at();
        match reader.u8("kind of an entry")? {
            1 => Ok(Kind::Organization),
            2 => Ok(Kind::Peer),
            3 => Ok(Kind::Orderer),
            _ => Err(WireError::Invalid { at, what: "kind of an entry" }),
        }
    }
}

impl Wire for Entry {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.kind.to_wire(into);
        self.name.to_wire(into);
        self.value.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Entry, WireError> {
        Ok(Entry { kind: Wire::read_wire(reader)?, name: Wire::read_wire(reader)?, value: Wire::read_wire(reader)? })
    }
}

/// How many of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub organizations: u64,
    pub peers: u64,
    pub orderers: u64,
}

impl Counts {
    /// How many of each kind there are among these.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Counts {
        let mut counts = Counts::default();
        for entry in entries {
            match entry.kind {
                Kind::Organization => counts.organizations += 1,
                Kind::Peer => counts.peers += 1,
                Kind::Orderer => counts.orderers += 1,
            }
        }
        counts
    }

    /// The difference for each kind, or 0 where `other` has more.
    pub(crate) fn less(self, other: Counts) -> Counts {
        Counts {
            organizations: self.organizations.saturating_sub(other.organizations),
            peers: self.peers.saturating_sub(other.peers),
            orderers: self.orderers.saturating_sub(other.orderers),
        }
    }

    /// How many of all kinds.
    pub fn total(self) -> u64 {
        self.organizations + self.peers + self.orderers
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.organizations += other.organizations;
        self.peers += other.peers;
        self.orderers += other.orderers;
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        let mut sum = Counts::default();
        counts.for_each(|counts| sum += counts);
        sum
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { organizations, peers, orderers } = self;
        write!(f, "{organizations} organizations, {peers} peers, {orderers} orderers")
    }
}

impl Wire for Counts {
    fn to_wire(&self, into: &mut Vec<u8>) {
        [self.organizations, self.peers, self.orderers].iter().for_each(|count| count.to_wire(into));
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Counts, WireError> {
        let (organizations, peers) = (reader.varint("organizations")?, reader.varint("peers")?);
        Ok(Counts { organizations, peers, orderers: reader.varint("orderers")? })
    }
}
