//! Refuses to build this crate without tokio's seeded randomness, before anything that it needs is compiled.

use std::env;
use std::io::Write;

/// The lines that a reader of cargo's output has to paste.
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
    if env::var_os("CARGO_CFG_TOKIO_UNSTABLE").is_none() {
        MISSING.iter().for_each(|line| say(&format!("error={line}")));
    }
}
