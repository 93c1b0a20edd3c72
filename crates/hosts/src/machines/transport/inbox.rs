//! The arrivals at a host that wait to be handled.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

/// A bounded queue from the connections of a host to the one task that handles their arrivals.
///
/// A connection that finds no room stops reading until there is, so that the sender's buffers and then its queue fill
/// up.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    capacity: usize,
    arrivals: RefCell<VecDeque<T>>,
    /// The task that handles the arrivals.
    handler: RefCell<Option<Waker>>,
    /// Connections that wait for room.
    readers: RefCell<Vec<Waker>>,
}

impl<T> Inbox<T> {
    /// Holds at most `capacity` arrivals.
    pub(crate) fn new(capacity: usize) -> Inbox<T> {
        assert!(capacity > 0, "an inbox without room takes nothing");
        Inbox { capacity, arrivals: RefCell::default(), handler: RefCell::default(), readers: RefCell::default() }
    }

    /// The oldest arrival, if there is one.
    pub(crate) fn try_recv(&self) -> Option<T> {
        let arrival = self.arrivals.borrow_mut().pop_front();
        if arrival.is_some() {
            for reader in self.readers.take() {
                reader.wake();
            }
        }
        arrival
    }

    /// The oldest arrival; wakes the one task that reads here when there is one.
    pub(crate) fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<T> {
        if let Some(arrival) = self.try_recv() {
            return Poll::Ready(arrival);
        }
        self.handler.replace(Some(cx.waker().clone()));
        Poll::Pending
    }

    /// Ready if there is room for one more; wakes the task when there may be.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.arrivals.borrow().len() < self.capacity {
            return Poll::Ready(());
        }
        let mut readers = self.readers.borrow_mut();
        if !readers.iter().any(|reader| reader.will_wake(cx.waker())) {
            readers.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Adds an arrival, for which there is room.
    pub(super) fn push(&self, arrival: T) {
        let mut arrivals = self.arrivals.borrow_mut();
        assert!(arrivals.len() < self.capacity, "an inbox of {} is full", self.capacity);
        arrivals.push_back(arrival);
        drop(arrivals);
        if let Some(handler) = self.handler.take() {
            handler.wake();
        }
    }
}
