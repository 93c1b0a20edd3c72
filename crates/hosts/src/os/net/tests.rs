use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use env::NodeId;
use sim::world::{Consumer, Stream};
use sim::{Actor, DiskModel, Seed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::os::address::address_of;
use crate::os::kernel::Entered;
use crate::os::{Kernel, Outbox, Report};

/// Some hosts, between which packets travel in no time, as the test says.
struct Hosts {
    outbox: Arc<Outbox>,
    kernels: Vec<Arc<Kernel>>,
}

impl Hosts {
    fn new(count: u8) -> Hosts {
        let outbox = Arc::new(Outbox::default());
        let latencies = |id| Stream::new(Seed(1), Consumer::Disk(id));
        let kernel = |id| {
            Arc::new(Kernel::new(
                Actor::Node(id),
                "a test".into(),
                outbox.clone(),
                &DiskModel::new(100, 200),
                latencies(id),
            ))
        };
        let hosts = Hosts { kernels: (1..=count).map(|id| kernel(NodeId(id))).collect(), outbox };
        hosts.kernels.iter().for_each(|kernel| kernel.begin_life());
        hosts
    }

    fn on(&self, host: usize) -> Entered {
        Entered::into(&self.kernels[host - 1])
    }

    /// The packets that were sent since.
    fn sent(&self) -> Vec<Packet> {
        let packet = |(_, _, report)| if let Report::Sent(packet) = report { Some(packet) } else { None };
        self.outbox.take().into_iter().filter_map(packet).collect()
    }

    /// Carries packets until none is left.
    fn carry(&self) {
        let mut sent = self.sent();
        while let Some(packet) = (!sent.is_empty()).then(|| sent.remove(0)) {
            let host = self.kernels.iter().find(|kernel| address_of(kernel.who()) == packet.dst.ip());
            if let Some(kernel) = host {
                sent.extend(kernel.change_sockets(|sockets| sockets.deliver(packet)));
            }
        }
    }
}

/// The output of a future that does not wait.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    match runtime.block_on(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx)))) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn waits<F: Future>(future: F) -> bool {
    let mut future = Box::pin(future);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime without drivers");
    runtime.block_on(poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())))
}

/// A connection from n1 to n2: both its ends.
fn connected(hosts: &Hosts) -> (TcpStream, TcpStream) {
    let listening = hosts.on(2);
    let listener = now(TcpListener::bind(("0.0.0.0", 7))).expect("the port is free");
    drop(listening);
    let _dialling = hosts.on(1);
    let mut connect = Box::pin(TcpStream::connect("n2:7"));
    assert!(waits(connect.as_mut()));
    hosts.carry();
    let dialled = now(connect).expect("n2 listens");
    let (accepted, from) = now(listener.accept()).expect("n1 has dialled");
    assert_eq!(Some(from), dialled.local_addr().ok());
    assert_eq!(accepted.peer_addr().ok(), dialled.local_addr().ok());
    (dialled, accepted)
}

#[test]
fn bytes_arrive_in_order_and_end() {
    let hosts = Hosts::new(2);
    let (mut dialled, mut accepted) = connected(&hosts);
    now(dialled.write_all(b"hello, ")).expect("there is room");
    now(dialled.write_all(b"world")).expect("there is room");
    assert!(waits(accepted.readable()), "nothing has arrived");
    let sent = hosts.sent();
    assert_eq!(sent.len(), 1, "what leaves at one moment is one packet: {sent:?}");
    for packet in sent {
        hosts.kernels[1].change_sockets(|sockets| sockets.deliver(packet));
    }
    let mut bytes = [0; 5];
    assert_eq!(now(accepted.peek(&mut bytes)).ok(), Some(5));
    assert_eq!(now(accepted.read_exact(&mut bytes)).ok(), Some(5));
    assert_eq!(&bytes, b"hello");
    now(dialled.shutdown()).expect("it is open");
    assert_eq!(now(dialled.write(b"more")).map_err(|error| error.kind()), Err(ErrorKind::BrokenPipe));
    hosts.carry();
    let mut rest = String::new();
    now(accepted.read_to_string(&mut rest)).expect("it has ended");
    assert_eq!(rest, ", world");
    // The other direction is open.
    now(accepted.write_all(b"bye")).expect("there is room");
    drop(accepted);
    hosts.carry();
    now(dialled.read_to_string(&mut rest)).expect("it has ended");
    assert_eq!(rest, ", worldbye");
}

