//! Decoders of compressed text, which unpack as far as they are read.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, DEFAULT_MAX_WINDOW_SIZE, FrameDecoder};

use super::super::error::ReadError;

/// The members of a gzip file, one after the other.
pub(super) fn gzip<'a>(source: Box<dyn BufRead + 'a>) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    Ok(Box::new(BufReader::new(MultiGzDecoder::new(source))))
}

/// The frames of a zstd file, one after the other. A frame that needs a larger window is refused.
pub(super) fn zstd<'a>(
    source: Box<dyn BufRead + 'a>,
    window_bytes_max: u64,
) -> Result<Box<dyn BufRead + 'a>, ReadError> {
    let mut frame = FrameDecoder::new();
    frame.set_max_window_size(window_bytes_max.min(DEFAULT_MAX_WINDOW_SIZE));
    Ok(Box::new(BufReader::new(Frames { source, frame })))
}

struct Frames<'a> {
    source: Box<dyn BufRead + 'a>,
    /// The frame under way; finished before the first.
    frame: FrameDecoder,
}

impl Frames<'_> {
    /// Begins the next frame; false if there is none.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.frame.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(FrameDecoderError::WindowSizeTooBig { requested, max }) => {
                    let needed = format!("a zstd frame needs {} MiB at once, more than {}", requested >> 20, max >> 20);
                    return Err(io::Error::other(needed));
                }
                Err(_) => return Err(damaged()),
            }
        }
        Ok(false)
    }

    /// Checks the frame that has been read to its end.
    fn check(&self) -> io::Result<()> {
        match (self.frame.get_checksum_from_data(), self.frame.get_calculated_checksum()) {
            (Some(said), Some(is)) if said != is => Err(damaged()),
            _ => Ok(()),
        }
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the zstd data is damaged, or cut short")
}

impl Read for Frames<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.frame.can_collect() > 0 {
                return self.frame.read(to);
            }
            if self.frame.is_finished() {
                self.check()?;
                if !self.begin()? {
                    return Ok(0);
                }
            }
            // One block is at most 128 KiB.
            let decoded = self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1));
            decoded.map_err(|_| damaged())?;
        }
    }
}
