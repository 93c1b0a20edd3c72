//! The network between the hosts: which packets arrive, and when.
//!
//! Every packet costs its sender's link stream one draw, from which its latency and the effects of all faults are derived,
//! as on the event engine. A datagram is lost, doubled, delayed or reordered as drawn.
//!
//! Of a connection each direction is a [`Flow`]: its segments arrive once and in order, as TCP makes them. A segment that
//! is lost, to a fault, to a cut or at a machine that is off, is sent again after as long as Linux waits; those behind it
//! that arrive before are kept until it is there. So loss is delay, as programs on TCP see it; and who is cut off for long
//! hears of it by `TimedOut`. A second copy of a segment is dropped by the receiver's TCP: doubling concerns datagrams alone.
//! What a machine had sent when it lost its power arrives; what was lost of it is never sent again.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use env::{ClientId, NodeId, Random};
use sim::world::{Again, Consumer, Judgement, Link, Marks, Passage, Queue, Run, Stream, index, last_node, operator_id};
use sim::{Actor, LinkModel, Plan};

use crate::os::address::{address_of, host_at};
use crate::os::net::{Body, Packet};

/// A segment is sent again after so long, then after twice as long, and so on up to the longest (RFC 6298; Linux).
const RESEND_AFTER: Duration = Duration::from_millis(200);
const RESEND_CONNECT_AFTER: Duration = Duration::from_secs(1);
const RESEND_AFTER_MAX: Duration = Duration::from_secs(120);
/// A connection is given up after so many tries, an attempt to connect after fewer (`tcp_retries2`, `tcp_syn_retries`).
const RESENDS_MAX: u32 = 15;
const RESENDS_OF_CONNECT_MAX: u32 = 6;

/// One direction of a connection: its sender's end, its receiver's, and how often the sender's machine had lost its power.
type FlowId = (SocketAddr, SocketAddr, u32);

/// The network.
pub(super) struct Fabric {
    link: LinkModel,
    /// By [`NodeId::index`]; the first is unused.
    nodes: Vec<Stream>,
    /// By the client's number, less one.
    clients: Vec<Stream>,
    operator: Stream,
    /// By the address of a machine: how often it has lost its power, if it ever has.
    outages: BTreeMap<IpAddr, u32>,
    flows: BTreeMap<FlowId, Flow>,
    on_their_way: Queue<OnItsWay>,
    /// What has arrived and was waiting for something that was sent before it.
    ready: VecDeque<(Packet, Marks)>,
}

/// One direction of a connection.
#[derive(Default)]
struct Flow {
    /// The number of the next segment that is sent.
    next: u64,
    /// The number of the next segment for the receiver.
    expected: u64,
    /// The segments that arrived before one that was sent before them.
    early: BTreeMap<u64, (Packet, Marks)>,
}

/// A segment of a flow.
struct Segment {
    flow: FlowId,
    number: u64,
    packet: Packet,
    /// How often it was lost.
    losses: u32,
}

enum OnItsWay {
    Datagram {
        packet: Packet,
        marks: Marks,
    },
    Segment {
        segment: Segment,
        marks: Marks,
    },
    /// A segment that was lost is sent again.
    Again(Segment),
}

/// A packet that is there, or that is given up.
pub(super) enum Arrived {
    /// It reaches this host.
    Packet { from: Actor, to: Actor, packet: Packet, marks: Marks },
    /// The host's connection is given up.
    TimedOut { host: Actor, local: SocketAddr, peer: SocketAddr },
}

impl Fabric {
    /// The network of this plan's run, with nothing on its way.
    pub(super) fn new(plan: &Plan) -> Fabric {
        let stream = |consumer| Stream::new(plan.seed, consumer);
        let clients = (1..=plan.workload.clients).map(ClientId);
        Fabric {
            link: plan.link.clone(),
            nodes: (0..=last_node(plan).0).map(|id| stream(Consumer::NodeLinks(NodeId(id)))).collect(),
            clients: clients.map(|id| stream(Consumer::ClientLinks(id))).collect(),
            operator: stream(Consumer::ClientLinks(operator_id(plan))),
            outages: BTreeMap::new(),
            flows: BTreeMap::new(),
            on_their_way: Queue::empty(),
            ready: VecDeque::new(),
        }
    }

