//! Refuses to build the turmoil engine without tokio's seeded randomness. The engine's own build script would come after
//! all that the engine needs was compiled; this crate is among the first.

use std::io::{self, Write};
use std::{env, process};

/// The error, with the lines to paste.
const MISSING: &str = r#"
the turmoil engine needs tokio's seeded randomness: write into .cargo/config.toml of your workspace

    [build]
    rustflags = ["--cfg", "tokio_unstable"]
    rustdocflags = ["--cfg", "tokio_unstable"]

RUSTFLAGS, RUSTDOCFLAGS and a target's own rustflags override that file: add --cfg tokio_unstable to them
"#;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script about the build by variables")]
fn main() {
    let is_set = |variable| env::var_os(variable).is_some();
    writeln!(io::stdout(), "cargo::rerun-if-changed=build.rs").expect("cargo reads the output of a build script");
    if is_set("CARGO_FEATURE_SEEDED_TOKIO") && !is_set("CARGO_CFG_TOKIO_UNSTABLE") {
        // Cargo shows the standard error of a script that fails as it is, so the lines paste.
        eprintln!("{MISSING}");
        process::exit(1);
    }
}
