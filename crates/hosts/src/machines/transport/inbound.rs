//! The side that listens: accepts connections, reads and acknowledges their frames, and answers clients.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use env::{ClientId, NodeId};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use turmoil::net::{TcpListener, TcpStream};

use super::event::{Broken, Event};
use super::frame::{self, Frame, FrameError, Kind, Speaker};
use super::inbox::Inbox;
use super::queue::{Queue, Refused};
use super::socket::Socket;
use super::timer::Timer;
use super::{ACK_EVERY, Endpoint, HELLO_TIMEOUT, PORT};

/// An arrival over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival<'a> {
    /// A node's message.
    Message {
        /// The node that sent it.
        from: NodeId,
        /// The number of the frame.
        number: u64,
        /// The encoded message.
        body: &'a [u8],
    },
    /// A client's request.
    Request {
        /// The client that asks.
        client: ClientId,
        /// The number of the frame.
        number: u64,
        /// The encoded request.
        body: &'a [u8],
    },
}

/// Turns an arrival into an item of the inbox; an error says why it cannot be read, and ends the connection.
type Decode<T> = dyn Fn(Arrival<'_>) -> Result<T, String>;

/// Connections with a speaker known by its hello: the newest of each, as the queue of frames that wait to be written.
type Current = RefCell<BTreeMap<Speaker, Rc<Queue>>>;

/// Answers clients, over the connection that their host has dialled.
#[derive(Debug)]
pub(crate) struct Inbound {
    current: Rc<Current>,
}

impl Inbound {
    /// Listens on [`PORT`]; the second value is the task that accepts and reads, until it is dropped. Arrivals go
    /// through `decode` into `inbox`; while that is full nothing is read.
    ///
    /// # Errors
    /// If the port is taken, or later if nothing can be accepted any more.
    pub(crate) async fn listen<T: 'static>(
        endpoint: Rc<Endpoint>,
        inbox: Rc<Inbox<T>>,
        decode: impl Fn(Arrival<'_>) -> Result<T, String> + 'static,
    ) -> io::Result<(Inbound, impl Future<Output = io::Result<()>> + 'static)> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
        let current = Rc::new(Current::default());
        let acceptor = Acceptor { endpoint, current: Rc::clone(&current), inbox, decode: Rc::new(decode) };
        Ok((Inbound { current }, accept(listener, Rc::new(acceptor))))
    }

    /// Sends an answer whose encoding `encode` appends; it and all behind it wait until `not_before`.
    pub(crate) fn send_response(
        &self,
        client: ClientId,
        number: u64,
        not_before: Option<Instant>,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Refused> {
        let current = self.current.borrow();
        let queue = current.get(&Speaker::Clients).ok_or(Refused::NotConnected)?;
        queue.push(Kind::Response, number, Some(client), not_before, encode)
    }
}

/// Accepts whether or not the process is paused, as a kernel would; only the rest is behind the gate.
async fn accept<T: 'static>(listener: TcpListener, acceptor: Rc<Acceptor<T>>) -> io::Result<()> {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        while connections.try_join_next().is_some() {}
        let acceptor = Rc::clone(&acceptor);
        connections.spawn_local(async move { acceptor.endpoint.gate.guard(acceptor.serve(stream)).await });
    }
}

/// The common part of all connections of one listener.
struct Acceptor<T> {
    endpoint: Rc<Endpoint>,
    current: Rc<Current>,
    inbox: Rc<Inbox<T>>,
    decode: Rc<Decode<T>>,
}

impl<T> Acceptor<T> {
    /// Runs one connection to its end.
    async fn serve(&self, stream: TcpStream) {
        let mut socket = Socket::new(stream);
        let hello = timeout(HELLO_TIMEOUT, poll_fn(|cx| poll_hello(&mut socket, self.endpoint.version, cx))).await;
        let peer = match hello.unwrap_or(Err(Broken::HelloTimeout)) {
            Ok(peer) => peer,
            Err(why) => return (self.endpoint.events)(Event::Broke { peer: None, why }),
        };
        let queue = Rc::new(Queue::default());
        let older = self.current.borrow_mut().insert(peer, Rc::clone(&queue));
        if let Some(older) = older {
            older.close();
        }
        (self.endpoint.events)(Event::Connected { peer });
        let mut connection = Connection {
            acceptor: self,
            peer,
            queue: &queue,
            socket,
            received: 0,
            acknowledged: 0,
            ack_due: Instant::now(),
            ack_timer: Timer::default(),
        };
        let why = poll_fn(|cx| connection.poll(cx)).await;
        self.retire(peer, &queue);
        (self.endpoint.events)(Event::Broke { peer: Some(peer), why });
        let waiting = queue.clear();
        if !waiting.is_empty() {
            (self.endpoint.events)(Event::Dropped { to: peer, unacknowledged: Vec::new(), waiting });
        }
    }

