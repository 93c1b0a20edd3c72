use lines::system;
use stormglass::prelude::*;

/// True if a server makes a line durable before it acknowledges the line.
const SYNCS: bool = false;

#[test]
fn what_was_acknowledged_is_remembered() {
    Property::of(system(SYNCS)).profile(Profile::Chaos).seeds(30).check();
}
