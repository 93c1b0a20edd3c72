//! `cargo stormglass`: it calls cargo with the program that the workspace names, and ends as that program does.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// Calls it in this folder as cargo does. In the place of cargo is a program that prints its arguments and exits with
/// 11.
fn call(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let cargo = folder.join("cargo");
    fs::write(&cargo, "#!/bin/sh\nfor arg; do echo \"$arg\"; done\nexit 11\n").expect("a folder to write to");
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("a file of its own");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-stormglass"));
    command.env_remove("STORMGLASS_RUN").env("CARGO", &cargo).envs(variables.iter().copied());
    command.arg("stormglass").args(args).current_dir(folder).output().expect("it starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).lines().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn is_refused(output: &Output, because: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains(because) && error.lines().count() == 1, "'{error}' does not say '{because}'");
    assert!(error.trim_end().chars().count() <= 200, "{error}");
    assert_eq!(said(output), "", "cargo was called");
}

#[test]
fn the_program_of_the_workspace_is_run_with_the_arguments() {
    let folder = tempfile::tempdir().expect("a folder for it");
    is_refused(&call(folder.path(), &["fuzz"], &[]), "there is no cargo workspace here");
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").expect("a folder to write to");
    is_refused(&call(folder.path(), &["fuzz"], &[]), "no program is named: give the options of cargo");
    is_refused(&call(folder.path(), &[], &[("STORMGLASS_RUNS", "x")]), "did you mean STORMGLASS_RUN?");

    let file = folder.path().join("stormglass.toml");
    fs::write(&file, "run = \"-p mystore --bin storms\"\n").expect("a folder to write to");
    let output = call(folder.path(), &["fuzz", "--system", "my store", "stormglass"], &[]);
    assert_eq!(said(&output), "run --release -p mystore --bin storms -- fuzz --system my store stormglass");
    assert_eq!(output.status.code(), Some(11), "the exit code is that of cargo");
    assert_eq!(
        said(&call(folder.path(), &[], &[("STORMGLASS_RUN", "--test storms")])),
        "test --release --test storms --"
    );

    fs::write(&file, "\nruns = \"x\"\n").expect("a folder to write to");
    is_refused(&call(folder.path(), &["fuzz"], &[]), "stormglass.toml: line 2: 'runs' is no key");
}
