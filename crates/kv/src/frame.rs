//! Framed, checksummed records, by which a reader tells a write that power loss cut short from damage.
//!
//! A record is a header, a payload of at least one byte, and an end mark:
//!
//! ```text
//! length u32 | payload checksum u32 | header checksum u32 | payload | end mark 0xa5
//! ```
//!
//! The header's checksum also covers a salt (which file this is meant to be) and the record's own offset, so that a
//! record read back from the wrong place is not taken for a good one.
//!
//! The possible ends of a file, and their meaning:
//! - nothing after the last record: complete;
//! - a beginning of a record, then the end of the file, or zeros up to the end of the file: a *torn* write. The end mark
//!   is not zero, so a record that was written completely is never taken for this;
//! - anything else that is not a record: *bad*, whether in the middle of the file or in its very last record.
//!
//! The frames alone cannot tell whether a torn write had been promised to be durable. See `wal.rs` on seals.
//!
//! Left out: a disk that keeps a later part of one write without the part before it. After a power loss, that hole is
//! taken for damage, and the node refuses to start though nothing that it promised is gone.

use crate::codec::Write;

/// Bytes in front of a payload.
pub(crate) const HEADER_LEN: usize = 12;

/// Behind a payload. It is not zero, and not one bit away from zero.
const END_MARK: u8 = 0xa5;

/// Begins a record in `buffer` and leaves room for its header; the bytes pushed until [`close`] are its payload.
pub(crate) fn open(buffer: &mut Vec<u8>) -> usize {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER_LEN]);
    start
}

/// Ends the record that begins at `start` of `buffer` and will stand at `offset` of its file.
pub(crate) fn close(buffer: &mut Vec<u8>, start: usize, salt: u64, offset: u64) {
    let payload = &buffer[start + HEADER_LEN..];
    assert!(!payload.is_empty(), "a record holds at least one byte");
    assert!(is_zero(&buffer[start..start + HEADER_LEN]), "the record at {start} has a header already");
    let len = u32::try_from(payload.len()).expect("a record is shorter than 4 GiB");
    let payload_checksum = crc32fast::hash(payload);
    let header = header(len, payload_checksum, salt, offset);
    buffer[start..start + HEADER_LEN].copy_from_slice(&header);
    buffer.put_u8(END_MARK);
}

fn header(len: u32, payload_checksum: u32, salt: u64, offset: u64) -> [u8; HEADER_LEN] {
    let mut header = [0; HEADER_LEN];
    header[..4].copy_from_slice(&len.to_le_bytes());
    header[4..8].copy_from_slice(&payload_checksum.to_le_bytes());
    header[8..].copy_from_slice(&header_checksum(len, payload_checksum, salt, offset).to_le_bytes());
    header
}

fn header_checksum(len: u32, payload_checksum: u32, salt: u64, offset: u64) -> u32 {
    let mut covered = [0; 24];
    covered[..4].copy_from_slice(&len.to_le_bytes());
    covered[4..8].copy_from_slice(&payload_checksum.to_le_bytes());
    covered[8..16].copy_from_slice(&salt.to_le_bytes());
    covered[16..].copy_from_slice(&offset.to_le_bytes());
    crc32fast::hash(&covered)
}

/// The content of a file at one offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan<'a> {
    /// A record.
    Record {
        payload: &'a [u8],
        /// Where its payload begins.
        payload_at: usize,
        /// Where the next record begins.
        next: usize,
    },
    /// The end of the file.
    End,
    /// A write that was cut short: nothing from here on was ever complete.
    Torn,
    /// Damage.
    Bad(Mismatch),
}

/// A field of a record with another value than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub(crate) field: &'static str,
    pub(crate) expected: u64,
    pub(crate) found: u64,
}

