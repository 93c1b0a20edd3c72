//! The sending side of a host under faults: the shim between a process and its connections.
//!
//! Every message, request and answer costs its sender's link stream exactly one draw, made by the sender. The faults
//! judge the message by that draw ([`Disturbances::judge`](sim::world::Disturbances::judge)), and the judgement
//! is carried out here, before a frame reaches its connection. A delayed frame keeps back those behind it on its
//! connection. A frame that is taken out of the order, and the second copy of a frame that is doubled, are held beside
//! the connection and put into its queue later.
//!
//! Always true: every frame of a run has a number of its own, a second copy too; the [`RunState`] knows by that number
//! which faults the frame has met, and the wire does not carry them.

use std::fmt::Debug;
use std::rc::Rc;

use env::{Instant, Random, Traced, Wire};
use sim::world::{Again, Judgement, Link, Marks, Passage, Pick, Queue};
use sim::{Actor, LinkModel};

use super::report::Report;
use super::state::RunState;
use super::transport::Refused;

/// The links of a host to its peers, each a connection, as its sending side uses them.
pub(super) trait Links {
    /// Queues a frame whose body `encode` appends; it and those behind it wait until `not_before`.
    fn put(
        &mut self,
        link: Link,
        number: u64,
        not_before: Option<tokio::time::Instant>,
        encode: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<(), Refused>;
}

/// The sending side of a host.
pub(super) struct Sending<O> {
    state: Rc<RunState>,
    links: O,
    /// By [`lane`].
    lanes: Vec<Lane>,
    /// Frames that do not keep to the order of their connection.
    held: Queue<Held>,
}

/// A frame that is put into its connection's queue later.
struct Held {
    link: Link,
    number: u64,
    body: Vec<u8>,
}

impl<O: Links> Sending<O> {
    /// A host that has sent nothing, in a run of so many nodes.
    pub(super) fn new(state: Rc<RunState>, links: O) -> Sending<O> {
        let nodes = usize::from(state.plan.cluster.nodes + state.plan.cluster.spares);
        Sending { state, links, lanes: vec![Lane::default(); nodes + 1], held: Queue::empty() }
    }

    /// Sends a message to a machine that there is; `drawn` are the 64 bits that its sender's stream gave for it.
    pub(super) fn send<M: Wire + Traced>(&mut self, link: Link, drawn: u64, message: &M) {
        let judgement = self.state.disturbances.borrow().judge(link, drawn);
        let passage = match judgement {
            Judgement::Passes(passage) => passage,
            Judgement::Lost(marks) => return self.state.report(self.lost(link, marks, message)),
        };
        let (first, again) = self.lanes[lane(link)].leave(passage, self.state.now.get(), &self.state.plan.link);
        self.depart(link, first, message);
        if let Some(again) = again {
            self.depart(link, again, message);
        }
    }

    /// The report of a lost message. One that a cut would have taken is lost to the cut.
    fn lost<M: Traced>(&self, link: Link, marks: Marks, message: &M) -> Report {
        match link {
            Link::Nodes { from, to } if self.state.cuts.borrow().hold(from, to) => Report::LostToCut { from, to },
            _ => Report::Lost { marks, by: sender(link), said: self.state.said(message) },
        }
    }

    /// Lets go of the held frames whose time has come.
    pub(super) fn release(&mut self) {
        while self.held.next_at().is_some_and(|at| at <= self.state.now.get()) {
            let Some((_, Held { link, number, body })) = self.held.pop() else { return };
            self.put(link, number, None, &mut |into| into.extend_from_slice(&body));
        }
    }

    /// When the next held frame is to be let go of.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.held.next_at()
    }

    fn depart<M: Wire>(&mut self, link: Link, departure: Departure, message: &M) {
        let Departure { at, is_in_order, marks } = departure;
        let number = self.state.number_frame(marks);
        let now = self.state.now.get();
        if !is_in_order {
            let mut body = Vec::new();
            message.to_wire(&mut body);
            return self.held.push(at, Held { link, number, body });
        }
        let not_before = (at > now).then(|| tokio::time::Instant::now() + at.saturating_since(now));
        self.put(link, number, not_before, &mut |into| message.to_wire(into));
    }

    fn put(
        &mut self,
        link: Link,
        number: u64,
        not_before: Option<tokio::time::Instant>,
        encode: &mut dyn FnMut(&mut Vec<u8>),
    ) {
        if let Err(why) = self.links.put(link, number, not_before, encode) {
            self.state.take_marks(number);
            let why = match why {
                Refused::QueueFull => "its queue is full",
                Refused::TooLong => "it is too long for a frame",
                Refused::NotConnected => "there is no connection",
            };
            self.state.report(Report::Dropped { by: sender(link), frames: 1, why });
        }
    }
}

