//! The standard workloads, as figures.

use std::time::Duration;

use sim::{Engine, Standard, Stats, Subject};

use crate::cost::{self, CpuClock};
use crate::failure::Failure;
use crate::report::{per_second, seconds};

/// A workload is run again and again until it has cost this much, so that a short one is measured as well as a long one.
const CPU_MIN: Duration = Duration::from_millis(500);

/// The cost of one run of a standard workload, with every checker on.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The workload.
    pub standard: Standard,
    /// The number of its nodes.
    pub nodes: u8,
    /// The run's statistics.
    pub stats: Stats,
    /// The CPU time it took, of one thread: the mean of `runs`, which are all the same run.
    pub cpu: Duration,
    /// How often it was run.
    pub runs: u32,
    /// The most memory the process held, in KiB; `None` if the machine does not say.
    pub peak_kib: Option<u64>,
    /// The run's failure, with which its figures are worth nothing; `None` if it passed.
    pub failure: Option<Failure>,
}

/// Runs a standard workload on this thread.
pub fn measure(engine: Engine, subject: &dyn Subject, standard: Standard) -> Figure {
    let plan = standard.plan(&subject.aims());
    cost::reset_peak_memory();
    let clock = CpuClock::start();
    let run = || subject.run_checked(engine, &plan).expect("the standard workloads are sound plans");
    let (mut outcome, mut runs) = (run(), 1);
    while clock.elapsed() < CPU_MIN {
        outcome = run();
        runs += 1;
    }
    Figure {
        standard,
        nodes: plan.cluster.nodes,
        stats: outcome.stats,
        cpu: clock.elapsed() / runs,
        runs,
        peak_kib: cost::peak_memory_kib(),
        failure: Failure::of(plan.seed, &outcome),
    }
}

impl Figure {
    /// Simulated seconds.
    pub fn sim_s(&self) -> f64 {
        seconds(self.stats.sim_ns)
    }

    /// Simulated seconds per CPU second.
    pub fn speed(&self) -> f64 {
        per_second(self.sim_s(), self.cpu)
    }

    /// Messages from node to node per CPU second.
    pub fn messages_per_cpu_s(&self) -> f64 {
        per_second(self.stats.messages as f64, self.cpu)
    }

    /// Operations of clients, however they ended, per CPU second.
    pub fn operations_per_cpu_s(&self) -> f64 {
        per_second(self.stats.operations.total() as f64, self.cpu)
    }
}
