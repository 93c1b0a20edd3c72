//! Frames: the reader of a file tells damage from a write that power loss cut short.
//!
//! ```text
//! length u32 | payload checksum u32 | header checksum u32 | payload | end mark 0xa5
//! ```
//!
//! The header's checksum also covers the file's node and the frame's own offset, so that a frame read back from the
//! wrong place is not taken for a good one. A beginning of a frame and then the end of the file, or zeros up to it, is
//! a *torn* write; the end mark is not zero, so a complete frame is never taken for one. Anything else that is no frame
//! is damage.

use env::NodeId;

/// Bytes in front of a payload.
const HEADER_LEN: usize = 12;
/// The byte behind a payload: not zero, and not one bit away from it.
const END_MARK: u8 = 0xa5;

/// The content at one offset of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan<'a> {
    /// A frame.
    Frame {
        /// Its content.
        payload: &'a [u8],
        /// The offset at which the next frame begins.
        next: usize,
    },
    /// The end of the file.
    End,
    /// A write that was cut short: nothing from here on was ever complete, so no sync has covered it. The reader cuts
    /// it off.
    Torn,
    /// Damage: a bit has flipped, or the frame belongs to another node or another offset.
    Bad,
}

/// Adds a frame around `payload` to `into`, the bytes that are to stand at `offset` of the file of `node`.
///
/// # Panics
/// If the payload is empty, or not shorter than 4 GiB.
pub fn write(payload: &[u8], node: NodeId, offset: u64, into: &mut Vec<u8>) {
    assert!(!payload.is_empty(), "a frame holds at least one byte");
    let len = u32::try_from(payload.len()).expect("a frame is shorter than 4 GiB");
    let at = offset + into.len() as u64;
    let checksum = crc32fast::hash(payload);
    into.extend_from_slice(&len.to_le_bytes());
    into.extend_from_slice(&checksum.to_le_bytes());
    into.extend_from_slice(&header_checksum(len, checksum, node, at).to_le_bytes());
    into.extend_from_slice(payload);
    into.push(END_MARK);
}

fn header_checksum(len: u32, checksum: u32, node: NodeId, at: u64) -> u32 {
    let mut covered = Vec::with_capacity(17);
    covered.extend_from_slice(&len.to_le_bytes());
    covered.extend_from_slice(&checksum.to_le_bytes());
    covered.push(node.0);
    covered.extend_from_slice(&at.to_le_bytes());
    crc32fast::hash(&covered)
}

/// Reads the content at `offset`: 0, or the end of a frame.
///
/// # Panics
/// If `offset` is beyond the end of the file.
pub fn scan(file: &[u8], offset: usize, node: NodeId) -> Scan<'_> {
    let rest = &file[offset..];
    if rest.is_empty() {
        return Scan::End;
    }
    let Some((header, body)) = rest.split_first_chunk::<HEADER_LEN>() else {
        return Scan::Torn;
    };
    let field = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (len, checksum) = (field(0), field(4));
    if len == 0 || field(8) != header_checksum(len, checksum, node, offset as u64) {
        return if is_zero(body) { Scan::Torn } else { Scan::Bad };
    }
    let len = len as usize;
    if body.len() <= len || is_zero(&body[len..]) {
        return Scan::Torn;
    }
    if crc32fast::hash(&body[..len]) != checksum || body[len] != END_MARK {
        return Scan::Bad;
    }
    Scan::Frame { payload: &body[..len], next: offset + HEADER_LEN + len + 1 }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId(4);

    fn file_of(payloads: &[&[u8]]) -> Vec<u8> {
        let mut file = Vec::new();
        payloads.iter().for_each(|payload| write(payload, NODE, 0, &mut file));
        file
    }

    /// The number of frames before the first scan that is no frame, and that scan.
    fn read(file: &[u8]) -> (usize, Scan<'_>) {
        let (mut frames, mut offset) = (0, 0);
        loop {
            match scan(file, offset, NODE) {
                Scan::Frame { next, .. } => (frames, offset) = (frames + 1, next),
                other => return (frames, other),
            }
        }
    }

    #[test]
    fn a_file_cut_or_zeroed_anywhere_is_complete_or_torn() {
        let file = file_of(&[b"first", b"second\0\0", b"\0"]);
        let boundaries = [0, 18, 39, 53];
        for len in 0..=file.len() {
            let end = if boundaries.contains(&len) { Scan::End } else { Scan::Torn };
            let complete = boundaries.iter().filter(|boundary| **boundary <= len).count() - 1;
            assert_eq!(read(&file[..len]), (complete, end), "cut to {len}");
            let mut zeroed = file.clone();
            zeroed[len..].fill(0);
            zeroed.push(0);
            assert_eq!(read(&zeroed), (complete, Scan::Torn), "zeroed from {len}");
        }
    }

    #[test]
    fn every_flipped_bit_is_damage_even_in_the_last_frame() {
        let file = file_of(&[b"first", b"second\0\0", b"\0"]);
        for bit in 0..file.len() * 8 {
            let mut flipped = file.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read(&flipped).1, Scan::Bad, "bit {bit}");
        }
    }

    #[test]
    fn a_frame_of_another_node_is_damage() {
        let file = file_of(&[b"first", b"second"]);
        assert_eq!(scan(&file, 0, NodeId(5)), Scan::Bad);
    }
}