/// Reads the record at `offset`, which is at most the file's length.
pub(crate) fn scan(file: &[u8], offset: usize, salt: u64) -> Scan<'_> {
    assert!(offset <= file.len(), "a record is looked for at {offset} in a file of {} bytes", file.len());
    let rest = &file[offset..];
    if rest.is_empty() {
        return Scan::End;
    }
    let Some((header, body)) = rest.split_first_chunk::<HEADER_LEN>() else {
        return Scan::Torn;
    };
    let field = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (len, payload_checksum, header_found) = (field(0), field(4), field(8));
    let header_expected = header_checksum(len, payload_checksum, salt, offset as u64);
    if header_found != header_expected || len == 0 {
        let mismatch = mismatch("header checksum", header_expected, header_found);
        return if is_zero(body) { Scan::Torn } else { Scan::Bad(mismatch) };
    }
    let len = len as usize;
    let Some(end_mark) = body.get(len) else {
        return Scan::Torn;
    };
    if is_zero(&body[len..]) {
        return Scan::Torn;
    }
    let payload = &body[..len];
    let payload_found = crc32fast::hash(payload);
    if payload_found != payload_checksum {
        return Scan::Bad(mismatch("payload checksum", payload_checksum, payload_found));
    }
    if *end_mark != END_MARK {
        return Scan::Bad(mismatch("end mark", u32::from(END_MARK), u32::from(*end_mark)));
    }
    let payload_at = offset + HEADER_LEN;
    Scan::Record { payload, payload_at, next: payload_at + len + 1 }
}

fn mismatch(field: &'static str, expected: u32, found: u32) -> Mismatch {
    Mismatch { field, expected: u64::from(expected), found: u64::from(found) }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALT: u64 = 7;

    fn file_of(payloads: &[&[u8]]) -> Vec<u8> {
        let mut file = Vec::new();
        for payload in payloads {
            let start = open(&mut file);
            file.extend_from_slice(payload);
            close(&mut file, start, SALT, start as u64);
        }
        file
    }

    /// The payloads up to the first thing that is not a record, that thing, and where it stands.
    fn read(file: &[u8]) -> (Vec<&[u8]>, Scan<'_>, usize) {
        let (mut payloads, mut offset) = (Vec::new(), 0);
        loop {
            match scan(file, offset, SALT) {
                Scan::Record { payload, next, .. } => {
                    payloads.push(payload);
                    offset = next;
                }
                other => return (payloads, other, offset),
            }
        }
    }

    #[test]
    fn records_come_back_in_order() {
        let file = file_of(&[b"a", b"\0\0\0", b"long enough for a payload"]);
        assert_eq!(read(&file), (vec![&b"a"[..], b"\0\0\0", b"long enough for a payload"], Scan::End, file.len()));
    }

    #[test]
    fn a_file_cut_anywhere_is_complete_or_torn() {
        let file = file_of(&[b"first", b"second\0\0", b"\0"]);
        let boundaries: Vec<usize> = vec![0, 18, 39, 53];
        assert_eq!(boundaries[3], file.len());
        for len in 0..=file.len() {
            let (payloads, end, offset) = read(&file[..len]);
            let complete = boundaries.iter().filter(|boundary| **boundary <= len).count() - 1;
            assert_eq!((payloads.len(), offset), (complete, boundaries[complete]), "cut to {len}");
            assert_eq!(end, if boundaries.contains(&len) { Scan::End } else { Scan::Torn }, "cut to {len}");
        }
    }

    #[test]
    fn a_file_zeroed_from_anywhere_is_torn() {
        let file = file_of(&[b"first", b"second\0\0", b"\0"]);
        for from in 0..file.len() {
            let mut zeroed = file.clone();
            zeroed[from..].fill(0);
            zeroed.extend_from_slice(&[0; 5]);
            assert_eq!(read(&zeroed).1, Scan::Torn, "zeroed from {from}");
        }
    }

    #[test]
    fn every_flipped_bit_is_damage_even_in_the_last_record() {
        let file = file_of(&[b"first", b"second\0\0", b"\0"]);
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&flipped).1, Scan::Bad(_)), "bit {bit}: {:?}", read(&flipped).1);
        }
    }

    #[test]
    fn a_record_at_another_place_is_damage() {
        let mut file = file_of(&[b"first", b"first"]);
        let (one, two) = file.split_at_mut(18);
        one.copy_from_slice(two);
        assert!(matches!(read(&file).1, Scan::Bad(_)));
    }
}
