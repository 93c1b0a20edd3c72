//! The paper's properties under random mistreatment, many seeds.

mod support;

use raft::Paper;

use support::swarm;

#[test]
fn the_papers_properties_hold_under_random_mistreatment() {
    let (mut leaders, mut committed, mut reads, mut truncations, mut joint) = (0, 0, 0, 0, 0);
    for seed in 0..3_000 {
        let checks = std::panic::catch_unwind(|| swarm::run(seed, Paper));
        let checks = checks.unwrap_or_else(|panic| {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic)
        });
        leaders += checks.leaders.len();
        committed += checks.committed.len();
        reads += checks.reads_answered;
        truncations += checks.truncations;
        joint += checks.joint_configurations;
    }
    // A run in which nothing happens proves nothing.
    assert!(leaders > 4_000, "{leaders} leaders");
    assert!(committed > 30_000, "{committed} entries committed");
    assert!(reads > 10_000, "{reads} reads answered");
    assert!(truncations > 300, "{truncations} truncations");
    assert!(joint > 1_000, "{joint} joint configurations");
}
