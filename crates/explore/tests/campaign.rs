//! Campaigns over a system so small that their results are known beforehand.

extern crate stormglass_explore as explore;

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use env::{
    Client, ClientEffects, ClientId, Completion, Effects, Event, Instant, Networked, NodeId, Process, Random, Reader,
    RequestId, Traced, Wire, WireError,
};
use explore::{Budget, Campaign, CampaignError, Failure, FailureKind, Report, Runner, Unfinished, replay};
use kv_types::{Operation, Output};
use sim::{
    Boot, Checked, Demand, Engine, Engines, FaultKind, Generator, Limits, Line, Machines, Moment, Net, OperatorAction,
    Overrides, Owed, Plan, PlanError, Profile, Reach, Recorder, Seed, Seen, StoreOperations, Subject, SubjectId,
    System, expand,
};

/// One node that answers requests. It never leads anything, so no run of it passes; some panic.
#[derive(Clone)]
struct Answering {
    /// Its planted bug.
    flaw: Flaw,
}

#[derive(Clone)]
enum Flaw {
    None,
    /// It panics at one request in so many.
    Panics(u64),
    /// It reads state that all runs of the process share: how often n1 was booted.
    Shares(Arc<AtomicU64>),
}

#[derive(Clone, Debug)]
struct Ping;

impl Traced for Ping {
    fn digest(&self) -> u64 {
        1
    }
}

impl Wire for Ping {
    fn to_wire(&self, _: &mut Vec<u8>) {}

    fn read_wire(_: &mut Reader<'_>) -> Result<Ping, WireError> {
        Ok(Ping)
    }
}

/// Counts its requests.
#[derive(Clone)]
struct Node(Flaw, u64);

impl Networked for Node {
    const WIRE_VERSION: u16 = 1;
}

impl Process for Node {
    type Message = Ping;
    type Request = Ping;
    type Response = Ping;
    type Note = Ping;

    fn handle(&mut self, event: Event<Node>, now: Instant, random: &mut dyn Random, effects: &mut Effects<Node>) {
        let Event::Request { client, request } = event else { return };
        match &self.0 {
            Flaw::None => effects.reply(client, request),
            Flaw::Panics(one_in) => {
                assert!(random.below(*one_in) > 0, "this one is too much");
                effects.reply(client, request);
            }
            Flaw::Shares(boots) => {
                // From boot to boot it leaves another request unanswered.
                self.1 += 1;
                if self.1 == 10 + boots.load(Ordering::Relaxed) {
                    effects.wake_at = Some(now + Duration::from_millis(3));
                } else {
                    effects.reply(client, request);
                }
            }
        }
    }
}

/// A client that never knows whether its operation happened.
#[derive(Clone)]
struct Pinger {
    is_waiting: bool,
}

impl Pinger {
    fn complete(&mut self, effects: &mut ClientEffects<Ping, Output>) {
        if self.is_waiting {
            self.is_waiting = false;
            effects.completion = Some(Completion::Info);
        }
    }
}

impl Client for Pinger {
    type Op = Operation;
    type Output = Output;
    type Request = Ping;
    type Response = Ping;

    fn invoke(&mut self, _: Operation, now: Instant, _: &mut dyn Random, effects: &mut ClientEffects<Ping, Output>) {
        self.is_waiting = true;
        effects.sends.push((NodeId(1), Ping));
        effects.wake_at = Some(now + Duration::from_millis(500));
    }

    fn receive(
        &mut self,
        _: NodeId,
        _: Ping,
        _: Instant,
        _: &mut dyn Random,
        effects: &mut ClientEffects<Ping, Output>,
    ) {
        self.complete(effects);
    }

    fn wake(&mut self, _: Instant, _: &mut dyn Random, effects: &mut ClientEffects<Ping, Output>) {
        self.complete(effects);
    }
}

/// Demands a service that never comes.
#[derive(Clone)]
struct Never;

impl Net for Never {
    type Op = Operation;
    type Output = Output;
    type Note = Ping;

    fn see(&mut self, _: Moment, _: Seen<'_, Operation, Output, Ping>) -> Checked {
        Ok(())
    }

    fn owes(&self, demand: Demand, _: &Reach) -> Owed {
        if demand == Demand::Service { Owed::state("nobody leads") } else { Owed::Nothing }
    }
}

