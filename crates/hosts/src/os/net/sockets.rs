//! The sockets of one host, without time and without tasks: what a packet or a call does to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Error, ErrorKind, Result};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::task::{Context, Poll, Waker};

use super::packet::{Attempt, Body, Packet};

/// So many bytes may be on their way on a connection, sent and not taken by the program at its other end.
const WINDOW: usize = 256 * 1024;
/// So many connections may wait for a program to accept them; the next is reset.
const BACKLOG: usize = 4_096;
/// So many datagrams may wait for a program to receive them; the next is lost.
const DATAGRAMS: usize = 1_024;
/// An attempt to connect that nobody answers is made so often again (`tcp_syn_retries`).
const TRIES_OF_CONNECT: u32 = 6;
/// The first port that is given to a socket without one.
const FIRST_PORT: u16 = 49_152;

/// Names a stream within its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamId(u64);

/// The sockets of one host.
#[derive(Debug)]
pub(crate) struct Sockets {
    address: IpAddr,
    next_port: u16,
    next_stream: u64,
    streams: BTreeMap<StreamId, Stream>,
    /// By the local and the remote end.
    connections: BTreeMap<(SocketAddr, SocketAddr), StreamId>,
    /// The connections that were closed here while the peer's end may be open.
    closed: BTreeSet<(SocketAddr, SocketAddr)>,
    listeners: BTreeMap<u16, Listener>,
    /// By port.
    datagrams: BTreeMap<u16, Datagrams>,
    /// The packets that have left the host and the tasks to wake since they were last taken.
    sent: Vec<Packet>,
    woken: Vec<Waker>,
    /// Packets of the host to itself.
    looped: VecDeque<Packet>,
}

/// One end of a connection.
#[derive(Debug)]
struct Stream {
    local: SocketAddr,
    peer: SocketAddr,
    /// The number of the stream on the host that has asked for the connection: it tells an attempt that is made again from
    /// another one.
    attempt: u64,
    /// The peer has accepted.
    is_open: bool,
    received: VecDeque<u8>,
    /// The peer sends nothing more.
    has_peer_ended: bool,
    /// This end sends nothing more.
    has_ended: bool,
    failed: Option<ErrorKind>,
    /// The bytes sent that the peer's program has not taken.
    on_their_way: usize,
    /// The bytes taken by this end's program that the peer has not been told of.
    untold: usize,
    readers: Vec<Waker>,
    writers: Vec<Waker>,
}

#[derive(Debug)]
struct Listener {
    address: IpAddr,
    backlog: VecDeque<StreamId>,
    waiting: Vec<Waker>,
}

#[derive(Debug)]
struct Datagrams {
    address: IpAddr,
    peer: Option<SocketAddr>,
    received: VecDeque<(SocketAddr, Vec<u8>)>,
    waiting: Vec<Waker>,
}

impl Sockets {
    /// No sockets, on a host of this address.
    pub(crate) fn new(address: IpAddr) -> Sockets {
        Sockets {
            address,
            next_port: FIRST_PORT,
            next_stream: 0,
            streams: BTreeMap::new(),
            connections: BTreeMap::new(),
            closed: BTreeSet::new(),
            listeners: BTreeMap::new(),
            datagrams: BTreeMap::new(),
            sent: Vec::new(),
            woken: Vec::new(),
            looped: VecDeque::new(),
        }
    }

    /// The packets that have left the host, and the tasks to wake.
    pub(crate) fn take_effects(&mut self) -> (Vec<Packet>, Vec<Waker>) {
        (std::mem::take(&mut self.sent), std::mem::take(&mut self.woken))
    }

    /// The process is gone and the machine runs on: all connections are closed, as the kernel does for a process.
    pub(crate) fn close_all(&mut self) {
        for port in self.listeners.keys().copied().collect::<Vec<_>>() {
            self.close_listener(port);
        }
        for port in self.datagrams.keys().copied().collect::<Vec<_>>() {
            self.unbind(port);
        }
        for stream in self.streams.keys().copied().collect::<Vec<_>>() {
            self.close(stream);
        }
    }

    /// The machine has lost its power: nothing is left, and nobody is told. What was there is to be dropped once nobody
    /// uses the sockets any more.
    pub(crate) fn forget_all(&mut self) -> Sockets {
        let blank = Sockets { next_port: self.next_port, ..Sockets::new(self.address) };
        std::mem::replace(self, blank)
    }

