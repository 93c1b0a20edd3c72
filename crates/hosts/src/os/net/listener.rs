//! A listener.

use std::future::poll_fn;
use std::io::Result;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use super::lookup::{ToSocketAddrs, resolved};
use super::stream::TcpStream;
use crate::os::Life;

/// Accepts connections: `tokio::net::TcpListener` on the simulated network.
#[derive(Debug)]
pub struct TcpListener {
    life: Life,
    local: SocketAddr,
}

impl TcpListener {
    /// Listens at this address; port 0 is any that is free.
    ///
    /// # Errors
    /// The port is taken, or the address is not the host's.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> Result<TcpListener> {
        let (life, at) = (Life::current(), resolved(&addr)?);
        let local = life.with_sockets(|sockets| sockets.listen(at))??;
        Ok(TcpListener { life, local })
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn accept(&self) -> Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// The same, as a poll.
    ///
    /// # Errors
    /// The process has been stopped.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<Result<(TcpStream, SocketAddr)>> {
        let accepted = self.life.with_sockets(|sockets| sockets.poll_accept(self.local.port(), cx))?;
        let (id, peer) = ready!(accepted)?;
        Poll::Ready(Ok((TcpStream::of(self.life.clone(), id), peer)))
    }

    /// The address that it listens at.
    ///
    /// # Errors
    /// None.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        Ok(self.local)
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        // A process that has been stopped has no sockets to close.
        let _ = self.life.with_sockets(|sockets| sockets.close_listener(self.local.port()));
    }
}
