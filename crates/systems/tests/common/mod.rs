//! Storms for small systems: a seed's plan with clients of our own.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Completion, NodeId, Operation, Random};
use sim::{
    Engine, Fault, Injected, Judge, Live, Outcome, Overrides, Plan, Profile, Seed, Standard, System, TimedOperation,
    expand, validate,
};

/// Randomness for what a test draws by itself (SplitMix64).
pub(crate) struct Draw(pub(crate) u64);

impl Random for Draw {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// What a client does, drawn: the client's number, from 1, and its operation.
pub(crate) type Drawn = fn(&mut Draw) -> (u32, Operation);

/// The plan of `seed`, in which faults pass, and `homes` says where each client is at home.
pub(crate) fn storm(
    seed: u64,
    profile: Profile,
    nodes: u8,
    homes: &[(u32, u8)],
    clients: u32,
    operations: u64,
    drawn: Drawn,
) -> Plan {
    let mut plan = expand(Seed(seed), profile, &Overrides { nodes: Some(nodes) }).expect("a seed makes a plan");
    for timed in &mut plan.schedule {
        // What stays for ever may keep nodes apart for ever, and then nothing can be demanded.
        timed.lasts_ms.get_or_insert(plan.storm_ms - timed.at_ms);
    }
    let mut draw = Draw(seed);
    let mut times: Vec<u64> = (0..operations).map(|_| draw.below(plan.storm_ms * 1_000_000)).collect();
    times.sort_unstable();
    let script = times.into_iter().map(|at_ns| {
        let (client, operation) = drawn(&mut draw);
        TimedOperation { at_ns, client: ClientId(client), operation }
    });
    plan.workload.script = Some(script.collect());
    plan.workload.clients = clients;
    plan.workload.homes = at_home(homes);
    plan.calm.quiet_tail = true;
    validate(&plan).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    plan
}

/// Runs the plans of these seeds, all of which must pass. Returns the operations that were done.
pub(crate) fn weathers<S: System>(
    engine: Engine,
    system: &S,
    seeds: std::ops::Range<u64>,
    plan: impl Fn(u64) -> Plan,
) -> u64 {
    let (mut ok, mut failures) = (0, Vec::new());
    for seed in seeds {
        let outcome = engine.run(system, &plan(seed));
        ok += outcome.stats.operations.ok;
        if !outcome.verdict.is_pass() {
            failures.push(format!("seed {seed}: {}", outcome.verdict));
        }
    }
    assert!(failures.is_empty(), "{} runs failed on {engine}:\n{}", failures.len(), failures.join("\n"));
    ok
}

/// Runs a plan twice, which must come to the same.
pub(crate) fn run_twice<S: System>(engine: Engine, system: &S, plan: &Plan) -> Outcome {
    let (once, again) = (engine.run(system, plan), engine.run(system, plan));
    assert_eq!(once.digest, again.digest, "{engine}: equal plans come to different ends");
    once
}

/// How many of these seeds' plans a judge finds fault with, and what it says first.
pub(crate) fn caught<S: System>(
    system: &S,
    seeds: std::ops::Range<u64>,
    plan: impl Fn(u64) -> Plan,
) -> (usize, String) {
    let runs = seeds.map(|seed| Engine::Event.run(system, &plan(seed)).verdict);
    let found: Vec<String> = runs.filter(|verdict| !verdict.is_pass()).map(|verdict| verdict.to_string()).collect();
    (found.len(), found.into_iter().next().unwrap_or_default())
}

fn at_home(homes: &[(u32, u8)]) -> BTreeMap<ClientId, NodeId> {
    homes.iter().map(|(client, node)| (ClientId(*client), NodeId(*node))).collect()
}

/// A plan in which nothing happens by itself; with these clients.
pub(crate) fn quiet(nodes: u8, homes: &[(u32, u8)]) -> Plan {
    let mut plan = Standard::Heartbeat5.plan();
    plan.cluster.nodes = nodes;
    plan.workload.clients = homes.len() as u32;
    plan.workload.homes = at_home(homes);
    plan.workload.script = Some(Vec::new());
    plan.calm.quiet_tail = true;
    validate(&plan).expect("a plan that can be run");
    plan
}

/// A run that a test drives.
pub(crate) struct Told<'a>(Live<'a>);

impl<'a> Told<'a> {
    pub(crate) fn of<S: System>(engine: Engine, system: &'a S, plan: &'a Plan) -> Told<'a> {
        let mut told = Told(engine.live(system, plan, None));
        told.pass(Duration::from_millis(500));
        told
    }

    /// Lets time go on.
    pub(crate) fn pass(&mut self, time: Duration) {
        let until = self.0.now() + time;
        while self.0.step(until).expect("nothing is wrong") {}
    }

    /// What becomes of a client's operation.
    pub(crate) fn ask(&mut self, client: u32, operation: &Operation) -> Completion {
        let request = self.0.invoke(ClientId(client), operation).expect("nothing is wrong");
        let latest = self.0.now() + Duration::from_secs(60);
        while self.0.now() < latest {
            self.0.step(latest).expect("nothing is wrong");
            if let Some(ended) = self.0.take_ended().into_iter().find(|ended| ended.request == request) {
                return ended.completion;
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

    pub(crate) fn judge<J: Judge + 'static>(&self) -> &J {
        self.0.judge().and_then(|judge| judge.as_any().downcast_ref()).expect("the system's own judge")
    }

    /// Heals everything and demands what is demanded of any run.
    pub(crate) fn finish(self) {
        let verdict = self.0.finish().verdict;
        assert!(verdict.is_pass(), "{verdict}");
    }
}
