//! Frames: the units that a connection carries, and the decoding of its bytes into them.
//!
//! ```text
//! length u32 | crc32 u32 | kind u8 | number u64 | body         (little endian; docs/wire-format.md)
//! ```
//!
//! The length counts the bytes behind the checksum, and the checksum covers them. The [`Decoder`] does no input and no
//! output: bytes are put in as they come, and frames taken out as they are complete.
//!
//! Always true: a frame comes out as it went in, but for a chance of 2^-32 under damage; a refusal is for good, since
//! after a wrong length there is no telling where the next frame begins.

use env::{ClientId, NodeId};

/// The longest a frame may be behind its checksum: a snapshot of 16 MiB, and 64 KiB for the rest of its message.
pub(super) const FRAME_BYTES_MAX: usize = (16 << 20) + (64 << 10);

/// The length and the checksum.
const PREFIX_LEN: usize = 8;

/// The kind and the number: the shortest a frame may be behind its checksum.
const LABEL_LEN: usize = 9;

/// An empty buffer is kept up to this size.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Begins the body of a hello. Its last byte goes up when frames change so that an earlier reader would misread them.
const MAGIC: [u8; 4] = *b"SGL1";

/// The host at one end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Speaker {
    /// A node of the cluster.
    Node(NodeId),
    /// The host that all clients share.
    Clients,
}

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Hello = 1,
    Message = 2,
    Request = 3,
    Response = 4,
    Ack = 5,
}

/// One frame, as its reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// The first on each connection, from the side that dialled.
    Hello { speaker: Speaker, version: u16 },
    /// From a node to a node.
    Message { number: u64, body: &'a [u8] },
    /// From a client to a node.
    Request { number: u64, client: ClientId, body: &'a [u8] },
    /// From a node to a client.
    Response { number: u64, client: ClientId, body: &'a [u8] },
    /// So many frames have been received on this connection, the hello not counted.
    Ack { count: u64 },
}

impl Frame<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Frame::Hello { .. } => Kind::Hello,
            Frame::Message { .. } => Kind::Message,
            Frame::Request { .. } => Kind::Request,
            Frame::Response { .. } => Kind::Response,
            Frame::Ack { .. } => Kind::Ack,
        }
    }
}

/// Why bytes of a connection were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// No frame is that long.
    #[error("a frame of {0} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong(usize),
    /// No frame is that short.
    #[error("a frame of {0} bytes is too short for its label")]
    TooShort(usize),
    /// The connection was closed inside a frame.
    #[error("the connection was closed {0} bytes into a frame")]
    Truncated(usize),
    /// Its bytes differ from the bytes that were sent.
    #[error("checksum {found:#010x} where {expected:#010x} was expected")]
    Checksum {
        /// The checksum of the bytes that came.
        expected: u32,
        /// The checksum that came with them.
        found: u32,
    },
    /// No frame has that kind.
    #[error("unknown kind of frame {0}")]
    UnknownKind(u8),
    /// A hello that is not one of this protocol.
    #[error("not a hello of this protocol")]
    BadHello,
    /// The other side speaks another version of the messages.
    #[error("the other side speaks version {theirs}, this one {ours}")]
    Version {
        /// Theirs.
        theirs: u16,
        /// Ours.
        ours: u16,
    },
    /// A frame that does not belong where it came.
    #[error("a frame of kind {0} does not belong here")]
    Unexpected(u8),
    /// An acknowledgement of frames that were not sent, or less than the one before.
    #[error("{acknowledged} frames acknowledged of {written} written, after {before}")]
    BadAck {
        /// So many frames are said to have arrived.
        acknowledged: u64,
        /// So many were written.
        written: u64,
        /// So many were acknowledged before.
        before: u64,
    },
    /// A frame without its client, an acknowledgement with a body, or a body that its receiver cannot read.
    #[error("malformed body: {0}")]
    Body(String),
}

