//! A command for a system of one's own: `cargo run --features cli --example vault -- fuzz`.

#[path = "../tests/vault/mod.rs"]
mod vault;

use std::process::ExitCode;

use stormglass::{Program, Registered};

use vault::Vault;

fn main() -> ExitCode {
    let vault = Registered::of(Vault { syncs: true }).described("values on one disk");
    let hasty = "It answers before the value is durable.";
    stormglass::main(Program::default().with(vault.with_variant(hasty, Vault { syncs: false })))
}
