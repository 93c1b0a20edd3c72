//! Refuses to build the turmoil engine without tokio's seeded randomness. The engine's own build script would come after
//! all that the engine needs was compiled; this crate is among the first.

use std::env;
use std::io::Write;

/// The error, and the lines to paste.
const MISSING: [&str; 5] = [
    "the turmoil engine needs tokio's seeded randomness: write into .cargo/config.toml of your workspace",
    "    [build]",
    "    rustflags = [\"--cfg\", \"tokio_unstable\"]",
    "    rustdocflags = [\"--cfg\", \"tokio_unstable\"]",
    "RUSTFLAGS, RUSTDOCFLAGS and a target's own rustflags override that file: add --cfg tokio_unstable to them",
];

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script about the build by variables")]
fn main() {
    let mut out = std::io::stdout();
    let mut say = |line: &str| writeln!(out, "cargo::{line}").expect("cargo reads the output of a build script");
    say("rerun-if-changed=build.rs");
    let is_set = |variable| env::var_os(variable).is_some();
    if is_set("CARGO_FEATURE_SEEDED_TOKIO") && !is_set("CARGO_CFG_TOKIO_UNSTABLE") {
        MISSING.iter().for_each(|line| say(&format!("error={line}")));
    }
}