/// Appends a frame whose body `write` appends. On an error `into` is as it was: the frame would be so many bytes long.
pub(super) fn append(
    into: &mut Vec<u8>,
    kind: Kind,
    number: u64,
    write: impl FnOnce(&mut Vec<u8>),
) -> Result<(), FrameError> {
    let start = into.len();
    into.extend_from_slice(&[0; PREFIX_LEN]);
    into.push(kind as u8);
    into.extend_from_slice(&number.to_le_bytes());
    write(into);
    let covered = &into[start + PREFIX_LEN..];
    let len = covered.len();
    if len > FRAME_BYTES_MAX {
        into.truncate(start);
        return Err(FrameError::TooLong(len));
    }
    let checksum = crc32fast::hash(covered);
    into[start..start + 4].copy_from_slice(&(len as u32).to_le_bytes());
    into[start + 4..start + PREFIX_LEN].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

/// Appends the hello of `speaker`, with the version of its messages ([`WIRE_VERSION`](env::Networked::WIRE_VERSION)).
pub(super) fn append_hello(into: &mut Vec<u8>, speaker: Speaker, version: u16) {
    let appended = append(into, Kind::Hello, 0, |body| {
        body.extend_from_slice(&MAGIC);
        body.extend_from_slice(&version.to_le_bytes());
        body.push(match speaker {
            Speaker::Node(node) => node.0,
            Speaker::Clients => 0,
        });
    });
    appended.expect("a hello is short");
}

/// Appends an acknowledgement of `count` frames.
pub(super) fn append_ack(into: &mut Vec<u8>, count: u64) {
    append(into, Kind::Ack, count, |_| {}).expect("an acknowledgement is short");
}

/// Takes frames out of a stream of bytes.
#[derive(Debug)]
pub(super) struct Decoder {
    /// `buffer[taken..filled]` has come and was not taken out; the bytes behind are room.
    buffer: Vec<u8>,
    taken: usize,
    filled: usize,
}

impl Decoder {
    pub(super) fn new() -> Decoder {
        Decoder { buffer: Vec::new(), taken: 0, filled: 0 }
    }

    /// The room for the next bytes: never empty. [`Decoder::fill`] says how many of them came.
    ///
    /// The buffer grows with the bytes that have come, never to a length that a peer only claims.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.taken == self.filled {
            (self.taken, self.filled) = (0, 0);
            if self.buffer.len() > KEPT_BYTES_MAX {
                self.buffer = Vec::new();
            }
        }
        if self.filled == self.buffer.len() {
            if self.taken > 0 {
                self.buffer.copy_within(self.taken.., 0);
                self.filled -= self.taken;
                self.taken = 0;
            } else {
                self.buffer.resize((2 * self.buffer.len()).max(1 << 10), 0);
            }
        }
        &mut self.buffer[self.filled..]
    }

    /// So many bytes have come.
    pub(super) fn fill(&mut self, bytes: usize) {
        self.filled += bytes;
        assert!(self.filled <= self.buffer.len(), "{} bytes in a buffer of {}", self.filled, self.buffer.len());
    }

    /// The next frame, `None` if it is not complete.
    pub(super) fn take(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let bytes = &self.buffer[self.taken..self.filled];
        let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX_LEN>() else {
            return Ok(None);
        };
        let [length, checksum] = [0, 4].map(|at| u32::from_le_bytes([0, 1, 2, 3].map(|byte| prefix[at + byte])));
        let len = length as usize;
        if len > FRAME_BYTES_MAX {
            return Err(FrameError::TooLong(len));
        }
        if len < LABEL_LEN {
            return Err(FrameError::TooShort(len));
        }
        let Some(covered) = rest.get(..len) else {
            return Ok(None);
        };
        let expected = crc32fast::hash(covered);
        if expected != checksum {
            return Err(FrameError::Checksum { expected, found: checksum });
        }
        self.taken += PREFIX_LEN + len;
        parse(covered).map(Some)
    }

    /// The connection was closed: an error if it ended inside a frame.
    pub(super) fn end(&self) -> Result<(), FrameError> {
        match self.filled - self.taken {
            0 => Ok(()),
            begun => Err(FrameError::Truncated(begun)),
        }
    }
}

/// Reads the bytes that a checksum covers.
fn parse(covered: &[u8]) -> Result<Frame<'_>, FrameError> {
    let (label, body) = covered.split_first_chunk::<LABEL_LEN>().expect("a frame has a label");
    let (kind, number) = label.split_first().expect("a label has a kind");
    let number = u64::from_le_bytes(number.try_into().expect("a number has eight bytes"));
    Ok(match kind {
        1 => parse_hello(body)?,
        2 => Frame::Message { number, body },
        3 => {
            let (client, body) = parse_client(body)?;
            Frame::Request { number, client, body }
        }
        4 => {
            let (client, body) = parse_client(body)?;
            Frame::Response { number, client, body }
        }
        5 if body.is_empty() => Frame::Ack { count: number },
        5 => return Err(FrameError::Body("an acknowledgement has none".to_owned())),
        _ => return Err(FrameError::UnknownKind(*kind)),
    })
}