    /// A packet arrives.
    pub(crate) fn deliver(&mut self, packet: Packet) {
        self.take(packet);
        self.loop_back();
    }

    fn take(&mut self, packet: Packet) {
        let Packet { src, dst, body } = packet;
        let connection = self.connections.get(&(dst, src)).copied();
        match (connection, body) {
            (_, Body::Datagram(bytes)) => self.deliver_datagram(src, dst, bytes),
            (Some(old), Body::Syn(attempt)) if self.streams[&old].attempt == attempt.stream => {
                // The answer to it is late, or was lost.
                self.send(dst, src, Body::SynAck);
            }
            (old, Body::Syn(attempt)) => {
                if let Some(old) = old {
                    self.fail(old, ErrorKind::ConnectionReset);
                }
                self.accept(src, dst, attempt);
            }
            (Some(id), body) => self.deliver_to(id, body),
            (None, Body::Fin | Body::Reset) if self.closed.remove(&(dst, src)) => {}
            // A machine that has lost its power knows nothing of its connections.
            (None, Body::Data(_) | Body::SynAck | Body::Fin) => self.send(dst, src, Body::Reset),
            (None, Body::Taken(_) | Body::Reset) => {}
        }
    }

    /// Nobody has answered an attempt to connect: it is made again, unless it was given up.
    pub(crate) fn connect_again(&mut self, attempt: Attempt) {
        let Some(stream) = self.streams.get(&StreamId(attempt.stream)) else { return };
        if stream.is_open || stream.failed.is_some() {
            return;
        }
        if attempt.tries >= TRIES_OF_CONNECT {
            return self.fail(StreamId(attempt.stream), ErrorKind::TimedOut);
        }
        let (local, peer) = (stream.local, stream.peer);
        self.send(local, peer, Body::Syn(Attempt { tries: attempt.tries + 1, ..attempt }));
    }

    /// The network has given up on the connection from `local` to `peer`.
    pub(crate) fn time_out(&mut self, local: SocketAddr, peer: SocketAddr) {
        if let Some(id) = self.connections.get(&(local, peer)) {
            self.fail(*id, ErrorKind::TimedOut);
        }
    }

    fn deliver_to(&mut self, id: StreamId, body: Body) {
        let stream = self.streams.get_mut(&id).expect("a connection has a stream");
        if !stream.is_open && !matches!(body, Body::Reset) {
            stream.is_open = true;
            self.woken.append(&mut stream.writers);
        }
        match body {
            Body::SynAck => {}
            Body::Data(bytes) => {
                stream.received.extend(bytes);
                self.woken.append(&mut stream.readers);
            }
            Body::Fin => {
                stream.has_peer_ended = true;
                self.woken.append(&mut stream.readers);
            }
            Body::Taken(bytes) => {
                stream.on_their_way = stream.on_their_way.saturating_sub(bytes);
                self.woken.append(&mut stream.writers);
            }
            Body::Reset => {
                let kind = if stream.is_open { ErrorKind::ConnectionReset } else { ErrorKind::ConnectionRefused };
                self.fail(id, kind);
            }
            Body::Syn(_) | Body::Datagram(_) => unreachable!("dealt with before"),
        }
    }

    /// The connection is gone; the stream says so to its program.
    fn fail(&mut self, id: StreamId, kind: ErrorKind) {
        let stream = self.streams.get_mut(&id).expect("a connection has a stream");
        stream.failed = Some(kind);
        self.woken.append(&mut stream.readers);
        self.woken.append(&mut stream.writers);
        self.connections.remove(&(stream.local, stream.peer));
    }

    fn accept(&mut self, peer: SocketAddr, local: SocketAddr, attempt: Attempt) {
        let listener = self.listeners.get_mut(&local.port());
        let Some(listener) = listener.filter(|listener| listens_at(listener.address, local.ip())) else {
            return self.send(local, peer, Body::Reset);
        };
        if listener.backlog.len() >= BACKLOG {
            return self.send(local, peer, Body::Reset);
        }
        let id = StreamId(self.next_stream);
        listener.backlog.push_back(id);
        self.woken.append(&mut listener.waiting);
        self.add(local, peer, Some(attempt));
        self.send(local, peer, Body::SynAck);
    }

