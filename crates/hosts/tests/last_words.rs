//! A panic that ends the process names the run first.

use std::process::Command;
use std::time::Duration;

use kv_types::{Operation, Output};
use sim::{Engine, Subject, Unwatched};
use stormglass_turmoil::{AsyncSystem, Host, Result, User};

struct Explosive;

impl Drop for Explosive {
    fn drop(&mut self) {
        panic!("a destructor panics");
    }
}

async fn panics(_: Host<()>) -> Result {
    tokio::spawn(async {
        let _explosive = Explosive;
        tokio::time::sleep(Duration::from_millis(300)).await;
        panic!("and so does its owner");
    });
    std::future::pending().await
}

async fn idles(mut user: User<()>) -> Result {
    while user.next().await.is_some() {}
    Ok(())
}

#[test]
#[ignore = "it ends its process: the other test runs it"]
fn dies() {
    let system: AsyncSystem<Unwatched<Operation, Output, ()>> = AsyncSystem::new("test", panics, idles);
    let mut plan = sim::Standard::Heartbeat5.plan(&[]);
    plan.seed = sim::Seed(0x2a);
    let _ = system.run_checked(Engine::Turmoil, &plan);
}

#[test]
fn a_destructor_that_panics_while_another_panic_unwinds_names_the_run() {
    let this = std::env::current_exe().expect("a test binary is a file");
    let died = Command::new(this).args(["--ignored", "--exact", "dies"]).output().expect("it can be run");
    let said = String::from_utf8_lossy(&died.stderr);
    assert!(!died.status.success());
    let named = "stormglass: seed 0x2a of test ends this process: a destructor panics while another panic unwinds";
    assert!(said.lines().any(|line| line == named), "{said}");
}
