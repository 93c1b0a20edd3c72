//! Five hosts of an `AsyncSystem`.

use hosts::{AsyncSystem, Host, User};
use sim::{Engine, LinkModel, Mix, Subject, Unwatched};

use crate::{LATENCIES_MS, SPAN};

super::programs!(hosts::net);

pub(crate) fn run(is_idle: bool) {
    let server = move |node: Host<()>| async move {
        host(if is_idle { Vec::new() } else { node.peers() }).await?;
        Ok(())
    };
    let client = |_: User<()>| async { Ok(()) };
    let system = AsyncSystem::<Unwatched<kv_types::Operation, kv_types::Output, ()>>::new("hosts", server, client);
    let mut plan = sim::Standard::Heartbeat5.plan(&[]);
    plan.workload.clients = 0;
    plan.workload.mix = Mix::NONE;
    plan.link = LinkModel::new(LATENCIES_MS.0 * 1_000, LATENCIES_MS.1 * 1_000);
    plan.storm_ms = SPAN.as_millis() as u64;
    let outcome = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
}
