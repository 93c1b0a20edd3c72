//! Runs a scenario: with its system, as it is or with a rule broken.

use explore::{Evidence, Failure};
use sim::{Engine, Recorder, Seed, System};
use stormglass::story::Told;
use stormglass::{RaftKv, Story};
use systems::graph::{Merge, RelayGraph};
use systems::pair::LeasePair;
use systems::peers::{PeerSync, Rules};
use zoo::Mutant;

use crate::breach::{Breach, BreachError};
use crate::knobs::Knobs;
use crate::scenario::{Scenario, Subject};

/// How a scenario is run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The engine that runs it.
    pub engine: Engine,
    /// From which seed.
    pub seed: Seed,
    /// What was set.
    pub knobs: Knobs,
    /// A rule that is broken; `None` if all are kept.
    pub breach: Option<Breach>,
}

impl Setting {
    /// Whether the rule that is to be broken is one of this scenario's system.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, scenario: &Scenario) -> Result<(), BreachError> {
        self.breach.map_or(Ok(()), |breach| breach.fits(scenario))
    }
}

/// Something to be done with a story, whichever system it is about.
trait Work {
    type Done;

    fn on<S: System + Send>(self, story: &Story<S>) -> Self::Done;
}

impl Scenario {
    /// Tells it.
    pub fn run(&self, setting: &Setting) -> Told {
        self.with(setting, Run { scenario: self, setting, recorder: None })
    }

    /// Tells it to a recorder as well.
    pub fn run_recorded(&self, setting: &Setting, recorder: &mut dyn Recorder) -> Told {
        self.with(setting, Run { scenario: self, setting, recorder: Some(recorder) })
    }

    /// What is wrong with how it went, and all that is kept of that, if anything is.
    pub fn evidence(&self, setting: &Setting, told: &Told) -> Option<(Failure, Evidence)> {
        self.with(setting, Gather { told })
    }

    /// What the command is asked to run it: `scenario run leader_failure_data_consistency --seed 0x7`.
    pub fn command(&self, setting: &Setting) -> String {
        let mut command = format!("scenario run {} --seed {}", self.name, setting.seed);
        if setting.engine != Engine::default() {
            command += &format!(" --engine {}", setting.engine);
        }
        for (knob, value) in setting.knobs.iter().filter(|set| !self.knobs.contains(set)) {
            command += &format!(" --{} {value}", knob.name());
        }
        if let Some(breach) = setting.breach {
            command += &format!(" --break {breach}");
        }
        command
    }

    /// What its system is called.
    pub fn system(&self) -> &'static str {
        match self.source.subject() {
            Subject::RaftKv => "raft-kv",
            Subject::Pair => "lease-pair",
            Subject::Graph => "relay-graph",
            Subject::Peers => "peer-sync",
        }
    }

    /// What the system is called that is run: `lease-pair with unfenced`, if a rule of it is broken.
    pub fn system_run(&self, setting: &Setting) -> String {
        setting.breach.map_or(self.system().into(), |breach| format!("{} with {breach}", self.system()))
    }

    fn with<W: Work>(&self, setting: &Setting, work: W) -> W::Done {
        match (self.source.subject(), setting.breach) {
            (Subject::RaftKv, Some(Breach::Bug(bug))) => work.on(&self.story(RaftKv::with_rules(Mutant(bug)), setting)),
            (Subject::RaftKv, _) => work.on(&self.story(RaftKv::default(), setting)),
            (Subject::Pair, breach) => work.on(&self.story(pair(breach), setting)),
            (Subject::Graph, breach) => work.on(&self.story(graph(breach), setting)),
            (Subject::Peers, breach) => work.on(&self.story(peers(breach), setting)),
        }
    }

    fn story<S: System + Send>(&self, system: S, setting: &Setting) -> Story<S> {
        let nodes = setting.knobs.nodes().unwrap_or(self.nodes);
        let story = Story::of(system, setting.seed).named(self.system_run(setting));
        story.nodes(nodes).engine(setting.engine).given(self.given)
    }
}

fn pair(breach: Option<Breach>) -> LeasePair {
    let pair = LeasePair::default();
    match breach {
        Some(Breach::Unfenced) => pair.without_fencing(),
        Some(Breach::AcknowledgesAlone) => pair.acknowledging_alone(),
        Some(Breach::ReadsWithoutLease) => pair.reading_without_lease(),
        _ => pair,
    }
}

fn graph(breach: Option<Breach>) -> RelayGraph {
    match breach {
        Some(Breach::LastArrivalWins) => RelayGraph::with_merge(Merge::LastArrivalWins),
        Some(Breach::AcknowledgesBeforeSync) => RelayGraph::default().acknowledging_before_sync(),
        Some(Breach::PushesOnce) => RelayGraph::default().pushing_once(),
        _ => RelayGraph::default(),
    }
}

fn peers(breach: Option<Breach>) -> PeerSync {
    PeerSync::with_rules(Rules {
        continues_past_failure: breach != Some(Breach::StopsAtFailure),
        skips_known_entries: breach != Some(Breach::AddsWhatItHas),
        takes_whole_catalogues_only: breach != Some(Breach::TakesHalfCatalogues),
        checks_counts: breach != Some(Breach::BelievesCounts),
    })
}

struct Run<'a> {
    scenario: &'a Scenario,
    setting: &'a Setting,
    recorder: Option<&'a mut dyn Recorder>,
}

impl Work for Run<'_> {
    type Done = Told;

    fn on<S: System + Send>(self, story: &Story<S>) -> Told {
        let Run { scenario, setting, recorder } = self;
        let tell = |c: &mut stormglass::Cluster<'_>| (scenario.tell)(c, &setting.knobs);
        match recorder {
            None => story.run(tell),
            Some(recorder) => story.run_recorded(Some(recorder), tell),
        }
    }
}

struct Gather<'a> {
    told: &'a Told,
}

impl Work for Gather<'_> {
    type Done = Option<(Failure, Evidence)>;

    fn on<S: System + Send>(self, story: &Story<S>) -> Self::Done {
        let failure = story.failure(self.told)?;
        let evidence = story.evidence(self.told, &failure);
        Some((failure, evidence))
    }
}
