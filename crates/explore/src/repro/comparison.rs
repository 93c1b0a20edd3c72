//! A comparison of a recorded run with a new run of its plan.

use std::fmt;

use sim::Outcome;

use super::Recorded;
use crate::failure::{Failure, FailureKind};
use crate::fingerprint::Fingerprint;

/// A recorded run, and the same plan's run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The version that recorded it; `None` if it was this one.
    recorded_by: Option<String>,
    recorded: Option<Fingerprint>,
    found: Option<Fingerprint>,
    /// The digests then and now, if they differ though one version ran both.
    digests: Option<(u64, u64)>,
    /// The milestones that it reached when it was recorded and now.
    reached: Vec<String>,
    /// Those that it reached only when it was recorded.
    missed: Vec<String>,
}

impl Comparison {
    pub(super) fn new(version: &str, recorded: &Recorded, outcome: &Outcome, failure: Option<&Failure>) -> Comparison {
        let is_other_version = version != crate::VERSION;
        let found = failure.map(Fingerprint::of);
        // A run that was cut comes as far as its limits let it, which a repro does not record.
        let is_cut = [recorded.failure.as_ref(), found.as_ref()]
            .into_iter()
            .flatten()
            .any(|failure| failure.kind == FailureKind::Stalled);
        let differs = recorded.digest != outcome.digest && !is_other_version && !is_cut;
        let is_reached = |name: &String| {
            outcome.milestones.iter().any(|(milestone, count)| count > 0 && milestone.name == name.as_str())
        };
        let (reached, missed) = recorded.milestones.keys().cloned().partition(is_reached);
        Comparison {
            recorded_by: is_other_version.then(|| version.into()),
            recorded: recorded.failure.clone(),
            found,
            digests: differs.then_some((recorded.digest, outcome.digest)),
            reached,
            missed,
        }
    }

    /// True if it came to the same: the same failure, or none both times.
    pub fn is_reproduced(&self) -> bool {
        self.recorded == self.found
    }

    /// The same for a run of another system than the recorded one: their digests differ in any case.
    pub fn of_another_system(self) -> Comparison {
        Comparison { digests: None, ..self }
    }

    /// The milestones that it reached when it was recorded and does not reach any more.
    pub fn missed(&self) -> &[String] {
        &self.missed
    }
}

impl fmt::Display for Comparison {
    /// One line, and more where it did not come to the same. Without a line break at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.recorded_by.as_ref().map_or(String::new(), |version| format!(" by version {version}"));
        let named =
            |failure: &Option<Fingerprint>| failure.as_ref().map_or("pass".into(), |failure| failure.to_string());
        if self.is_reproduced() {
            write!(f, "reproduced: {}, as recorded{by}", named(&self.found))?;
        } else {
            write!(f, "not reproduced: {}, recorded{by} as {}", named(&self.found), named(&self.recorded))?;
            for (said, milestones) in [("still reached", &self.reached), ("not reached", &self.missed)] {
                if !milestones.is_empty() {
                    write!(f, "\n{said}: {}", milestones.join(", "))?;
                }
            }
        }
        if let Some((then, now)) = self.digests {
            write!(
                f,
                "\nwarning: digest {now:016x}, recorded as {then:016x} by the same version: the code was changed since, or \
                 the run is not deterministic"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::tests::stale_get;
    use crate::repro::Repro;
    use crate::repro::tests::repro;
    use env::NodeId;
    use sim::{Ledger, Milestones, Stats, Verdict};

    /// A run of the plan with this digest, which reached nothing.
    fn outcome(digest: u64) -> Outcome {
        Outcome {
            verdict: Verdict::Pass,
            idle: None,
            digest,
            stats: Stats::default(),
            faults: Ledger::default(),
            milestones: Milestones::default(),
        }
    }

    fn recorded_digest() -> u64 {
        repro().outcome.expect("a run is recorded").digest
    }

    /// How the repro's run compares with one that has this digest and this failure.
    fn compared(repro: &Repro, digest: u64, failure: Option<&Failure>) -> Comparison {
        repro.compare(&outcome(digest), failure).expect("a run is recorded")
    }

    fn elsewhere() -> Repro {
        Repro { version: "0.0.9 (09cfbd5)".into(), ..repro() }
    }

    #[test]
    fn the_same_run_is_said_in_one_line() {
        let comparison = compared(&repro(), recorded_digest(), Some(&stale_get()));
        assert!(comparison.is_reproduced());
        assert_eq!(comparison.to_string(), "reproduced: Linearizability, as recorded");
    }

    #[test]
    fn another_digest_matters_in_one_version_only() {
        let told = |repro: Repro| compared(&repro, 1, Some(&stale_get())).to_string();
        assert_eq!(told(elsewhere()), "reproduced: Linearizability, as recorded by version 0.0.9 (09cfbd5)");
        let warning = told(repro());
        assert!(warning.contains("\nwarning: digest 0000000000000001, recorded as 00d46e818b22f9cb"), "{warning}");
    }

    #[test]
    fn a_failure_of_other_nodes_is_another_one() {
        let other = Failure { nodes: [NodeId(1)].into_iter().collect(), ..stale_get() };
        let comparison = compared(&elsewhere(), 1, Some(&other));
        assert!(!comparison.is_reproduced());
        let first = "not reproduced: Linearizability of {n1}, recorded by version 0.0.9 (09cfbd5) as Linearizability\n";
        assert!(comparison.to_string().starts_with(first), "{comparison}");
    }

    #[test]
    fn what_was_not_reached_any_more_is_said_of_a_run_that_passes_now() {
        let comparison = compared(&elsewhere(), 1, None);
        let expected = "not reproduced: pass, recorded by version 0.0.9 (09cfbd5) as Linearizability\n\
                        not reached: entries truncated, leader elected";
        assert_eq!(comparison.to_string(), expected);
    }
}
