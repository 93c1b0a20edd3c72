//! How a peer answers: as it should, or as it was told to.

use std::fmt;

use env::{Bytes, Reader, Wire, WireError};
use serde::{Deserialize, Serialize};

use super::message::Pulling;
use super::page::Page;

/// How a peer behaves when it is pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Behaviour {
    /// As it should.
    #[default]
    Honest,
    /// It answers bytes that are no catalogue.
    Garbage,
    /// It announces other counts than it sends.
    WrongCounts,
    /// It refuses.
    Refuse,
    /// It answers so many pages, and then no more.
    StopAfter(u64),
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Behaviour::Honest => f.write_str("honest"),
            Behaviour::Garbage => f.write_str("garbage"),
            Behaviour::WrongCounts => f.write_str("wrong-counts"),
            Behaviour::Refuse => f.write_str("refuse"),
            Behaviour::StopAfter(pages) => write!(f, "stop-after-{pages}"),
        }
    }
}

impl Behaviour {
    /// The answer of such a peer when it is asked for this page; `None` if it does not answer.
    pub(crate) fn answer(self, pull: u64, mut right: Page) -> Option<Pulling> {
        let page = right.number;
        let payload = match self {
            Behaviour::Refuse => return Some(Pulling::Refusal { pull, why: "this peer is not to be pulled".into() }),
            Behaviour::StopAfter(pages) if page >= pages => return None,
            Behaviour::Garbage => Bytes::from(&[0xff; 16][..]),
            Behaviour::WrongCounts => {
                right.counts.peers += 1;
                right.payload()
            }
            Behaviour::Honest | Behaviour::StopAfter(_) => right.payload(),
        };
        Some(Pulling::Answer { pull, page, payload })
    }
}

impl Wire for Behaviour {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Behaviour::Honest => 1,
            Behaviour::Garbage => 2,
            Behaviour::WrongCounts => 3,
            Behaviour::Refuse => 4,
            Behaviour::StopAfter(_) => 5,
        });
        if let Behaviour::StopAfter(pages) = self {
            pages.to_wire(into);
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Behaviour, WireError> {
        let at = reader.at();
        Ok(match reader.u8("behaviour")? {
            1 => Behaviour::Honest,
            2 => Behaviour::Garbage,
            3 => Behaviour::WrongCounts,
            4 => Behaviour::Refuse,
            5 => Behaviour::StopAfter(reader.varint("pages")?),
            _ => return Err(WireError::Invalid { at, what: "behaviour" }),
        })
    }
}
