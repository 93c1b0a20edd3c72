//! A host's connections, and the reports on them to the world.

use std::rc::Rc;
use std::time::Duration;

use env::NodeId;
use sim::Actor;
use sim::world::{Pick, split};
use tokio::task::JoinSet;

use super::report::Report;
use super::state::RunState;
use super::transport::{Answers, Broken, Endpoint, Event, Gate, Outbound, Speaker, answer_timeout};

/// Tells the backoff of connections from other uses of the seed.
const BACKOFF: u64 = 0x6261_636b;

/// The common part of the connections of `own`, with messages of this version; it reports their events.
pub(super) fn endpoint(state: &Rc<RunState>, own: Speaker, version: u16) -> Rc<Endpoint> {
    let events = {
        let state = Rc::clone(state);
        Rc::new(move |event| report(&state, own, event))
    };
    let is_cut_off = {
        let state = Rc::clone(state);
        Rc::new(move |to| matches!(own, Speaker::Node(from) if state.cuts.borrow().hold(from, to)))
    };
    let answer_timeout = answer_timeout(Duration::from_micros(state.plan.link.latency_max_us));
    Rc::new(Endpoint { own, version, gate: Rc::new(Gate::default()), answer_timeout, is_cut_off, events })
}

/// The connections that a host has dialled, one to each node that it has talked to.
pub(super) struct Dialled {
    state: Rc<RunState>,
    endpoint: Rc<Endpoint>,
    /// By [`NodeId::index`].
    outbounds: Vec<Option<Outbound>>,
    /// The tasks that read and write for the host; they end with it.
    tasks: JoinSet<()>,
}

impl Dialled {
    /// None yet.
    pub(super) fn new(state: &Rc<RunState>, endpoint: Rc<Endpoint>, tasks: JoinSet<()>) -> Dialled {
        Dialled { state: Rc::clone(state), endpoint, outbounds: Vec::new(), tasks }
    }

    /// The connection to this node, dialled now if it was not before; its answers go to `answers`.
    pub(super) fn to(&mut self, to: NodeId, answers: impl FnOnce() -> Option<Answers>) -> &Outbound {
        let index = to.index();
        if self.outbounds.len() <= index {
            self.outbounds.resize_with(index + 1, || None);
        }
        self.outbounds[index].get_or_insert_with(|| {
            let backoff = backoff(&self.state, self.endpoint.own, to);
            let (outbound, task) = Outbound::dial(Rc::clone(&self.endpoint), to, backoff, answers());
            self.tasks.spawn_local(task);
            outbound
        })
    }
}

/// The randomness that spreads the attempts of `own` to connect to `to`.
fn backoff(state: &RunState, own: Speaker, to: NodeId) -> Pick {
    let own = if let Speaker::Node(node) = own { node.0 } else { 0 };
    Pick::new(split(split(state.plan.seed.0, BACKOFF), u64::from(own) << 8 | u64::from(to.0)))
}

fn report(state: &RunState, own: Speaker, event: Event) {
    let by = match own {
        Speaker::Node(node) => Actor::Node(node),
        Speaker::Clients => Actor::Run,
    };
    match event {
        Event::Connecting { to } | Event::Written { to: Speaker::Node(to), .. } => {
            if let Speaker::Node(from) = own
                && state.cuts.borrow().hold(from, to)
            {
                state.report(Report::LostToCut { from, to });
            }
        }
        Event::Broke { why: Broken::Frame(error), .. } => {
            state.report(Report::FrameRefused { by, error: error.to_string() });
        }
        Event::Dropped { unacknowledged, waiting, .. } => {
            for number in &waiting {
                state.take_marks(*number);
            }
            let dropped = |numbers: Vec<u64>, why| {
                if !numbers.is_empty() {
                    state.report(Report::Dropped { by, frames: numbers.len() as u64, why });
                }
            };
            dropped(unacknowledged, "their receiver never acknowledged them");
            dropped(waiting, "their connection broke");
        }
        Event::Connected { .. } | Event::Written { .. } | Event::Broke { .. } => {}
    }
}
