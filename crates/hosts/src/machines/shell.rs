//! The shell of a node: a process as a turmoil host runs it, with sockets, files and timers around it.
//!
//! One task, the node's loop, owns the process, and hands it one event after another: messages and requests from a
//! bounded inbox, ended syncs, wake-ups. Connections are read and written by tasks of their own, which end with the
//! loop.
//!
//! Always true:
//! - the effects of a process are carried out in the order of [`Effects`]' fields, before it is handed another event;
//! - a wake-up is never early by the node's own clock, and comes in a later tick than it was asked for in;
//! - while the process is paused it is handed nothing, and nothing is read or written on its connections; its disk
//!   works on;
//! - a process that halts or panics takes its connections with it, and the host stays;
//! - at worst, bytes that arrive over a connection end that connection.
//!
//! A tick is a millisecond and all of its work is done at its beginning, so times are rounded up to milliseconds.

mod links;
mod running;
mod syncs;
#[cfg(test)]
mod tests;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use env::{ClientId, Effects, Networked, NodeId, Wire};
use sim::world::settings_of;
use sim::{Actor, Boot, Start, System};
use tokio::task::JoinSet;

use self::links::Sender;
use self::running::Running;
use super::connections::{Dialled, endpoint};
use super::disk::Disk;
use super::machine::Machine;
use super::report::Report;
use super::state::RunState;
use super::timer::Timer;
use super::transport::{Arrival, Endpoint, Inbound, Inbox, Speaker};

/// So many messages and requests wait for the process at most; then connections are read no further.
const INBOX_MAX: usize = 1_024;

/// The program of a node's host. It ends when the process does, and fails only if something else has its port.
pub(crate) async fn run_node<S: System<Process: Networked>>(
    system: Rc<S>,
    state: Rc<RunState>,
    machine: Rc<Machine>,
    disk: Disk,
) -> turmoil::Result {
    // The machine is on, and no process runs.
    let Some(start) = machine.start.take() else { return Ok(()) };
    disk.mount();
    let mut effects = Effects::default();
    let Some(process) = boot(&*system, &state, &machine, &disk, start, &mut effects) else { return Ok(()) };
    let endpoint = endpoint(&state, Speaker::Node(machine.node), S::Process::WIRE_VERSION);
    let inbox = Rc::new(Inbox::new(INBOX_MAX));
    let (inbound, accepting) =
        Inbound::listen(Rc::clone(&endpoint), Rc::clone(&inbox), decoder::<S::Process>(&state, machine.node)).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn_local(async { accepting.await.expect("turmoil's sockets accept as long as they are there") });
    let peers = Dialled::new(&state, Rc::clone(&endpoint), tasks);
    let sender = Sender::new(&state, &machine, inbound, peers);
    let mut running = Running::new(&state, &machine, &disk, process, sender);
    if running.carry_out(&mut effects).is_continue() {
        run(running, &state, &machine, &endpoint, &inbox).await;
    }
    Ok(())
}

/// Starts a process from the files of its disk.
fn boot<S: System<Process: Networked>>(
    system: &S,
    state: &RunState,
    machine: &Machine,
    disk: &Disk,
    start: Start,
    effects: &mut Effects<S::Process>,
) -> Option<S::Process> {
    let node = machine.node;
    let now = machine.read_clock(state);
    let random = &mut *machine.random.borrow_mut();
    let (cluster, settings) = (&state.plan.cluster, &settings_of(&state.plan));
    let files = disk.files();
    let boot = Boot { cluster, settings, node, start, disk: &files, now, random, effects };
    let who = Actor::Node(node);
    let (booted, lines) = state.heard(|| system.boot(boot));
    let (report, process) = match booted {
        Ok(Ok(process)) => (Report::Booted { node, start }, Some(process)),
        Ok(Err(error)) => (Report::BootRefused { node, reason: error.to_string() }, None),
        Err(message) => {
            // A panic ends the run where the world takes it in.
            state.logged(who, lines);
            state.report(Report::Panicked { who, message });
            return None;
        }
    };
    // The log events belong to the event that the report begins.
    state.report(report);
    state.logged(who, lines);
    process
}

/// Hands the process its events, until it stops: first the ends of its syncs, then the arrivals, and its wake-up when
/// nothing else waits.
async fn run<P: Networked>(
    mut running: Running<P>,
    state: &RunState,
    machine: &Machine,
    endpoint: &Endpoint,
    inbox: &Inbox<Incoming<P>>,
) {
    let mut timer = Timer::new();
    let mut next = Next::Changed;
    loop {
        if machine.is_paused.get() {
            endpoint.gate.close()
        } else {
            endpoint.gate.open()
        }
        let mut going = running.catch_up();
        if going.is_continue() {
            going = match next {
                Next::Changed => going,
                Next::Arrived(incoming) => running.arrives(incoming),
                Next::Fired => running.wake_if_due(),
            };
        }
        if going.is_break() {
            return;
        }
        if let Some(due) = running.next_due() {
            timer.arm(state.now.get(), due);
        }
        let mut changed = pin!(machine.changed.notified());
        next = poll_fn(|cx| {
            if changed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Next::Changed);
            }
            match inbox.poll_recv(cx) {
                Poll::Ready(incoming) => Poll::Ready(Next::Arrived(incoming)),
                Poll::Pending => timer.poll(cx).map(|()| Next::Fired),
            }
        })
        .await;
    }
}

/// The reason for which the loop goes on.
enum Next<P: Networked> {
    /// The state of the machine has changed. A wake-up that this makes due comes with the timer: after a pause, the
    /// arrivals of the meantime are read first.
    Changed,
    Arrived(Incoming<P>),
    Fired,
}

/// An arrival over a connection, decoded.
#[derive(Debug)]
enum Incoming<P: Networked> {
    Message { from: NodeId, number: u64, bytes: u64, message: P::Message },
    Request { from: ClientId, number: u64, request: P::Request },
}

/// Decodes for this node. A panic of the decoding is one of the code under test.
fn decoder<P: Networked>(
    state: &Rc<RunState>,
    node: NodeId,
) -> impl Fn(Arrival<'_>) -> Result<Incoming<P>, String> + use<P> {
    let state = Rc::clone(state);
    move |arrival| {
        state.code_under_test(Actor::Node(node), || decode(arrival)).unwrap_or_else(|message| {
            state.report(Report::Panicked { who: Actor::Node(node), message: message.clone() });
            Err(message)
        })
    }
}

fn decode<P: Networked>(arrival: Arrival<'_>) -> Result<Incoming<P>, String> {
    match arrival {
        Arrival::Message { from, number, body } => match P::Message::from_wire(body) {
            Ok(message) => Ok(Incoming::Message { from, number, bytes: body.len() as u64, message }),
            Err(error) => Err(error.to_string()),
        },
        Arrival::Request { client, number, body } => match P::Request::from_wire(body) {
            Ok(request) => Ok(Incoming::Request { from: client, number, request }),
            Err(error) => Err(error.to_string()),
        },
    }
}
