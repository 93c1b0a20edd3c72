use std::io;
use std::time::Duration;

use crate::net::{TcpListener, TcpStream, UdpSocket};
use env::{ClientId, Completion, Instant, NodeId, Random, Ratio, Traced};
use kv_types::{Operation, Output};
use sim::{
    Direction, Exceeded, Fault, FaultKind, InvariantKind, Limits, Line, LogLevel, Mix, Target, TimedFault, Unwatched,
    Verdict,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

mod faults;
mod links;
mod logs;
mod operators;
mod panics;

const PORT: u16 = 7_000;

/// The notes of the programs of these tests.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Note {
    Found(Option<String>),
    Answered,
    Drew(u64),
}

impl Traced for Note {}

/// Answers each byte with the next, and tells its peers of nothing.
async fn echo(host: Host<Note>) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        let host = host.clone();
        tokio::spawn(async move {
            while let Ok(byte) = stream.read_u8().await {
                host.note(Note::Answered);
                stream.write_u8(byte.wrapping_add(1)).await?;
            }
            io::Result::Ok(())
        });
    }
}

async fn ping(user: &mut User<Note>) -> io::Result<()> {
    let nodes = user.nodes();
    let node = &nodes[user.below(nodes.len() as u64) as usize];
    let mut stream = TcpStream::connect((node.as_str(), PORT)).await?;
    stream.write_u8(7).await?;
    assert_eq!(stream.read_u8().await?, 8);
    Ok(())
}

async fn pings(mut user: User<Note>) -> turmoil::Result {
    while let Some(operation) = user.next().await {
        let answer = tokio::time::timeout(user.timeout(), ping(&mut user)).await;
        let output = if operation.is_read() { Output::Value(None) } else { Output::Written };
        user.complete(if let Ok(Ok(())) = answer { Completion::Ok(output) } else { Completion::Info });
    }
    Ok(())
}

async fn idles(mut user: User<Note>) -> turmoil::Result {
    while user.next().await.is_some() {
        user.complete(Completion::Fail);
    }
    Ok(())
}

fn echoes() -> AsyncSystem<Unwatched<Operation, Output, Note>> {
    AsyncSystem::new("test", echo, pings)
}

/// Three nodes, two clients, two seconds, and these faults.
fn plan(schedule: Vec<TimedFault>) -> Plan {
    let mut plan = sim::Standard::Chaos5.plan(&[]);
    (plan.cluster.nodes, plan.workload.clients, plan.storm_ms) = (3, 2, 2_000);
    plan.schedule = schedule;
    plan
}

fn timed(at_ms: u64, lasts_ms: u64, fault: Fault) -> TimedFault {
    TimedFault::new(at_ms, fault).lasting(lasts_ms).with_pick(7)
}

const N1: Target = Target::Node(NodeId(1));

#[test]
fn a_run_of_programs_is_cut_where_it_exceeds_its_bounds() {
    let plan = plan(Vec::new());
    let within = |limits| echoes().run(Engine::Turmoil, &plan, Bounds { limits, ..Bounds::NONE }, None);
    let alone = echoes().run_checked(Engine::Turmoil, &plan).expect("a valid plan");
    assert_eq!(within(Limits::default()).expect("nothing is exceeded").digest, alone.digest);
    let cut = within(Limits { events: 20_100, ..Limits::NONE }).expect_err("2,000 ticks, and what happens in them");
    assert!(matches!(cut, Cut::Exceeded { exceeded: Exceeded::Events { limit: 20_100, .. }, .. }), "{cut}");
    let is_over = || true;
    let bounds = Bounds { deadline: history::Deadline::new(&is_over), ..Bounds::NONE };
    let cut = echoes().run(Engine::Turmoil, &plan, bounds, None).expect_err("it is over");
    assert!(matches!(cut, Cut::Stopped { .. }), "{cut}");
}

#[derive(Default)]
struct Lines(Vec<String>);

impl Recorder for Lines {
    fn record(&mut self, line: &Line<'_>) {
        self.0.push(line.to_string());
    }

    fn log_level(&self) -> LogLevel {
        LogLevel::Trace
    }
}

fn lines(system: &dyn Subject, plan: &Plan) -> (Outcome, Vec<String>) {
    let mut lines = Lines::default();
    let outcome = system.run(Engine::Turmoil, plan, Bounds::NONE, Some(&mut lines)).expect("nothing bounds it");
    (outcome, lines.0)
}

