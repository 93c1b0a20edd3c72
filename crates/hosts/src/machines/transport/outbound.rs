//! The side that dials: one task that owns the connection to one peer, when there is one.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use env::{ClientId, NodeId, Random};
use tokio::time::{Duration, Instant, sleep, timeout};
use turmoil::net::TcpStream;

use super::event::{Broken, Event};
use super::frame::{self, Frame, FrameError, Kind, Speaker};
use super::queue::{Queue, Refused};
use super::socket::Socket;
use super::timer::Timer;
use super::{BACKOFF_MAX_MS, BACKOFF_MIN_MS, Endpoint, PORT};

/// The answer of a node to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    /// The client that asked.
    pub(crate) client: ClientId,
    /// The number of the frame.
    pub(crate) number: u64,
    /// The encoded response.
    pub(crate) body: &'a [u8],
}

/// Takes answers; an error says why one cannot be read, and ends the connection.
pub(crate) type Answers = Box<dyn FnMut(Answer<'_>) -> Result<(), String>>;

/// Sends frames to one peer.
#[derive(Debug)]
pub(crate) struct Outbound {
    queue: Rc<Queue>,
}

impl Outbound {
    /// A way to `to`, and the task that must run for anything to be sent. It connects when there is something to send,
    /// and again when a connection broke and there is something to send. `random` spreads the attempts; `answers` is
    /// for clients' hosts.
    pub(crate) fn dial(
        endpoint: Rc<Endpoint>,
        to: NodeId,
        random: impl Random + 'static,
        answers: Option<Answers>,
    ) -> (Outbound, impl Future<Output = ()> + 'static) {
        let queue = Rc::new(Queue::default());
        let dialler = Dialler {
            endpoint: Rc::clone(&endpoint),
            to,
            queue: Rc::clone(&queue),
            answers,
            backoff: Backoff::new(random),
        };
        (Outbound { queue }, async move { endpoint.gate.guard(dialler.run()).await })
    }

    /// Sends a message whose encoding `encode` appends; it and all behind it wait until `not_before`.
    pub(crate) fn send_message(
        &self,
        number: u64,
        not_before: Option<Instant>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        self.queue.push(Kind::Message, number, None, not_before, encode)
    }

    /// Sends a client's request, likewise.
    pub(crate) fn send_request(
        &self,
        client: ClientId,
        number: u64,
        not_before: Option<Instant>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        self.queue.push(Kind::Request, number, Some(client), not_before, encode)
    }
}

/// The task behind an [`Outbound`].
struct Dialler<R> {
    endpoint: Rc<Endpoint>,
    to: NodeId,
    queue: Rc<Queue>,
    answers: Option<Answers>,
    backoff: Backoff<R>,
}

impl<R: Random> Dialler<R> {
    async fn run(mut self) {
        let host = self.to.to_string();
        let peer = Speaker::Node(self.to);
        loop {
            poll_fn(|cx| self.poll_waiting(cx)).await;
            (self.endpoint.events)(Event::Connecting { to: self.to });
            let (why, unacknowledged) = match self.connect(&host).await {
                Ok(stream) => self.converse(stream).await,
                Err(why) => (why, Vec::new()),
            };
            (self.endpoint.events)(Event::Broke { peer: Some(peer), why });
            // Frames for the old connection are stale: their sender will send again the messages that still matter.
            let waiting = self.queue.clear();
            if !unacknowledged.is_empty() || !waiting.is_empty() {
                (self.endpoint.events)(Event::Dropped { to: peer, unacknowledged, waiting });
            }
            sleep(self.backoff.next()).await;
        }
    }

    async fn connect(&self, host: &str) -> Result<TcpStream, Broken> {
        if (self.endpoint.is_cut_off)(self.to) {
            return Err(Broken::ConnectRefused);
        }
        match timeout(self.endpoint.answer_timeout, TcpStream::connect((host, PORT))).await {
            Ok(connected) => connected.map_err(|_| Broken::ConnectRefused),
            Err(_) => Err(Broken::ConnectTimedOut),
        }
    }

    fn poll_waiting(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.queue.is_empty() {
            return Poll::Ready(());
        }
        self.queue.set_writer(cx);
        Poll::Pending
    }

    /// Runs a connection to its end: why it ended, and the frames that were written and not acknowledged.
    async fn converse(&mut self, stream: TcpStream) -> (Broken, Vec<u64>) {
        let peer = Speaker::Node(self.to);
        (self.endpoint.events)(Event::Connected { peer });
        let mut socket = Socket::new(stream);
        frame::append_hello(&mut socket.control, self.endpoint.own, self.endpoint.version);
        let mut connection = Connection {
            endpoint: &self.endpoint,
            peer,
            queue: &self.queue,
            answers: self.answers.as_mut(),
            socket,
            in_flight: VecDeque::new(),
            acknowledged: 0,
            ack_timeout: Timer::default(),
        };
        let why = poll_fn(|cx| connection.poll(cx)).await;
        if connection.acknowledged > 0 {
            self.backoff.reset();
        }
        (why, connection.in_flight.into_iter().map(|frame| frame.number).collect())
    }
}

/// A connection that this side has dialled.
struct Connection<'a> {
    endpoint: &'a Endpoint,
    peer: Speaker,
    queue: &'a Queue,
    answers: Option<&'a mut Answers>,
    socket: Socket<TcpStream>,
    /// Frames that were written and not acknowledged, in order.
    in_flight: VecDeque<InFlight>,
    /// How many frames were acknowledged.
    acknowledged: u64,
    /// Armed no later than the first frame in flight requires; it may have been acknowledged by then.
    ack_timeout: Timer,
}

