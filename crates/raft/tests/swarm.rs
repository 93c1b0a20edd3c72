//! The paper's properties under random mistreatment, many seeds.

mod support;

use raft::Paper;

use support::swarm;

#[test]
fn the_papers_properties_hold_under_random_mistreatment() {
    let (mut leaders, mut committed, mut reads) = (0, 0, 0);
    for seed in 0..3_000 {
        let checks = std::panic::catch_unwind(|| swarm::run(seed, Paper));
        let checks = checks.unwrap_or_else(|panic| {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic)
        });
        leaders += checks.leaders.len();
        committed += checks.committed.len();
        reads += checks.reads_answered;
    }
    // A run in which nothing happens proves nothing.
    eprintln!("{leaders} leaders, {committed} entries committed, {reads} reads answered");
    assert!(leaders > 1_500 && committed > 10_000 && reads > 2_000);
}
