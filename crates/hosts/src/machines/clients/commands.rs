//! The commands of the world to the clients' host.

use std::cell::RefCell;
use std::collections::VecDeque;

use env::{ClientId, NodeId};
use tokio::sync::Notify;

/// Commands, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Commands<Q, O> {
    commands: RefCell<VecDeque<Command<Q, O>>>,
    /// Wakes the clients' host for a command.
    pub(super) changed: Notify,
}

/// A command of the world.
#[derive(Clone, Debug)]
pub(crate) enum Command<Q, O> {
    /// An idle client begins an operation. The probe comes into being with its first one.
    Invoke {
        /// The client.
        client: ClientId,
        /// Its operation.
        operation: O,
    },
    /// A request is sent past all state machines of clients; the operator's requests go this way.
    Send {
        /// The sender.
        from: ClientId,
        /// The receiver.
        to: NodeId,
        /// The request.
        request: Q,
        /// 64 random bits, by which faults judge the request.
        drawn: u64,
    },
    /// The clients of the workload begin nothing new.
    StormOver,
}

impl<Q, O> Commands<Q, O> {
    /// No commands.
    pub(crate) fn new() -> Commands<Q, O> {
        Commands { commands: RefCell::default(), changed: Notify::new() }
    }

    /// Gives a command, which is carried out in the next tick.
    pub(crate) fn give(&self, command: Command<Q, O>) {
        self.commands.borrow_mut().push_back(command);
        self.changed.notify_one();
    }

    /// The oldest command.
    pub(super) fn take(&self) -> Option<Command<Q, O>> {
        self.commands.borrow_mut().pop_front()
    }
}
