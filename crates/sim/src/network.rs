//! The network: when a message arrives, or that it does not.
//!
//! Every ordered pair of machines that talk is a link: from node to node, from client to node and back. A link is first
//! in, first out, as a TCP connection is; a message takes a uniformly drawn latency and never arrives before one sent
//! earlier on its link. Each message costs its sender's stream exactly one draw, whatever faults are on: what a fault
//! does to a message is derived from that draw and the fault's own `pick`, so that no fault moves another's choices.
//!
//! Cuts are between nodes only; clients reach every node always, which is the harder case: a deposed leader that nobody
//! but clients can reach still serves those. Loss, duplication, reordering, delays and slow links concern clients' links
//! too. A cut drops what is sent while it lasts and what is in flight when it begins.

use std::fmt;

use env::{ClientId, Instant, NodeId, NodeSet, Random, Ratio};

use crate::plan::LinkModel;
use crate::rng::{Pick, split};

const NS_PER_US: u64 = 1_000;

/// One direction between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Nodes { from: NodeId, to: NodeId },
    ToNode { client: ClientId, node: NodeId },
    ToClient { node: NodeId, client: ClientId },
}

/// The faults of the network that a message has met, as slots of [`Network::faults`]: when it is delivered, they have
/// taken effect.
pub(crate) type Marks = u32;

/// When one copy of a message arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) marks: Marks,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Once(Arrival),
    /// Two copies arrive.
    Twice(Arrival, Arrival),
    /// It is lost to these faults.
    Lost(Marks),
}

/// What a fault does to messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disturbance {
    Loss(Ratio),
    Duplication(Ratio),
    Reordering { ratio: Ratio, delay_max_ns: u64 },
    Delay { ratio: Ratio, min_ns: u64, max_ns: u64 },
    SlowLink { node: NodeId, extra_ns: u64 },
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |ns: u64| ns / 1_000_000;
        match *self {
            Disturbance::Loss(ratio) => write!(f, "{} of all messages are lost", Percent(ratio)),
            Disturbance::Duplication(ratio) => write!(f, "{} of all messages arrive twice", Percent(ratio)),
            Disturbance::Reordering { ratio, delay_max_ns } => {
                write!(f, "{} of all messages leave their order, by up to {} ms", Percent(ratio), ms(delay_max_ns))
            }
            Disturbance::Delay { ratio, min_ns, max_ns } => {
                write!(f, "{} of all messages take {} to {} ms longer", Percent(ratio), ms(min_ns), ms(max_ns))
            }
            Disturbance::SlowLink { node, extra_ns } => {
                write!(f, "all messages of and to {node} take {} ms longer", ms(extra_ns))
            }
        }
    }
}

struct Percent(Ratio);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}%", self.0.0 / 10_000, self.0.0 % 10_000 / 100)
    }
}

/// A fault of the network that is on.
#[derive(Clone, Debug)]
struct ActiveFault {
    /// Its number in the schedule.
    fault: usize,
    slot: u32,
    pick: u64,
    disturbance: Disturbance,
}

/// All links and what is wrong with them.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    latency_min_ns: u64,
    latency_max_ns: u64,
    /// How many machines a node may talk to, so that a link has a number: the nodes (by index), then the clients.
    machines: usize,
    nodes: usize,
    /// By link: when the last message that keeps to the order arrives.
    last_arrivals: Vec<Instant>,
    /// By link: until when a message taken out of the order is on its way, and the slot of the fault that did it. What
    /// arrives before then overtakes it. Empty until a fault first reorders.
    overtakable: Vec<(Instant, u32)>,
    /// By the index of the sender: the nodes that its messages do not get through to.
    cut: Vec<NodeSet>,
    faults: Vec<ActiveFault>,
    /// Where the search for the next fault's slot begins. There are 32, and those of faults that are over are used again in
    /// turn, so that few messages on their way still bear the mark of an earlier owner. Beyond 32 faults at once, two share.
    next_slot: u32,
    /// By slot: the fault that has it, or had it last, as its number in the schedule.
    slot_owners: [usize; Marks::BITS as usize],
}