#[test]
fn equal_plans_have_equal_digests_and_traces_and_others_have_others() {
    let system = echoes();
    for seed in 0..3 {
        let mut plan = chaos(&system, seed);
        let (first, first_lines) = lines(&system, &plan);
        let (second, second_lines) = lines(&system, &plan);
        assert!(first.verdict.is_pass(), "{seed}: {}", first.verdict);
        assert_eq!(first.digest, second.digest);
        assert_eq!(first.stats, second.stats);
        assert_eq!(first_lines, second_lines);
        let unrecorded = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
        assert_eq!(first.digest, unrecorded.digest, "a recorder changes nothing");
        plan.seed = Seed(seed + 1_000);
        let other = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
        assert_ne!(first.digest, other.digest);
    }
}

#[test]
fn a_calm_run_completes_every_operation() {
    let outcome = echoes().run_checked(Engine::Turmoil, &plan(Vec::new())).expect("a plan for programs");
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let operations = outcome.stats.operations;
    assert!(operations.ok > 50 && operations.fail + operations.info == 0, "{operations:?}");
}

/// The plan that a seed of profile `chaos` expands to.
fn chaos(system: &dyn Subject, seed: u64) -> Plan {
    system.plan(Seed(seed), Profile::Chaos, &Overrides::default()).expect("seeds alone make valid plans")
}

#[test]
fn programs_run_under_every_profile_and_on_turmoil_alone() {
    let system = echoes();
    let error =
        system.plan(Seed(1), Profile::Calm, &Overrides::default()).map(|plan| system.check(Engine::Event, &plan));
    let error = error.expect("a calm plan").expect_err("no engine of programs").to_string();
    assert_eq!(error, "test does not run on the event engine: give turmoil");
    for profile in Profile::ALL {
        assert!(
            system.plan(Seed(1), *profile, &Overrides::default()).is_ok(),
            "programs can be done some faults of {profile}"
        );
    }
}

#[test]
fn a_driver_has_clients_begin_what_it_says_and_is_told_how_that_ends() {
    let plan = sim::blank(Seed(5), 3, 2);
    let outcome = || {
        let system = echoes();
        let mut live = system.live(Engine::Turmoil, &plan, None);
        let until =
            |live: &mut Live<'_>, ms: u64| while live.step(Instant(ms * 1_000_000)).expect("nothing is wrong") {};
        until(&mut live, 100);
        assert_eq!(live.stats().operations.total(), 0, "clients begin nothing by themselves");
        let get = serde_json::to_value(Operation::Get { key: "k".into() }).expect("plain values");
        let asked = [1, 2].map(|client| live.invoke(ClientId(client), &get).expect("nothing is wrong"));
        until(&mut live, 200);
        let mut ended: Vec<_> = live.take_ended().into_iter().map(|ended| (ended.request, ended.completion)).collect();
        let answer = serde_json::to_value(Output::Value(None)).expect("plain values");
        ended.sort_by_key(|(request, _)| request.client);
        assert_eq!(ended, asked.map(|request| (request, Completion::Ok(answer.clone()))));
        let fault = Fault::Isolate { target: Target::Node(NodeId(1)) };
        live.inject(fault, Some(Duration::from_millis(50))).expect("nothing is wrong");
        live.invoke(ClientId(2), &get).expect("nothing is wrong");
        until(&mut live, 300);
        assert_eq!(live.take_ended().len(), 1);
        live.finish()
    };
    let (one, other) = (outcome(), outcome());
    assert!(one.verdict.is_pass(), "{}", one.verdict);
    assert_eq!((one.digest, one.stats), (other.digest, other.stats));
}

/// Returns while the storm of [`plan`] goes on, and never after it.
async fn stays_once_it_is_calm() {
    if crate::os::current().now() >= Instant(2_500_000_000) {
        std::future::pending().await
    }
}

#[test]
fn a_panicking_host_is_the_verdict_and_is_named() {
    async fn panics(host: Host<Note>) -> turmoil::Result {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_ne!(host.id(), NodeId(2), "n2 gives up");
        std::future::pending().await
    }
    let outcome = AsyncSystem::new("test", panics, idles)
        .run_checked(Engine::Turmoil, &plan(Vec::new()))
        .expect("a plan for programs");
    let Verdict::Panic { node, message, at } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!(node, Some(NodeId(2)));
    assert!(message.contains("n2 gives up"), "{message}");
    assert!(at.time >= Instant(299_000_000), "{at}");
}