struct InFlight {
    number: u64,
    written_at: Instant,
}

impl Connection<'_> {
    /// Does the work that can be done now; ready when the connection has ended. Reads before it looks at the time, so
    /// that bytes count that arrived while this process did not run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        self.queue.set_writer(cx);
        let alive = self.read(cx).and_then(|()| self.write(cx)).and_then(|()| self.check_acknowledgements(cx));
        match alive {
            Ok(()) => Poll::Pending,
            Err(why) => Poll::Ready(why),
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        while let Poll::Ready(read) = self.socket.poll_read(cx) {
            read?;
            while let Some(frame) = self.socket.incoming.take()? {
                let unexpected = FrameError::Unexpected(frame.kind() as u8);
                match (frame, &mut self.answers) {
                    (Frame::Ack { count }, _) => {
                        let written = self.acknowledged + self.in_flight.len() as u64;
                        let before = self.acknowledged;
                        if !(before..=written).contains(&count) {
                            return Err(FrameError::BadAck { acknowledged: count, written, before }.into());
                        }
                        self.in_flight.drain(..(count - before) as usize);
                        self.acknowledged = count;
                    }
                    (Frame::Response { number, client, body }, Some(answers)) => {
                        answers(Answer { client, number, body }).map_err(FrameError::Body)?;
                    }
                    _ => return Err(unexpected.into()),
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        self.socket.write(cx, self.queue, |number| {
            self.in_flight.push_back(InFlight { number, written_at: Instant::now() });
            (self.endpoint.events)(Event::Written { to: self.peer, number });
        })
    }

    fn check_acknowledgements(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let answer_timeout = self.endpoint.answer_timeout;
        while let Some(deadline) = self.in_flight.front().map(|oldest| oldest.written_at + answer_timeout) {
            if !self.ack_timeout.is_armed() {
                self.ack_timeout.arm(deadline);
            }
            if self.ack_timeout.poll(cx).is_pending() {
                break;
            }
            if Instant::now() >= deadline {
                return Err(Broken::AckTimeout);
            }
        }
        Ok(())
    }
}

/// How long to wait before the next attempt to connect.
struct Backoff<R> {
    random: R,
    next_ms: u64,
}

impl<R: Random> Backoff<R> {
    fn new(random: R) -> Backoff<R> {
        Backoff { random, next_ms: BACKOFF_MIN_MS }
    }

    /// Between half of the present pause and all of it; the one after is twice as long.
    fn next(&mut self) -> Duration {
        let pause_ms = self.random.between(self.next_ms / 2, self.next_ms);
        self.next_ms = (2 * self.next_ms).min(BACKOFF_MAX_MS);
        Duration::from_millis(pause_ms)
    }

    fn reset(&mut self) {
        self.next_ms = BACKOFF_MIN_MS;
    }
}