impl Network {
    /// A network of n1 to this node and c1 to this client.
    pub(crate) fn new(model: &LinkModel, last_node: NodeId, last_client: ClientId) -> Network {
        let nodes = last_node.index() + 1;
        let machines = nodes + last_client.0 as usize;
        // Links from nodes to all machines, then from clients to nodes.
        let links = nodes * machines + (machines - nodes) * nodes;
        Network {
            latency_min_ns: model.latency_min_us * NS_PER_US,
            latency_max_ns: model.latency_max_us * NS_PER_US,
            machines,
            nodes,
            last_arrivals: vec![Instant::ZERO; links],
            overtakable: Vec::new(),
            cut: vec![NodeSet::EMPTY; NodeId::MAX.index() + 1],
            faults: Vec::new(),
            next_slot: 0,
            slot_owners: [0; Marks::BITS as usize],
        }
    }

    /// Whether messages of one node do not get through to another.
    pub(crate) fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cut[from.index()].contains(to)
    }

    /// The nodes that messages of `from` do not get through to.
    pub(crate) fn cut_from(&self, from: NodeId) -> NodeSet {
        self.cut[from.index()]
    }

    /// Whether any link between nodes is cut.
    pub(crate) fn is_cut_anywhere(&self) -> bool {
        self.cut.iter().any(|to| !to.is_empty())
    }

    /// Cuts what these cuts say together, and nothing else.
    pub(crate) fn set_cuts<'a>(&mut self, cuts: impl Iterator<Item = &'a Cuts>) {
        self.cut.fill(NodeSet::EMPTY);
        for cuts in cuts {
            for (sum, more) in self.cut.iter_mut().zip(&cuts.0) {
                *sum = sum.union(*more);
            }
        }
    }

    /// Begins to disturb messages, for the fault of this number in the schedule.
    pub(crate) fn disturb(&mut self, fault: usize, pick: u64, disturbance: Disturbance) {
        let slot = self.free_slot();
        self.next_slot = (slot + 1) % Marks::BITS;
        self.slot_owners[slot as usize] = fault;
        if matches!(disturbance, Disturbance::Reordering { .. }) && self.overtakable.is_empty() {
            self.overtakable = vec![(Instant::ZERO, 0); self.last_arrivals.len()];
        }
        self.faults.push(ActiveFault { fault, slot, pick, disturbance });
    }

    /// The next slot that no fault has which is on; if all are taken, the next.
    fn free_slot(&self) -> u32 {
        let in_turn = (0..Marks::BITS).map(|ahead| (self.next_slot + ahead) % Marks::BITS);
        let is_free = |slot: &u32| self.faults.iter().all(|active| active.slot != *slot);
        in_turn.into_iter().find(is_free).unwrap_or(self.next_slot)
    }

    /// Ends what this fault does to messages.
    pub(crate) fn leave_alone(&mut self, fault: usize) {
        self.faults.retain(|active| active.fault != fault);
    }

    /// The faults that these marks name, as their numbers in the schedule.
    pub(crate) fn marked(&self, marks: Marks) -> impl Iterator<Item = usize> {
        (0..Marks::BITS).filter(move |slot| marks >> slot & 1 == 1).map(|slot| self.slot_owners[slot as usize])
    }

    /// Sends a message at `now`; `drawn` are the 64 bits that its sender's stream gave for it.
    pub(crate) fn send(&mut self, link: Link, now: Instant, drawn: u64) -> Fate {
        let number = self.number(link);
        if self.faults.is_empty() {
            let last = &mut self.last_arrivals[number];
            let at = (*last).max(Instant(now.0 + latency(self.latency_min_ns, self.latency_max_ns, drawn)));
            *last = at;
            return Fate::Once(Arrival { at, marks: 0 });
        }
        self.send_disturbed(link, number, now, drawn)
    }

    #[inline(never)]
    fn send_disturbed(&mut self, link: Link, number: usize, now: Instant, drawn: u64) -> Fate {
        let mut extra_ns = 0;
        let mut marks = 0;
        let mut lost: Marks = 0;
        let mut second: Option<(u32, u64)> = None;
        let mut out_of_order: Option<u32> = None;
        for fault in &self.faults {
            let bits = split(drawn, fault.pick);
            match fault.disturbance {
                Disturbance::Loss(ratio) if ratio.holds(bits) => lost |= 1 << fault.slot,
                Disturbance::Duplication(ratio) if ratio.holds(bits) => second = Some((fault.slot, split(bits, 1))),
                Disturbance::Reordering { ratio, delay_max_ns } if ratio.holds(bits) => {
                    extra_ns += Pick::new(bits).between(1, delay_max_ns.max(1));
                    out_of_order = Some(fault.slot);
                }
                Disturbance::Delay { ratio, min_ns, max_ns } if ratio.holds(bits) => {
                    extra_ns += Pick::new(bits).between(min_ns, max_ns);
                    marks |= 1 << fault.slot;
                }
                Disturbance::SlowLink { node, extra_ns: by } if link.touches(node) => {
                    extra_ns += by;
                    marks |= 1 << fault.slot;
                }
                _ => {}
            }
        }
        if lost != 0 {
            return Fate::Lost(lost);
        }
        let earliest = Instant(now.0 + latency(self.latency_min_ns, self.latency_max_ns, drawn) + extra_ns);
        let first = match out_of_order {
            Some(slot) => self.arrive_out_of_order(number, earliest, slot, marks),
            None => self.arrive_in_order(number, earliest, marks),
        };
        let Some((slot, bits)) = second else { return Fate::Once(first) };
        let at = Instant(first.at.0 + latency(self.latency_min_ns, self.latency_max_ns, bits));
        Fate::Twice(first, Arrival { at, marks: 1 << slot })
    }

    fn arrive_in_order(&mut self, number: usize, earliest: Instant, mut marks: Marks) -> Arrival {
        let last = &mut self.last_arrivals[number];
        let at = (*last).max(earliest);
        *last = at;
        if let Some((until, slot)) = self.overtakable.get(number)
            && at < *until
        {
            marks |= 1 << slot;
        }
        Arrival { at, marks }
    }

    /// It neither waits for those before it nor do those behind it wait for it.
    fn arrive_out_of_order(&mut self, number: usize, at: Instant, slot: u32, mut marks: Marks) -> Arrival {
        if at < self.last_arrivals[number] {
            marks |= 1 << slot;
        } else if at > self.overtakable[number].0 {
            self.overtakable[number] = (at, slot);
        }
        Arrival { at, marks }
    }

    fn number(&self, link: Link) -> usize {
        match link {
            Link::Nodes { from, to } => from.index() * self.machines + to.index(),
            Link::ToClient { node, client } => node.index() * self.machines + self.nodes + client.0 as usize - 1,
            Link::ToNode { client, node } => {
                self.nodes * self.machines + (client.0 as usize - 1) * self.nodes + node.index()
            }
        }
    }
}

