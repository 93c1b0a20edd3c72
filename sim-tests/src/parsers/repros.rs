//! Repros, as files and as tokens.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use explore::{Repro, ReproError};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::histories::assert_plain;

/// A file is refused in one line of plain text, or is read, written and read again as the same repro.
pub fn repro(json: &[u8]) -> bool {
    comes_back(Repro::from_json(json)).is_some()
}

/// A text is refused as a token in one line, or means a repro that comes back. Any bytes in a token that is whole have
/// the same meaning as in a file.
pub fn token(bytes: &[u8]) -> bool {
    let as_it_is = comes_back(Repro::from_token(&String::from_utf8_lossy(bytes)));
    let packed = comes_back(Repro::from_token(&packed(bytes)));
    assert_eq!(packed, Repro::from_json(bytes).ok(), "a token and a file of the same bytes differ");
    as_it_is.is_some() || packed.is_some()
}

fn comes_back(read: Result<Repro, ReproError>) -> Option<Repro> {
    match read {
        Ok(repro) => {
            let again = Repro::from_json(repro.to_json().as_bytes());
            assert_eq!(again.as_ref().ok(), Some(&repro), "it is written as something else: {again:?}");
            let again = Repro::from_token(&repro.token());
            assert_eq!(again.as_ref().ok(), Some(&repro), "its token is something else: {again:?}");
            Some(repro)
        }
        Err(error) => {
            assert_plain(&error.to_string());
            None
        }
    }
}

/// A whole token that holds these bytes, be they a repro or not.
fn packed(bytes: &[u8]) -> String {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::fast());
    let deflated = deflated.write_all(bytes).and_then(|()| deflated.finish()).expect("a vector takes any bytes");
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&deflated);
    hasher.update(bytes);
    let checksum = hasher.finalize().to_be_bytes();
    format!("sg2-{}", URL_SAFE_NO_PAD.encode([&checksum[..], &deflated].concat()))
}
