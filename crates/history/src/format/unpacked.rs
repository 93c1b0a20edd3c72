//! The beginning of a file: compression is undone, and an encoding that is not read is named.
//!
//! gzip and zstd are undone as the text is read, so a small file that unpacks to a large one takes no more memory than
//! the large one would.

use std::io::{BufRead, Cursor, Read};

use super::Limits;
use super::error::{FormatError, Problem, ReadError};

#[cfg_attr(feature = "compressed", path = "unpacked/decoders.rs")]
#[cfg_attr(not(feature = "compressed"), path = "unpacked/no_decoders.rs")]
mod decoders;

/// No mark at the beginning of a file is longer.
const MARK_MAX: usize = 8;

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const UTF_8: &[u8] = b"\xef\xbb\xbf";

/// The beginnings of files that hold no text, with the name of the encoding and the advice.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (b"\xff\xfe", "UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save it as UTF-8"),
    (b"\x00\x00\xfe\xff", "UTF-32", "save it as UTF-8"),
    (b"\xfd7zXZ\x00", "compressed with xz", "unpack it, or use gzip or zstd"),
    (b"BZh", "compressed with bzip2", "unpack it, or use gzip or zstd"),
    (b"PK\x03\x04", "a zip archive", "unpack the history in it"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "unpack it, or use gzip or zstd"),
    (b"JEPSEN", "Jepsen's binary store", "give the history.edn or jepsen.log beside it"),
];

/// The text of a file, without the mark of UTF-8 that some editors put at its beginning.
pub(super) fn unpacked<'a>(
    source: &'a mut dyn BufRead,
    limits: &Limits<'_>,
) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    let (mark, source) = marked(source)?;
    let unpacked: Box<dyn BufRead + 'a> = if mark.starts_with(GZIP) {
        decoders::gzip(source)?
    } else if mark.starts_with(ZSTD) {
        decoders::zstd(source, limits.bytes as u64 / 4)?
    } else {
        return plain(&mark, source);
    };
    let (mark, source) = marked(unpacked)?;
    if mark.starts_with(GZIP) || mark.starts_with(ZSTD) {
        return Err(refused("compressed twice", "unpack it once"));
    }
    plain(&mark, source)
}

/// The first bytes of a source, and the source with them.
fn marked<'a>(mut source: impl BufRead + 'a) -> Result<(Vec<u8>, Box<dyn BufRead + 'a>), ReadError> {
    let mut mark = Vec::new();
    source.by_ref().take(MARK_MAX as u64).read_to_end(&mut mark)?;
    Ok((mark.clone(), Box::new(Cursor::new(mark).chain(source))))
}

fn plain<'a>(mark: &[u8], mut source: Box<dyn BufRead + 'a>) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    if let Some((_, encoding, advice)) = OTHERS.iter().find(|(beginning, ..)| mark.starts_with(beginning)) {
        return Err(refused(encoding, advice));
    }
    // UTF-16 without its mark: one of the first two bytes is the empty half of an ASCII character.
    if let [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..] = mark {
        return Err(refused("UTF-16", "save it as UTF-8"));
    }
    if mark.starts_with(UTF_8) {
        source.read_exact(&mut [0; UTF_8.len()])?;
    }
    Ok(source)
}

fn refused(encoding: &'static str, advice: &'static str) -> ReadError {
    FormatError { line: 1, problem: Problem::Encoding { encoding, advice } }.into()
}
