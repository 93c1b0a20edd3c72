//! Frames that wait to be written to one connection.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::{io, mem};

use env::ClientId;
use tokio::io::AsyncWrite;
use tokio::time::Instant;

use super::QUEUE_FRAMES;
use super::frame::{self, FrameError, Kind};

/// The most bytes that one call writes: a bound for a full connection, since turmoil counts calls and not bytes.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// An empty queue keeps a buffer of at most this size.
const KEPT_BYTES_MAX: usize = 1 << 20;

/// Why a frame was not taken to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// [`QUEUE_FRAMES`] wait already.
    #[error("the queue is full")]
    QueueFull,
    /// It is longer than [`frame::FRAME_BYTES_MAX`].
    #[error("the frame is too long")]
    TooLong,
    /// There is no connection on which an answer could go.
    #[error("not connected")]
    NotConnected,
}

/// The frames that wait, encoded one behind the other, so that many can be written in one call and none is copied.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: RefCell<Waiting>,
    /// The task that writes them.
    writer: RefCell<Option<Waker>>,
    is_closed: Cell<bool>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// `bytes[written..]` are to be written.
    bytes: Vec<u8>,
    written: usize,
    frames: VecDeque<Entry>,
    /// The first of them is written in part.
    is_inside_frame: bool,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    /// Bytes of it that are to be written.
    len: usize,
    not_before: Option<Instant>,
}

impl Queue {
    /// Adds a frame whose body `encode` appends. It and the frames behind it are not written before `not_before`.
    pub(super) fn push(
        &self,
        kind: Kind,
        number: u64,
        client: Option<ClientId>,
        not_before: Option<Instant>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        let mut waiting = self.waiting.borrow_mut();
        if waiting.frames.len() >= QUEUE_FRAMES {
            return Err(Refused::QueueFull);
        }
        let begin = waiting.bytes.len();
        let appended = frame::append(&mut waiting.bytes, kind, number, |body| {
            if let Some(ClientId(client)) = client {
                body.extend_from_slice(&client.to_le_bytes());
            }
            encode(body);
        });
        if let Err(FrameError::TooLong(_)) = appended {
            return Err(Refused::TooLong);
        }
        let len = waiting.bytes.len() - begin;
        waiting.frames.push_back(Entry { number, len, not_before });
        drop(waiting);
        self.wake();
        Ok(())
    }

    /// Ends the connection that writes from here.
    pub(super) fn close(&self) {
        self.is_closed.set(true);
        self.wake();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.borrow().frames.is_empty()
    }

    /// The first frame is written in part, and nothing else may be written before its end.
    pub(super) fn is_inside_frame(&self) -> bool {
        self.waiting.borrow().is_inside_frame
    }

    /// When the first frame is due, if it is held back.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.waiting.borrow().frames.front()?.not_before
    }

    /// The task to wake when a frame is added or the queue closed.
    pub(super) fn set_writer(&self, cx: &Context<'_>) {
        self.writer.replace(Some(cx.waker().clone()));
    }

    /// Writes, in one call, the frames that are due, or the rest of a frame that is written in part; tells the numbers
    /// of frames that are complete. False if nothing is due.
    pub(super) fn poll_write<S: AsyncWrite + Unpin>(
        &self,
        cx: &mut Context<'_>,
        stream: &mut S,
        complete: &mut impl FnMut(u64),
    ) -> Poll<io::Result<bool>> {
        let waiting = self.waiting.borrow();
        let due = waiting.due();
        if due == 0 {
            return Poll::Ready(Ok(false));
        }
        let bytes = &waiting.bytes[waiting.written..][..due];
        let mut written = ready!(Pin::new(stream).poll_write(cx, bytes))?;
        drop(waiting);
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        // The owner may send from within the callback: nothing is borrowed then.
        while let Some(number) = self.advance(&mut written) {
            complete(number);
        }
        Poll::Ready(Ok(true))
    }

    /// Empties the queue. Returns the numbers of the frames that waited.
    pub(super) fn clear(&self) -> Vec<u64> {
        mem::take(&mut *self.waiting.borrow_mut()).frames.iter().map(|entry| entry.number).collect()
    }

    /// Takes out the first frame if it is among the next `written` bytes.
    fn advance(&self, written: &mut usize) -> Option<u64> {
        let waiting = &mut *self.waiting.borrow_mut();
        let first = waiting.frames.front_mut().filter(|_| *written > 0)?;
        let taken = first.len.min(*written);
        first.len -= taken;
        *written -= taken;
        waiting.written += taken;
        waiting.is_inside_frame = first.len > 0;
        if waiting.is_inside_frame {
            return None;
        }
        let number = waiting.frames.pop_front().map(|entry| entry.number);
        waiting.compact();
        number
    }

    fn wake(&self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}

