//! The configurations in the log.

use env::NodeId;
use raft_types::{LogIndex, Membership};

use crate::rules::Rules;

/// The configurations that the log holds, each with its index, and before them the one that was in force where the log
/// begins. The last is in force, committed or not (section 6).
///
/// Always true: there is at least one, and their indices ascend.
#[derive(Clone, Debug)]
pub(crate) struct Configurations(Vec<(LogIndex, Membership)>);

impl Configurations {
    /// `membership` is in force at `index`, where the log begins.
    pub(crate) fn new(index: LogIndex, membership: Membership) -> Configurations {
        Configurations(vec![(index, membership)])
    }

    /// The configuration in force.
    pub(crate) fn current(&self) -> &Membership {
        &self.latest().1
    }

    /// Where in the log it stands.
    pub(crate) fn current_index(&self) -> LogIndex {
        self.latest().0
    }

    fn latest(&self) -> &(LogIndex, Membership) {
        self.0.last().expect("there always is a configuration")
    }

    /// The one that was in force at `index`; the oldest one known if that is further back.
    pub(crate) fn at(&self, index: LogIndex) -> Membership {
        let later = self.0.partition_point(|(at, _)| *at <= index);
        self.0[later.saturating_sub(1)].1
    }

    /// True if `node` votes in the configuration in force at `index` or in a later one.
    pub(crate) fn is_voter_since(&self, index: LogIndex, node: NodeId) -> bool {
        let later = self.0.partition_point(|(at, _)| *at <= index);
        self.0[later.saturating_sub(1)..].iter().any(|(_, membership)| membership.is_voter(node))
    }

    pub(crate) fn push(&mut self, index: LogIndex, membership: Membership) {
        self.0.push((index, membership));
    }

    /// Takes the configurations of truncated entries back; true if another configuration is in force now.
    pub(crate) fn truncate(&mut self, from: LogIndex, rules: &impl Rules) -> bool {
        let kept = rules.configurations_kept(&self.0, from).max(1);
        let changed = kept < self.0.len();
        self.0.truncate(kept);
        changed
    }

    /// Forgets the configurations that were in force before `through` only.
    pub(crate) fn compact(&mut self, through: LogIndex) {
        let at_or_before = self.0.partition_point(|(index, _)| *index <= through);
        self.0.drain(..at_or_before.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Paper;
    use env::NodeSet;

    fn of(voters: u8) -> Membership {
        Membership::of(NodeSet::first(voters))
    }

    fn three() -> Configurations {
        let mut configurations = Configurations::new(LogIndex(0), of(1));
        configurations.push(LogIndex(4), of(2));
        configurations.push(LogIndex(6), of(3));
        configurations
    }

    #[test]
    fn a_truncation_takes_back_two_levels_at_once() {
        let mut configurations = three();
        assert!(!configurations.truncate(LogIndex(7), &Paper));
        assert!(configurations.truncate(LogIndex(4), &Paper));
        assert_eq!((configurations.current_index(), *configurations.current()), (LogIndex(0), of(1)));
    }

    #[test]
    fn a_voter_counts_as_one_until_the_configuration_without_it_is_committed() {
        let mut configurations = three();
        configurations.push(LogIndex(8), of(2));
        let is_voter_since = |index| configurations.is_voter_since(LogIndex(index), NodeId(3));
        assert_eq!([3, 6, 7, 8, 9].map(is_voter_since), [true, true, true, false, false]);
    }

    #[test]
    fn compaction_keeps_the_one_in_force_where_the_log_begins() {
        let mut configurations = three();
        configurations.compact(LogIndex(5));
        assert_eq!(configurations.at(LogIndex(5)), of(2));
        assert_eq!(configurations.at(LogIndex(6)), of(3));
        assert_eq!(configurations.at(LogIndex(1)), of(2), "the oldest one known");
    }
}
