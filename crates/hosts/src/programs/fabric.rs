//! The network between the hosts: which packets arrive, and when.
//!
//! Every packet costs its sender's link stream one draw, from which its latency and the effects of all faults are derived,
//! as on the event engine. A datagram is lost, doubled, delayed or reordered as drawn.
//!
//! Of a connection each direction is a [`Flow`]: its segments arrive once and in order, as TCP makes them. A segment that
//! is lost, to a fault, to a cut or at a machine that is off, is sent again after as long as Linux waits; those behind it
//! that arrive before are kept until it is there. So loss is delay, as programs on TCP see it; and who is cut off for long
//! hears of it by `TimedOut`. A second copy of a segment is dropped by the receiver's TCP: doubling concerns datagrams alone.
//! Packets of a machine that loses its power arrive if they are on their way; those that were lost are never sent again.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use env::{ClientId, NodeId, Random};
use sim::world::{Again, Consumer, Judgement, Link, Marks, Passage, Queue, Run, Stream, index, last_node, operator_id};
use sim::{Actor, LinkModel, Plan};

use crate::os::address::{address_of, host_at};
use crate::os::net::{Attempt, Body, Packet};

/// A segment is sent again after so long, then after twice as long, and so on up to the longest (RFC 6298; Linux).
const RESEND_AFTER: Duration = Duration::from_millis(200);
const RESEND_CONNECT_AFTER: Duration = Duration::from_secs(1);
const RESEND_AFTER_MAX: Duration = Duration::from_secs(120);
/// A connection is given up after so many tries (`tcp_retries2`).
const RESENDS_MAX: u32 = 15;

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
    /// By sender and receiver: how many packets have left, and the number of the last that has overtaken all others.
    lanes: BTreeMap<(IpAddr, IpAddr), (u64, u64)>,
    on_their_way: Queue<OnItsWay>,
    /// The packets that are there, and for which their receivers need not wait for others.
    ready: VecDeque<Packet>,
}

/// One direction of a connection.
#[derive(Default)]
struct Flow {
    /// The number of the next segment that is sent.
    next: u64,
    /// The number of the next segment for the receiver.
    expected: u64,
    /// The segments that arrived before one that was sent before them.
    early: BTreeMap<u64, Packet>,
    /// The segments that were lost, to be sent again all at once.
    lost: BTreeMap<u64, Packet>,
    /// They are to be sent again at a time that is set.
    is_timed: bool,
    /// How often they were sent again since a segment has got through.
    resends: u32,
}

/// The place of a packet: its flow and its number there; `None` of what belongs to no connection that is open.
type Place = Option<(FlowId, u64)>;

enum OnItsWay {
    Packet {
        packet: Packet,
        place: Place,
        met: Met,
    },
    /// The lost segments of a flow are sent again.
    Again(FlowId),
    /// An attempt to connect has had time enough to be answered.
    Unanswered {
        host: Actor,
        attempt: Attempt,
    },
}

/// The faults that a packet has met on its way.
struct Met {
    /// They are effective once it arrives.
    marks: Marks,
    /// This one, in a slot of its own, is effective if the packet arrives behind one that left after it.
    out_of_order: Option<u32>,
    /// The number of the packet on its lane.
    number: u64,
}

