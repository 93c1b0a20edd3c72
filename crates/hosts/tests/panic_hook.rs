//! A program sets a panic hook of its own: panics are verdicts all the same. A test binary of its own, since a hook belongs
//! to the whole process.

use std::panic;
use std::time::Duration;

use kv_types::{Operation, Output};
use sim::{Engine, Subject, Unwatched, Verdict};
use stormglass_turmoil::{AsyncSystem, Host, Result, User};

async fn panics(_: Host<()>) -> Result {
    tokio::spawn(async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        panic!("it gives up");
    });
    std::future::pending().await
}

async fn idles(mut user: User<()>) -> Result {
    while user.next().await.is_some() {}
    Ok(())
}

#[test]
fn a_panic_is_a_verdict_under_every_hook() {
    let system: AsyncSystem<Unwatched<Operation, Output, ()>> = AsyncSystem::new("test", panics, idles);
    let plan = sim::Standard::Heartbeat5.plan(&[]);
    for _ in 0..3 {
        let outcome = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
        assert!(
            matches!(&outcome.verdict, Verdict::Panic { message, .. } if message == "it gives up"),
            "{}",
            outcome.verdict
        );
        panic::set_hook(Box::new(|_| {}));
    }
}
