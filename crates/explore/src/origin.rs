//! The origin of a run: its system, its engine, and the settings that its seed was expanded with.

use std::fmt::Write;

use sim::{Engine, Profile};

use crate::failure::Failure;

/// The system that is run where none is named.
pub(crate) const USUAL_SYSTEM: &str = "raft-kv";

/// The settings that the runs of a campaign have in common, for the line that says what was run and for the names of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name of the system under test, `raft-kv`.
    pub system: String,
    /// The engine that ran it.
    pub engine: Engine,
    /// The kinds of faults; `None` if the plans were not expanded from a profile.
    pub profile: Option<Profile>,
    /// The size of the cluster, if it was not left to the seed.
    pub nodes: Option<u8>,
}

impl Origin {
    /// The line that says what was run. Usual settings are left out.
    pub fn line(&self, seeds: &str) -> String {
        let mut line = format!("seed  {seeds}   engine {}", self.engine.name());
        if let Some(profile) = self.profile {
            let _ = write!(line, "   profile {profile}");
        }
        if let Some(nodes) = self.nodes {
            let _ = write!(line, "   nodes {nodes}");
        }
        if self.system != USUAL_SYSTEM {
            let _ = write!(line, "   system {}", self.system);
        }
        format!("{line}   version {}", crate::VERSION)
    }

    /// The name of the folder for a failure: what was broken and the seed, and what else makes it another run.
    pub fn folder(&self, failure: &Failure) -> String {
        let what = failure.invariant.map_or(failure.headline().to_lowercase(), |invariant| invariant.id().into());
        let mut name = format!("{what}-{}", failure.seed);
        if let Some(profile) = self.profile.filter(|profile| *profile != Profile::default()) {
            let _ = write!(name, "-{profile}");
        }
        if self.engine != Engine::default() {
            let _ = write!(name, "-{}", self.engine);
        }
        if let Some(nodes) = self.nodes {
            let _ = write!(name, "-{nodes}-nodes");
        }
        if self.system != USUAL_SYSTEM {
            // `raft-kv with BUG`: the bug says it all.
            let system = self.system.rsplit_once(" with ").map_or(self.system.as_str(), |(_, bug)| bug);
            let _ = write!(name, "-{}", slug(system));
        }
        name
    }
}

/// A name as a part of a file's name: what may mean something to a shell or a filesystem becomes a hyphen.
fn slug(name: &str) -> String {
    const CHARS_MAX: usize = 60;
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use check::Invariant;
    use env::NodeSet;
    use sim::Seed;

    use super::*;
    use crate::failure::FailureKind;

    pub(crate) fn usual() -> Origin {
        Origin {
            system: USUAL_SYSTEM.into(),
            engine: Engine::default(),
            profile: Some(Profile::default()),
            nodes: None,
        }
    }

    pub(crate) fn stale_get() -> Failure {
        Failure {
            seed: Seed(0xad),
            kind: FailureKind::Safety,
            invariant: Some(Invariant::Linearizability),
            nodes: NodeSet::EMPTY,
            message: "c1's get is stale".into(),
            explanation: None,
            at: None,
        }
    }

    #[test]
    fn what_goes_without_saying_is_not_said() {
        let version = crate::VERSION;
        assert_eq!(usual().line("0xad"), format!("seed  0xad   engine event   profile swarm   version {version}"));
        let other = Origin { system: "raft-kv with a bug".into(), profile: None, nodes: Some(5), ..usual() };
        let expected = format!("seed  0xad   engine event   nodes 5   system raft-kv with a bug   version {version}");
        assert_eq!(other.line("0xad"), expected);
    }

    #[test]
    fn runs_that_differ_have_folders_that_differ() {
        let origins = [
            usual(),
            Origin { profile: Some(Profile::Disk), ..usual() },
            Origin { engine: Engine::Turmoil, ..usual() },
            Origin { nodes: Some(7), ..usual() },
            Origin { system: "raft-kv with ack-before-fsync".into(), ..usual() },
            Origin { system: "my-store".into(), ..usual() },
        ];
        let mut folders: Vec<_> = origins.iter().map(|origin| origin.folder(&stale_get())).collect();
        assert_eq!(folders[0], "linearizability-0xad");
        folders.sort_unstable();
        folders.dedup();
        assert_eq!(folders.len(), origins.len(), "{folders:?}");
    }

    #[test]
    fn a_folder_stays_where_it_is_put_whatever_the_system_is_called() {
        let origin = Origin { system: "../../etc/Quiet<Raft Kv> $(x)".into(), ..usual() };
        assert_eq!(origin.folder(&stale_get()), "linearizability-0xad-etc-Quiet-Raft-Kv-x");
    }
}