    /// A packet leaves its host.
    pub(super) fn send(&mut self, run: &mut Run<'_>, packet: Packet) {
        if !packet.is_of_stream() {
            return self.send_datagram(run, packet);
        }
        let flow = (packet.src, packet.dst, self.outages_of(packet.src));
        let Flow { next: number, .. } = self.flows.entry(flow).or_default();
        let segment = Segment { flow, number: *number, packet, losses: 0 };
        *number += 1;
        self.transmit(run, segment);
    }

    /// The next packet that has arrived by now, or is given up.
    pub(super) fn next(&mut self, run: &mut Run<'_>, is_on: impl Fn(Actor) -> bool) -> Option<Arrived> {
        loop {
            if let Some((packet, marks)) = self.ready.pop_front() {
                let (from, to) = (host_at(packet.src.ip())?, host_at(packet.dst.ip())?);
                return Some(Arrived::Packet { from, to, packet, marks });
            }
            let (_, what) = self.on_their_way.pop_until(run.now())?;
            match what {
                OnItsWay::Datagram { packet, marks } if !is_lost(run, &packet, &is_on) => {
                    self.ready.push_back((packet, marks));
                }
                OnItsWay::Datagram { .. } => {}
                OnItsWay::Segment { segment, .. } if is_lost(run, &segment.packet, &is_on) => self.lose(run, segment),
                OnItsWay::Segment { segment, marks } => self.arrive(segment, marks),
                OnItsWay::Again(segment) => {
                    if let Some(given_up) = self.send_again(run, segment) {
                        return Some(given_up);
                    }
                }
            }
        }
    }

    /// The host has lost its power: what was lost of what it had sent is never sent again.
    pub(super) fn forget(&mut self, host: Actor) {
        *self.outages.entry(address_of(host)).or_default() += 1;
    }

    fn outages_of(&self, sender: SocketAddr) -> u32 {
        self.outages.get(&sender.ip()).copied().unwrap_or_default()
    }

    /// A segment is there: it is for the receiver once all before it are, and then so are those that have waited for it.
    fn arrive(&mut self, segment: Segment, marks: Marks) {
        let Segment { flow: id, number, packet, .. } = segment;
        let is_last = matches!(packet.body, Body::Fin | Body::Reset);
        let flow = self.flows.entry(id).or_default();
        flow.early.insert(number, (packet, marks));
        while let Some(next) = flow.early.remove(&flow.expected) {
            flow.expected += 1;
            self.ready.push_back(next);
        }
        if is_last && flow.expected == flow.next {
            // Nothing of it is on its way. What may be sent yet is counted from zero again.
            self.flows.remove(&id);
        }
    }

    /// Puts a segment on its way.
    fn transmit(&mut self, run: &mut Run<'_>, segment: Segment) {
        match self.judge(run, &segment.packet) {
            None => self.lose(run, segment),
            Some((passage, latency)) => {
                let at = run.now() + latency + Duration::from_nanos(passage.extra_ns);
                let marks = passage.marks | passage.out_of_order.map_or(0, |slot| 1 << slot);
                self.on_their_way.push(at, OnItsWay::Segment { segment, marks });
            }
        }
    }

    fn send_datagram(&mut self, run: &mut Run<'_>, packet: Packet) {
        let Some((passage, latency)) = self.judge(run, &packet) else { return };
        let Passage { extra_ns, marks, out_of_order, again } = passage;
        let at = run.now() + latency + Duration::from_nanos(extra_ns);
        if let Some(Again { marks, drawn }) = again {
            let second = OnItsWay::Datagram { packet: packet.clone(), marks };
            self.on_their_way.push(at + self.latency(drawn), second);
        }
        let marks = marks | out_of_order.map_or(0, |slot| 1 << slot);
        self.on_their_way.push(at, OnItsWay::Datagram { packet, marks });
    }

