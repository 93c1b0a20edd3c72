//! Where two runs of one plan part, as far as their digests tell.

use std::cell::RefCell;
use std::ops::RangeInclusive;

/// The digest of a run at each of its events, or, of a long run, at some that are evenly spread over all of it. It
/// takes a megabyte at most, however long the run.
#[derive(Debug, Default)]
pub struct Trail(RefCell<Marks>);

#[derive(Debug)]
struct Marks {
    marks: Vec<Mark>,
    /// One event in so many is kept.
    one_in: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    event: u64,
    digest: u64,
}

/// No more marks than this are kept.
const MARKS_MAX: usize = 1 << 16;

impl Default for Marks {
    fn default() -> Marks {
        Marks { marks: Vec::new(), one_in: 1 }
    }
}

impl Trail {
    /// No run has left anything on it yet.
    pub fn new() -> Trail {
        Trail::default()
    }

    /// This event is about to happen, after all that the digest stands for.
    pub(crate) fn mark(&self, event: u64, digest: u64) {
        let Marks { marks, one_in } = &mut *self.0.borrow_mut();
        if !event.is_multiple_of(*one_in) {
            return;
        }
        marks.push(Mark { event, digest });
        if marks.len() == MARKS_MAX {
            *one_in *= 2;
            marks.retain(|mark| mark.event.is_multiple_of(*one_in));
        }
    }

    /// The events among which this run and another one of the same plan part for the first time: from the last mark at
    /// which their digests agree, to the event before the first mark at which the digests differ, or to the end.
    pub fn parts_from(&self, other: &Trail) -> RangeInclusive<u64> {
        let (ours, theirs) = (self.0.borrow(), other.0.borrow());
        let mut from = 0;
        for mark in &ours.marks {
            let Ok(place) = theirs.marks.binary_search_by_key(&mark.event, |theirs| theirs.event) else { continue };
            if theirs.marks[place].digest != mark.digest {
                return from..=mark.event - 1;
            }
            from = mark.event;
        }
        from..=u64::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The trail of a run that goes its own way in event `parts_in`.
    fn trail(events: u64, parts_in: u64) -> Trail {
        let trail = Trail::new();
        (1..=events).for_each(|event| trail.mark(event, if event <= parts_in { event } else { 0 }));
        trail
    }

    #[test]
    fn of_two_short_runs_the_very_event_is_known() {
        for parts_in in [1, 2, 700, 39_998] {
            assert_eq!(trail(40_000, u64::MAX).parts_from(&trail(40_000, parts_in)), parts_in..=parts_in);
        }
        // Behind the last mark nothing is known.
        assert_eq!(trail(10, u64::MAX).parts_from(&trail(10, u64::MAX)), 10..=u64::MAX);
    }

    #[test]
    fn of_two_long_runs_it_is_known_among_which_events() {
        for (other, parts_in) in [(1_000_000, 700), (1_000_000, 654_321), (5_000_000, 654_321), (100_000, 700)] {
            let range = trail(1_000_000, u64::MAX).parts_from(&trail(other, parts_in));
            assert!(range.contains(&parts_in) && range.end() - range.start() < 256, "{parts_in}: {range:?}");
        }
    }

    #[test]
    fn the_marks_of_a_long_run_are_few() {
        let kept = trail(1_000_000, u64::MAX).0.borrow().marks.len();
        assert!((MARKS_MAX / 4..MARKS_MAX).contains(&kept), "{kept}");
    }
}
