//! The randomness of a run: one ChaCha8 stream for each consumer.
//!
//! A draw more or less for one consumer leaves the draws of the others as they were, and a fault decides by its own
//! `pick` ([`Pick`], [`split`]), never by drawing from a stream that others use. So taking one fault out of a plan
//! changes no other draw, and shrinking works.

use env::{ClientId, NodeId, Random};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::plan::Seed;

/// The consumer of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumer {
    /// A node's own choices: its timeouts.
    Process(NodeId),
    /// The latencies of a node's messages.
    NodeLinks(NodeId),
    /// How long a node's syncs take.
    Disk(NodeId),
    /// A client's own choices: the node that it asks.
    Client(ClientId),
    /// The latencies of a client's messages.
    ClientLinks(ClientId),
    /// A client's operations and pauses.
    Operations(ClientId),
    /// The chance decisions of a run's driver.
    Driver,
}

/// The stream of one consumer.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream that `seed` grows for `consumer`.
    pub fn new(seed: Seed, consumer: Consumer) -> Stream {
        let (kind, id) = match consumer {
            Consumer::Process(node) => (1, u32::from(node.0)),
            Consumer::NodeLinks(node) => (2, u32::from(node.0)),
            Consumer::Disk(node) => (3, u32::from(node.0)),
            Consumer::Client(client) => (4, client.0),
            Consumer::ClientLinks(client) => (5, client.0),
            Consumer::Operations(client) => (6, client.0),
            Consumer::Driver => (7, 0),
        };
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.0.to_le_bytes());
        let mut stream = ChaCha8Rng::from_seed(key);
        stream.set_stream(kind << 32 | u64::from(id));
        Stream(stream)
    }
}

impl Random for Stream {
    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// The number from `min` to `max` that this draw stands for, uniform by multiplication and shift, as [`Random::between`]
/// draws.
#[inline]
pub(crate) fn uniform(min: u64, max: u64, drawn: u64) -> u64 {
    min + ((u128::from(drawn) * u128::from(max - min + 1)) >> 64) as u64
}

/// The choices of one fault, all drawn from its `pick`.
#[derive(Clone, Debug)]
pub struct Pick {
    pick: u64,
    drawn: u64,
}

impl Pick {
    /// The choices that this `pick` stands for.
    pub fn new(pick: u64) -> Pick {
        Pick { pick, drawn: 0 }
    }
}

impl Random for Pick {
    fn next_u64(&mut self) -> u64 {
        self.drawn += 1;
        split(self.pick, self.drawn)
    }
}

/// 64 further random bits from bits already drawn: each fault of the network gets bits of its own from a message's
/// single draw. SplitMix64's finalizer over a Weyl sequence (Steele, Lea, Flood; OOPSLA '14), keyed by both.
pub fn split(drawn: u64, salt: u64) -> u64 {
    let mut bits = drawn ^ finalize(salt.wrapping_add(0x9e37_79b9_7f4a_7c15));
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    finalize(bits)
}

fn finalize(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_apart_and_repeat() {
        let first = |seed, consumer| Stream::new(Seed(seed), consumer).next_u64();
        let (process, links) = (Consumer::Process(NodeId(3)), Consumer::NodeLinks(NodeId(3)));
        assert_eq!(first(1, process), first(1, process));
        assert_ne!(first(1, process), first(1, links));
        assert_ne!(first(1, process), first(2, process));
        assert_ne!(first(1, process), first(1, Consumer::Process(NodeId(4))));
        assert_ne!(first(1, Consumer::Client(ClientId(3))), first(1, Consumer::ClientLinks(ClientId(3))));
    }

    #[test]
    fn split_bits_are_independent_of_one_another() {
        // Two faults of one half each, judged by one draw: together they hit a quarter.
        let mut stream = Stream::new(Seed(7), Consumer::NodeLinks(NodeId(1)));
        let half = env::Ratio::percent(50);
        let (mut first, mut both) = (0, 0);
        for _ in 0..40_000 {
            let drawn = stream.next_u64();
            let hit = half.holds(split(drawn, 5));
            first += u32::from(hit);
            both += u32::from(hit && half.holds(split(drawn, 6)));
        }
        assert!((19_500..20_500).contains(&first), "{first} of 40000");
        assert!((9_500..10_500).contains(&both), "{both} of 40000");
    }
}
