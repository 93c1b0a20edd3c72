//! One end of a TCP connection.

use std::future::poll_fn;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::lookup::{ToSocketAddrs, resolved};
use super::sockets::StreamId;
use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf, split_owned};
use crate::os::Life;

/// One end of a connection: `tokio::net::TcpStream` on the simulated network. Dropped with bytes that were not read it
/// resets the connection, else it closes it, as Linux does.
#[derive(Debug)]
pub struct TcpStream {
    life: Life,
    id: StreamId,
}

impl TcpStream {
    pub(super) fn of(life: Life, id: StreamId) -> TcpStream {
        TcpStream { life, id }
    }

    /// Connects to a host. As with Linux, an attempt that nobody answers lasts for minutes: give it a timeout.
    ///
    /// # Errors
    /// No host has the name; nobody listens there (`ConnectionRefused`); nobody has answered (`TimedOut`).
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> Result<TcpStream> {
        let (life, peer) = (Life::current(), resolved(&addr)?);
        let id = life.with_sockets(|sockets| sockets.connect(peer))??;
        // Dropped while it waits, it gives up the attempt.
        let stream = TcpStream { life, id };
        poll_fn(|cx| stream.life.with_sockets(|sockets| sockets.poll_connected(id, cx))?).await?;
        Ok(stream)
    }

    /// The address of this end.
    ///
    /// # Errors
    /// The process has been stopped.
    pub fn local_addr(&self) -> Result<SocketAddr> {
        self.life.with_sockets(|sockets| sockets.ends(self.id).0)
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// The process has been stopped.
    pub fn peer_addr(&self) -> Result<SocketAddr> {
        self.life.with_sockets(|sockets| sockets.ends(self.id).1)
    }

    /// Reads without taking the bytes.
    ///
    /// # Errors
    /// The connection has failed.
    pub async fn peek(&self, buf: &mut [u8]) -> Result<usize> {
        poll_fn(|cx| self.poll_bytes(cx, buf, false)).await
    }

    /// Waits for something to read: bytes, their end, or an error.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn readable(&self) -> Result<()> {
        poll_fn(|cx| self.life.with_sockets(|sockets| sockets.poll_readable(self.id, cx))?.map(Ok)).await
    }

    /// Waits until bytes can be written.
    ///
    /// # Errors
    /// The process has been stopped.
    pub async fn writable(&self) -> Result<()> {
        poll_fn(|cx| self.life.with_sockets(|sockets| sockets.poll_writable(self.id, cx))?.map(Ok)).await
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// There is nothing (`WouldBlock`), or the connection has failed.
    pub fn try_read(&self, buf: &mut [u8]) -> Result<usize> {
        at_once(|cx| self.poll_bytes(cx, buf, true))
    }

    /// Writes as much as can be written at once.
    ///
    /// # Errors
    /// Nothing can (`WouldBlock`), or the connection has failed.
    pub fn try_write(&self, buf: &[u8]) -> Result<usize> {
        at_once(|cx| self.poll_send(cx, buf))
    }

    /// Does nothing: whatever is written leaves at once.
    ///
    /// # Errors
    /// None.
    pub fn set_nodelay(&self, _nodelay: bool) -> Result<()> {
        Ok(())
    }

    /// True: whatever is written leaves at once.
    ///
    /// # Errors
    /// None.
    pub fn nodelay(&self) -> Result<bool> {
        Ok(true)
    }

    /// Does nothing: no packet travels far.
    ///
    /// # Errors
    /// None.
    pub fn set_ttl(&self, _ttl: u32) -> Result<()> {
        Ok(())
    }

    /// The halves of the stream, one to read from and one to write to.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// The halves of the stream, which may be moved apart. The one to write to ends the bytes when it is dropped.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split_owned(self)
    }

    pub(super) fn poll_bytes(&self, cx: &mut Context<'_>, into: &mut [u8], takes: bool) -> Poll<Result<usize>> {
        self.life.with_sockets(|sockets| sockets.poll_read(self.id, cx, into, takes))?
    }

    pub(super) fn poll_into(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let len = ready!(self.poll_bytes(cx, buf.initialize_unfilled(), true))?;
        buf.advance(len);
        Poll::Ready(Ok(()))
    }

    pub(super) fn poll_send(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.life.with_sockets(|sockets| sockets.poll_write(self.id, cx, bytes))?
    }

    pub(super) fn end_bytes(&self) -> Result<()> {
        self.life.with_sockets(|sockets| sockets.shut_down(self.id))?
    }
}

/// The result of a poll that waits for nothing.
fn at_once<T>(poll: impl FnOnce(&mut Context<'_>) -> Poll<Result<T>>) -> Result<T> {
    match poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::from(ErrorKind::WouldBlock)),
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // A process that has been stopped has no sockets to close.
        let _ = self.life.with_sockets(|sockets| sockets.close(self.id));
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.poll_into(cx, buf)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.poll_send(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(self.end_bytes())
    }
}
