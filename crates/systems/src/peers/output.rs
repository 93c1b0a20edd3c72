//! The answers of nodes.

use std::fmt;

use env::{Reader, Traced, Wire, WireError};
use parts::hash_of;
use serde::{Deserialize, Serialize};

use super::catalogue::Entry;
use super::report::SyncReport;
use crate::lists;
use crate::plain::{Listed, OrAbsent, Plain};

/// The answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// The change is durable.
    Done,
    /// The results of the pulled peers.
    Report(SyncReport),
    /// The entries of a catalogue, in the order in which they came.
    Entries(Vec<Entry>),
    /// The value of an entry or a note; `None` if there is none.
    Value(Option<String>),
}

impl Output {
    /// The report of a pull; `None` of another answer.
    pub fn report(self) -> Option<SyncReport> {
        if let Output::Report(report) = self { Some(report) } else { None }
    }

    /// The listed entries; `None` of another answer.
    pub fn entries(self) -> Option<Vec<Entry>> {
        if let Output::Entries(entries) = self { Some(entries) } else { None }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Done => f.write_str("done"),
            Output::Report(report) => report.fmt(f),
            Output::Entries(entries) => Listed(entries).fmt(f),
            Output::Value(value) => OrAbsent(value.as_deref().map(Plain)).fmt(f),
        }
    }
}

impl Traced for Output {
    fn digest(&self) -> u64 {
        hash_of(self)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Wire for Output {
    fn to_wire(&self, into: &mut Vec<u8>) {
        into.push(match self {
            Output::Done => 1,
            Output::Report(_) => 2,
            Output::Entries(_) => 3,
            Output::Value(_) => 4,
        });
        match self {
            Output::Done => {}
            Output::Report(report) => report.to_wire(into),
            Output::Entries(entries) => lists::to_wire(entries, into),
            Output::Value(value) => value.to_wire(into),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Output, WireError> {
        let at = reader.at();
        Ok(match reader.u8("answer")? {
            1 => Output::Done,
            2 => Output::Report(Wire::read_wire(reader)?),
            3 => Output::Entries(lists::read_wire(reader, 3, "entries")?),
            4 => Output::Value(Wire::read_wire(reader)?),
            _ => return Err(WireError::Invalid { at, what: "answer" }),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use env::NodeId;

    use super::super::catalogue::{Counts, Kind};
    use super::super::report::{PeerResult, PullError};
    use super::*;

    #[test]
    fn every_answer_comes_over_a_wire_and_is_shown_on_one_line() {
        let mut report = SyncReport::default();
        let within = Duration::from_millis(300);
        report.add(PeerResult::new(NodeId(2), &Err(PullError::NoAnswer { within })));
        report.add(PeerResult::new(NodeId(3), &Ok(Counts { organizations: 2, peers: 5, orderers: 0 })));
        report.add(PeerResult::new(NodeId(4), &Ok(Counts { organizations: 1, peers: 300, orderers: 0 })));
        let entry = |name: &str| Entry { kind: Kind::Peer, name: name.into(), value: "x\n".into() };
        for (output, shown) in [
            (Output::Done, "done"),
            (
                Output::Report(report),
                "n2 unreachable: no answer within 300 ms; n3 added 2 organizations, 5 peers, 0 orderers; \
                 n4 added 1 organizations, 300 peers, 0 orderers; in all 3 organizations, 305 peers, 0 orderers",
            ),
            (Output::Entries(vec![]), "(none)"),
            (Output::Entries(vec![entry("a"), entry("b")]), r"peers/a=x\n; peers/b=x\n"),
            (Output::Value(Some("x\n".into())), r"x\n"),
            (Output::Value(None), "(absent)"),
        ] {
            assert_eq!(output.to_string(), shown);
            let mut bytes = Vec::new();
            output.to_wire(&mut bytes);
            (0..bytes.len()).for_each(|len| assert!(Output::from_wire(&bytes[..len]).is_err(), "{shown}: {len}"));
            assert_eq!(Output::from_wire(&bytes), Ok(output));
        }
    }
}
