//! A wake-up that moves, with few entries in the event queue.

use env::Instant;

/// The wake-up of a node or a client. At most one in the queue counts; the queue may hold others, replaced or
/// cancelled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alarm {
    /// When the node or client wants to be woken, by its own clock.
    pub wanted: Option<Instant>,
    /// The true time of the wake-up in the queue that counts.
    queued: Option<Instant>,
    /// Its number.
    ticket: u32,
}

impl Alarm {
    /// Sets the wake-up to the true time `at`. Returns the ticket to queue, or `None` if a queued one comes up in time:
    /// a deadline that moves later costs nothing until it would have been due.
    pub fn arm(&mut self, at: Instant) -> Option<u32> {
        if self.queued.is_some_and(|queued| queued <= at) {
            return None;
        }
        self.queued = Some(at);
        self.ticket = self.ticket.wrapping_add(1);
        Some(self.ticket)
    }

    /// A queued wake-up has come up; false if it was replaced.
    pub fn comes_up(&mut self, ticket: u32) -> bool {
        let counts = self.queued.is_some() && self.ticket == ticket;
        if counts {
            self.queued = None;
        }
        counts
    }

    pub fn cancel(&mut self) {
        self.wanted = None;
        self.queued = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_deadline_leaves_the_queue_alone_and_an_earlier_one_replaces() {
        let mut alarm = Alarm::default();
        let first = alarm.arm(Instant(100)).expect("nothing is queued");
        assert_eq!(alarm.arm(Instant(200)), None);
        let earlier = alarm.arm(Instant(50)).expect("the queued one is too late");
        assert!(alarm.comes_up(earlier));
        assert!(!alarm.comes_up(first));
        assert!(alarm.arm(Instant(300)).is_some());
    }

    #[test]
    fn a_cancelled_wake_up_does_not_come_up() {
        let mut alarm = Alarm::default();
        let ticket = alarm.arm(Instant(100)).expect("nothing is queued");
        alarm.cancel();
        assert!(!alarm.comes_up(ticket));
        let next = alarm.arm(Instant(100)).expect("nothing that counts is queued");
        assert!(!alarm.comes_up(ticket) && alarm.comes_up(next));
    }
}
