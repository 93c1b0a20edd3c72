//! The links of a run of programs: cut, and slow.
//!
//! Turmoil drops a message that meets one of its partitions and reports nothing, but a cut is effective only if it is
//! known to have lost something. So links are cut here: no message passes a link within the tick in which it was sent,
//! and between two ticks all messages on their way on a link that is cut are counted and then dropped, by a partition
//! that lasts no time. A message that had arrived when the cut began, and waits for its host's next tick, is let
//! through.
//!
//! Turmoil closes the connections of a host that stops, and does so task by task, in the order in which tokio drops
//! tasks: by their numbers, which are counted in the whole process, so that no two runs in it need agree. So a host
//! that stops falls silent: the segments that its sockets send as they are dropped are held for ever, and its peers
//! learn of the stop as of a machine that lost its power: by waiting, or by the reset that its next life answers with.
//!
//! A link that is slow has another range of latencies. A message seen on it proves the fault effective only when
//! everything sent before it was slow must have arrived.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use env::{Instant, NodeId};
use sim::world::{Cuts, Disturbances, Judgement, Link, Marks};
use sim::{Actor, LinkModel};

/// The links between all hosts, nodes' and clients'.
#[derive(Debug)]
pub(super) struct Wires {
    latency_min: Duration,
    latency_max: Duration,
    names: BTreeMap<IpAddr, Actor>,
    /// By both addresses, the lower first.
    slow: BTreeMap<(IpAddr, IpAddr), Slow>,
    /// True if any of these is slow.
    are_any_slow: bool,
    /// By sender and receiver.
    unsaid: BTreeMap<(IpAddr, IpAddr), Unsaid>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Slow {
    extra_ns: u64,
    marks: Marks,
    /// By then every message has arrived that was sent before the link was as slow as this.
    settled: Instant,
}

/// The messages that stopped hosts have left on a link, one way: they are never delivered.
#[derive(Clone, Copy, Debug, Default)]
struct Unsaid {
    /// `first` are first on the link, then come `ahead` that are delivered in the next tick, then `last` more.
    first: usize,
    ahead: usize,
    last: usize,
    /// When the counts were so. In the next tick those ahead are gone.
    at: Instant,
}

impl Unsaid {
    /// The counts as of `now`.
    fn by(self, now: Instant) -> Unsaid {
        if self.at == now {
            return self;
        }
        Unsaid { first: self.first + self.last, ahead: 0, last: 0, at: now }
    }

    /// True if the message in this place on the link is one of these.
    fn holds(&self, place: usize) -> bool {
        let behind = self.first + self.ahead;
        place < self.first || (behind..behind + self.last).contains(&place)
    }
}

/// The messages seen between two ticks.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The messages that met a cut: from which node, to which, and as text.
    pub(super) lost: Vec<(NodeId, NodeId, String)>,
    /// The faults that slowed messages on their way.
    pub(super) slowed: Marks,
}

impl Wires {
    pub(super) fn new(link: &LinkModel) -> Wires {
        Wires {
            // A message that takes no time would arrive within the tick.
            latency_min: Duration::from_micros(link.latency_min_us.max(1)),
            latency_max: Duration::from_micros(link.latency_max_us.max(1)),
            names: BTreeMap::new(),
            slow: BTreeMap::new(),
            are_any_slow: false,
            unsaid: BTreeMap::new(),
        }
    }

    /// Adds a host to the network.
    pub(super) fn add(&mut self, address: IpAddr, who: Actor) {
        self.names.insert(address, who);
    }

    /// The range of latencies of an undisturbed link.
    pub(super) fn latencies(&self) -> (Duration, Duration) {
        (self.latency_min, self.latency_max)
    }

    /// Gives every link its latency under these disturbances.
    pub(super) fn slow_down(&mut self, sim: &turmoil::Sim<'static>, disturbances: &Disturbances, now: Instant) {
        if disturbances.is_empty() && !self.are_any_slow {
            return;
        }
        self.are_any_slow = !disturbances.is_empty();
        let hosts: Vec<(IpAddr, Actor)> = self.names.iter().map(|(address, who)| (*address, *who)).collect();
        for (place, (address, who)) in hosts.iter().enumerate() {
            for (other_address, other) in &hosts[place + 1..] {
                let Some(link) = link(*who, *other) else { continue };
                // A slow link is slow for every message, so any draw will do.
                let Judgement::Passes(passage) = disturbances.judge(link, 0) else { continue };
                let slow = self.slow.entry((*address, *other_address)).or_default();
                if (slow.extra_ns, slow.marks) == (passage.extra_ns, passage.marks) {
                    continue;
                }
                let arrived = now + self.latency_max + Duration::from_nanos(slow.extra_ns);
                slow.settled = slow.settled.max(arrived);
                (slow.extra_ns, slow.marks) = (passage.extra_ns, passage.marks);
                let extra = Duration::from_nanos(passage.extra_ns);
                // The first sets both ends of the range.
                sim.set_link_latency(*address, *other_address, self.latency_min + extra);
                sim.set_link_max_message_latency(*address, *other_address, self.latency_max + extra);
            }
        }
    }

