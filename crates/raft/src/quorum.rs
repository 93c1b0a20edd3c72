//! Counting majorities.

use env::{NodeId, NodeSet};

/// The highest value that a quorum has reached: the commit index from `match_index`es, the confirmed round from acked
/// rounds. 0 if there is no quorum at all.
///
/// `is_quorum` decides about sets, so that joint configurations need no second thought here. Voters are taken in, the
/// furthest ahead first, until they are a quorum; in a healthy cluster that is after one or two steps.
pub(crate) fn quorum_value(
    voters: NodeSet,
    value_of: impl Fn(NodeId) -> u64,
    is_quorum: impl Fn(NodeSet) -> bool,
) -> u64 {
    let mut reached = NodeSet::EMPTY;
    loop {
        let behind = voters.difference(reached);
        let Some(next) = behind.iter().map(&value_of).max() else { return 0 };
        for node in behind.iter().filter(|node| value_of(*node) == next) {
            reached.insert(node);
        }
        if is_quorum(reached) {
            return next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::Membership;

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    fn of(membership: &Membership, values: &[u64]) -> u64 {
        let value_of = |node: NodeId| values[node.index() - 1];
        quorum_value(membership.all_voters(), value_of, |set| membership.has_quorum(set))
    }

    #[test]
    fn the_value_is_that_of_the_last_one_needed_for_a_majority() {
        for (values, expected) in [
            (&[7][..], 7),
            (&[7, 3], 3),
            (&[3, 9, 5], 5),
            (&[9, 0, 0], 0),
            (&[4, 4, 9, 9], 4),
            (&[9, 9, 9, 1], 9),
            (&[1, 2, 3, 4, 5], 3),
        ] {
            let membership = Membership::of(NodeSet::first(values.len() as u8));
            assert_eq!(of(&membership, values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_joint_value_is_the_lower_of_both() {
        let joint = Membership { voters: nodes(&[1, 4, 5]), outgoing: nodes(&[1, 2, 3]), ..Membership::default() };
        assert_eq!(of(&joint, &[9, 9, 9, 1, 2]), 2);
        assert_eq!(of(&joint, &[9, 3, 0, 9, 9]), 3);
        assert_eq!(of(&Membership::default(), &[]), 0);
    }

    #[test]
    fn it_agrees_with_counting_for_every_value() {
        let joint = Membership { voters: nodes(&[1, 3, 4]), outgoing: nodes(&[1, 2]), ..Membership::default() };
        for packed in 0..256_u64 {
            let values = [0, 2, 4, 6].map(|shift| packed >> shift & 3);
            let holders = |value| (1..=4).map(NodeId).filter(|n| values[n.index() - 1] >= value).collect();
            let counted = (0..=3).rev().find(|value| joint.has_quorum(holders(*value))).unwrap_or(0);
            assert_eq!(of(&joint, &values), counted, "{values:?}");
        }
    }
}
