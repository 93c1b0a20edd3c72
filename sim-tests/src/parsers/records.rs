//! The records that a node's files are made of, with their checksums put right after damage.
//!
//! The layout is that of kv's `frame.rs`: length, payload checksum, header checksum, payload, end mark. It is written a
//! second time here: a mutation that keeps the checksums needs the layout.

const HEADER_LEN: usize = 12;
const END_MARK: u8 = 0xa5;

/// The payloads of a file, at the places that its lengths give, under any checksums. The last may be cut short.
pub(super) fn payloads(mut file: &[u8]) -> Vec<Vec<u8>> {
    let mut payloads = Vec::new();
    while let Some((header, rest)) = file.split_first_chunk::<HEADER_LEN>() {
        let len = u32::from_le_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let (payload, rest) = rest.split_at(len.min(rest.len()));
        payloads.push(payload.to_vec());
        file = rest.get(1..).unwrap_or_default();
    }
    payloads.retain(|payload| !payload.is_empty());
    payloads
}

/// A file of these payloads.
pub(super) fn file_of(payloads: &[Vec<u8>], salt: u64) -> Vec<u8> {
    let mut file = Vec::new();
    for payload in payloads {
        let len = u32::try_from(payload.len()).expect("inputs are small");
        let sum = crc32fast::hash(payload);
        let mut covered = [0; 24];
        covered[..4].copy_from_slice(&len.to_le_bytes());
        covered[4..8].copy_from_slice(&sum.to_le_bytes());
        covered[8..16].copy_from_slice(&salt.to_le_bytes());
        covered[16..].copy_from_slice(&(file.len() as u64).to_le_bytes());
        file.extend_from_slice(&covered[..8]);
        file.extend_from_slice(&crc32fast::hash(&covered).to_le_bytes());
        file.extend_from_slice(payload);
        file.push(END_MARK);
    }
    file
}