/// A packet that is there, or that is given up.
pub(super) enum Arrived {
    /// It reaches this host.
    Packet { from: Actor, to: Actor, packet: Packet },
    /// The host's connection is given up.
    TimedOut { host: Actor, local: SocketAddr, peer: SocketAddr },
    /// The host's attempt to connect has had time enough to be answered.
    Unanswered { host: Actor, attempt: Attempt },
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
            lanes: BTreeMap::new(),
            on_their_way: Queue::empty(),
            ready: VecDeque::new(),
        }
    }

    /// A packet leaves its host.
    pub(super) fn send(&mut self, run: &mut Run<'_>, packet: Packet) {
        if let Body::Syn(attempt) = packet.body {
            let host = host_at(packet.src.ip()).expect("hosts alone send");
            let after = RESEND_CONNECT_AFTER.saturating_mul(1 << attempt.tries);
            self.on_their_way.push(run.now() + after, OnItsWay::Unanswered { host, attempt });
        }
        let place = packet.is_of_stream().then(|| {
            let id = (packet.src, packet.dst, self.outages_of(packet.src));
            let flow = self.flows.entry(id).or_default();
            flow.next += 1;
            (id, flow.next - 1)
        });
        self.transmit(run, packet, place);
    }

    /// The next packet that has arrived by now, or is given up.
    pub(super) fn next(&mut self, run: &mut Run<'_>, is_on: impl Fn(Actor) -> bool) -> Option<Arrived> {
        loop {
            if let Some(packet) = self.ready.pop_front() {
                let (from, to) = (host_at(packet.src.ip())?, host_at(packet.dst.ip())?);
                return Some(Arrived::Packet { from, to, packet });
            }
            let (_, what) = self.on_their_way.pop_until(run.now())?;
            match what {
                OnItsWay::Packet { packet, place, .. } if is_lost(run, &packet, &is_on) => {
                    self.lose(run, packet, place)
                }
                OnItsWay::Packet { packet, place, met } => {
                    self.touch(run, &packet, &met);
                    self.arrive(packet, place);
                }
                OnItsWay::Again(flow) => {
                    if let Some(given_up) = self.send_again(run, flow) {
                        return Some(given_up);
                    }
                }
                OnItsWay::Unanswered { host, attempt } => return Some(Arrived::Unanswered { host, attempt }),
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

    /// The faults that a packet has met are effective, now that it is there.
    fn touch(&mut self, run: &mut Run<'_>, packet: &Packet, met: &Met) {
        let (_, furthest) = self.lanes.entry((packet.src.ip(), packet.dst.ip())).or_default();
        let is_overtaken = met.number < *furthest;
        *furthest = met.number.max(*furthest);
        let out_of_order = met.out_of_order.filter(|_| is_overtaken).map_or(0, |slot| 1 << slot);
        run.touch_marked(met.marks | out_of_order);
    }

    /// A packet is there: it is for the receiver once all of its flow before it are, and then so are those that have waited
    /// for it.
    fn arrive(&mut self, packet: Packet, place: Place) {
        let Some((id, number)) = place else { return self.ready.push_back(packet) };
        let flow = self.flows.entry(id).or_default();
        if number < flow.expected {
            return;
        }
        flow.early.insert(number, packet);
        let mut is_over = false;
        while let Some(next) = flow.early.remove(&flow.expected) {
            flow.expected += 1;
            flow.resends = 0;
            is_over |= matches!(next.body, Body::Fin | Body::Reset);
            self.ready.push_back(next);
        }
        if is_over && flow.expected == flow.next {
            // Nothing of it is on its way. What may be sent yet is counted from zero again.
            self.flows.remove(&id);
        }
    }

    /// Puts a packet on its way.
    fn transmit(&mut self, run: &mut Run<'_>, packet: Packet, place: Place) {
        let Some((passage, latency)) = self.judge(run, &packet) else { return self.lose(run, packet, place) };
        let Passage { extra_ns, marks, out_of_order, again } = passage;
        let at = run.now() + latency + Duration::from_nanos(extra_ns);
        let (sent, _) = self.lanes.entry((packet.src.ip(), packet.dst.ip())).or_default();
        *sent += 1;
        let number = *sent;
        // TCP drops the second copy of a segment.
        if let Some(Again { marks, drawn }) = again.filter(|_| matches!(packet.body, Body::Datagram(_))) {
            let met = Met { marks, out_of_order: None, number };
            let second = OnItsWay::Packet { packet: packet.clone(), place: None, met };
            self.on_their_way.push(at + self.latency(drawn), second);
        }
        self.on_their_way.push(at, OnItsWay::Packet { packet, place, met: Met { marks, out_of_order, number } });
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

    /// A packet is lost. What belongs to a flow is sent again later, with all else that was lost of it.
    fn lose(&mut self, run: &Run<'_>, packet: Packet, place: Place) {
        let Some((id, number)) = place else { return };
        let flow = self.flows.entry(id).or_default();
        flow.lost.insert(number, packet);
        if !flow.is_timed {
            flow.is_timed = true;
            let after = RESEND_AFTER.saturating_mul(1 << flow.resends.min(16)).min(RESEND_AFTER_MAX);
            self.on_their_way.push(run.now() + after, OnItsWay::Again(id));
        }
    }

    /// Sends again what was lost of a flow, unless the connection is given up, or the sender has lost its power.
    fn send_again(&mut self, run: &mut Run<'_>, id: FlowId) -> Option<Arrived> {
        let (local, peer, outages) = id;
        let is_over = outages != self.outages_of(local);
        let flow = self.flows.get_mut(&id)?;
        flow.is_timed = false;
        let lost = std::mem::take(&mut flow.lost);
        if is_over || lost.is_empty() {
            return None;
        }
        flow.resends += 1;
        if flow.resends > RESENDS_MAX {
            // Later segments find their receiver, if only to be told that nobody knows of the connection.
            flow.early.clear();
            (flow.expected, flow.resends) = (flow.next, 0);
            let host = host_at(local.ip()).expect("hosts alone send");
            return Some(Arrived::TimedOut { host, local, peer });
        }
        for (number, packet) in lost {
            self.transmit(run, packet, Some((id, number)));
        }
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
