//! The halves of a stream.

use std::error::Error;
use std::fmt;
use std::io::Result;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::TcpStream;

/// The half to read from, of a stream that is [split](TcpStream::split).
#[derive(Debug)]
pub struct ReadHalf<'a>(pub(super) &'a TcpStream);

/// The half to write to, of a stream that is [split](TcpStream::split).
#[derive(Debug)]
pub struct WriteHalf<'a>(pub(super) &'a TcpStream);

/// The half to read from, of a stream that was [split](TcpStream::into_split).
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<TcpStream>);

/// The half to write to, of a stream that was [split](TcpStream::into_split). Dropped, it ends the bytes.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    stream: Arc<TcpStream>,
    ends_on_drop: bool,
}

/// Two halves that are not of one stream.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of two streams")
    }
}

impl Error for ReuniteError {}

pub(super) fn split_owned(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = Arc::new(stream);
    (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, ends_on_drop: true })
}

/// The methods of both kinds of halves to read from.
macro_rules! reads {
    ($half:ty, $stream:tt) => {
        impl $half {
            /// Reads without taking the bytes.
            ///
            /// # Errors
            /// The connection has failed.
            pub async fn peek(&mut self, buf: &mut [u8]) -> Result<usize> {
                self.$stream.peek(buf).await
            }

            /// Waits for something to read: bytes, their end, or an error.
            ///
            /// # Errors
            /// The process has been stopped.
            pub async fn readable(&self) -> Result<()> {
                self.$stream.readable().await
            }

            /// Reads what is there.
            ///
            /// # Errors
            /// There is nothing (`WouldBlock`), or the connection has failed.
            pub fn try_read(&self, buf: &mut [u8]) -> Result<usize> {
                self.$stream.try_read(buf)
            }
        }

        impl AsyncRead for $half {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
                self.$stream.poll_into(cx, buf)
            }
        }
    };
}

/// The methods of both kinds of halves to write to.
macro_rules! writes {
    ($half:ty, $stream:tt) => {
        impl $half {
            /// Waits until bytes can be written.
            ///
            /// # Errors
            /// The process has been stopped.
            pub async fn writable(&self) -> Result<()> {
                self.$stream.writable().await
            }

            /// Writes as much as can be written at once.
            ///
            /// # Errors
            /// Nothing can (`WouldBlock`), or the connection has failed.
            pub fn try_write(&self, buf: &[u8]) -> Result<usize> {
                self.$stream.try_write(buf)
            }
        }

        impl AsyncWrite for $half {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
                self.$stream.poll_send(cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
                Poll::Ready(self.$stream.end_bytes())
            }
        }
    };
}

/// The addresses, which every half knows.
macro_rules! addresses {
    ($half:ty, $stream:tt) => {
        impl $half {
            /// The address of this end.
            ///
            /// # Errors
            /// The process has been stopped.
            pub fn local_addr(&self) -> Result<SocketAddr> {
                self.$stream.local_addr()
            }

            /// The address of the other end.
            ///
            /// # Errors
            /// The process has been stopped.
            pub fn peer_addr(&self) -> Result<SocketAddr> {
                self.$stream.peer_addr()
            }
        }
    };
}

reads!(ReadHalf<'_>, 0);
reads!(OwnedReadHalf, 0);
writes!(WriteHalf<'_>, 0);
writes!(OwnedWriteHalf, stream);
addresses!(ReadHalf<'_>, 0);
addresses!(OwnedReadHalf, 0);
addresses!(WriteHalf<'_>, 0);
addresses!(OwnedWriteHalf, stream);

impl OwnedReadHalf {
    /// The stream of both halves.
    ///
    /// # Errors
    /// They are of two streams.
    pub fn reunite(self, other: OwnedWriteHalf) -> std::result::Result<TcpStream, ReuniteError> {
        if !Arc::ptr_eq(&self.0, &other.stream) {
            return Err(ReuniteError(self, other));
        }
        other.forget();
        Ok(Arc::try_unwrap(self.0).expect("a stream has two halves"))
    }
}

impl OwnedWriteHalf {
    /// The stream of both halves.
    ///
    /// # Errors
    /// They are of two streams.
    pub fn reunite(self, other: OwnedReadHalf) -> std::result::Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }

    /// Drops the half without ending the bytes.
    pub fn forget(mut self) {
        self.ends_on_drop = false;
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.ends_on_drop {
            // Of a connection that has failed nothing is left to end.
            let _ = self.stream.end_bytes();
        }
    }
}
