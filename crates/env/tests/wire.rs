//! The encodings of plain values.

extern crate stormglass_core as env;

mod support;

use std::time::Duration;

use env::{Bytes, ClientId, NodeId, NodeSet, RequestId, Wire, WireError};
use proptest::prelude::*;

use support::{assert_comes_back, assert_refused_or_canonical, damage, damaged, encoded};

/// Numbers of every length, not mostly the longest.
fn numbers() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0_u32..64).prop_map(|(number, shift)| number >> shift)
}

fn node_sets() -> impl Strategy<Value = NodeSet> {
    numbers().prop_map(|bits| NodeSet::from_bits(bits & !1).expect("no node 0"))
}

proptest! {
    #[test]
    fn values_come_back_as_they_were(
        number in numbers(),
        (client, seq, node) in (any::<u32>(), numbers(), any::<u8>()),
        nodes in node_sets(),
        (secs, nanos) in (numbers(), 0_u32..1_000_000_000),
        (text, blob) in (any::<String>(), prop::collection::vec(any::<u8>(), 0..300)),
    ) {
        assert_comes_back(&());
        assert_comes_back(&number);
        assert_comes_back(&Some(number));
        assert_comes_back(&None::<u64>);
        assert_comes_back(&(number % 2 == 0));
        assert_comes_back(&RequestId { client: ClientId(client), seq });
        assert_comes_back(&NodeId(node));
        assert_comes_back(&nodes);
        assert_comes_back(&Duration::new(secs, nanos));
        assert_comes_back(&text);
        assert_comes_back(&Bytes::from(blob.as_slice()));
        assert_comes_back(&blob);
    }

    #[test]
    fn damaged_bytes_are_refused_or_mean_what_they_say(text: String, damages in damage()) {
        assert_refused_or_canonical::<String>(&damaged(encoded(&text), &damages));
    }

    #[test]
    fn any_bytes_are_refused_or_mean_what_they_say(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
        assert_refused_or_canonical::<u64>(&bytes);
        assert_refused_or_canonical::<Option<bool>>(&bytes);
        assert_refused_or_canonical::<RequestId>(&bytes);
        assert_refused_or_canonical::<NodeSet>(&bytes);
        assert_refused_or_canonical::<Duration>(&bytes);
        assert_refused_or_canonical::<String>(&bytes);
        assert_refused_or_canonical::<Vec<u8>>(&bytes);
        assert_refused_or_canonical::<Bytes>(&bytes);
    }
}

#[test]
fn a_number_takes_as_many_bytes_as_it_needs() {
    assert_eq!(encoded(&0_u64), [0]);
    assert_eq!(encoded(&127_u64), [0x7f]);
    assert_eq!(encoded(&128_u64), [0x80, 0x01]);
    assert_eq!(encoded(&300_u64), [0xac, 0x02]);
    assert_eq!(encoded(&(u64::MAX >> 1)).len(), 9);
    assert_eq!(encoded(&u64::MAX), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
}

#[test]
fn a_number_in_another_than_its_shortest_form_is_refused() {
    let refused = Err(WireError::Invalid { at: 0, what: "number" });
    assert_eq!(u64::from_wire(&[0x80, 0x00]), refused, "0 in two bytes");
    assert_eq!(u64::from_wire(&[0xff, 0x80, 0x00]), refused, "127 in three bytes");
    let mut bytes = [0xff; 10];
    bytes[9] = 0x02;
    assert_eq!(u64::from_wire(&bytes), refused, "a 65th bit");
    assert_eq!(u64::from_wire(&[0x80; 1000]), refused, "a number that never ends");
}

#[test]
fn what_no_value_of_the_type_is_is_refused() {
    assert_eq!(bool::from_wire(&[2]), Err(WireError::Invalid { at: 0, what: "flag" }));
    assert_eq!(NodeSet::from_wire(&[0b11]), Err(WireError::Invalid { at: 0, what: "set of nodes" }), "a node 0");
    assert_eq!(String::from_wire(&[1, 0xff]), Err(WireError::Invalid { at: 0, what: "text" }));
    let client = encoded(&(1_u64 << 32));
    assert_eq!(ClientId::from_wire(&client), Err(WireError::Invalid { at: 0, what: "client" }));
    let duration = [encoded(&3_u64), encoded(&1_000_000_000_u64)].concat();
    assert_eq!(Duration::from_wire(&duration), Err(WireError::Invalid { at: 1, what: "nanoseconds" }));
}

/// No machine has memory for so many bytes: an attempt to allocate it would end the test.
#[test]
fn a_length_beyond_the_bytes_left_makes_no_room() {
    for len in [1, 1 << 40, u64::MAX] {
        assert_eq!(Vec::<u8>::from_wire(&encoded(&len)), Err(WireError::Truncated { at: 0, what: "bytes" }));
        assert_eq!(String::from_wire(&encoded(&len)), Err(WireError::Truncated { at: 0, what: "text" }));
    }
}

#[test]
fn an_error_says_where_and_what() {
    let text = |error: WireError| error.to_string();
    assert_eq!(text(WireError::Truncated { at: 7, what: "term" }), "term is cut short, from byte 7 on");
    assert_eq!(text(WireError::Invalid { at: 0, what: "message kind" }), "message kind makes no sense at byte 0");
    let error = WireError::Trailing { at: 9, what: "end of the message" };
    assert_eq!(text(error), "bytes where the end of the message should be, at byte 9");
    assert_eq!((error.at(), error.what()), (9, "end of the message"));
}
