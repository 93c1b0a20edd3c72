//! The simulated network, with tokio's interfaces: what programs use in the place of `tokio::net`.
//!
//! Hosts are called `n1`, `n2` and so on, clients `c1`, `c2`, and each has an address. A stream is TCP as programs see it:
//! bytes arrive once and in order or the connection fails, a writer waits for a reader that does not read, and a connection
//! ends by `FIN`, by a reset, or by nothing at all, if the peer's machine has lost its power. A lost segment is sent again,
//! as Linux does it, and arrives later with all that was sent behind it. Datagrams are lost, doubled and reordered.
//!
//! Left out: IPv6, Unix sockets, urgent data, options of sockets other than `nodelay` and `ttl`, which do nothing.

// A socket belongs to the kernel of its host (`sockets.rs`). Its bytes leave the host in a `Packet`; the world carries
// packets between hosts, and loses, delays and resends them.

mod listener;
mod lookup;
mod packet;
mod sockets;
mod split;
mod stream;
#[cfg(test)]
mod tests;
mod udp;

pub use listener::TcpListener;
pub use lookup::{ToSocketAddrs, lookup_host};
pub use stream::TcpStream;
pub use udp::UdpSocket;

/// The halves of a stream.
pub mod tcp {
    pub use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
}

pub(crate) use packet::{Attempt, Body, Packet};
pub(crate) use sockets::Sockets;
