//! One end of a connection: reads frames, writes those of a queue and, before them, those of the connection itself.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::event::Broken;
use super::frame::Decoder;
use super::queue::Queue;
use super::timer::Timer;

/// A stream of bytes, with the frames that are half read or half written.
#[derive(Debug)]
pub(super) struct Socket<S> {
    stream: S,
    /// The bytes that were read.
    pub(super) incoming: Decoder,
    /// A hello or acknowledgements: short, and written before anything of a queue.
    pub(super) control: Vec<u8>,
    /// Until when the queue is held back.
    hold: Timer,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(stream: S) -> Socket<S> {
        Socket { stream, incoming: Decoder::new(), control: Vec::new(), hold: Timer::default() }
    }

    /// Reads once. Ready if something came; an error at the end of the stream.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut room = ReadBuf::new(self.incoming.room());
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room));
        let len = room.filled().len();
        Poll::Ready(match read {
            Err(_) => Err(Broken::Reset),
            Ok(()) if len == 0 => Err(self.incoming.end().map_or_else(Broken::Frame, |()| Broken::PeerClosed)),
            Ok(()) => {
                self.incoming.fill(len);
                Ok(())
            }
        })
    }

    /// Writes the frames that are due and can be written now, and tells the numbers of the queue's frames that are
    /// complete. The task is woken when more frames are due or can be written.
    pub(super) fn write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &Queue,
        mut complete: impl FnMut(u64),
    ) -> Result<(), Broken> {
        loop {
            match self.poll_write(cx, queue, &mut complete) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Err(_)) => return Err(Broken::Reset),
                Poll::Ready(Ok(())) => {}
            }
            let Some(held_until) = queue.held_until() else {
                return Ok(());
            };
            self.hold.arm(held_until);
            if self.hold.poll(cx).is_pending() {
                return Ok(());
            }
        }
    }

    /// Ready when nothing more is due.
    fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        queue: &Queue,
        complete: &mut impl FnMut(u64),
    ) -> Poll<io::Result<()>> {
        loop {
            if !queue.is_inside_frame() {
                ready!(self.poll_write_control(cx))?;
            }
            if !ready!(queue.poll_write(cx, &mut self.stream, complete))? {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn poll_write_control(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.control.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.control))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.control.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::machines::transport::frame::{self, Frame, Kind};

    #[test]
    fn frames_that_are_written_in_pieces_are_not_cut_by_those_of_the_connection() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (near, far) = tokio::io::duplex(7);
        let (mut near, mut far) = (Socket::new(near), Socket::new(far));
        let queue = Queue::default();
        for number in 1..=3 {
            queue.push(Kind::Message, number, None, None, |body| body.extend_from_slice(b"a body")).unwrap();
        }
        let (mut complete, mut arrived) = (Vec::new(), Vec::new());
        let mut is_acknowledged = false;
        while arrived.len() < 4 {
            if queue.is_inside_frame() && complete == [1] && !is_acknowledged {
                frame::append_ack(&mut near.control, 100);
                is_acknowledged = true;
            }
            near.write(cx, &queue, |number| complete.push(number)).unwrap();
            assert!(far.poll_read(cx).is_ready(), "nothing comes any more");
            while let Some(frame) = far.incoming.take().unwrap() {
                match frame {
                    Frame::Message { number, body: b"a body" } => arrived.push(number),
                    Frame::Ack { count } => arrived.push(count),
                    other => panic!("{other:?}"),
                }
            }
        }
        assert_eq!((complete, arrived), (vec![1, 2, 3], vec![1, 2, 100, 3]));
    }

    #[test]
    fn a_stream_that_ends_inside_a_frame_is_truncated() {
        let end_after = |bytes: &[u8]| {
            let cx = &mut Context::from_waker(Waker::noop());
            let (mut near, far) = tokio::io::duplex(64);
            assert!(Pin::new(&mut near).poll_write(cx, bytes).is_ready());
            drop(near);
            let mut far = Socket::new(far);
            assert_eq!(far.poll_read(cx), Poll::Ready(Ok(())));
            while far.incoming.take().unwrap().is_some() {}
            far.poll_read(cx)
        };
        let mut ack = Vec::new();
        frame::append_ack(&mut ack, 1);
        assert_eq!(end_after(&ack), Poll::Ready(Err(Broken::PeerClosed)));
        assert_eq!(end_after(&ack[..5]), Poll::Ready(Err(Broken::Frame(frame::FrameError::Truncated(5)))));
    }
}
