//! Where the director leaves orders for the clients' host.

use std::cell::RefCell;
use std::collections::VecDeque;

use env::{ClientId, NodeId};
use tokio::sync::Notify;

/// Orders, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct Desk<Q, O> {
    orders: RefCell<VecDeque<Order<Q, O>>>,
    /// Wakes the clients' host for an order.
    pub(super) changed: Notify,
}

/// An order of the director.
#[derive(Clone, Debug)]
pub(crate) enum Order<Q, O> {
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