impl System for Answering {
    type Process = Node;
    type Client = Pinger;
    type Settings = ();
    type Net = Never;

    fn boot(&self, boot: Boot<'_, Self>) -> Result<Node, Box<dyn Error>> {
        if let Flaw::Shares(boots) = &self.flaw
            && boot.node == NodeId(1)
        {
            boots.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Node(self.flaw.clone(), 0))
    }

    fn client(&self, _: &Plan, _: ClientId) -> Pinger {
        Pinger { is_waiting: false }
    }

    fn id(&self) -> SubjectId {
        SubjectId::new("answering")
    }

    fn version(&self) -> Option<&str> {
        None
    }

    fn engines(&self) -> Engines<Self> {
        hosts::event_and_turmoil()
    }

    fn refuses(&self, _: Engine, _: FaultKind) -> Option<&'static str> {
        None
    }

    fn plan(&self, seed: Seed, profile: Profile, overrides: &Overrides) -> Result<Plan, PlanError> {
        expand(seed, profile, overrides, &[])
    }

    fn workload(&self, plan: &Plan) -> Box<dyn Generator<Operation>> {
        Box::new(StoreOperations::new(&plan.workload))
    }

    fn probe(&self, _: u64) -> Option<Operation> {
        Some(Operation::Get { key: "probe".into() })
    }

    fn net(&self, _: &Plan) -> Never {
        Never
    }

    fn operator_request(&self, _: RequestId, _: OperatorAction) -> Option<Ping> {
        None
    }
}

fn campaign(seeds: u64, jobs: usize) -> Campaign {
    Campaign {
        engine: Engine::Event,
        first_seed: Seed(0x100),
        seeds,
        time: None,
        profile: Profile::Chaos,
        overrides: Overrides::nodes(3),
        jobs,
        verify: false,
        budget: Budget::default(),
    }
}

fn run(subject: &dyn Subject, campaign: &Campaign) -> Report {
    let never = AtomicBool::new(false);
    campaign.run(subject, &never, &mut |_| ControlFlow::Continue(())).expect("a campaign that can be run")
}

const SOUND: Machines<Answering> = Machines(Answering { flaw: Flaw::None });
const PANICKY: Machines<Answering> = Machines(Answering { flaw: Flaw::Panics(2_000) });

#[test]
fn a_report_is_the_same_for_any_number_of_threads() {
    let told = |jobs| {
        let (wall, cpu, threads) = (Duration::ZERO, Duration::ZERO, 0);
        let report = Report { wall, cpu, threads, ..run(&PANICKY, &campaign(40, jobs)) };
        format!("{report:?}")
    };
    let alone = told(1);
    assert_eq!(alone, told(2));
    assert_eq!(alone, told(7));
}

#[test]
fn failures_come_in_the_order_of_their_seeds() {
    let report = run(&SOUND, &campaign(12, 3));
    let seeds: Vec<u64> = report.failures.iter().map(|failure| failure.seed.0 - 0x100).collect();
    // A node that never leads fails every run.
    assert_eq!(seeds, (0..12).collect::<Vec<u64>>());
    assert_eq!((report.seeds, report.passed()), (12, 0));
    assert_eq!(report.gravest(), Some(FailureKind::Liveness));
}

#[test]
fn seeds_do_not_wrap_around() {
    let never = AtomicBool::new(false);
    let last = |seeds| Campaign { first_seed: Seed(u64::MAX - 1), ..campaign(seeds, 2) };
    let refused = last(3).run(&SOUND, &never, &mut |_| panic!("nothing is to be run")).expect_err("there are two");
    let line = refused.to_string();
    assert_eq!(line, "there are 2 seeds from 0xfffffffffffffffe on, and not 3: give fewer, or a lower first seed");
    assert_eq!(run(&SOUND, &last(2)).seeds, 2);
    // As many as there are.
    assert_eq!(run(&SOUND, &last(u64::MAX)).seeds, 2);
}

#[test]
fn no_more_threads_are_started_than_there_are_seeds_or_the_machine_has_use_for() {
    assert_eq!(campaign(3, usize::MAX).threads(), 3);
    assert_eq!(campaign(1, 0).threads(), 1);
    let many = campaign(u64::MAX, usize::MAX).threads();
    assert!((4..=4 * 1_024).contains(&many), "{many}");
    assert_eq!(run(&SOUND, &campaign(2, usize::MAX)).threads, 2);
}