/// The sender on a link.
fn sender(link: Link) -> Actor {
    match link {
        Link::Nodes { from: node, .. } | Link::ToClient { node, .. } => Actor::Node(node),
        Link::ToNode { client, .. } => Actor::Client(client),
    }
}

/// Which connection of its sender a link goes over: the one to a node, by [`NodeId::index`](env::NodeId::index), or,
/// first of all, the one that all clients share.
fn lane(link: Link) -> usize {
    match link {
        Link::Nodes { to: node, .. } | Link::ToNode { node, .. } => node.index(),
        Link::ToClient { .. } => 0,
    }
}

/// The frames of one connection, in the order in which they may leave.
#[derive(Clone, Copy, Debug, Default)]
struct Lane {
    /// When the last frame that keeps to the order may leave.
    last: Instant,
    /// Until when a frame taken out of the order is held, and the slot of the fault that did it. A frame that is sent
    /// before then overtakes it.
    overtakable: (Instant, u32),
}

/// When a frame may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Departure {
    /// Not before this true time.
    at: Instant,
    /// The frame keeps its place in the order; otherwise it is sent at `at`, behind all frames sent meanwhile.
    is_in_order: bool,
    /// The marks that the frame bears.
    marks: Marks,
}

impl Lane {
    /// When a frame that is sent now leaves, and its second copy if it has one.
    fn leave(&mut self, passage: Passage, now: Instant, model: &LinkModel) -> (Departure, Option<Departure>) {
        let Passage { extra_ns, marks, out_of_order, again } = passage;
        let earliest = Instant(now.0 + extra_ns);
        let first = match out_of_order {
            Some(slot) => self.leave_out_of_order(earliest, slot, marks),
            None => self.leave_in_order(earliest, now, marks),
        };
        let again = again.map(|Again { marks, drawn }| {
            let later_us = Pick::new(drawn).between(model.latency_min_us, model.latency_max_us);
            Departure { at: Instant(first.at.0 + later_us * 1_000), is_in_order: false, marks }
        });
        (first, again)
    }

    fn leave_in_order(&mut self, earliest: Instant, now: Instant, mut marks: Marks) -> Departure {
        self.last = self.last.max(earliest);
        let (until, slot) = self.overtakable;
        if now < until {
            marks |= 1 << slot;
        }
        Departure { at: self.last, is_in_order: true, marks }
    }

    fn leave_out_of_order(&mut self, at: Instant, slot: u32, marks: Marks) -> Departure {
        if at > self.overtakable.0 {
            self.overtakable = (at, slot);
        }
        Departure { at, is_in_order: false, marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: LinkModel = LinkModel::new(1_000, 10_000);
    const MS: u64 = 1_000_000;

    fn leave(lane: &mut Lane, passage: Passage, now_ms: u64) -> Departure {
        lane.leave(passage, Instant(now_ms * MS), &MODEL).0
    }

    fn delayed(ms: u64) -> Passage {
        Passage { extra_ns: ms * MS, marks: 1, ..Passage::default() }
    }

    #[test]
    fn a_delayed_frame_keeps_back_those_behind_it() {
        let mut lane = Lane::default();
        assert_eq!(leave(&mut lane, delayed(50), 10).at, Instant(60 * MS));
        let behind = leave(&mut lane, Passage::default(), 20);
        assert_eq!(behind, Departure { at: Instant(60 * MS), is_in_order: true, marks: 0 });
        assert_eq!(leave(&mut lane, Passage::default(), 70).at, Instant(70 * MS));
    }

    #[test]
    fn what_is_sent_while_another_is_held_overtakes_it() {
        let mut lane = Lane::default();
        let held = leave(&mut lane, Passage { out_of_order: Some(4), ..delayed(50) }, 10);
        assert_eq!(held, Departure { at: Instant(60 * MS), is_in_order: false, marks: 1 });
        assert_eq!(leave(&mut lane, Passage::default(), 20).marks, 1 << 4);
        assert_eq!(leave(&mut lane, Passage::default(), 60).marks, 0);
    }

    #[test]
    fn a_second_copy_leaves_a_latency_later_with_the_marks_of_what_doubled_it() {
        for drawn in [0, u64::MAX / 3, u64::MAX] {
            let again = Some(Again { marks: 8, drawn });
            let (first, again) = Lane::default().leave(Passage { again, ..delayed(5) }, Instant(0), &MODEL);
            let again = again.expect("it comes twice");
            assert_eq!((first.marks, again.marks, again.is_in_order), (1, 8, false));
            assert!((MS..=10 * MS).contains(&(again.at.0 - first.at.0)), "{} after {}", again.at, first.at);
        }
    }
}