impl Waiting {
    /// How many bytes may be written now in one call.
    fn due(&self) -> usize {
        if self.is_inside_frame {
            return self.frames[0].len.min(WRITE_BYTES_MAX);
        }
        let mut now = None;
        let mut is_due = |at: Instant| at <= *now.get_or_insert_with(Instant::now);
        let mut due = 0;
        for entry in &self.frames {
            if due >= WRITE_BYTES_MAX || entry.not_before.is_some_and(|at| !is_due(at)) {
                break;
            }
            due += entry.len;
        }
        due.min(WRITE_BYTES_MAX)
    }

    /// Frees the written bytes, at a cost that stays below that of writing them.
    fn compact(&mut self) {
        if self.frames.is_empty() {
            self.bytes.clear();
            self.bytes.shrink_to(KEPT_BYTES_MAX);
            self.written = 0;
        } else if self.written > WRITE_BYTES_MAX && 2 * self.written > self.bytes.len() {
            self.bytes.drain(..self.written);
            self.written = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncRead, ReadBuf};

    use super::*;

    #[test]
    fn a_queue_that_is_never_empty_does_not_grow() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut near, mut far) = tokio::io::duplex(WRITE_BYTES_MAX);
        let queue = Queue::default();
        let (mut pushed, mut complete) = (0, Vec::new());
        for _ in 0..1_000 {
            while queue.waiting.borrow().frames.len() < 200 {
                pushed += 1;
                queue.push(Kind::Message, pushed, None, None, |body| body.resize(body.len() + 1_000, 7)).unwrap();
            }
            while queue.poll_write(cx, &mut near, &mut |number| complete.push(number)).is_ready() {}
            let mut read = vec![0; WRITE_BYTES_MAX];
            assert!(Pin::new(&mut far).poll_read(cx, &mut ReadBuf::new(&mut read)).is_ready());
        }
        assert!(complete.len() > 50_000, "{} frames", complete.len());
        assert_eq!(complete, (1..=complete.len() as u64).collect::<Vec<_>>());
        let waiting = queue.waiting.borrow();
        let to_write: usize = waiting.frames.iter().map(|entry| entry.len).sum();
        assert_eq!(waiting.bytes.len() - waiting.written, to_write);
        assert!(waiting.bytes.capacity() < 1 << 20, "{} bytes for {to_write}", waiting.bytes.capacity());
        drop(waiting);
        assert_eq!(queue.clear().len(), pushed as usize - complete.len());
        assert!(queue.is_empty() && !queue.is_inside_frame());
    }

    #[test]
    fn what_is_too_long_or_too_much_is_refused_and_leaves_no_trace() {
        let queue = Queue::default();
        let push = |len: usize| queue.push(Kind::Message, 1, None, None, |body| body.resize(body.len() + len, 0));
        assert_eq!(push(frame::FRAME_BYTES_MAX), Err(Refused::TooLong));
        assert!(queue.is_empty() && queue.waiting.borrow().bytes.is_empty());
        for _ in 0..QUEUE_FRAMES {
            push(1).unwrap();
        }
        let before = queue.waiting.borrow().bytes.len();
        assert_eq!(push(1), Err(Refused::QueueFull));
        assert_eq!(queue.waiting.borrow().bytes.len(), before);
    }
}