#[test]
fn a_run_that_takes_more_than_it_may_has_stalled() {
    let limits = Limits { operations: 100, ..Limits::NONE };
    let report = run(&SOUND, &Campaign { budget: Budget { limits, blames_run: true }, ..campaign(3, 2) });
    assert_eq!((report.seeds, report.failures.len()), (3, 3));
    for failure in &report.failures {
        assert_eq!(failure.kind, FailureKind::Stalled);
        assert!(failure.message.starts_with("clients begin more than 100 operations in "), "{}", failure.message);
    }
}

#[test]
fn a_run_that_has_no_verdict_ends_the_campaign() {
    let never = AtomicBool::new(false);
    let limits = Limits { operations: 20, ..Limits::NONE };
    let campaign = Campaign { budget: Budget { limits, blames_run: false }, ..campaign(1_000, 1) };
    let ended = campaign.run(&SOUND, &never, &mut |_| ControlFlow::Continue(())).expect_err("no verdict");
    let CampaignError::Unfinished { seed, unfinished } = &ended else { panic!("{ended}") };
    assert_eq!(*seed, Seed(0x100));
    assert!(matches!(unfinished, Unfinished::Exceeded { limit: "operations", .. }), "{ended}");
}

#[test]
fn a_panic_in_a_node_is_a_verdict_and_the_campaign_goes_on() {
    let report = run(&PANICKY, &campaign(40, 2));
    assert_eq!(report.seeds, 40);
    let panics: Vec<&Failure> = report.failures.iter().filter(|failure| failure.kind == FailureKind::Panic).collect();
    assert!(!panics.is_empty() && panics.len() < 40, "{} of 40", panics.len());
    assert!(panics[0].message.ends_with(": this one is too much"), "{}", panics[0].message);
    assert_eq!(report.gravest(), Some(FailureKind::Panic));
}

#[test]
fn a_report_and_an_outcome_can_be_kept_as_json() {
    let report = run(&PANICKY, &campaign(40, 1));
    let kept = serde_json::to_value(&report).expect("plain values");
    assert_eq!((&kept["seeds"], &kept["first_seed"]), (&40.into(), &"0x100".into()));
    assert_eq!(kept["failures"].as_array().expect("a list").len(), report.failures.len());
    assert_eq!(kept["failures"][0]["kind"], "panic");
    assert_eq!(kept["digest"], format!("{:016x}", report.digest));
    let (kind, count) = report.faults.iter().find(|(_, count)| count.effective > 0).expect("chaos has faults");
    assert_eq!(kept["faults"][kind.name()]["effective"], count.effective);
    let seed = report.failures[0].seed;
    let plan = PANICKY.plan(seed, Profile::Chaos, &Overrides::nodes(3)).expect("a valid plan");
    let outcome = PANICKY.run_checked(Engine::Event, &plan).expect("a valid plan");
    let kept = serde_json::to_value(&outcome).expect("plain values");
    assert_eq!((&kept["verdict"]["is"], &kept["idle"]), (&"panic".into(), &serde_json::Value::Null));
    assert_eq!(kept["stats"]["events"], outcome.stats.events);
}

#[test]
fn a_campaign_that_is_stopped_has_run_its_first_seeds_without_gaps() {
    let stop = AtomicBool::new(false);
    let stopping = campaign(10_000, 3).run(&SOUND, &stop, &mut |progress| {
        stop.store(progress.report.seeds >= 5, Ordering::Relaxed);
        ControlFlow::Continue(())
    });
    let report = stopping.expect("a campaign that can be run");
    assert!(report.stopped && (5..100).contains(&report.seeds), "{} seeds", report.seeds);
    let last = report.failures.last().expect("every run fails").seed.0;
    assert_eq!(last.wrapping_sub(report.first_seed.0) + 1, report.seeds);
}

#[test]
fn whoever_watches_can_end_it_and_so_can_the_time() {
    let never = AtomicBool::new(false);
    let ended = campaign(10_000, 2).run(&SOUND, &never, &mut |_| ControlFlow::Break(()));
    assert!(ended.is_ok_and(|report| report.seeds < 1_000 && !report.stopped));
    let timed = Campaign { time: Some(Duration::from_millis(1)), ..campaign(u64::MAX, 2) };
    assert!(run(&SOUND, &timed).seeds >= 1);
}

