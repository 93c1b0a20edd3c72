//! A leader's knowledge of one peer.

use std::collections::VecDeque;

use raft_types::LogIndex;

use crate::snapshot::Transfer;

/// A leader's view of one peer: Figure 2's `next_index` and `match_index`, and how freely it may be sent to.
///
/// Always true: `match_index` < `next_index`, and `in_flight` is empty unless the flow is `Replicate`.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    /// The next entry to send.
    pub(crate) next_index: LogIndex,
    /// The last entry known to be on the peer, durably.
    pub(crate) match_index: LogIndex,
    /// The latest round of heartbeats it has answered.
    pub(crate) acked_round: u64,
    pub(crate) flow: Flow,
    /// The last index of each append that is on its way, oldest first.
    in_flight: VecDeque<LogIndex>,
}

/// How freely a peer may be sent to.
#[derive(Clone, Debug)]
pub(crate) enum Flow {
    /// Where the logs agree is not known: one append at a time, until one is accepted.
    Probe {
        /// One is on its way.
        paused: bool,
    },
    /// The logs agree up to `match_index`: appends follow one another without waiting, up to the window.
    Replicate,
    /// The peer needs entries that were compacted away: a snapshot goes first.
    Snapshot(Box<Transfer>),
}

impl Progress {
    pub(crate) fn new(next_index: LogIndex) -> Progress {
        Progress {
            next_index,
            match_index: LogIndex(0),
            acked_round: 0,
            flow: Flow::Probe { paused: false },
            in_flight: VecDeque::new(),
        }
    }

    /// True if a snapshot is on its way, before which nothing else helps.
    pub(crate) fn awaits_snapshot(&self) -> bool {
        matches!(self.flow, Flow::Snapshot(_))
    }

    /// True if another append may be sent.
    pub(crate) fn may_send(&self, window: usize) -> bool {
        match self.flow {
            Flow::Probe { paused } => !paused,
            Flow::Replicate => self.in_flight.len() < window,
            Flow::Snapshot(_) => false,
        }
    }

    /// An append was sent whose last entry is at `last`.
    pub(crate) fn sent(&mut self, last: LogIndex) {
        match &mut self.flow {
            Flow::Probe { paused } => *paused = true,
            Flow::Replicate if last >= self.next_index => {
                self.in_flight.push_back(last);
                self.next_index = last.next();
            }
            Flow::Replicate | Flow::Snapshot(_) => {}
        }
    }

    /// The first chunk of a snapshot was sent.
    pub(crate) fn snapshot_begun(&mut self, transfer: Transfer) {
        self.in_flight.clear();
        self.flow = Flow::Snapshot(Box::new(transfer));
    }

    /// The peer holds everything up to `acked`; true if that is news.
    pub(crate) fn accepted(&mut self, acked: LogIndex, resumes_probe_on_heartbeat: bool) -> bool {
        let news = acked > self.match_index;
        self.match_index = self.match_index.max(acked);
        while self.in_flight.pop_front_if(|last| *last <= acked).is_some() {}
        // An answer to the probe itself acknowledges at least `next_index`; one to a heartbeat, the entry before.
        let agreed = match &self.flow {
            Flow::Probe { .. } => {
                acked >= self.next_index || (acked.next() == self.next_index && resumes_probe_on_heartbeat)
            }
            Flow::Snapshot(transfer) => acked >= transfer.last().index,
            Flow::Replicate => false,
        };
        self.next_index = self.next_index.max(self.match_index.next());
        if agreed {
            self.flow = Flow::Replicate;
        }
        news
    }

    /// The peer does not hold the entry at `prev`, and no entry behind `agreed` is the same on both sides; false if
    /// that is an old answer.
    pub(crate) fn rejected(&mut self, prev: LogIndex, agreed: LogIndex) -> bool {
        match self.flow {
            // Pipelined appends are rejected one by one; the first rejection ends the pipeline, the others are old by
            // then.
            Flow::Replicate if prev > self.match_index => {
                self.next_index = self.match_index.next();
                self.in_flight.clear();
            }
            Flow::Probe { .. } if prev.next() == self.next_index && prev > self.match_index => {
                self.next_index = agreed.min(prev.prev()).max(self.match_index).next();
            }
            _ => return false,
        }
        self.flow = Flow::Probe { paused: false };
        true
    }

    /// True if the peer follows the log closely: all it lacks is on its way.
    pub(crate) fn is_caught_up(&self, commit_index: LogIndex) -> bool {
        matches!(self.flow, Flow::Replicate) && self.match_index >= commit_index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replicating(matched: u64) -> Progress {
        let mut progress = Progress::new(LogIndex(matched + 1));
        assert!(progress.accepted(LogIndex(matched), true));
        progress
    }

    #[test]
    fn a_probe_waits_for_its_answer() {
        let mut progress = Progress::new(LogIndex(8));
        progress.sent(LogIndex(9));
        assert!(!progress.may_send(4));
        assert_eq!(progress.next_index, LogIndex(8), "nothing is taken for received");
        assert!(progress.accepted(LogIndex(9), true));
        assert!(progress.may_send(4) && progress.next_index == LogIndex(10));
    }

    #[test]
    fn an_answered_heartbeat_resumes_a_lost_probe() {
        let mut progress = Progress::new(LogIndex(8));
        progress.sent(LogIndex(9));
        progress.accepted(LogIndex(7), true);
        assert!(progress.may_send(4));
    }

    #[test]
    fn a_full_window_opens_again_with_the_answers() {
        let mut progress = replicating(3);
        progress.sent(LogIndex(4));
        progress.sent(LogIndex(6));
        assert!(!progress.may_send(2));
        progress.accepted(LogIndex(5), true);
        assert!(progress.may_send(2), "the first append is answered");
        assert_eq!(progress.next_index, LogIndex(7));
    }

    #[test]
    fn rejections_move_a_probe_back_but_never_behind_the_match() {
        let mut progress = Progress::new(LogIndex(10));
        assert!(!progress.rejected(LogIndex(5), LogIndex(4)), "the answer to another probe");
        assert!(progress.rejected(LogIndex(9), LogIndex(6)));
        assert_eq!(progress.next_index, LogIndex(7));
        assert!(progress.rejected(LogIndex(6), LogIndex(6)), "a hint that is no help still moves it back");
        assert_eq!(progress.next_index, LogIndex(6));
        progress.accepted(LogIndex(5), true);
        assert!(!progress.rejected(LogIndex(5), LogIndex(1)), "what was acknowledged stays so");
    }

    #[test]
    fn a_rejection_in_the_pipeline_starts_over_behind_the_match() {
        let mut progress = replicating(3);
        progress.sent(LogIndex(4));
        progress.sent(LogIndex(5));
        assert!(progress.rejected(LogIndex(4), LogIndex(3)));
        assert_eq!(progress.next_index, LogIndex(4));
        assert!(!progress.rejected(LogIndex(5), LogIndex(3)), "the pipeline's other rejections are old");
    }
}
