//! Runs of small systems: quiet plans, runs that a test drives, and planted bugs.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Completion, NodeId};
use sim::{Engine, Fault, Injected, Live, Overrides, Plan, Profile, Seed, Standard, Subject, validate};
use stormglass::Ask;

/// Runs the plans of 20 seeds: how many of them do not pass, and the first of these verdicts.
pub(crate) fn caught_in_storms(subject: &dyn Subject, profile: Profile) -> (usize, String) {
    let verdict = |seed| {
        let plan = subject.plan(Seed(seed), profile, &Overrides::default()).expect("a seed makes a plan");
        subject.run_checked(Engine::Event, &plan).expect("the plan is one of the subject's").verdict
    };
    let found = (0..20).map(verdict).filter(|verdict| !verdict.is_pass()).map(|verdict| verdict.to_string());
    let found: Vec<String> = found.collect();
    (found.len(), found.into_iter().next().unwrap_or_default())
}

fn at_home(homes: &[(u32, u8)]) -> BTreeMap<ClientId, NodeId> {
    homes.iter().map(|(client, node)| (ClientId(*client), NodeId(*node))).collect()
}

/// A plan in which nothing happens by itself; with these clients.
pub(crate) fn quiet(nodes: u8, homes: &[(u32, u8)]) -> Plan {
    let mut plan = Standard::Heartbeat5.plan(&[]);
    plan.cluster.nodes = nodes;
    plan.workload.clients = homes.len() as u32;
    plan.workload.homes = at_home(homes);
    plan.workload.script = Some(Vec::new());
    plan.calm.quiet_tail = true;
    validate(&plan).expect("a plan that can be run");
    plan
}

/// Runs five seconds without a script and without faults on both engines: clients draw their operations. Every operation
/// must be answered, and most of them must be done.
pub(crate) fn serves_drawn_operations(subject: &dyn Subject, nodes: u8, homes: &[(u32, u8)]) {
    let mut plan = quiet(nodes, homes);
    (plan.workload.script, plan.storm_ms) = (None, 5_000);
    for engine in Engine::ALL {
        let outcome = subject.run_checked(*engine, &plan).expect("the plan is one of the subject's");
        assert!(outcome.verdict.is_pass(), "on {engine}: {}", outcome.verdict);
        let operations = outcome.stats.operations;
        let are_done = operations.ok > 100 && operations.ok > 2 * operations.fail;
        assert!(are_done && operations.info == 0, "on {engine}: {operations:?}");
    }
}

/// A run that a test drives.
pub(crate) struct Told<'a>(Live<'a>);

impl<'a> Told<'a> {
    pub(crate) fn of(engine: Engine, subject: &'a dyn Subject, plan: &'a Plan) -> Told<'a> {
        let mut told = Told(subject.live(engine, plan, None));
        told.pass(Duration::from_millis(500));
        told
    }

    /// Lets time go on.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.0.now() + time;
        while self.0.step(until).expect("nothing is wrong") {}
    }

    /// The completion of a client's operation.
    pub(crate) fn ask<O: Ask>(&mut self, client: u32, operation: &O) -> Completion<O::Answer> {
        let operation = serde_json::to_value(operation).expect("plain values");
        let request = self.0.invoke(ClientId(client), &operation).expect("nothing is wrong");
        let latest = self.0.now() + Duration::from_secs(60);
        while self.0.now() < latest {
            self.0.step(latest).expect("nothing is wrong");
            if let Some(ended) = self.0.take_ended().into_iter().find(|ended| ended.request == request) {
                return match ended.completion {
                    Completion::Ok(answer) => Completion::Ok(serde_json::from_value(answer).expect("an answer")),
                    Completion::Fail => Completion::Fail,
                    Completion::Info => Completion::Info,
                };
            }
        }
        panic!("{request} has not ended");
    }

    pub(crate) fn inject(&mut self, fault: Fault) -> Injected {
        self.0.inject(fault, None).expect("nothing is wrong")
    }

    pub(crate) fn end(&mut self, fault: Injected) {
        self.0.end(fault).expect("nothing is wrong");
    }

    pub(crate) fn judge<J: 'static>(&self) -> &J {
        self.0.part().expect("the system's own judge")
    }

    /// Heals all faults, and demands that the run passes.
    pub(crate) fn finish(self) {
        let verdict = self.0.finish().verdict;
        assert!(verdict.is_pass(), "{verdict}");
    }
}