    /// A stream of a connection that is asked for, or that the peer has asked for by this attempt.
    fn add(&mut self, local: SocketAddr, peer: SocketAddr, accepted: Option<Attempt>) -> StreamId {
        let id = StreamId(self.next_stream);
        self.closed.remove(&(local, peer));
        self.next_stream += 1;
        let stream = Stream {
            local,
            peer,
            attempt: accepted.map_or(id.0, |attempt| attempt.stream),
            is_open: accepted.is_some(),
            received: VecDeque::new(),
            has_peer_ended: false,
            has_ended: false,
            failed: None,
            on_their_way: 0,
            untold: 0,
            readers: Vec::new(),
            writers: Vec::new(),
        };
        self.streams.insert(id, stream);
        self.connections.insert((local, peer), id);
        id
    }

    fn send(&mut self, src: SocketAddr, dst: SocketAddr, body: Body) {
        let packet = Packet { src, dst, body };
        if self.is_local(dst.ip()) { self.looped.push_back(packet) } else { self.sent.push(packet) }
    }

    /// Delivers what the host has sent to itself.
    fn loop_back(&mut self) {
        while let Some(packet) = self.looped.pop_front() {
            self.take(packet);
        }
    }

    fn is_local(&self, address: IpAddr) -> bool {
        address.is_loopback() || address == self.address
    }

    /// A port that no socket of the host has.
    fn free_port(&mut self) -> Result<u16> {
        for _ in FIRST_PORT..=u16::MAX {
            let port = self.next_port;
            self.next_port = port.checked_add(1).unwrap_or(FIRST_PORT);
            let is_taken = self.listeners.contains_key(&port)
                || self.datagrams.contains_key(&port)
                || self.connections.keys().any(|(local, _)| local.port() == port);
            if !is_taken {
                return Ok(port);
            }
        }
        Err(Error::from(ErrorKind::AddrInUse))
    }

    /// The port to bind to, if the host has the address and nobody has the port.
    fn port_to_bind(&mut self, at: SocketAddr, is_taken: impl Fn(&Sockets) -> bool) -> Result<u16> {
        if !at.ip().is_unspecified() && !self.is_local(at.ip()) {
            return Err(Error::from(ErrorKind::AddrNotAvailable));
        }
        if at.port() == 0 {
            return self.free_port();
        }
        if is_taken(self) { Err(Error::from(ErrorKind::AddrInUse)) } else { Ok(at.port()) }
    }

    /// The address of this host's end of a connection to `peer`.
    fn local_for(&self, peer: IpAddr) -> IpAddr {
        if peer.is_loopback() { peer } else { self.address }
    }
}

/// Listeners.
impl Sockets {
    pub(super) fn listen(&mut self, at: SocketAddr) -> Result<SocketAddr> {
        let port = self.port_to_bind(at, |sockets| sockets.listeners.contains_key(&at.port()))?;
        self.listeners.insert(port, Listener { address: at.ip(), backlog: VecDeque::new(), waiting: Vec::new() });
        Ok(SocketAddr::new(at.ip(), port))
    }

    pub(super) fn poll_accept(&mut self, port: u16, cx: &Context<'_>) -> Poll<Result<(StreamId, SocketAddr)>> {
        let Some(listener) = self.listeners.get_mut(&port) else { return Poll::Ready(Err(closed())) };
        match listener.backlog.pop_front() {
            Some(id) => Poll::Ready(Ok((id, self.streams[&id].peer))),
            None => {
                wait(&mut listener.waiting, cx);
                Poll::Pending
            }
        }
    }

    pub(super) fn close_listener(&mut self, port: u16) {
        let Some(listener) = self.listeners.remove(&port) else { return };
        self.woken.extend(listener.waiting);
        for stream in listener.backlog {
            self.reset(stream);
        }
        self.loop_back();
    }
}

/// Streams.
impl Sockets {
    /// Asks for a connection.
    pub(super) fn connect(&mut self, peer: SocketAddr) -> Result<StreamId> {
        let peer = SocketAddr::new(specified(peer.ip()), peer.port());
        let local = SocketAddr::new(self.local_for(peer.ip()), self.free_port()?);
        let id = self.add(local, peer, None);
        self.send(local, peer, Body::Syn(Attempt { stream: id.0, tries: 0 }));
        self.loop_back();
        Ok(id)
    }

