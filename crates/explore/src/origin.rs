//! The origin of a run: its system, its engine, and the settings that its seed was expanded with.

use std::fmt::Write;

use sim::{Engine, Profile, Subject, SubjectId};

use crate::failure::Failure;
use crate::repro::plain;

/// The settings that the runs of a campaign have in common, for the headline `seed ..` and for the names of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The system under test.
    pub subject: SubjectId,
    /// The version of the code under test, if it has one of its own.
    pub subject_version: Option<String>,
    /// The engine that ran it.
    pub engine: Engine,
    /// The kinds of faults; `None` if the plans were not expanded from a profile.
    pub profile: Option<Profile>,
    /// The size of the cluster, if it was not left to the seed.
    pub nodes: Option<u8>,
}

impl Origin {
    /// The origin of runs of this subject on this engine, by plans that no profile and no size was given for.
    pub fn of(subject: &dyn Subject, engine: Engine) -> Origin {
        let subject_version = subject.version().map(plain);
        Origin { subject: subject.id(), subject_version, engine, profile: None, nodes: None }
    }

    /// The line that names the seeds and these settings.
    pub fn line(&self, seeds: &str) -> String {
        let mut line = format!("seed  {seeds}   engine {}", self.engine.name());
        if let Some(profile) = self.profile {
            let _ = write!(line, "   profile {profile}");
        }
        if let Some(nodes) = self.nodes {
            let _ = write!(line, "   nodes {nodes}");
        }
        let at = self.subject_version.as_ref().map_or(String::new(), |version| format!(" at {version}"));
        format!("{line}   system {}{at}   version {}", self.subject, crate::VERSION)
    }

    /// The name of a failure's folder: the broken invariant, the seed, and each setting that makes it another run.
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
        // `raft-kv with BUG`: the bug says it all.
        let bug = self.subject.bug().filter(|_| self.subject.settings().is_empty());
        format!("{name}-{}", slug(&bug.map_or(self.subject.to_string(), String::from)))
    }
}

/// A name as a part of a file's name: brackets, spaces and signs become a hyphen.
fn slug(name: &str) -> String {
    const CHARS_MAX: usize = 60;
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use env::NodeSet;
    use sim::Invariant;
    use sim::Seed;

    use super::*;
    use crate::failure::FailureKind;

    pub(crate) fn usual() -> Origin {
        Origin {
            subject: SubjectId::new("raft-kv"),
            subject_version: None,
            engine: Engine::default(),
            profile: Some(Profile::default()),
            nodes: None,
        }
    }

    pub(crate) fn stale_get() -> Failure {
        Failure {
            seed: Seed(0xad),
            kind: FailureKind::Safety,
            invariant: Some(Invariant::LINEARIZABILITY),
            nodes: NodeSet::EMPTY,
            message: "c1's get is stale".into(),
            explanation: None,
            at: None,
        }
    }

    #[test]
    fn what_goes_without_saying_is_not_said() {
        let version = crate::VERSION;
        let expected = format!("seed  0xad   engine event   profile swarm   system raft-kv   version {version}");
        assert_eq!(usual().line("0xad"), expected);
        let released = Origin { subject: "my-store".into(), subject_version: Some("1.4.2".into()), ..usual() };
        let expected = "seed  0xad   engine event   profile swarm   system my-store at 1.4.2   version ";
        assert!(released.line("0xad").starts_with(expected), "{}", released.line("0xad"));
        let other = Origin { subject: usual().subject.with_bug("a-bug"), profile: None, nodes: Some(5), ..usual() };
        let expected = format!("seed  0xad   engine event   nodes 5   system raft-kv with a-bug   version {version}");
        assert_eq!(other.line("0xad"), expected);
    }

    #[test]
    fn runs_that_differ_have_folders_that_differ() {
        let origins = [
            usual(),
            Origin { profile: Some(Profile::Disk), ..usual() },
            Origin { engine: Engine::Turmoil, ..usual() },
            Origin { nodes: Some(7), ..usual() },
            Origin { subject: usual().subject.with_bug("ack-before-fsync"), ..usual() },
            Origin { subject: "my-store".into(), ..usual() },
            Origin { subject: SubjectId::new("my-store").with_setting("ttl_ms", 5), ..usual() },
        ];
        let mut folders: Vec<_> = origins.iter().map(|origin| origin.folder(&stale_get())).collect();
        assert_eq!(folders[0], "linearizability-0xad-raft-kv");
        folders.sort_unstable();
        folders.dedup();
        assert_eq!(folders.len(), origins.len(), "{folders:?}");
    }
}