impl Link {
    fn touches(self, node: NodeId) -> bool {
        match self {
            Link::Nodes { from, to } => from == node || to == node,
            Link::ToNode { node: end, .. } | Link::ToClient { node: end, .. } => end == node,
        }
    }
}

/// A latency in nanoseconds, uniform by multiplication and shift, as [`Random::between`] draws.
fn latency(min_ns: u64, max_ns: u64, drawn: u64) -> u64 {
    min_ns + ((u128::from(drawn) * u128::from(max_ns - min_ns + 1)) >> 64) as u64
}

/// Whom a fault keeps whose messages from: by the index of the sender, the nodes that they do not get through to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cuts(Vec<NodeSet>);

impl Cuts {
    fn none() -> Cuts {
        Cuts(vec![NodeSet::EMPTY; NodeId::MAX.index() + 1])
    }

    /// Nothing passes from these nodes to those.
    pub(crate) fn one_way(from: NodeSet, to: NodeSet) -> Cuts {
        let mut cuts = Cuts::none();
        cuts.add(from, to);
        cuts
    }

    /// Nothing passes between these nodes and those.
    pub(crate) fn both_ways(one: NodeSet, other: NodeSet) -> Cuts {
        let mut cuts = Cuts::one_way(one, other);
        cuts.add(other, one);
        cuts
    }

    /// Each of these talks only to the next `reach` on either side of it in this ring.
    pub(crate) fn ring(ring: &[NodeId], reach: usize) -> Cuts {
        let mut cuts = Cuts::none();
        for (place, node) in ring.iter().enumerate() {
            let near = |other: usize| {
                let ahead = (other + ring.len() - place) % ring.len();
                ahead <= reach || ring.len() - ahead <= reach
            };
            let far = (0..ring.len()).filter(|other| !near(*other)).map(|other| ring[other]).collect();
            cuts.add([*node].into_iter().collect(), far);
        }
        cuts
    }