    /// Stops a host by `stop`, and holds for ever the messages that its sockets send as they are dropped. Messages that
    /// are on their way to or from it arrive in the next tick.
    pub(super) fn stop_silently(
        &mut self,
        sim: &mut turmoil::Sim<'static>,
        host: IpAddr,
        now: Instant,
        stop: impl FnOnce(&mut turmoil::Sim<'static>),
    ) {
        let others: Vec<IpAddr> = self.names.keys().copied().filter(|other| *other != host).collect();
        let before = on_their_way(sim);
        for other in &others {
            // A message sent over a held link draws no latency, and stays where it is when the link is repaired.
            sim.hold(host, *other);
        }
        stop(sim);
        sim.links(|links| {
            for link in links.filter(|link| link.pair().0 == host || link.pair().1 == host) {
                let mut places = BTreeMap::new();
                for sent in link {
                    let way = way(&sent);
                    let place = next(&mut places, way);
                    let unsaid = self.unsaid.get(&way).copied().unwrap_or_default().by(now);
                    if place < before.get(&way).copied().unwrap_or_default() && !unsaid.holds(place) {
                        sent.deliver();
                    }
                }
            }
        });
        for (way, after) in on_their_way(sim).into_iter().filter(|(way, _)| way.0 == host) {
            let before = before.get(&way).copied().unwrap_or_default();
            if after > before {
                let unsaid = self.unsaid.entry(way).or_default();
                *unsaid = unsaid.by(now);
                unsaid.ahead = before - unsaid.first;
                unsaid.last = after - before;
            }
        }
        for other in &others {
            sim.repair(host, *other);
        }
    }

    /// Drops the messages on their way that meet a cut. Returns them, and the faults that slow messages on their way.
    pub(super) fn look(&mut self, sim: &turmoil::Sim<'static>, cuts: &Cuts, now: Instant) -> Seen {
        let mut seen = Seen::default();
        let mut cut: BTreeSet<(IpAddr, IpAddr)> = BTreeSet::new();
        sim.links(|links| {
            for link in links {
                let slow = self.slow.get(&link.pair()).copied().unwrap_or_default();
                let mut places = BTreeMap::new();
                for sent in link {
                    let way = way(&sent);
                    let place = next(&mut places, way);
                    if self.unsaid.get(&way).is_some_and(|unsaid| unsaid.by(now).holds(place)) {
                        continue;
                    }
                    if slow.extra_ns > 0 && now >= slow.settled {
                        seen.slowed |= slow.marks;
                    }
                    if let (Actor::Node(from), Actor::Node(to)) = (self.names[&way.0], self.names[&way.1])
                        && cuts.hold(from, to)
                    {
                        seen.lost.push((from, to, sent.protocol().to_string()));
                        cut.insert(way);
                    }
                }
            }
        });
        for way in cut {
            sim.partition_oneway(way.0, way.1);
            sim.repair_oneway(way.0, way.1);
            self.unsaid.remove(&way);
        }
        seen
    }
}

/// The direction of a message: its sender and its receiver.
fn way(sent: &turmoil::SentRef<'_>) -> (IpAddr, IpAddr) {
    let (from, to) = sent.pair();
    (from.ip(), to.ip())
}

/// The number of messages before it in the same direction.
fn next(places: &mut BTreeMap<(IpAddr, IpAddr), usize>, way: (IpAddr, IpAddr)) -> usize {
    let place = places.entry(way).or_default();
    *place += 1;
    *place - 1
}

/// The number of messages on their way in each direction.
fn on_their_way(sim: &turmoil::Sim<'static>) -> BTreeMap<(IpAddr, IpAddr), usize> {
    let mut counts = BTreeMap::new();
    sim.links(|links| {
        for sent in links.flatten() {
            *counts.entry(way(&sent)).or_default() += 1;
        }
    });
    counts
}

/// The link between these two, as faults know it; clients have none among themselves.
fn link(one: Actor, other: Actor) -> Option<Link> {
    match (one, other) {
        (Actor::Node(from), Actor::Node(to)) => Some(Link::Nodes { from, to }),
        (Actor::Node(node), Actor::Client(client)) | (Actor::Client(client), Actor::Node(node)) => {
            Some(Link::ToNode { client, node })
        }
        _ => None,
    }
}
