//! The packets between hosts.

use std::fmt;
use std::net::SocketAddr;

use env::Traced;

/// A packet: a segment of a TCP connection or a datagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) body: Body,
}

/// An attempt to connect: the number of its stream on its host, and how often it was made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) stream: u64,
    pub(crate) tries: u32,
}

/// The content of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// A connection is asked for, for the time of this number.
    Syn(Attempt),
    /// The connection is accepted.
    SynAck,
    /// The next bytes of the stream.
    Data(Vec<u8>),
    /// The sender has no more bytes.
    Fin,
    /// The connection is gone.
    Reset,
    /// The receiver's program has taken so many bytes more.
    Taken(usize),
    /// A datagram.
    Datagram(Vec<u8>),
}

impl Packet {
    /// True of a segment of a connection that is open, which the network delivers once and in order.
    pub(crate) fn is_of_stream(&self) -> bool {
        !matches!(self.body, Body::Datagram(_) | Body::Syn(_) | Body::SynAck)
    }

    /// The number of bytes of the program's own in it.
    pub(crate) fn len(&self) -> usize {
        if let Body::Data(bytes) | Body::Datagram(bytes) = &self.body { bytes.len() } else { 0 }
    }

    /// Adds the bytes of `more` if both are the bytes of one stream; else gives it back.
    pub(crate) fn join(&mut self, more: Packet) -> Option<Packet> {
        if let (Body::Data(bytes), Body::Data(next)) = (&mut self.body, &more.body)
            && (self.src, self.dst) == (more.src, more.dst)
        {
            bytes.extend_from_slice(next);
            return None;
        }
        Some(more)
    }
}

/// With its ports, and without its bytes.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.src.port(), self.dst.port());
        match &self.body {
            Body::Syn(_) => write!(f, "{from}>{to} asks for a connection"),
            Body::SynAck => write!(f, "{from}>{to} accepts the connection"),
            Body::Data(bytes) => write!(f, "{from}>{to} {} bytes", bytes.len()),
            Body::Fin => write!(f, "{from}>{to} has no more bytes"),
            Body::Reset => write!(f, "{from}>{to} resets the connection"),
            Body::Taken(bytes) => write!(f, "{from}>{to} has taken {bytes} bytes"),
            Body::Datagram(bytes) => write!(f, "{from}>{to} a datagram of {} bytes", bytes.len()),
        }
    }
}

impl Traced for Packet {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn digest(&self) -> u64 {
        let kind = match &self.body {
            Body::Syn(attempt) => 1 ^ u64::from(attempt.tries) << 8,
            Body::SynAck => 2,
            Body::Data(_) => 3,
            Body::Fin => 4,
            Body::Reset => 5,
            Body::Taken(bytes) => 6 ^ (*bytes as u64) << 8,
            Body::Datagram(_) => 7,
        };
        let content = match &self.body {
            Body::Data(bytes) | Body::Datagram(bytes) => {
                u64::from(crc32fast::hash(bytes)) << 8 | (bytes.len() as u64) << 40
            }
            _ => 0,
        };
        kind ^ content ^ u64::from(self.src.port()).rotate_left(16) ^ u64::from(self.dst.port()).rotate_left(48)
    }
}
