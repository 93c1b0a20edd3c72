//! Compressed text is refused where the feature `compressed` is off.

use std::io::BufRead;

use super::super::error::ReadError;
use super::refused;

pub(super) fn gzip<'a>(_: Box<dyn BufRead + 'a>) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    Err(refused("compressed with gzip", "unpack it first"))
}

pub(super) fn zstd<'a>(_: Box<dyn BufRead + 'a>, _: u64) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    Err(refused("compressed with zstd", "unpack it first"))
}