    pub(super) fn poll_connected(&mut self, id: StreamId, cx: &Context<'_>) -> Poll<Result<()>> {
        let stream = self.stream(id);
        if let Some(kind) = stream.failed {
            return Poll::Ready(Err(Error::from(kind)));
        }
        if stream.is_open {
            return Poll::Ready(Ok(()));
        }
        wait(&mut stream.writers, cx);
        Poll::Pending
    }

    /// The local and the remote end.
    pub(super) fn ends(&self, id: StreamId) -> (SocketAddr, SocketAddr) {
        let stream = &self.streams[&id];
        (stream.local, stream.peer)
    }

    /// Takes bytes into `into`, or only shows them; no bytes once the peer has no more.
    pub(super) fn poll_read(
        &mut self,
        id: StreamId,
        cx: &Context<'_>,
        into: &mut [u8],
        takes: bool,
    ) -> Poll<Result<usize>> {
        let stream = self.stream(id);
        if stream.received.is_empty() && !stream.has_peer_ended {
            if let Some(kind) = stream.failed {
                return Poll::Ready(Err(Error::from(kind)));
            }
            if !into.is_empty() {
                wait(&mut stream.readers, cx);
                return Poll::Pending;
            }
        }
        let len = into.len().min(stream.received.len());
        let (front, back) = stream.received.as_slices();
        let from_front = len.min(front.len());
        into[..from_front].copy_from_slice(&front[..from_front]);
        into[from_front..len].copy_from_slice(&back[..len - from_front]);
        if takes {
            stream.received.drain(..len);
            stream.untold += len;
            if stream.untold >= WINDOW / 2 && !stream.has_peer_ended && stream.failed.is_none() {
                let (local, peer, untold) = (stream.local, stream.peer, std::mem::take(&mut stream.untold));
                self.send(local, peer, Body::Taken(untold));
                self.loop_back();
            }
        }
        Poll::Ready(Ok(len))
    }

    /// Sends as many of the bytes as may be on their way.
    pub(super) fn poll_write(&mut self, id: StreamId, cx: &Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let stream = self.stream(id);
        if let Some(kind) = stream.failed {
            return Poll::Ready(Err(Error::from(kind)));
        }
        if stream.has_ended {
            return Poll::Ready(Err(Error::from(ErrorKind::BrokenPipe)));
        }
        let len = bytes.len().min(WINDOW - stream.on_their_way);
        if len == 0 && !bytes.is_empty() {
            wait(&mut stream.writers, cx);
            return Poll::Pending;
        }
        if len > 0 {
            stream.on_their_way += len;
            let (local, peer) = (stream.local, stream.peer);
            self.send(local, peer, Body::Data(bytes[..len].to_vec()));
            self.loop_back();
        }
        Poll::Ready(Ok(len))
    }

    /// The stream has something to read: bytes, their end, or an error.
    pub(super) fn poll_readable(&mut self, id: StreamId, cx: &Context<'_>) -> Poll<()> {
        let stream = self.stream(id);
        if stream.failed.is_some() || stream.has_peer_ended || !stream.received.is_empty() {
            return Poll::Ready(());
        }
        wait(&mut stream.readers, cx);
        Poll::Pending
    }

    /// The stream takes bytes to send, or has an error for whoever tries.
    pub(super) fn poll_writable(&mut self, id: StreamId, cx: &Context<'_>) -> Poll<()> {
        let stream = self.stream(id);
        if stream.failed.is_some() || stream.has_ended || stream.on_their_way < WINDOW {
            return Poll::Ready(());
        }
        wait(&mut stream.writers, cx);
        Poll::Pending
    }

    /// This end sends nothing more.
    pub(super) fn shut_down(&mut self, id: StreamId) -> Result<()> {
        let stream = self.stream(id);
        if let Some(kind) = stream.failed {
            return Err(Error::from(kind));
        }
        if !stream.has_ended {
            stream.has_ended = true;
            let (local, peer) = (stream.local, stream.peer);
            self.send(local, peer, Body::Fin);
            self.loop_back();
        }
        Ok(())
    }

