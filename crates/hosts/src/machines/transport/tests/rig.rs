//! Nodes that only send the frames that a test orders, and keep the arrivals.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use env::NodeId;
use sim::Seed;
use sim::world::{Consumer, Stream};
use turmoil::{Builder, Sim};

use super::super::*;

/// The version of all nodes here.
pub(super) const VERSION: u16 = 7;

/// So much fits into the inbox of a node.
pub(super) const INBOX_CAPACITY: usize = 8;

/// An arrival at a node: the sender, and the number of the frame.
pub(super) type Arrived = (Speaker, u64);

/// A simulation with nodes and other hosts.
pub(super) struct Rig {
    pub(super) sim: Sim<'static>,
    pub(super) now_ms: Rc<Cell<u64>>,
    nodes: BTreeMap<u8, Rc<Station>>,
    next_number: u64,
}

/// One node, as the test sees it.
pub(super) struct Station {
    pub(super) gate: Rc<Gate>,
    /// True while its attempts to connect would be refused at once.
    pub(super) is_cut_off: Cell<bool>,
    /// Closed while the node takes no arrivals.
    pub(super) reading: Gate,
    pub(super) arrived: RefCell<Vec<Arrived>>,
    /// With the time in milliseconds.
    pub(super) events: RefCell<Vec<(u64, Event)>>,
    outbounds: RefCell<BTreeMap<u8, Outbound>>,
    pub(super) inbound: RefCell<Option<Inbound>>,
}

impl Rig {
    /// Nodes n1 to n`count`, which listen and may dial each other. Latency is 1 to 10 ms.
    pub(super) fn new(seed: u64, count: u8) -> Rig {
        let mut sim = Builder::new()
            .rng_seed(seed)
            .epoch(std::time::UNIX_EPOCH)
            .simulation_duration(Duration::MAX)
            .tick_duration(Duration::from_millis(1))
            .min_message_latency(Duration::from_millis(1))
            .max_message_latency(Duration::from_millis(10))
            .build();
        let now_ms = Rc::new(Cell::new(0));
        let mut nodes = BTreeMap::new();
        for id in 1..=count {
            let station = Rc::new(Station::new());
            nodes.insert(id, Rc::clone(&station));
            let now_ms = Rc::clone(&now_ms);
            sim.host(NodeId(id).to_string(), move || run(seed, id, count, Rc::clone(&station), Rc::clone(&now_ms)));
        }
        let mut rig = Rig { sim, now_ms, nodes, next_number: 1 };
        rig.run_ms(1);
        rig
    }

    pub(super) fn node(&self, id: u8) -> &Station {
        &self.nodes[&id]
    }

    pub(super) fn run_ms(&mut self, ms: u64) {
        for _ in 0..ms {
            self.sim.step().expect("no host fails");
            self.now_ms.set(self.now_ms.get() + 1);
        }
    }

    /// Sends a frame with an empty body: its number.
    pub(super) fn send(&mut self, from: u8, to: u8) -> Result<u64, Refused> {
        let number = self.next_number;
        self.next_number += 1;
        self.node(from).outbounds.borrow()[&to].send_message(number, None, |_| {}).map(|()| number)
    }

    /// Sends a frame every `every_ms` for `ms`: the numbers of the frames that were taken.
    pub(super) fn send_for_ms(&mut self, ms: u64, every_ms: u64, from: u8, to: u8) -> Vec<u64> {
        let mut numbers = Vec::new();
        for _ in 0..ms / every_ms {
            numbers.extend(self.send(from, to));
            self.run_ms(every_ms);
        }
        numbers
    }

    /// The numbers of the frames that have arrived at `to` from the node `from`.
    pub(super) fn arrived(&self, from: u8, to: u8) -> Vec<u64> {
        let arrived = self.node(to).arrived.borrow();
        let of_sender = arrived.iter().filter(|(sender, _)| *sender == Speaker::Node(NodeId(from)));
        of_sender.map(|(_, number)| *number).collect()
    }