    /// How a packet passes, and its latency; `None` if it is lost.
    fn judge(&mut self, run: &mut Run<'_>, packet: &Packet) -> Option<(Passage, Duration)> {
        let from = host_at(packet.src.ip()).expect("hosts alone send");
        let drawn = match from {
            Actor::Node(node) => self.nodes[node.index()].next_u64(),
            Actor::Client(client) => self.clients[index(client)].next_u64(),
            _ => self.operator.next_u64(),
        };
        // Nobody is there to receive it.
        let to = host_at(packet.dst.ip())?;
        if is_cut(run, from, to, packet) {
            return None;
        }
        let latency = self.latency(drawn);
        let Some(link) = link(from, to).filter(|_| !run.disturbances().is_empty()) else {
            return Some((Passage::default(), latency));
        };
        match run.disturbances().judge(link, drawn) {
            Judgement::Passes(passage) => Some((passage, latency)),
            Judgement::Lost(marks) => {
                run.lost_on_link(marks, from, format_args!("{to} {packet}"));
                None
            }
        }
    }

    fn latency(&self, drawn: u64) -> Duration {
        Duration::from_nanos(self.link.latency_ns(drawn))
    }

    /// A segment is lost, and is sent again later.
    fn lose(&mut self, run: &Run<'_>, mut segment: Segment) {
        let first = if matches!(segment.packet.body, Body::Syn) { RESEND_CONNECT_AFTER } else { RESEND_AFTER };
        let after = first.saturating_mul(1 << segment.losses.min(16)).min(RESEND_AFTER_MAX);
        segment.losses += 1;
        self.on_their_way.push(run.now() + after, OnItsWay::Again(segment));
    }

    /// Sends a segment again, unless its connection is given up, or the sender has lost its power.
    fn send_again(&mut self, run: &mut Run<'_>, segment: Segment) -> Option<Arrived> {
        let (local, peer, outages) = segment.flow;
        if outages != self.outages_of(local) {
            return None;
        }
        let is_connect = matches!(segment.packet.body, Body::Syn);
        if segment.losses > if is_connect { RESENDS_OF_CONNECT_MAX } else { RESENDS_MAX } {
            let host = host_at(local.ip()).expect("hosts alone send");
            return Some(Arrived::TimedOut { host, local, peer });
        }
        self.transmit(run, segment);
        None
    }
}

/// True if a packet that arrives is lost, to a cut or at a host that is off.
fn is_lost(run: &mut Run<'_>, packet: &Packet, is_on: impl Fn(Actor) -> bool) -> bool {
    let (Some(from), Some(to)) = (host_at(packet.src.ip()), host_at(packet.dst.ip())) else { return true };
    if is_cut(run, from, to, packet) {
        return true;
    }
    if is_on(to) {
        return false;
    }
    if let Actor::Node(to) = to {
        run.lost_at_node(to, format_args!("{packet} from {from}"));
    }
    true
}

/// Counts a packet that meets a cut.
fn is_cut(run: &mut Run<'_>, from: Actor, to: Actor, packet: &Packet) -> bool {
    let (Actor::Node(from), Actor::Node(to)) = (from, to) else { return false };
    if !run.cuts().hold(from, to) {
        return false;
    }
    run.lost_to_cut(from, to, &format_args!("{packet}"));
    true
}

/// The link between these two, as faults know it; clients have none among themselves, and the operator's are sound.
fn link(from: Actor, to: Actor) -> Option<Link> {
    match (from, to) {
        (Actor::Node(from), Actor::Node(to)) => Some(Link::Nodes { from, to }),
        (Actor::Client(client), Actor::Node(node)) => Some(Link::ToNode { client, node }),
        (Actor::Node(node), Actor::Client(client)) => Some(Link::ToClient { node, client }),
        _ => None,
    }
}
