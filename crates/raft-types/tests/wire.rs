//! The encodings of log positions and configurations.

extern crate stormglass_raft_types as raft_types;

#[path = "../../env/tests/support/mod.rs"]
mod support;

use env::NodeSet;
use proptest::prelude::*;
use raft_types::{EntryId, Membership};

use support::{assert_comes_back, assert_refused_or_canonical, damage, damaged, encoded};

/// Numbers of every length, not mostly the longest.
fn numbers() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn memberships() -> impl Strategy<Value = Membership> {
    let nodes = || numbers().prop_map(|bits| NodeSet::from_bits(bits & !1).expect("no node 0"));
    (nodes(), nodes(), nodes()).prop_map(|(voters, outgoing, learners)| Membership { voters, outgoing, learners })
}

proptest! {
    #[test]
    fn values_come_back_as_they_were((index, term) in (numbers(), numbers()), membership in memberships()) {
        assert_comes_back(&EntryId::new(index, term));
        assert_comes_back(&membership);
    }

    #[test]
    fn damaged_bytes_are_refused_or_mean_what_they_say(membership in memberships(), damages in damage()) {
        assert_refused_or_canonical::<Membership>(&damaged(encoded(&membership), &damages));
    }

    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        assert_refused_or_canonical::<EntryId>(&bytes);
        assert_refused_or_canonical::<Membership>(&bytes);
    }
}
