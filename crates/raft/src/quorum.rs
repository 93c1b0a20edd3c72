//! Counting majorities.

use env::{NodeId, NodeSet};

/// The highest value above `reached` that a quorum has reached, if there is one: the commit index from `match_index`es,
/// the confirmed round from acked rounds.
///
/// `is_quorum` decides about sets, so that joint configurations need no second thought here. Voters are taken in, the
/// furthest ahead first, until they are a quorum; in a healthy cluster that is after one or two steps.
pub(crate) fn quorum_value(
    reached: u64,
    voters: NodeSet,
    value_of: impl Fn(NodeId) -> u64,
    is_quorum: impl Fn(NodeSet) -> bool,
) -> Option<u64> {
    let mut ahead = NodeSet::EMPTY;
    loop {
        let (mut highest, mut at_highest) = (reached, NodeSet::EMPTY);
        for node in voters.difference(ahead).iter() {
            let value = value_of(node);
            if value > highest {
                (highest, at_highest) = (value, NodeSet::EMPTY);
            }
            if value == highest {
                at_highest.insert(node);
            }
        }
        if highest == reached {
            return None;
        }
        ahead = ahead.union(at_highest);
        if is_quorum(ahead) {
            return Some(highest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use raft_types::Membership;

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    fn of(membership: &Membership, values: &[u64]) -> u64 {
        let value_of = |node: NodeId| values[node.index() - 1];
        let value =
            |reached| quorum_value(reached, membership.all_voters(), value_of, |set| membership.has_quorum(set));
        if let Some(found) = value(0) {
            assert_eq!((value(found - 1), value(found)), (Some(found), None), "nothing at or below the bound");
        }
        value(0).unwrap_or(0)
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
