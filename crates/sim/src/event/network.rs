//! The network: whether and when a message arrives.
//!
//! Every ordered pair of machines that talk is a link: from node to node, from client to node and back. A link is first
//! in, first out, as a TCP connection is; a message takes a uniformly drawn latency and never arrives before one sent
//! earlier on its link. Each message costs its sender's stream exactly one draw, under all faults: the effect of a
//! fault on a message is derived from that draw and the fault's own `pick`, so that no fault moves another's choices.
//!
//! Loss, duplication, reordering, delays and slow links concern clients' links too. Cuts (`cuts.rs`) drop messages that
//! are sent while the cuts last and messages in flight when they begin; the code that sends and delivers decides that.

use env::{ClientId, Instant, NodeId};

use crate::disturbance::{Again, Disturbances, Judgement, Link, Marks, Passage};
use crate::plan::LinkModel;
use crate::rng::uniform;

const NS_PER_US: u64 = 1_000;

/// When one copy of a message arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) marks: Marks,
}

/// The fate of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Once(Arrival),
    /// Two copies arrive.
    Twice(Arrival, Arrival),
    /// It is lost to these faults.
    Lost(Marks),
}

/// All links.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    latency_min_ns: u64,
    latency_max_ns: u64,
    /// How many machines a node may talk to, so that a link has a number: the nodes (by index), then the clients.
    machines: usize,
    nodes: usize,
    /// By link: when the last message that keeps to the order arrives.
    last_arrivals: Vec<Instant>,
    /// By link: until when a message taken out of the order is on its way, and the slot of the fault that did it. A
    /// message that arrives before then overtakes it. Empty until a fault first reorders.
    overtakable: Vec<(Instant, u32)>,
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
        }
    }

    /// Sends a message at `now`; `drawn` are the 64 bits that its sender's stream gave for it.
    pub(crate) fn send(&mut self, disturbances: &Disturbances, link: Link, now: Instant, drawn: u64) -> Fate {
        let number = self.number(link);
        if disturbances.is_empty() {
            let last = &mut self.last_arrivals[number];
            let at = (*last).max(Instant(now.0 + uniform(self.latency_min_ns, self.latency_max_ns, drawn)));
            *last = at;
            return Fate::Once(Arrival { at, marks: 0 });
        }
        self.send_disturbed(disturbances.judge(link, drawn), number, now, drawn)
    }

    #[inline(never)]
    fn send_disturbed(&mut self, judgement: Judgement, number: usize, now: Instant, drawn: u64) -> Fate {
        let Passage { extra_ns, marks, out_of_order, again } = match judgement {
            Judgement::Lost(marks) => return Fate::Lost(marks),
            Judgement::Passes(passage) => passage,
        };
        let earliest = Instant(now.0 + uniform(self.latency_min_ns, self.latency_max_ns, drawn) + extra_ns);
        let first = match out_of_order {
            Some(slot) => self.arrive_out_of_order(number, earliest, slot, marks),
            None => self.arrive_in_order(number, earliest, marks),
        };
        let Some(Again { marks, drawn }) = again else { return Fate::Once(first) };
        let at = Instant(first.at.0 + uniform(self.latency_min_ns, self.latency_max_ns, drawn));
        Fate::Twice(first, Arrival { at, marks })
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

    /// The message waits for none before it, and none behind it waits for it.
    fn arrive_out_of_order(&mut self, number: usize, at: Instant, slot: u32, mut marks: Marks) -> Arrival {
        if self.overtakable.is_empty() {
            self.overtakable = vec![(Instant::ZERO, 0); self.last_arrivals.len()];
        }
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

#[cfg(test)]
mod tests {
    use env::Ratio;

    use super::*;
    use crate::disturbance::Disturbance;
    use crate::rng::split;

    const MODEL: LinkModel = LinkModel { latency_min_us: 1_000, latency_max_us: 10_000 };
    const LINK: Link = Link::Nodes { from: NodeId(1), to: NodeId(2) };

    /// A network, and the faults that disturb its messages.
    struct Disturbed {
        network: Network,
        disturbances: Disturbances,
    }

    impl Disturbed {
        fn send(&mut self, link: Link, now: Instant, drawn: u64) -> Fate {
            self.network.send(&self.disturbances, link, now, drawn)
        }
    }

    fn network() -> Disturbed {
        Disturbed { network: Network::new(&MODEL, NodeId(5), ClientId(3)), disturbances: Disturbances::none() }
    }

    /// The fates of this many messages, sent one a millisecond.
    fn fates(network: &mut Disturbed, count: u64) -> Vec<Fate> {
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
        let mut numbers: Vec<usize> = links.iter().map(|link| network.network.number(*link)).collect();
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
        network.disturbances.begin(4, 11, Disturbance::Loss(Ratio::percent(20)));
        network.disturbances.begin(9, 12, Disturbance::Duplication(Ratio::percent(50)));
        let fates = fates(&mut network, 10_000);
        let lost: Vec<Marks> =
            fates.iter().filter_map(|fate| if let Fate::Lost(by) = fate { Some(*by) } else { None }).collect();
        let twice = fates.iter().filter(|fate| matches!(fate, Fate::Twice(..))).count();
        assert!((1_850..2_150).contains(&lost.len()), "{} lost", lost.len());
        assert!((3_850..4_150).contains(&twice), "{twice} of those that arrived came twice");
        assert_eq!(network.disturbances.marked(lost[0]).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn reordering_lets_later_messages_overtake_and_says_so() {
        let mut network = network();
        network.disturbances.begin(
            6,
            13,
            Disturbance::Reordering { ratio: Ratio::percent(10), delay_max_ns: 50_000_000 },
        );
        let fates = fates(&mut network, 1_000);
        let arrivals = arrivals(&fates);
        assert!(!arrivals.is_sorted());
        let overtook = fates.iter().filter(|fate| matches!(fate, Fate::Once(arrival) if arrival.marks != 0)).count();
        assert!(overtook > 50, "{overtook} marked");
        network.disturbances.end(6);
        assert!(network.disturbances.is_empty());
    }

    #[test]
    fn a_delay_keeps_those_behind_it_waiting() {
        let mut network = network();
        network.disturbances.begin(
            0,
            14,
            Disturbance::Delay { ratio: Ratio::ALWAYS, min_ns: 500_000_000, max_ns: 500_000_000 },
        );
        let Fate::Once(delayed) = network.send(LINK, Instant(0), 5) else { panic!("delayed, not lost") };
        network.disturbances.end(0);
        let Fate::Once(behind) = network.send(LINK, Instant(1), 5) else { panic!("nothing is wrong any more") };
        assert!(delayed.marks != 0 && behind.marks == 0 && behind.at >= delayed.at);
    }

    #[test]
    fn a_slow_node_is_slow_to_its_clients_too_and_others_are_not() {
        let mut network = network();
        network.disturbances.begin(0, 1, Disturbance::SlowLink { node: NodeId(2), extra_ns: 300_000_000 });
        let slow =
            |network: &mut Disturbed, link| matches!(network.send(link, Instant(0), 0), Fate::Once(a) if a.marks != 0);
        assert!(slow(&mut network, LINK));
        assert!(slow(&mut network, Link::ToClient { node: NodeId(2), client: ClientId(1) }));
        assert!(!slow(&mut network, Link::Nodes { from: NodeId(1), to: NodeId(3) }));
    }
}