#[test]
fn a_panic_in_a_task_that_a_host_has_spawned_names_the_host() {
    async fn spawns(host: Host<Note>, is_local: bool) -> turmoil::Result {
        let id = host.id();
        let task = async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert_ne!(id, NodeId(2), "n2 gives up");
        };
        if is_local {
            tokio::task::spawn_local(task)
        } else {
            tokio::spawn(task)
        };
        std::future::pending().await
    }
    for is_local in [true, false] {
        let system = AsyncSystem::new("test", move |host| spawns(host, is_local), idles);
        let outcome = system.run_checked(Engine::Turmoil, &plan(Vec::new())).expect("a plan for programs");
        let Verdict::Panic { node, message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
        assert_eq!(node, Some(NodeId(2)), "local: {is_local}");
        assert!(message.contains("n2 gives up"), "{message}");
    }
}

/// A task that a server has spawned runs on to the end of the tick.
#[test]
fn a_stopped_host_is_not_heard() {
    async fn returns(host: Host<Note>) -> turmoil::Result {
        stays_once_it_is_calm().await;
        let late = host.clone();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            late.note(Note::Found(Some("late".into())));
            late.synced();
        });
        host.note(Note::Found(Some("early".into())));
        Ok(())
    }
    let (outcome, lines) = lines(&AsyncSystem::new("test", returns, idles), &plan(Vec::new()));
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(lines.iter().any(|line| line.contains("early")) && !lines.iter().any(|line| line.contains("late")));
}

#[test]
fn a_panicking_client_is_the_verdict() {
    async fn panics(mut user: User<Note>) -> turmoil::Result {
        user.complete(Completion::Fail);
        Ok(())
    }
    let outcome = AsyncSystem::new("test", echo, panics)
        .run_checked(Engine::Turmoil, &plan(Vec::new()))
        .expect("a plan for programs");
    let Verdict::Panic { node: None, message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert!(message.contains("c1 completes an operation that it has not begun"), "{message}");
}

#[test]
fn clients_that_hang_break_liveness_and_are_named() {
    async fn hangs(mut user: User<Note>) -> turmoil::Result {
        while user.next().await.is_some() {
            if user.id().0 == 2 {
                // No timeout, and no host ever answers.
                let mut stream = TcpStream::connect(("n1", PORT)).await?;
                stream.read_u8().await?;
            }
            user.complete(Completion::Fail);
        }
        Ok(())
    }
    let outcome = AsyncSystem::new("test", echo, hangs)
        .run_checked(Engine::Turmoil, &plan(Vec::new()))
        .expect("a plan for programs");
    let Verdict::Violation(violation) = &outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!((violation.invariant, violation.invariant.kind()), (Invariant::PROGRESS, InvariantKind::Liveness));
    assert_eq!(violation.message, "c2 has not ended, 20.0 s after it was demanded");
    assert_eq!(outcome.stats.operations.info, 1, "what was outstanding is in doubt");
}

#[test]
fn a_broken_rule_ends_the_run_and_names_who_noted_what_broke_it() {
    let system = echoes().rule(|| {
        let mut answers = 0;
        move |_, _, note: &Note| {
            answers += u32::from(*note == Note::Answered);
            if answers < 10 { Ok(()) } else { Err("that was the tenth".into()) }
        }
    });
    let (outcome, lines) = lines(&system, &plan(Vec::new()));
    let Verdict::Violation(violation) = &outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!(violation.invariant, Invariant::SYSTEM_RULE);
    let who = violation.nodes.iter().next().expect("a node noted it");
    assert_eq!(violation.message, format!("{who} noted Answered: that was the tenth"));
    assert_eq!(lines.iter().filter(|line| line.ends_with("Answered")).count(), 10);
    assert!(system.run_checked(Engine::Turmoil, &plan(Vec::new())).is_ok(), "each run has a rule of its own");
}

#[test]
fn a_host_that_returns_is_started_again_and_draws_on() {
    async fn returns(mut host: Host<Note>) -> turmoil::Result {
        let drawn = host.next_u64();
        host.note(Note::Drew(drawn));
        stays_once_it_is_calm().await;
        if host.id() == NodeId(1) { Ok(()) } else { Err("no more".into()) }
    }
    let (outcome, lines) = lines(&AsyncSystem::new("test", returns, idles), &plan(Vec::new()));
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(lines.iter().any(|line| line.ends_with("n1        halts: it has returned")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("n2        halts: no more")), "{lines:#?}");
    let mut drawn: Vec<&str> = lines.iter().filter_map(|line| line.split("Drew(").nth(1)).collect();
    // Every 200 ms or so, for a little more than two seconds and a half.
    assert!((3 * 11..=3 * 14).contains(&drawn.len()), "{} starts", drawn.len());
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len() as u64, outcome.stats.boots, "no start draws what another drew");
}

