//! The effects of network faults on messages: loss, duplication, reordering, delay.
//!
//! A fault's effect on a message is derived from the one draw that the message cost its sender's stream and from the
//! fault's own `pick`, so that no fault changes another's choices. Both engines judge messages here; each carries
//! judgements out in its own way.

use std::fmt;

use env::{ClientId, NodeId, Random, Ratio};

use crate::rng::{Pick, split};

/// One direction between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// From one node to another.
    Nodes {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
    },
    /// From a client to a node.
    ToNode {
        /// The sender.
        client: ClientId,
        /// The receiver.
        node: NodeId,
    },
    /// From a node to a client.
    ToClient {
        /// The sender.
        node: NodeId,
        /// The receiver.
        client: ClientId,
    },
}

/// The faults of the network that a message has met, as slots of [`Disturbances`]: they are effective once the message
/// is delivered.
pub type Marks = u32;

/// The effect of a fault on messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// This share of the messages is lost.
    Loss(Ratio),
    /// This share of the messages comes twice.
    Duplication(Ratio),
    /// This share of the messages is taken out of the order of its link.
    Reordering {
        /// The share.
        ratio: Ratio,
        /// Each of them takes up to so much longer.
        delay_max_ns: u64,
    },
    /// This share of the messages takes longer, and those behind them on the link wait.
    Delay {
        /// The share.
        ratio: Ratio,
        /// By so much at least.
        min_ns: u64,
        /// By so much at most.
        max_ns: u64,
    },
    /// All messages from and to this node take longer.
    SlowLink {
        /// The node.
        node: NodeId,
        /// By so much.
        extra_ns: u64,
    },
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

/// An active fault of the network.
#[derive(Clone, Debug)]
struct ActiveFault {
    /// Its number in the schedule.
    fault: usize,
    slot: u32,
    pick: u64,
    disturbance: Disturbance,
}

/// The fate of a message, as far as faults decide it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is lost to these faults.
    Lost(Marks),
    /// It passes.
    Passes(Passage),
}

/// How a message passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// It takes so much longer.
    pub extra_ns: u64,
    /// The faults that made it take longer.
    pub marks: Marks,
    /// The slot of the fault that takes it out of its link's order; `None` if it keeps that order.
    pub out_of_order: Option<u32>,
    /// Its second copy; `None` if it comes once.
    pub again: Option<Again>,
}

/// A second copy of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Again {
    /// The fault that doubles it.
    pub marks: Marks,
    /// 64 random bits for the latency of the copy.
    pub drawn: u64,
}

/// The faults that disturb messages.
#[derive(Clone, Debug)]
pub struct Disturbances {
    faults: Vec<ActiveFault>,
    /// Where the search for the next fault's slot begins. There are 32, and those of faults that are over are used
    /// again in turn, so that few messages on their way still bear the mark of an earlier owner. Beyond 32 faults at
    /// once, two share.
    next_slot: u32,
    /// By slot: the fault that has it, or had it last, as its number in the schedule.
    slot_owners: [usize; Marks::BITS as usize],
}

impl Disturbances {
    /// Nothing is disturbed.
    pub fn none() -> Disturbances {
        Disturbances { faults: Vec::new(), next_slot: 0, slot_owners: [0; Marks::BITS as usize] }
    }

    /// True if no message is disturbed now.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// Begins to disturb messages, for the fault of this number in the schedule.
    pub fn begin(&mut self, fault: usize, pick: u64, disturbance: Disturbance) {
        let slot = self.free_slot();
        self.next_slot = (slot + 1) % Marks::BITS;
        self.slot_owners[slot as usize] = fault;
        self.faults.push(ActiveFault { fault, slot, pick, disturbance });
    }

    /// Ends the effect of this fault on messages.
    pub fn end(&mut self, fault: usize) {
        self.faults.retain(|active| active.fault != fault);
    }

