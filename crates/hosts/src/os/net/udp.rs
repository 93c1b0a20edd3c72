//! A socket for datagrams.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker, ready};

use super::lookup::{ToSocketAddrs, resolved};
use crate::os::Life;

/// The longest datagram, in bytes: a longer one is refused.
const LONGEST: usize = 65_507;

/// Sends and receives datagrams: `tokio::net::UdpSocket` on the simulated network, which loses, doubles and reorders them
/// one by one.
#[derive(Debug)]
pub struct UdpSocket {
    life: Life,
    local: SocketAddr,
    peer: OnceLock<SocketAddr>,
}

impl UdpSocket {
    /// A socket at this address; port 0 is any that is free.
    ///
    /// # Errors
    /// The port is taken, or the address is not the host's.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> Result<UdpSocket> {
        let (life, at) = (Life::current(), resolved(&addr)?);
        let local = life.with_sockets(|sockets| sockets.bind(at))??;
        Ok(UdpSocket { life, local, peer: OnceLock::new() })
    }

    /// Sends to, and receives from, this address alone from now on. A socket is connected once.
    ///
    /// # Errors
    /// No host has the name, or the socket is connected already.
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> Result<()> {
        let peer = resolved(&addr)?;
        if self.peer.set(peer).is_err() {
            return Err(Error::new(ErrorKind::Unsupported, "a simulated UDP socket is connected once"));
        }
        self.life.with_sockets(|sockets| sockets.set_peer(self.local.port(), peer))
    }

    /// Sends a datagram to a host.
    ///
    /// # Errors
    /// No host has the name, or the datagram is too long.
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], target: A) -> Result<usize> {
        self.try_send_to(buf, resolved(&target)?)
    }

    /// Sends a datagram to the peer.
    ///
    /// # Errors
    /// The socket is not connected, or the datagram is too long.
    pub async fn send(&self, buf: &[u8]) -> Result<usize> {
        self.try_send(buf)
    }

    /// Sends a datagram to an address.
    ///
    /// # Errors
    /// The datagram is too long.
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> Result<usize> {
        if buf.len() > LONGEST {
            // Of no operating system's own number, whose text differs between machines.
            return Err(Error::other(format!("the datagram is longer than {LONGEST} bytes")));
        }
        self.life.with_sockets(|sockets| sockets.send_datagram(self.local.port(), target, buf))?;
        Ok(buf.len())
    }

    /// Sends a datagram to the peer.
    ///
    /// # Errors
    /// The socket is not connected, or the datagram is too long.
    pub fn try_send(&self, buf: &[u8]) -> Result<usize> {
        self.try_send_to(buf, self.peer_addr()?)
    }

    /// Receives the next datagram; what does not fit into `buf` is lost.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        poll_fn(|cx| self.poll_datagram(cx, buf, true)).await
    }

    /// The same of a connected socket.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn recv(&self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.recv_from(buf).await?.0)
    }

    /// Receives without taking the datagram.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn peek_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        poll_fn(|cx| self.poll_datagram(cx, buf, false)).await
    }

    /// Receives a datagram that is there.
    ///
    /// # Errors
    /// There is none (`WouldBlock`), or the process has been stopped.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> Result<(usize, SocketAddr)> {
        match self.poll_datagram(&mut Context::from_waker(Waker::noop()), buf, true) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(Error::from(ErrorKind::WouldBlock)),
        }
    }

    /// Receives a datagram that is there.
    ///
    /// # Errors
    /// There is none (`WouldBlock`), or the process has been stopped.
    pub fn try_recv(&self, buf: &mut [u8]) -> Result<usize> {
        Ok(self.try_recv_from(buf)?.0)
    }

    /// The address of the socket.
    ///
    /// # Errors
    /// None.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.local)
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    /// The socket is not connected.
    pub fn peer_addr(&self) -> Result<SocketAddr> {
        self.peer.get().copied().ok_or_else(|| Error::from(ErrorKind::NotConnected))
    }

    fn poll_datagram(&self, cx: &mut Context<'_>, buf: &mut [u8], takes: bool) -> Poll<Result<(usize, SocketAddr)>> {
        let received = self.life.with_sockets(|sockets| sockets.poll_receive(self.local.port(), cx, takes))?;
        let (from, bytes) = ready!(received)?;
        let len = bytes.len().min(buf.len());
        buf[..len].copy_from_slice(&bytes[..len]);
        Poll::Ready(Ok((len, from)))
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        // A process that has been stopped has no sockets to close.
        let _ = self.life.with_sockets(|sockets| sockets.unbind(self.local.port()));
    }
}