#[test]
fn a_writer_waits_for_a_reader_that_does_not_read_and_then_goes_on() {
    let hosts = Hosts::new(2);
    let (dialled, mut accepted) = connected(&hosts);
    let bytes = vec![7; 1 << 20];
    let mut written = 0;
    let mut read = 0;
    let mut some = [0; 1_000];
    while read < bytes.len() {
        while written < bytes.len() && !waits(dialled.writable()) {
            written += dialled.try_write(&bytes[written..]).expect("it is writable");
        }
        assert!(written - read <= 256 * 1_024, "{written} written, {read} read");
        hosts.carry();
        // In pieces that are small against all that may be on its way.
        read += now(accepted.read(&mut some)).expect("there is something to read");
    }
    assert_eq!(written, bytes.len());
    assert_eq!(dialled.try_read(&mut some).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
}

#[test]
fn who_closes_with_bytes_unread_resets_and_who_dials_nobody_is_refused() {
    let hosts = Hosts::new(2);
    let (mut dialled, accepted) = connected(&hosts);
    now(dialled.write_all(b"unread")).expect("there is room");
    hosts.carry();
    drop(accepted);
    hosts.carry();
    let mut byte = [0];
    assert_eq!(now(dialled.read(&mut byte)).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    assert_eq!(now(dialled.write(b"x")).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    let _dialling = hosts.on(1);
    let mut connect = Box::pin(TcpStream::connect(("n2", 8)));
    assert!(waits(connect.as_mut()));
    hosts.carry();
    assert_eq!(now(connect).map_err(|error| error.kind()).map(drop), Err(ErrorKind::ConnectionRefused));
    let unknown = now(TcpStream::connect("nobody:8"));
    assert!(
        unknown.is_err_and(|error| error.to_string() == "no host is named \"nobody\": hosts are n1, n2.., c1, c2..")
    );
}

#[test]
fn a_connection_to_a_process_that_has_ended_is_closed_and_one_to_a_dead_machine_reset_by_its_next_life() {
    let hosts = Hosts::new(2);
    let (mut dialled, accepted) = connected(&hosts);
    let (sent, _woken) = hosts.kernels[1].close_sockets();
    hosts.kernels[1].end_life();
    assert_eq!(sent.len(), 1, "{sent:?}");
    for packet in sent {
        hosts.kernels[0].change_sockets(|sockets| sockets.deliver(packet));
    }
    assert_eq!(now(dialled.read(&mut [0])).ok(), Some(0), "it was closed");
    drop(accepted);
    assert!(hosts.sent().is_empty(), "a process that is gone closes nothing");
    hosts.kernels[1].begin_life();

    let (mut dialled, accepted) = connected(&hosts);
    drop(hosts.kernels[1].forget_sockets());
    hosts.kernels[1].end_life();
    drop(accepted);
    assert!(hosts.sent().is_empty(), "a machine that is off says nothing");
    assert!(waits(dialled.readable()), "and nobody hears of it");
    now(dialled.write_all(b"are you there?")).expect("there is room");
    hosts.carry();
    assert_eq!(now(dialled.read(&mut [0])).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
}

/// A machine that has lost its power knows nothing of its connections, and says so to whoever only waits for their end.
#[test]
fn an_end_that_reaches_the_next_life_of_a_machine_is_answered_by_a_reset() {
    let hosts = Hosts::new(2);
    let (mut dialled, accepted) = connected(&hosts);
    drop(hosts.kernels[1].forget_sockets());
    hosts.kernels[1].end_life();
    drop(accepted);
    now(dialled.shutdown()).expect("it is open");
    hosts.carry();
    assert_eq!(now(dialled.read(&mut [0])).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
    // One that has closed the connection itself is not surprised.
    hosts.kernels[1].begin_life();
    let (mut dialled, accepted) = connected(&hosts);
    drop(accepted);
    hosts.carry();
    now(dialled.shutdown()).expect("it is open");
    hosts.carry();
    assert_eq!(now(dialled.read(&mut [0])).ok(), Some(0));
}

#[test]
fn what_has_arrived_is_read_before_the_connection_is_found_broken() {
    let hosts = Hosts::new(2);
    let (mut dialled, mut accepted) = connected(&hosts);
    now(accepted.write_all(b"answer")).expect("there is room");
    hosts.carry();
    now(dialled.write_all(b"one request more")).expect("there is room");
    hosts.carry();
    drop(accepted);
    hosts.carry();
    let mut bytes = [0; 6];
    now(dialled.read_exact(&mut bytes)).expect("it had arrived");
    assert_eq!(&bytes, b"answer");
    assert_eq!(now(dialled.read(&mut bytes)).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
}

#[test]
fn an_attempt_is_made_again_until_it_is_answered_and_makes_one_connection() {
    let hosts = Hosts::new(2);
    let listening = hosts.on(2);
    let listener = now(TcpListener::bind(("0.0.0.0", 7))).expect("the port is free");
    drop(listening);
    let _dialling = hosts.on(1);
    let mut connect = Box::pin(TcpStream::connect("n2:7"));
    assert!(waits(connect.as_mut()));
    let Body::Syn(attempt) = hosts.sent().remove(0).body else { panic!("it asks for a connection") };
    for tries in 1..=3 {
        let again =
            hosts.kernels[0].change_sockets(|sockets| sockets.connect_again(Attempt { tries: tries - 1, ..attempt }));
        assert_eq!(again[0].body, Body::Syn(Attempt { tries, ..attempt }));
        let answer = hosts.kernels[1].change_sockets(|sockets| sockets.deliver(again.into_iter().next().expect("one")));
        assert_eq!(answer[0].body, Body::SynAck);
        if tries == 3 {
            hosts.kernels[0].change_sockets(|sockets| answer.into_iter().for_each(|answer| sockets.deliver(answer)));
        }
    }
    let dialled = now(connect).expect("it was answered at last");
    let (accepted, _) = now(listener.accept()).expect("it was dialled");
    assert_eq!(accepted.peer_addr().ok(), dialled.local_addr().ok());
    assert!(waits(listener.accept()), "once");
    assert!(hosts.kernels[0].change_sockets(|sockets| sockets.connect_again(attempt)).is_empty(), "it is open");
    let mut hopeless = Box::pin(TcpStream::connect("n2:8"));
    assert!(waits(hopeless.as_mut()));
    let Body::Syn(attempt) = hosts.sent().remove(0).body else { panic!("it asks for a connection") };
    hosts.kernels[0].change_sockets(|sockets| sockets.connect_again(Attempt { tries: 6, ..attempt }));
    assert_eq!(now(hopeless).map(drop).map_err(|error| error.kind()), Err(ErrorKind::TimedOut));
}

#[test]
fn a_host_talks_to_itself() {
    let hosts = Hosts::new(1);
    let _running = hosts.on(1);
    for name in ["127.0.0.1", "localhost", "n1", "0.0.0.0"] {
        let listener = now(TcpListener::bind("0.0.0.0:0")).expect("a port is free");
        let port = listener.local_addr().expect("it has one").port();
        let mut dialled = now(TcpStream::connect((name, port))).expect("it listens");
        let (mut accepted, _) = now(listener.accept()).expect("it was dialled");
        now(dialled.write_all(b"me")).expect("there is room");
        let mut bytes = [0; 2];
        now(accepted.read_exact(&mut bytes)).expect("it is there");
        assert_eq!(&bytes, b"me");
    }
    assert!(hosts.sent().is_empty(), "nothing leaves the host");
}

#[test]
fn a_port_is_taken_once_and_addresses_are_the_hosts_own() {
    let hosts = Hosts::new(2);
    let _running = hosts.on(1);
    let kind = |result: std::io::Result<TcpListener>| result.map(drop).map_err(|error| error.kind());
    let listener = now(TcpListener::bind("0.0.0.0:80")).expect("it is free");
    assert_eq!(kind(now(TcpListener::bind("127.0.0.1:80"))), Err(ErrorKind::AddrInUse));
    drop(listener);
    assert_eq!(kind(now(TcpListener::bind("n1:80"))), Ok(()));
    assert_eq!(kind(now(TcpListener::bind("n2:80"))), Err(ErrorKind::AddrNotAvailable));
    assert_eq!(kind(now(TcpListener::bind("n1"))), Err(ErrorKind::InvalidInput));
}

#[test]
fn an_unaccepted_connection_is_reset_with_its_listener() {
    let hosts = Hosts::new(2);
    let listening = hosts.on(2);
    let listener = now(TcpListener::bind(("0.0.0.0", 7))).expect("the port is free");
    drop(listening);
    let _dialling = hosts.on(1);
    let mut connect = Box::pin(TcpStream::connect("n2:7"));
    assert!(waits(connect.as_mut()));
    hosts.carry();
    let mut dialled = now(connect).expect("n2 listens");
    drop(listener);
    hosts.carry();
    assert_eq!(now(dialled.read(&mut [0])).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
}

#[test]
fn an_attempt_that_is_given_up_leaves_nothing_behind() {
    let hosts = Hosts::new(2);
    let listening = hosts.on(2);
    let listener = now(TcpListener::bind(("0.0.0.0", 7))).expect("the port is free");
    drop(listening);
    let _dialling = hosts.on(1);
    assert!(waits(TcpStream::connect("n2:7")));
    hosts.carry();
    let (mut accepted, _) = now(listener.accept()).expect("n1 had dialled");
    assert_eq!(now(accepted.read(&mut [0])).map_err(|error| error.kind()), Err(ErrorKind::ConnectionReset));
}

#[test]
fn halves_end_and_reunite() {
    let hosts = Hosts::new(2);
    let (dialled, mut accepted) = connected(&hosts);
    let (read, write) = dialled.into_split();
    let (read_other, write_other) = connected(&Hosts::new(2)).0.into_split();
    let error = read.reunite(write_other).expect_err("they are of two streams");
    assert_eq!(error.to_string(), "the halves are of two streams");
    drop(read_other);
    let mut dialled = error.0.reunite(write).expect("they are of one");
    now(dialled.write_all(b"1")).expect("there is room");
    let (_read, mut write) = dialled.into_split();
    now(write.write_all(b"2")).expect("there is room");
    drop(write);
    hosts.carry();
    let mut all = String::new();
    now(accepted.read_to_string(&mut all)).expect("it has ended");
    assert_eq!(all, "12");
}

#[test]
fn datagrams_come_one_by_one_and_only_from_the_peer_if_there_is_one() {
    let hosts = Hosts::new(3);
    let bind = |host: usize| {
        let _running = hosts.on(host);
        now(UdpSocket::bind("0.0.0.0:9")).expect("the port is free")
    };
    let (one, two, three) = (bind(1), bind(2), bind(3));
    now(one.send_to(b"first", "n2:9")).expect("n2 is a host");
    now(one.send_to(b"second", "n2:9")).expect("n2 is a host");
    now(one.send_to(b"nobody", "n2:10")).expect("n2 is a host");
    hosts.carry();
    let mut bytes = [0; 4];
    let from: SocketAddr = (address_of(Actor::Node(NodeId(1))), 9).into();
    assert_eq!(now(two.peek_from(&mut bytes)).ok(), Some((4, from)));
    assert_eq!((now(two.recv_from(&mut bytes)).ok(), &bytes), (Some((4, from)), b"firs"));
    assert_eq!((now(two.recv_from(&mut bytes)).ok(), &bytes), (Some((4, from)), b"seco"));
    assert_eq!(two.try_recv(&mut bytes).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    now(two.connect("n1:9")).expect("once");
    now(three.send_to(b"stranger", "n2:9")).expect("n2 is a host");
    hosts.carry();
    assert!(waits(two.recv(&mut bytes)));
    let long = vec![0; 70_000];
    assert!(now(two.send(&long)).is_err_and(|error| error.to_string() == "the datagram is longer than 65507 bytes"));
}
