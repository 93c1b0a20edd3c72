//! The key-value cluster of the crate `kv` as a system under test.
//!
//! [`RaftKv`] makes its nodes and clients and puts a net around them; [`Settings`] is the part of a node's
//! configuration that plans decide. The simulator knows nothing of either: they are plugged in as those of any other
//! system are. [`story`] tells a story about such a cluster.
#![forbid(unsafe_code)]

mod settings;
mod system;

use stormglass::{Seed, Story};

pub use settings::Settings;
pub use system::{RaftKv, RaftKvNet};

/// A story about five nodes.
pub fn story(seed: impl Into<Seed>) -> Story {
    Story::of(RaftKv::default(), seed)
}