fn parse_hello(body: &[u8]) -> Result<Frame<'_>, FrameError> {
    let Some(([low, high], speaker)) = body.strip_prefix(&MAGIC).and_then(|rest| rest.split_first_chunk::<2>()) else {
        return Err(FrameError::BadHello);
    };
    let speaker = match *speaker {
        [0] => Speaker::Clients,
        [node] if NodeId(node) <= NodeId::MAX => Speaker::Node(NodeId(node)),
        _ => return Err(FrameError::BadHello),
    };
    Ok(Frame::Hello { speaker, version: u16::from_le_bytes([*low, *high]) })
}

fn parse_client(body: &[u8]) -> Result<(ClientId, &[u8]), FrameError> {
    match body.split_first_chunk::<4>() {
        Some((client, body)) => Ok((ClientId(u32::from_le_bytes(*client)), body)),
        None => Err(FrameError::Body("too short for its client".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A frame to send.
    #[derive(Clone, Debug)]
    struct Sent {
        kind: Kind,
        number: u64,
        client: u32,
        body: Vec<u8>,
    }

    impl Sent {
        fn frame(&self) -> Frame<'_> {
            let (number, body, client) = (self.number, &self.body[..], ClientId(self.client));
            match self.kind {
                Kind::Hello => {
                    let speaker = Speaker::Node(NodeId(self.number as u8 % 63 + 1));
                    Frame::Hello { speaker, version: self.client as u16 }
                }
                Kind::Message => Frame::Message { number, body },
                Kind::Request => Frame::Request { number, client, body },
                Kind::Response => Frame::Response { number, client, body },
                Kind::Ack => Frame::Ack { count: number },
            }
        }

        fn append_to(&self, into: &mut Vec<u8>) {
            match self.frame() {
                Frame::Hello { speaker, version } => append_hello(into, speaker, version),
                Frame::Message { body, .. } => {
                    append(into, self.kind, self.number, |into| into.extend_from_slice(body)).unwrap();
                }
                Frame::Request { client, body, .. } | Frame::Response { client, body, .. } => {
                    let write = |into: &mut Vec<u8>| {
                        into.extend_from_slice(&client.0.to_le_bytes());
                        into.extend_from_slice(body);
                    };
                    append(into, self.kind, self.number, write).unwrap();
                }
                Frame::Ack { count } => append_ack(into, count),
            }
        }
    }

    fn sent() -> impl Strategy<Value = Sent> {
        let kind = prop_oneof![
            Just(Kind::Hello),
            Just(Kind::Message),
            Just(Kind::Request),
            Just(Kind::Response),
            Just(Kind::Ack)
        ];
        let body = proptest::collection::vec(any::<u8>(), 0..3_000);
        (kind, any::<u64>(), any::<u32>(), body).prop_map(|(kind, number, client, body)| Sent {
            kind,
            number,
            client,
            body,
        })
    }

    fn feed(decoder: &mut Decoder, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = decoder.room();
            let len = room.len().min(bytes.len());
            room[..len].copy_from_slice(&bytes[..len]);
            decoder.fill(len);
            bytes = &bytes[len..];
        }
    }

    /// How many of `frames` come out of `bytes`, and the end of the decoding.
    fn read(bytes: &[u8], frames: &[Sent]) -> (usize, Result<(), FrameError>) {
        let mut decoder = Decoder::new();
        feed(&mut decoder, bytes);
        let mut count = 0;
        loop {
            match decoder.take() {
                Ok(Some(frame)) => {
                    assert_eq!(Some(frame), frames.get(count).map(Sent::frame), "frame {count} is not the one sent");
                    count += 1;
                }
                Ok(None) => return (count, decoder.end()),
                Err(error) => return (count, Err(error)),
            }
        }
    }

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in_however_they_are_cut(
            frames in proptest::collection::vec(sent(), 1..6),
            chunk_lens in proptest::collection::vec(1..5_000_usize, 1..8),
        ) {
            let mut bytes = Vec::new();
            frames.iter().for_each(|frame| frame.append_to(&mut bytes));
            let mut decoder = Decoder::new();
            let mut expected = frames.iter();
            let mut rest = &bytes[..];
            for len in chunk_lens.iter().cycle() {
                let (chunk, later) = rest.split_at((*len).min(rest.len()));
                feed(&mut decoder, chunk);
                while let Some(frame) = decoder.take().unwrap() {
                    prop_assert_eq!(frame, expected.next().unwrap().frame());
                }
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert!(expected.next().is_none());
            prop_assert_eq!(decoder.end(), Ok(()));
        }

        #[test]
        fn a_flipped_bit_is_never_taken_for_a_frame(
            frames in proptest::collection::vec(sent(), 1..4),
            flipped in any::<proptest::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            frames.iter().for_each(|frame| frame.append_to(&mut bytes));
            let bit = flipped.index(8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
            let (count, end) = read(&bytes, &frames);
            prop_assert!(count < frames.len());
            prop_assert!(end.is_err(), "{count} frames, then nothing was wrong");
        }

        #[test]
        fn a_stream_that_ends_early_is_noticed(frame in sent(), cut in any::<proptest::sample::Index>()) {
            let mut bytes = Vec::new();
            frame.append_to(&mut bytes);
            bytes.truncate(cut.index(bytes.len()));
            let expected = if bytes.is_empty() { Ok(()) } else { Err(FrameError::Truncated(bytes.len())) };
            prop_assert_eq!(read(&bytes, &[frame]), (0, expected));
        }

        #[test]
        fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(read(&bytes, &[]).0, 0);
        }
    }

    #[test]
    fn a_decoder_that_is_never_empty_does_not_grow() {
        let mut bytes = Vec::new();
        for number in 0..1_000 {
            append(&mut bytes, Kind::Message, number, |body| body.extend_from_slice(&[7; 100])).unwrap();
        }
        let mut decoder = Decoder::new();
        let mut count = 0;
        for chunk in bytes[..bytes.len() - 1].chunks(118) {
            feed(&mut decoder, chunk);
            while decoder.take().unwrap().is_some() {
                count += 1;
            }
        }
        assert_eq!(count, 999);
        assert!(decoder.buffer.len() <= 2 << 10, "{} bytes", decoder.buffer.len());
    }

    #[test]
    fn the_layout_is_that_of_the_document() {
        let mut bytes = Vec::new();
        append(&mut bytes, Kind::Message, 0x0102, |body| body.extend_from_slice(b"vote")).unwrap();
        let checksum = crc32fast::hash(b"\x02\x02\x01\0\0\0\0\0\0vote").to_le_bytes();
        assert_eq!(bytes, [&[13, 0, 0, 0], &checksum[..], b"\x02\x02\x01\0\0\0\0\0\0vote"].concat());
    }

    #[test]
    fn lengths_that_no_frame_has_are_refused_before_anything_is_read() {
        let with_length = |len: usize| [&(len as u32).to_le_bytes()[..], &[0; 4]].concat();
        let refusal = |len| read(&with_length(len), &[]).1.unwrap_err();
        assert_eq!(refusal(FRAME_BYTES_MAX + 1), FrameError::TooLong(FRAME_BYTES_MAX + 1));
        assert_eq!(refusal(FRAME_BYTES_MAX), FrameError::Truncated(8));
        assert_eq!(refusal(8), FrameError::TooShort(8));
        let mut bytes = vec![7];
        let too_long = append(&mut bytes, Kind::Message, 1, |body| body.resize(body.len() + FRAME_BYTES_MAX, 0));
        assert_eq!(too_long, Err(FrameError::TooLong(FRAME_BYTES_MAX + LABEL_LEN)));
        assert_eq!(bytes, [7], "nothing of it stays");
    }

    #[test]
    fn a_hello_names_its_protocol_its_version_and_a_node() {
        let check = |magic: &[u8], speaker: &[u8], expected: Result<Frame<'_>, FrameError>| {
            assert_eq!(parse_hello(&[magic, &[3, 1], speaker].concat()), expected);
        };
        check(&MAGIC, &[0], Ok(Frame::Hello { speaker: Speaker::Clients, version: 0x103 }));
        check(&MAGIC, &[63], Ok(Frame::Hello { speaker: Speaker::Node(NodeId(63)), version: 0x103 }));
        check(&MAGIC, &[64], Err(FrameError::BadHello));
        check(&MAGIC, &[1, 1], Err(FrameError::BadHello));
        check(b"HTTP", &[1], Err(FrameError::BadHello));
    }

    #[test]
    fn kinds_and_bodies_that_make_no_sense_are_refused() {
        let label = |kind: u8| [&[kind][..], &[0; 8]].concat();
        assert_eq!(parse(&label(6)), Err(FrameError::UnknownKind(6)));
        assert_eq!(parse(&label(0)), Err(FrameError::UnknownKind(0)));
        assert!(matches!(parse(&label(Kind::Request as u8)), Err(FrameError::Body(_))));
        let ack_with_body = [label(Kind::Ack as u8), vec![1]].concat();
        assert!(matches!(parse(&ack_with_body), Err(FrameError::Body(_))));
    }
}