    /// How many sockets turmoil holds for the connections that `id` has, or tried to have.
    pub(super) fn sockets(&mut self, id: u8) -> usize {
        let count = Rc::new(Cell::new(None));
        let found = Rc::clone(&count);
        let host = NodeId(id).to_string();
        self.sim.client(format!("observer-{}", self.now_ms.get()), async move {
            found.set(Some(turmoil::established_tcp_stream_count_on(host.as_str())));
            Ok(())
        });
        self.run_ms(1);
        count.get().expect("the observer has run")
    }

    /// Connections that have ended at `id`: when, and why.
    pub(super) fn broken(&self, id: u8) -> Vec<(u64, Broken)> {
        let events = self.node(id).events.borrow();
        let broken = events.iter().filter_map(|(at, event)| match event {
            Event::Broke { why, .. } => Some((*at, why.clone())),
            _ => None,
        });
        broken.collect()
    }

    /// All frames that `id` gave up.
    pub(super) fn dropped(&self, id: u8) -> Vec<u64> {
        let events = self.node(id).events.borrow();
        let dropped = events.iter().filter_map(|(_, event)| match event {
            Event::Dropped { unacknowledged, waiting, .. } => Some([&unacknowledged[..], waiting].concat()),
            _ => None,
        });
        dropped.flatten().collect()
    }
}

impl Station {
    pub(super) fn new() -> Station {
        Station {
            gate: Rc::default(),
            is_cut_off: Cell::new(false),
            reading: Gate::default(),
            arrived: RefCell::default(),
            events: RefCell::default(),
            outbounds: RefCell::default(),
            inbound: RefCell::default(),
        }
    }

    /// A host's side of this, for `own`.
    pub(super) fn endpoint(self: &Rc<Station>, own: Speaker, now_ms: Rc<Cell<u64>>) -> Rc<Endpoint> {
        let station = Rc::clone(self);
        let is_cut_off = move |_| station.is_cut_off.get();
        let station = Rc::clone(self);
        let events = Rc::new(move |event| station.events.borrow_mut().push((now_ms.get(), event)));
        Rc::new(Endpoint {
            own,
            version: VERSION,
            gate: Rc::clone(&self.gate),
            answer_timeout: ANSWER_TIMEOUT_MIN,
            is_cut_off: Rc::new(is_cut_off),
            events,
        })
    }
}

/// The program of a node's host.
async fn run(seed: u64, id: u8, count: u8, station: Rc<Station>, now_ms: Rc<Cell<u64>>) -> turmoil::Result {
    let own = NodeId(id);
    let endpoint = station.endpoint(Speaker::Node(own), now_ms);
    for to in (1..=count).filter(|to| *to != id) {
        let random = Stream::new(Seed(seed), Consumer::NodeLinks(NodeId(to)));
        let (outbound, task) = Outbound::dial(Rc::clone(&endpoint), NodeId(to), random, None);
        station.outbounds.borrow_mut().insert(to, outbound);
        tokio::task::spawn_local(task);
    }
    let inbox = Rc::new(Inbox::new(INBOX_CAPACITY));
    let (inbound, task) = Inbound::listen(endpoint, Rc::clone(&inbox), |arrival| match arrival {
        Arrival::Message { from, number, body: [] } => Ok((Speaker::Node(from), number)),
        Arrival::Message { .. } => Err("messages are empty here".to_owned()),
        Arrival::Request { number, .. } => Ok((Speaker::Clients, number)),
    })
    .await?;
    station.inbound.replace(Some(inbound));
    tokio::task::spawn_local(task);
    let reader = Rc::clone(&station);
    let read = async {
        loop {
            let arrived = poll_fn(|cx| inbox.poll_recv(cx)).await;
            reader.arrived.borrow_mut().push(arrived);
        }
    };
    station.reading.guard(read).await
}

/// A jitter for hosts that are no nodes.
pub(super) fn stream() -> Stream {
    Stream::new(Seed(0), Consumer::ClientLinks(env::ClientId(0)))
}