    /// The faults that these marks name, as their numbers in the schedule.
    pub fn marked(&self, marks: Marks) -> impl Iterator<Item = usize> {
        (0..Marks::BITS).filter(move |slot| marks >> slot & 1 == 1).map(|slot| self.slot_owners[slot as usize])
    }

    /// The fate of a message on `link`; `drawn` are the 64 bits that its sender's stream gave for it.
    pub fn judge(&self, link: Link, drawn: u64) -> Judgement {
        let mut passage = Passage::default();
        let mut lost: Marks = 0;
        for fault in &self.faults {
            let bits = split(drawn, fault.pick);
            match fault.disturbance {
                Disturbance::Loss(ratio) if ratio.holds(bits) => lost |= 1 << fault.slot,
                Disturbance::Duplication(ratio) if ratio.holds(bits) => {
                    passage.again = Some(Again { marks: 1 << fault.slot, drawn: split(bits, 1) });
                }
                Disturbance::Reordering { ratio, delay_max_ns } if ratio.holds(bits) => {
                    passage.extra_ns += Pick::new(bits).between(1, delay_max_ns.max(1));
                    passage.out_of_order = Some(fault.slot);
                }
                Disturbance::Delay { ratio, min_ns, max_ns } if ratio.holds(bits) => {
                    passage.extra_ns += Pick::new(bits).between(min_ns, max_ns);
                    passage.marks |= 1 << fault.slot;
                }
                Disturbance::SlowLink { node, extra_ns } if link.touches(node) => {
                    passage.extra_ns += extra_ns;
                    passage.marks |= 1 << fault.slot;
                }
                _ => {}
            }
        }
        if lost == 0 { Judgement::Passes(passage) } else { Judgement::Lost(lost) }
    }

    /// The next slot that no active fault has; if all are taken, the next slot.
    fn free_slot(&self) -> u32 {
        let in_turn = (0..Marks::BITS).map(|ahead| (self.next_slot + ahead) % Marks::BITS);
        let is_free = |slot: &u32| self.faults.iter().all(|active| active.slot != *slot);
        in_turn.into_iter().find(is_free).unwrap_or(self.next_slot)
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link::Nodes { from: NodeId(1), to: NodeId(2) };

    #[test]
    fn a_fault_that_outlasts_many_others_keeps_its_marks_and_ends_alone() {
        let mut disturbances = Disturbances::none();
        disturbances.begin(0, 15, Disturbance::Loss(Ratio::ALWAYS));
        let mild = Disturbance::Duplication(Ratio::NEVER);
        for fault in 1..=80 {
            disturbances.begin(fault, 16, mild);
            disturbances.end(fault);
        }
        let Judgement::Lost(marks) = disturbances.judge(LINK, 5) else { panic!("all messages are lost") };
        assert_eq!(disturbances.marked(marks).collect::<Vec<_>>(), [0]);
        // More at once than there are slots.
        for fault in 81..=120 {
            disturbances.begin(fault, 16, mild);
        }
        disturbances.end(0);
        assert!(matches!(disturbances.judge(LINK, 5), Judgement::Passes(_)), "it is over");
        disturbances.end(112);
        assert_eq!(disturbances.faults.len(), 39, "one ends, whoever shares its slot");
    }

    #[test]
    fn one_fault_does_not_change_what_another_does() {
        let hit = |with_loss: bool| -> Vec<bool> {
            let mut disturbances = Disturbances::none();
            if with_loss {
                disturbances.begin(0, 11, Disturbance::Loss(Ratio::percent(30)));
            }
            disturbances.begin(1, 12, Disturbance::Duplication(Ratio::percent(30)));
            let is_doubled =
                |n| matches!(disturbances.judge(LINK, split(n, 77)), Judgement::Passes(Passage { again: Some(_), .. }));
            (0..500).map(is_doubled).collect()
        };
        let (with, without) = (hit(true), hit(false));
        // A lost message cannot be duplicated; every other message fares as without the loss.
        assert!(with.iter().zip(&without).all(|(with, without)| !with || *without));
        assert!(with.iter().filter(|hit| **hit).count() > 80);
    }
}