    /// Whether this keeps messages of `from` from `to`.
    pub(crate) fn hold(&self, from: NodeId, to: NodeId) -> bool {
        self.0[from.index()].contains(to)
    }

    fn add(&mut self, from: NodeSet, to: NodeSet) {
        for node in from.iter() {
            self.0[node.index()] = self.0[node.index()].union(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: LinkModel = LinkModel { latency_min_us: 1_000, latency_max_us: 10_000 };
    const LINK: Link = Link::Nodes { from: NodeId(1), to: NodeId(2) };

    fn network() -> Network {
        Network::new(&MODEL, NodeId(5), ClientId(3))
    }

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    /// The fates of this many messages, sent one a millisecond.
    fn fates(network: &mut Network, count: u64) -> Vec<Fate> {
        (0..count).map(|n| network.send(LINK, Instant(n * 1_000_000), split(n, 77))).collect()
    }

    fn arrivals(fates: &[Fate]) -> Vec<u64> {
        let at = |fate: &Fate| match fate {
            Fate::Once(arrival) | Fate::Twice(arrival, _) => Some(arrival.at.0),
            Fate::Lost(_) => None,
        };
        fates.iter().filter_map(at).collect()
    }

    #[test]
    fn a_link_keeps_the_order_and_the_bounds_of_its_latency() {
        let arrivals = arrivals(&fates(&mut network(), 1_000));
        assert!(arrivals.is_sorted());
        for (n, at) in arrivals.iter().enumerate() {
            let latency = at - n as u64 * 1_000_000;
            assert!((1_000_000..=10_000_000).contains(&latency), "{latency} ns");
        }
    }

    #[test]
    fn every_link_has_its_own_order() {
        let mut network = network();
        let mut links = Vec::new();
        for node in (1..=5).map(NodeId) {
            links.extend((1..=5).map(|to| Link::Nodes { from: node, to: NodeId(to) }));
            links.extend((1..=3).map(|client| Link::ToNode { client: ClientId(client), node }));
            links.extend((1..=3).map(|client| Link::ToClient { node, client: ClientId(client) }));
        }
        let mut numbers: Vec<usize> = links.iter().map(|link| network.number(*link)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), links.len(), "two links share a number");
        // A message that takes long keeps back the next one on its link, and no other.
        for link in links {
            assert_eq!(network.send(link, Instant(0), u64::MAX), network.send(link, Instant(0), 0));
        }
    }

    #[test]
    fn loss_and_duplication_hit_their_share() {
        let mut network = network();
        network.disturb(4, 11, Disturbance::Loss(Ratio::percent(20)));
        network.disturb(9, 12, Disturbance::Duplication(Ratio::percent(50)));
        let fates = fates(&mut network, 10_000);
        let lost: Vec<Marks> =
            fates.iter().filter_map(|fate| if let Fate::Lost(by) = fate { Some(*by) } else { None }).collect();
        let twice = fates.iter().filter(|fate| matches!(fate, Fate::Twice(..))).count();
        assert!((1_850..2_150).contains(&lost.len()), "{} lost", lost.len());
        assert!((3_850..4_150).contains(&twice), "{twice} of those that arrived came twice");
        assert_eq!(network.marked(lost[0]).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn one_fault_does_not_change_what_another_does() {
        let hit = |with_loss: bool| -> Vec<bool> {
            let mut network = network();
            if with_loss {
                network.disturb(0, 11, Disturbance::Loss(Ratio::percent(30)));
            }
            network.disturb(1, 12, Disturbance::Duplication(Ratio::percent(30)));
            fates(&mut network, 500).iter().map(|fate| matches!(fate, Fate::Twice(..))).collect()
        };
        let (with, without) = (hit(true), hit(false));
        // What is lost cannot be duplicated; everything else is as it was.
        assert!(with.iter().zip(&without).all(|(with, without)| !with || *without));
        assert!(with.iter().filter(|hit| **hit).count() > 80);
    }

    #[test]
    fn reordering_lets_later_messages_overtake_and_says_so() {
        let mut network = network();
        network.disturb(6, 13, Disturbance::Reordering { ratio: Ratio::percent(10), delay_max_ns: 50_000_000 });
        let fates = fates(&mut network, 1_000);
        let arrivals = arrivals(&fates);
        assert!(!arrivals.is_sorted());
        let overtook = fates.iter().filter(|fate| matches!(fate, Fate::Once(arrival) if arrival.marks != 0)).count();
        assert!(overtook > 50, "{overtook} marked");
        network.leave_alone(6);
        assert!(network.faults.is_empty());
    }

    #[test]
    fn a_fault_that_outlasts_many_others_keeps_its_marks_and_ends_alone() {
        let mut network = network();
        network.disturb(0, 15, Disturbance::Loss(Ratio::ALWAYS));
        let mild = Disturbance::Duplication(Ratio::NEVER);
        for fault in 1..=80 {
            network.disturb(fault, 16, mild);
            network.leave_alone(fault);
        }
        let Fate::Lost(marks) = network.send(LINK, Instant(0), 5) else { panic!("all messages are lost") };
        assert_eq!(network.marked(marks).collect::<Vec<_>>(), [0]);
        // More at once than there are slots.
        for fault in 81..=120 {
            network.disturb(fault, 16, mild);
        }
        network.leave_alone(0);
        assert!(matches!(network.send(LINK, Instant(0), 5), Fate::Once(_)), "it is over");
        network.leave_alone(112);
        assert_eq!(network.faults.len(), 39, "one ends, whoever shares its slot");
    }

    #[test]
    fn a_delay_keeps_those_behind_it_waiting() {
        let mut network = network();
        network.disturb(0, 14, Disturbance::Delay { ratio: Ratio::ALWAYS, min_ns: 500_000_000, max_ns: 500_000_000 });
        let Fate::Once(delayed) = network.send(LINK, Instant(0), 5) else { panic!("delayed, not lost") };
        network.leave_alone(0);
        let Fate::Once(behind) = network.send(LINK, Instant(1), 5) else { panic!("nothing is wrong any more") };
        assert!(delayed.marks != 0 && behind.marks == 0 && behind.at >= delayed.at);
    }

    #[test]
    fn a_slow_node_is_slow_to_its_clients_too_and_others_are_not() {
        let mut network = network();
        network.disturb(0, 1, Disturbance::SlowLink { node: NodeId(2), extra_ns: 300_000_000 });
        let slow =
            |network: &mut Network, link| matches!(network.send(link, Instant(0), 0), Fate::Once(a) if a.marks != 0);
        assert!(slow(&mut network, LINK));
        assert!(slow(&mut network, Link::ToClient { node: NodeId(2), client: ClientId(1) }));
        assert!(!slow(&mut network, Link::Nodes { from: NodeId(1), to: NodeId(3) }));
    }

    #[test]
    fn overlapping_cuts_end_one_by_one() {
        let (one, other) =
            (Cuts::both_ways(nodes(&[1, 2]), nodes(&[3, 4, 5])), Cuts::one_way(nodes(&[1]), nodes(&[2, 3])));
        let mut network = network();
        network.set_cuts([&one, &other].into_iter());
        assert!(network.is_cut(NodeId(3), NodeId(1)) && network.is_cut(NodeId(1), NodeId(2)));
        network.set_cuts([&other].into_iter());
        assert!(!network.is_cut(NodeId(3), NodeId(1)) && network.is_cut(NodeId(1), NodeId(3)));
        network.set_cuts([].into_iter());
        assert!(!network.is_cut_anywhere());
    }

    #[test]
    fn on_a_ring_each_talks_to_its_neighbours() {
        let ring: Vec<NodeId> = [3, 1, 5, 2, 4].map(NodeId).to_vec();
        let cuts = Cuts::ring(&ring, 1);
        for (place, node) in ring.iter().enumerate() {
            let heard: Vec<NodeId> = ring.iter().copied().filter(|other| !cuts.hold(*node, *other)).collect();
            assert_eq!(heard.len(), 3, "itself and two");
            assert!(heard.contains(&ring[(place + 1) % 5]) && heard.contains(&ring[(place + 4) % 5]));
        }
    }
}
