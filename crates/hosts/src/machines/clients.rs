//! The host of all clients: those of the workload, the probe of the calm phase, and the operator.
//!
//! One task owns the state machines of all of them, with their generator, their pauses and their wake-ups. Nodes are
//! reached over one connection each, which carries the requests of all clients and brings the answers back. Clients'
//! clocks are right.
//!
//! Each client of the workload invokes an operation, waits for its completion, pauses, and goes on until the storm is
//! over. The world gives the operations of the probe and the requests of the operator as [`Commands`].
//!
//! Always true: a client completes only an operation that it has begun; the draws of one client move no draw of
//! another; in a tick that brings no answer, no command and nothing that is due, nothing runs.

pub(crate) mod commands;
mod host;
mod links;

use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use env::{Client, Networked, Process};
use sim::System;

use self::commands::Commands;
use self::host::Clients;
use super::state::RunState;
use super::timer::Timer;

type Request<S> = <<S as System>::Process as Process>::Request;
type Op<S> = <<S as System>::Client as Client>::Op;
type Response<S> = <<S as System>::Process as Process>::Response;

/// The program of the clients' host. It ends if a client panics; it never fails.
pub(crate) async fn run_clients<S: System<Process: Networked>>(
    system: Rc<S>,
    state: Rc<RunState>,
    commands: Rc<Commands<Request<S>, Op<S>>>,
) -> turmoil::Result {
    let mut clients = Clients::new(system, &state, &commands);
    let mut timer = Timer::new();
    while clients.catch_up().is_continue() {
        if let Some(due) = clients.next_due() {
            timer.arm(state.now.get(), due);
        }
        let mut changed = pin!(commands.changed.notified());
        poll_fn(|cx| match changed.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => timer.poll(cx),
        })
        .await;
    }
    Ok(())
}