#[test]
fn a_run_that_is_another_one_the_second_time_is_told_with_the_event_where_they_part() {
    for engine in [Engine::Event, Engine::Turmoil] {
        let system = Machines(Answering { flaw: Flaw::Shares(Arc::new(AtomicU64::new(0))) });
        let once = Campaign { engine, profile: Profile::Calm, ..campaign(2, 1) };
        let twice = Campaign { verify: true, ..once.clone() };
        let first = run(&system, &once);
        assert_eq!(first.failures[0].kind, FailureKind::NonDeterminism, "the first seed is run twice in any campaign");
        assert_eq!(first.failures[1].kind, FailureKind::Liveness);
        let report = run(&system, &twice);
        assert_eq!(report.gravest(), Some(FailureKind::NonDeterminism));
        let told = &report.failures[0];
        assert_eq!(told.kind, FailureKind::NonDeterminism, "{told:?}");
        let differ = told.explanation.as_ref().unwrap_or_else(|| panic!("{told:?}"));
        assert!(differ.starts_with("two runs of one plan differ: digest "), "{differ}");
        assert!(differ.contains("cargo tree -i getrandom"), "{differ}");
        // One run answers where n1 wakes in the other, or a client does.
        let at = told.at.expect("at which event");
        let (one, other) = told.message.split_once(" | ").expect("the two runs at that event");
        assert!(at.event > 10 && one.starts_with(&format!("event {}: ", at.event)), "{}", told.message);
        assert!([one, other].iter().any(|did| did.contains(" <- n1 Ping")), "{}", told.message);
        assert!(!one.ends_with(other) && told.message.chars().count() < 170, "{}", told.message);

        let verified = run(&SOUND, &twice);
        assert_eq!(verified.gravest(), Some(FailureKind::Liveness));
    }
}

#[test]
fn a_replay_that_is_another_run_is_told_as_such() {
    let system = Machines(Answering { flaw: Flaw::Shares(Arc::new(AtomicU64::new(0))) });
    let plan = expand(Seed(1), Profile::Calm, &Overrides::default(), &[]).expect("seeds make valid plans");
    let replayed = replay(&Runner::new(Engine::Event, &system), &plan, &mut Nothing).expect("a verdict");
    let failure = replayed.failure.expect("it is not deterministic");
    assert_eq!(failure.kind, FailureKind::NonDeterminism);
    assert!(failure.message.contains(" | "), "{}", failure.message);
}

struct Nothing;

impl Recorder for Nothing {
    fn record(&mut self, _: &Line<'_>) {}
}

#[test]
fn a_cluster_that_cannot_be_is_refused_before_anything_runs() {
    let never = AtomicBool::new(false);
    let absurd = Campaign { overrides: Overrides::nodes(64), ..campaign(1, 1) };
    let refused = absurd.run(&SOUND, &never, &mut |_| panic!("nothing is to be run"));
    assert!(refused.is_err_and(|error| error.to_string().contains("at most 63")));
}

#[test]
fn what_never_took_effect_is_a_blind_spot() {
    let report = run(&SOUND, &Campaign { profile: Profile::Membership, ..campaign(5, 1) });
    let spots = format!("{:?}", report.blind_spots());
    // The system has no operator's requests.
    assert!(spots.contains("Fault(AddMember"), "{spots}");
    // It writes no files.
    assert!(spots.contains("unsynced writes lost"), "{spots}");
    assert!(!spots.contains("Fault(Crash"), "{spots}");
}

#[test]
fn a_replay_has_a_timeline_and_the_digest_of_the_campaign() {
    #[derive(Default)]
    struct Lines(Vec<String>);
    impl Recorder for Lines {
        fn record(&mut self, line: &Line<'_>) {
            self.0.push(line.to_string());
        }
    }
    let plan = expand(Seed(1), Profile::Chaos, &Overrides::default(), &[]).expect("seeds make valid plans");
    let (mut first, mut second) = (Lines::default(), Lines::default());
    let runner = Runner::new(Engine::Event, &SOUND);
    let replayed = replay(&runner, &plan, &mut first).expect("a verdict");
    assert_eq!(replayed.outcome.digest, replay(&runner, &plan, &mut second).expect("a verdict").outcome.digest);
    assert!(first.0.len() > 10);
    assert_eq!(first.0, second.0);
    assert_eq!(replayed.failure.map(|failure| failure.kind), Some(FailureKind::Liveness));
}