#[test]
fn an_operation_that_its_client_lets_go_of_is_in_doubt() {
    async fn forgets(mut user: User<Note>) -> turmoil::Result {
        match user.next().await {
            Some(Operation::Get { .. }) => Err("a read is too much".into()),
            _ => Ok(()),
        }
    }
    let mut plan = plan(Vec::new());
    plan.workload.mix = Mix::NONE.with_get(1);
    let (outcome, lines) = lines(&AsyncSystem::new("test", echo, forgets), &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let operations = outcome.stats.operations;
    assert!(operations.info >= 2 * 7 && operations.ok + operations.fail == 0, "{operations:?}");
    assert!(lines.iter().any(|line| line.ends_with("c1        has returned an error: a read is too much")));
}

/// Acknowledges every write and forgets it.
async fn forgets(mut user: User<Note>) -> turmoil::Result {
    while let Some(operation) = user.next().await {
        let output = if operation.is_read() { Output::Value(None) } else { Output::Written };
        user.complete(Completion::Ok(output));
    }
    Ok(())
}

#[test]
fn a_system_that_says_it_is_linearizable_is_held_to_it_and_no_other() {
    let mut plan = plan(Vec::new());
    (plan.workload.keys, plan.workload.mix) = (1, Mix::NONE.with_get(1).with_put(1));
    let system = AsyncSystem::new("test", echo, forgets);
    assert!(system.run_checked(Engine::Turmoil, &plan).expect("a sound plan").verdict.is_pass());
    let verdict = system.linearizable().run_checked(Engine::Turmoil, &plan).expect("a sound plan").verdict;
    let Verdict::Violation(violation) = verdict else { panic!("{verdict}") };
    assert_eq!(violation.invariant, Invariant::LINEARIZABILITY, "{violation}");
    assert!(violation.explanation.is_some_and(|explanation| explanation.contains("get k0 -> (absent)")));
}

#[test]
fn a_process_that_ends_has_its_connections_closed_and_what_it_had_sent_arrives() {
    /// Answers once and stops, with the connection in the hands of another task.
    async fn answers_once(host: Host<Note>) -> turmoil::Result {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let (mut stream, _) = listener.accept().await?;
        let (answered, has_answered) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            stream.write_u8(1).await?;
            host.note(Note::Answered);
            answered.send(()).ok();
            std::future::pending::<io::Result<()>>().await
        });
        has_answered.await?;
        Ok(())
    }
    async fn listens(mut user: User<Note>) -> turmoil::Result {
        while user.next().await.is_some() {
            let node = format!("n{}", user.id().0);
            let Ok(Ok(mut stream)) =
                tokio::time::timeout(user.timeout(), TcpStream::connect((node.as_str(), PORT))).await
            else {
                continue;
            };
            // Its kernel sends what it had written, and closes the connection.
            assert_eq!(stream.read_u8().await?, 1);
            let more = tokio::time::timeout(Duration::from_millis(150), stream.read_u8()).await;
            assert!(matches!(more, Ok(Err(ref error)) if error.kind() == io::ErrorKind::UnexpectedEof), "{more:?}");
            user.complete(Completion::Fail);
        }
        Ok(())
    }
    let outcome = AsyncSystem::new("test", answers_once, listens)
        .run_checked(Engine::Turmoil, &plan(Vec::new()))
        .expect("a plan for programs");
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(outcome.stats.operations.fail > 5, "{:?}", outcome.stats.operations);
}