    /// Forgets a connection, unless a newer one has taken its place.
    fn retire(&self, peer: Speaker, queue: &Rc<Queue>) {
        let mut current = self.current.borrow_mut();
        if current.get(&peer).is_some_and(|newest| Rc::ptr_eq(newest, queue)) {
            current.remove(&peer);
        }
    }
}

/// The speaker at the other side, by its hello.
fn poll_hello(socket: &mut Socket<TcpStream>, ours: u16, cx: &mut Context<'_>) -> Poll<Result<Speaker, Broken>> {
    loop {
        match socket.incoming.take()? {
            Some(Frame::Hello { version: theirs, .. }) if theirs != ours => {
                return Poll::Ready(Err(FrameError::Version { theirs, ours }.into()));
            }
            Some(Frame::Hello { speaker, .. }) => return Poll::Ready(Ok(speaker)),
            Some(other) => return Poll::Ready(Err(FrameError::Unexpected(other.kind() as u8).into())),
            None => ready!(socket.poll_read(cx))?,
        }
    }
}

/// A connection that the other side has dialled.
struct Connection<'a, T> {
    acceptor: &'a Acceptor<T>,
    peer: Speaker,
    queue: &'a Queue,
    socket: Socket<TcpStream>,
    /// How many frames have come, the hello not counted.
    received: u64,
    /// How many of them were acknowledged.
    acknowledged: u64,
    /// No acknowledgement is sent before.
    ack_due: Instant,
    ack_timer: Timer,
}

impl<T> Connection<'_, T> {
    /// Does the work that can be done now; ready when the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Broken> {
        if self.queue.is_closed() {
            return Poll::Ready(Broken::Replaced);
        }
        self.queue.set_writer(cx);
        let alive = self.read(cx).and_then(|()| {
            self.acknowledge(cx);
            self.write(cx)
        });
        match alive {
            Ok(()) => Poll::Pending,
            Err(why) => Poll::Ready(why),
        }
    }

    /// Reads until nothing has come or the inbox is full.
    fn read(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let Acceptor { inbox, decode, .. } = self.acceptor;
        while inbox.poll_room(cx).is_ready() {
            let Some(frame) = self.socket.incoming.take()? else {
                match self.socket.poll_read(cx) {
                    Poll::Ready(read) => read?,
                    Poll::Pending => break,
                }
                continue;
            };
            let arrival = match (frame, self.peer) {
                (Frame::Message { number, body }, Speaker::Node(from)) => Arrival::Message { from, number, body },
                (Frame::Request { number, client, body }, Speaker::Clients) => {
                    Arrival::Request { client, number, body }
                }
                (other, _) => return Err(FrameError::Unexpected(other.kind() as u8).into()),
            };
            inbox.push(decode(arrival).map_err(FrameError::Body)?);
            self.received += 1;
        }
        Ok(())
    }

    /// Acknowledges the frames that have come: at once if the last acknowledgement is long ago, otherwise when it will
    /// be.
    fn acknowledge(&mut self, cx: &mut Context<'_>) {
        if self.acknowledged == self.received {
            return;
        }
        let now = Instant::now();
        if now < self.ack_due {
            self.ack_timer.arm(self.ack_due);
            if self.ack_timer.poll(cx).is_pending() {
                return;
            }
        }
        frame::append_ack(&mut self.socket.control, self.received);
        self.acknowledged = self.received;
        self.ack_due = now + ACK_EVERY;
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), Broken> {
        let events = &self.acceptor.endpoint.events;
        self.socket.write(cx, self.queue, |number| events(Event::Written { to: self.peer, number }))
    }
}
