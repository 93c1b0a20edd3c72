//! Snapshots as files (Raft paper section 7).
//!
//! A file is a sequence of checksummed records (`frame.rs`): a head (which entry, which configuration, how many bytes
//! of state), the state in chunks, and a trailer with the checksum of the whole state. It is written under a temporary
//! name, synced, renamed, and synced again. So a file with the final name was complete once, and anything wrong with it
//! is damage.

use env::{FileName, Reader, WireError};
use raft::Snapshot;
use raft_types::{EntryId, Membership};

use crate::codec::{Read, Write};
use crate::error::BootError;
use crate::frame::{self, Mismatch, Scan};

const CHUNK_LEN: usize = 64 * 1024;

const VERSION: u8 = 1;

/// The bytes of a snapshot's file.
pub(crate) fn encode(snapshot: &Snapshot) -> Vec<u8> {
    let data = &snapshot.data;
    let mut file = Vec::with_capacity(data.len() + data.len() / CHUNK_LEN * 16 + 160);
    let salt = salt(snapshot.last);
    let mut record = |fill: &mut dyn FnMut(&mut Vec<u8>)| {
        let start = frame::open(&mut file);
        fill(&mut file);
        frame::close(&mut file, start, salt, start as u64);
    };
    record(&mut |out| {
        out.put_u8(VERSION);
        out.put_entry_id(snapshot.last);
        out.put_membership(&snapshot.membership);
        out.put_u64(data.len() as u64);
    });
    for chunk in data.chunks(CHUNK_LEN) {
        record(&mut |out| out.extend_from_slice(chunk));
    }
    record(&mut |out| out.put_u32(crc32fast::hash(data)));
    file
}

fn salt(last: EntryId) -> u64 {
    env::mix(env::mix(0x5a9, last.index.0), last.term.0)
}

/// Reads a snapshot's file, which by its name ends with `last`.
pub(crate) fn decode(name: &FileName, last: EntryId, file: &[u8]) -> Result<Snapshot, BootError> {
    let mut records = Records { name, file, at: 0, salt: salt(last) };
    let (head_at, head) = records.next()?;
    let (membership, len) = decode_head(last, head).map_err(|why| BootError::malformed(name, head_at, why))?;
    let mut data = Vec::with_capacity(file.len());
    while (data.len() as u64) < len {
        data.extend_from_slice(records.next()?.1);
    }
    let (trailer_at, trailer) = records.next()?;
    let expected =
        Reader::new(trailer).u32("state checksum").map_err(|why| BootError::malformed(name, trailer_at, why))?;
    let found = crc32fast::hash(&data);
    if data.len() as u64 != len || expected != found {
        let mismatch = Mismatch { field: "state checksum", expected: u64::from(expected), found: u64::from(found) };
        return Err(BootError::corrupt(name, trailer_at, mismatch));
    }
    if records.at != file.len() {
        let mismatch = Mismatch { field: "length", expected: records.at as u64, found: file.len() as u64 };
        return Err(BootError::corrupt(name, records.at, mismatch));
    }
    Ok(Snapshot { last, membership, data: data.into() })
}

fn decode_head(last: EntryId, head: &[u8]) -> Result<(Membership, u64), WireError> {
    let mut reader = Reader::new(head);
    if reader.u8("snapshot version")? != VERSION {
        return Err(WireError::Invalid { at: 0, what: "snapshot version" });
    }
    if reader.entry_id("last entry")? != last {
        return Err(WireError::Invalid { at: 1, what: "last entry, which differs from the file's name" });
    }
    Ok((reader.membership()?, reader.u64("state length")?))
}

/// The records of a file that was complete once.
struct Records<'a> {
    name: &'a FileName,
    file: &'a [u8],
    at: usize,
    salt: u64,
}

impl<'a> Records<'a> {
    /// The next payload and where it begins.
    fn next(&mut self) -> Result<(usize, &'a [u8]), BootError> {
        let cut_short = Mismatch { field: "length", expected: self.at as u64 + 1, found: self.file.len() as u64 };
        match frame::scan(self.file, self.at, self.salt) {
            Scan::Record { payload, payload_at, next } => {
                self.at = next;
                Ok((payload_at, payload))
            }
            Scan::End => Err(BootError::corrupt(self.name, self.at, cut_short)),
            Scan::Torn => Err(BootError::corrupt(
                self.name,
                self.at,
                Mismatch { field: "bytes of the last record", expected: 1, found: 0 },
            )),
            Scan::Bad(mismatch) => Err(BootError::corrupt(self.name, self.at, mismatch)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;
    use env::NodeSet;

    fn snapshot(len: usize) -> Snapshot {
        let data: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
        Snapshot { last: EntryId::new(40, 5), membership: Membership::of(NodeSet::first(3)), data: data.into() }
    }

    fn read(file: &[u8]) -> Result<Snapshot, BootError> {
        let last = EntryId::new(40, 5);
        decode(&names::snapshot(last), last, file)
    }

    #[test]
    fn a_snapshot_comes_back_whatever_its_size() {
        for len in [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN] {
            assert_eq!(read(&encode(&snapshot(len))), Ok(snapshot(len)), "{len} bytes");
        }
    }

    #[test]
    fn a_damaged_snapshot_is_refused_wherever_it_is_cut_or_flipped() {
        let file = encode(&snapshot(30));
        for len in 0..file.len() {
            assert!(matches!(read(&file[..len]), Err(BootError::Corrupt { .. })), "cut to {len}");
        }
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&flipped), Err(BootError::Corrupt { .. })), "bit {bit}");
        }
        let mut longer = file;
        longer.push(1);
        assert!(matches!(read(&longer), Err(BootError::Corrupt { .. })));
    }

    #[test]
    fn a_snapshot_under_another_name_is_refused() {
        let other = EntryId::new(41, 5);
        assert!(decode(&names::snapshot(other), other, &encode(&snapshot(3))).is_err());
    }
}