    /// The program lets go of a stream. A reset tells the peer if there are bytes that the program has not read.
    pub(super) fn close(&mut self, id: StreamId) {
        let Some(stream) = self.streams.get(&id) else { return };
        if stream.failed.is_none() && stream.is_open && !stream.received.is_empty() {
            self.reset(id);
        } else {
            let ends_now = stream.failed.is_none() && stream.is_open && !stream.has_ended;
            self.end(id, ends_now.then_some(Body::Fin));
        }
        self.loop_back();
    }

    fn reset(&mut self, id: StreamId) {
        let is_alive = self.streams[&id].failed.is_none();
        self.end(id, is_alive.then_some(Body::Reset));
    }

    /// Removes a stream, with a last word to its peer.
    fn end(&mut self, id: StreamId, last: Option<Body>) {
        let mut stream = self.streams.remove(&id).expect("it is there");
        self.woken.append(&mut stream.readers);
        self.woken.append(&mut stream.writers);
        let ends = (stream.local, stream.peer);
        if self.connections.get(&ends) == Some(&id) {
            self.connections.remove(&ends);
            if stream.is_open && !stream.has_peer_ended {
                self.closed.insert(ends);
            }
        }
        if let Some(body) = last {
            self.send(stream.local, stream.peer, body);
        }
    }

    fn stream(&mut self, id: StreamId) -> &mut Stream {
        self.streams.get_mut(&id).expect("a stream is there until its handle is dropped")
    }
}

/// Datagrams.
impl Sockets {
    pub(super) fn bind(&mut self, at: SocketAddr) -> Result<SocketAddr> {
        let port = self.port_to_bind(at, |sockets| sockets.datagrams.contains_key(&at.port()))?;
        let socket = Datagrams { address: at.ip(), peer: None, received: VecDeque::new(), waiting: Vec::new() };
        self.datagrams.insert(port, socket);
        Ok(SocketAddr::new(at.ip(), port))
    }

    pub(super) fn unbind(&mut self, port: u16) {
        if let Some(socket) = self.datagrams.remove(&port) {
            self.woken.extend(socket.waiting);
        }
    }

    /// Datagrams of others than `peer` are lost from now on.
    pub(super) fn set_peer(&mut self, port: u16, peer: SocketAddr) {
        if let Some(socket) = self.datagrams.get_mut(&port) {
            socket.peer = Some(peer);
        }
    }

    pub(super) fn send_datagram(&mut self, port: u16, to: SocketAddr, bytes: &[u8]) {
        let to = SocketAddr::new(specified(to.ip()), to.port());
        let from = SocketAddr::new(self.local_for(to.ip()), port);
        self.send(from, to, Body::Datagram(bytes.to_vec()));
        self.loop_back();
    }

    pub(super) fn poll_receive(
        &mut self,
        port: u16,
        cx: &Context<'_>,
        takes: bool,
    ) -> Poll<Result<(SocketAddr, Vec<u8>)>> {
        let Some(socket) = self.datagrams.get_mut(&port) else { return Poll::Ready(Err(closed())) };
        let next = if takes { socket.received.pop_front() } else { socket.received.front().cloned() };
        match next {
            Some(datagram) => Poll::Ready(Ok(datagram)),
            None => {
                wait(&mut socket.waiting, cx);
                Poll::Pending
            }
        }
    }

    fn deliver_datagram(&mut self, src: SocketAddr, dst: SocketAddr, bytes: Vec<u8>) {
        let Some(socket) = self.datagrams.get_mut(&dst.port()) else { return };
        let is_wanted = listens_at(socket.address, dst.ip()) && socket.peer.is_none_or(|peer| peer == src);
        if is_wanted && socket.received.len() < DATAGRAMS {
            socket.received.push_back((src, bytes));
            self.woken.append(&mut socket.waiting);
        }
    }
}

/// The address that is meant: nobody in particular is this host.
fn specified(address: IpAddr) -> IpAddr {
    if address.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address }
}

fn listens_at(bound: IpAddr, address: IpAddr) -> bool {
    bound.is_unspecified() || bound == address
}

fn wait(waiting: &mut Vec<Waker>, cx: &Context<'_>) {
    if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
        waiting.push(cx.waker().clone());
    }
}

fn closed() -> Error {
    Error::new(ErrorKind::NotConnected, "the socket is closed")
}
