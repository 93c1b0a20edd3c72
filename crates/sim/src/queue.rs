//! The event queue: the events to come, in order of time, then in the order in which they were pushed.
//!
//! A binary heap of two-word keys (time, then a sequence number), with the events kept aside in a slab, so that a heap
//! operation moves 16 bytes for a message of any size. Events are only ever taken out at the front: one that is no
//! longer wanted is recognized when it comes up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use env::Instant;

/// How many bits of a key name the slot in the slab; the rest of the lower word is the sequence number.
const SLOT_BITS: u32 = 24;

/// The events to come.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    /// Time, sequence number and slot, in this order of weight.
    heap: BinaryHeap<Reverse<u128>>,
    slots: Vec<Option<T>>,
    /// Slots that are free.
    free: Vec<u32>,
    pushed: u64,
    len_max: usize,
}

/// The size of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSize {
    /// The most events that were in it at once.
    pub peak: usize,
    /// How many bytes of memory it takes. The memory that its events point to is not counted.
    pub bytes: u64,
}

impl<T> Queue<T> {
    /// An empty queue.
    pub fn empty() -> Queue<T> {
        Queue { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), pushed: 0, len_max: 0 }
    }

    /// Its size.
    pub fn size(&self) -> QueueSize {
        QueueSize { peak: self.len_max, bytes: self.bytes() }
    }

    /// How many bytes of memory it takes. The memory that its items point to is not counted.
    fn bytes(&self) -> u64 {
        let slots = self.slots.capacity() * size_of::<Option<T>>() + self.free.capacity() * size_of::<u32>();
        (slots + self.heap.capacity() * size_of::<u128>()) as u64
    }

    /// Puts an event at `at`, behind all events of the same time.
    ///
    /// # Panics
    /// When 2^40 events have been pushed, or 2^24 are in it at once: far beyond the limits of a run.
    pub fn push(&mut self, at: Instant, what: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(what);
                slot
            }
            None => {
                self.slots.push(Some(what));
                (self.slots.len() - 1) as u32
            }
        };
        assert!(slot >> SLOT_BITS == 0 && self.pushed >> (64 - SLOT_BITS) == 0, "the event queue is full");
        let order = self.pushed << SLOT_BITS | u64::from(slot);
        self.pushed += 1;
        self.heap.push(Reverse(u128::from(at.0) << 64 | u128::from(order)));
        self.len_max = self.len_max.max(self.heap.len());
    }

    /// The time of the first event.
    pub fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(key)| Instant((key >> 64) as u64))
    }

    /// Takes out the first event, if it is due by `until`.
    pub fn pop_until(&mut self, until: Instant) -> Option<(Instant, T)> {
        if self.next_at()? > until { None } else { self.pop() }
    }

    /// Takes out the first event.
    pub fn pop(&mut self) -> Option<(Instant, T)> {
        let Reverse(key) = self.heap.pop()?;
        let slot = key as u32 & ((1 << SLOT_BITS) - 1);
        let what = self.slots[slot as usize].take().expect("a slot named in the heap is taken");
        self.free.push(slot);
        Some((Instant((key >> 64) as u64), what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_comes_first_and_ties_keep_their_order() {
        let mut queue = Queue::empty();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b'), (5, 'e')] {
            queue.push(Instant(at), what);
        }
        let order: Vec<(u64, char)> = std::iter::from_fn(|| queue.pop()).map(|(at, what)| (at.0, what)).collect();
        assert_eq!(order, [(1, 'a'), (3, 'b'), (5, 'c'), (5, 'd'), (5, 'e')]);
    }

    #[test]
    fn slots_are_used_again() {
        let mut queue = Queue::empty();
        for round in 0..1_000 {
            queue.push(Instant(round), round);
            queue.push(Instant(round), round + 1);
            assert_eq!(queue.pop(), Some((Instant(round), round)));
            assert_eq!(queue.pop(), Some((Instant(round), round + 1)));
        }
        assert_eq!((queue.slots.len(), queue.size().peak), (2, 2));
    }

    #[test]
    fn it_sorts_as_a_stable_sort_does() {
        let mut queue = Queue::empty();
        let times: Vec<u64> = (0..2_000_u64).map(|n| env::mix(3, n) % 50).collect();
        for (number, time) in times.iter().enumerate() {
            queue.push(Instant(*time), number);
        }
        let mut sorted: Vec<usize> = (0..times.len()).collect();
        sorted.sort_by_key(|number| times[*number]);
        let popped: Vec<usize> = std::iter::from_fn(|| queue.pop()).map(|(_, number)| number).collect();
        assert_eq!(popped, sorted);
    }
}
