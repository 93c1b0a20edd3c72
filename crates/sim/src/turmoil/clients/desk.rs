//! Where the director leaves orders for the clients' host.

use std::cell::RefCell;
use std::collections::VecDeque;

use env::{ClientId, NodeId};
use tokio::sync::Notify;

/// Orders, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Desk<Q, O> {
    orders: RefCell<VecDeque<Order<Q, O>>>,
    /// There is something to do.
    pub(super) changed: Notify,
}

/// What the director wants done.
#[derive(Clone, Debug)]
pub(crate) enum Order<Q, O> {
    /// An idle client begins an operation. The probe comes into being with its first one.
    Invoke {
        /// Who.
        client: ClientId,
        /// What.
        operation: O,
    },
    /// A request is sent, and nobody's state machine is told; the operator asks so.
    Send {
        /// By whom.
        from: ClientId,
        /// To whom.
        to: NodeId,
        /// What is asked.
        request: Q,
        /// 64 random bits for what faults do to it.
        drawn: u64,
    },
    /// The clients of the workload begin nothing new.
    StormOver,
}

impl<Q, O> Desk<Q, O> {
    /// No orders.
    pub(crate) fn new() -> Desk<Q, O> {
        Desk { orders: RefCell::default(), changed: Notify::new() }
    }

    /// Leaves an order, which is carried out in the next tick.
    pub(crate) fn place(&self, order: Order<Q, O>) {
        self.orders.borrow_mut().push_back(order);
        self.changed.notify_one();
    }

    /// The oldest order.
    pub(super) fn take(&self) -> Option<Order<Q, O>> {
        self.orders.borrow_mut().pop_front()
    }
}
