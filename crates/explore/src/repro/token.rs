//! A repro as one word: `sg2-`, and then base64url of a checksum and the deflated JSON.
//!
//! A token is input from strangers, and may be damaged on its way. No text makes reading one panic, or take more memory
//! than a repro may have. The checksum is over the packed bytes and the unpacked ones, so that neither damage nor a
//! faulty unpacking goes unnoticed.

use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::format::OtherFormat;
use crate::plain::escaped;

/// Every token begins with it; the number is that of the format.
const PREFIX: &str = "sg2-";
const CHECKSUM_LEN: usize = 4;

/// Why a text is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum TokenError {
    #[error("a token begins with '{PREFIX}', and this text does not")]
    Prefix,
    #[error("the token is {0}")]
    Format(OtherFormat),
    #[error("the token is damaged: '{}' is no part of one, paste it as it was printed", escaped(&.0.to_string()))]
    Character(char),
    #[error("the token is damaged or not all there: paste all of it, from '{PREFIX}' to its end")]
    Damaged,
}

/// True if this text is meant as a token, be it of this version or damaged.
pub fn looks_like_token(text: &str) -> bool {
    let rest = text.trim_start().strip_prefix("sg").unwrap_or_default();
    let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    after.len() < rest.len() && after.starts_with('-')
}

pub(super) fn packed(json: &[u8]) -> String {
    let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = deflated.write_all(json).and_then(|()| deflated.finish()).expect("a vector takes any bytes");
    let mut bytes = checksum(&deflated, json).to_vec();
    bytes.extend(deflated);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The JSON in a token, if that is of at most `bytes_max` bytes.
pub(super) fn unpacked(token: &str, bytes_max: u64) -> Result<Vec<u8>, TokenError> {
    let token: String = token.chars().filter(|c| !c.is_whitespace()).collect();
    let base64 = token.strip_prefix(PREFIX).ok_or_else(|| other(&token))?;
    if let Some(stray) = base64.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_')) {
        return Err(TokenError::Character(stray));
    }
    let bytes = URL_SAFE_NO_PAD.decode(base64).map_err(|_| TokenError::Damaged)?;
    let (sum, deflated) = bytes.split_at_checked(CHECKSUM_LEN).ok_or(TokenError::Damaged)?;
    let mut decoder = DeflateDecoder::new(deflated);
    let mut json = Vec::new();
    // A few bytes can unpack to any number of them.
    decoder.by_ref().take(bytes_max + 1).read_to_end(&mut json).map_err(|_| TokenError::Damaged)?;
    let is_whole = json.len() as u64 <= bytes_max && decoder.total_in() == deflated.len() as u64;
    if is_whole && sum == checksum(deflated, &json) { Ok(json) } else { Err(TokenError::Damaged) }
}

/// Why a text that does not begin as a token does is none.
fn other(token: &str) -> TokenError {
    let number =
        token.strip_prefix("sg").and_then(|rest| rest.split_once('-')).and_then(|(number, _)| number.parse().ok());
    number.and_then(OtherFormat::of).map_or(TokenError::Prefix, TokenError::Format)
}

fn checksum(deflated: &[u8], json: &[u8]) -> [u8; CHECKSUM_LEN] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(deflated);
    hasher.update(json);
    hasher.finalize().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_LEN: u64 = 1 << 20;

    #[test]
    fn white_space_in_a_token_means_nothing() {
        let token = packed(b"{\"a\": 1}");
        let broken: String = token.chars().flat_map(|c| [c, '\n', ' ']).collect();
        assert_eq!(unpacked(&broken, ANY_LEN), Ok(b"{\"a\": 1}".to_vec()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["sg-AAAA", "sg02-AAAA", "token"] {
            assert_eq!(unpacked(text, ANY_LEN), Err(TokenError::Prefix), "{text}");
        }
        let says = |text| unpacked(text, ANY_LEN).expect_err("of another format").to_string();
        assert_eq!(says("sg1-AAAA"), "the token is of format 1: stormglass 0.1 reads it, and this one format 2");
        assert_eq!(says("sg3-AAAA"), "the token is of format 3: a later stormglass reads it, and this one format 2");
        assert_eq!(unpacked("sg2-AA=A", ANY_LEN), Err(TokenError::Character('=')));
        for text in ["sg2-", "sg2-A", "sg2-AAAA", "sg2-AAAAAAAAAAAA"] {
            assert_eq!(unpacked(text, ANY_LEN), Err(TokenError::Damaged), "{text}");
        }
    }

    #[test]
    fn a_character_that_disturbs_a_terminal_is_spelled_out() {
        let says = |text: &str| unpacked(text, ANY_LEN).expect_err("a stray character").to_string();
        assert!(says("sg2-AA\u{1b}A").contains("'\\u{1b}' is no part of one"), "{}", says("sg2-AA\u{1b}A"));
        assert!(says("sg2-AA\u{202e}A").contains("'\\u{202e}' is no part of one"), "{}", says("sg2-AA\u{202e}A"));
    }

    #[test]
    fn a_token_is_told_by_how_it_begins() {
        assert!(looks_like_token("sg2-AAAA") && looks_like_token(" \nsg2-") && looks_like_token("sg12-x"));
        assert!(!looks_like_token("sg-1") && !looks_like_token("sg1.json") && !looks_like_token("0x1f3a"));
    }

    #[test]
    fn a_token_that_unpacks_to_more_than_a_repro_has_is_not_unpacked_to_its_end() {
        let bomb = packed(&vec![b' '; 64 << 20]);
        assert!(bomb.len() < 200_000, "{}", bomb.len());
        assert_eq!(unpacked(&bomb, ANY_LEN), Err(TokenError::Damaged));
        assert_eq!(unpacked(&bomb, 64 << 20).map(|json| json.len()), Ok(64 << 20));
    }
}
