//! Five hosts on plain turmoil.

use std::time::Duration;

use crate::{LATENCIES_MS, SPAN};

super::programs!(turmoil::net);

pub(crate) fn run(is_idle: bool) {
    let mut sim = turmoil::Builder::new()
        .tick_duration(Duration::from_millis(1))
        .simulation_duration(SPAN * 2)
        .min_message_latency(Duration::from_millis(LATENCIES_MS.0))
        .max_message_latency(Duration::from_millis(LATENCIES_MS.1))
        .rng_seed(1)
        .build();
    for id in 1..=5 {
        let others = (1..=5).filter(move |other| *other != id).map(|other| format!("n{other}"));
        let peers: Vec<String> = if is_idle { Vec::new() } else { others.collect() };
        sim.host(format!("n{id}"), move || {
            let peers = peers.clone();
            async move { Ok(host(peers).await?) }
        });
    }
    sim.client("clock", async {
        tokio::time::sleep(SPAN).await;
        Ok(())
    });
    sim.run().expect("nothing is wrong");
}
