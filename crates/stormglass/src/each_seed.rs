//! Tests that ask their own questions of each seed.

use std::panic::{self, AssertUnwindSafe};

use explore::cargo::RunningTest;
use explore::{Asked, ask_for_seed, asked};
use sim::Seed;

use crate::telling::{fail, say};

/// Runs the body of a test for each of the first so many seeds, where a test asks more of a run than its verdict. It
/// listens to the environment as a [`Property`](crate::Property) does, but for `STORMGLASS_REPRO`: a body makes its own
/// runs.
///
/// # Panics
/// If the body does; the last line printed then runs this one seed of this one test again.
pub fn each_seed(seeds: u64, mut body: impl FnMut(Seed)) {
    let (first, seeds) = match asked() {
        Ok(Asked::All { seeds_min }) => (0, seeds.max(seeds_min)),
        Ok(Asked::Seed(seed)) => (seed.0, 1),
        Ok(Asked::Repro { .. }) => {
            fail("error: STORMGLASS_REPRO: this test makes its own runs: give STORMGLASS_SEED".into())
        }
        Err(error) => fail(format!("error: {error}")),
    };
    for number in 0..seeds {
        let seed = Seed(first.wrapping_add(number));
        // The body is not called again after it panicked.
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| body(seed))) {
            say(&format!("reproduce: {} {}", ask_for_seed(seed), RunningTest::here().command()));
            panic::resume_unwind(panic);
        }
    }
}
