//! The effects of faults on packets, as programs see them.

use std::sync::{Arc, Mutex};

use tokio::time::timeout;

use super::*;

/// The exchanges of a client, in order: how many milliseconds each took, or its error.
type Saw = Arc<Mutex<Vec<Result<u64, io::ErrorKind>>>>;

/// Exchanges bytes with n1 on one connection all the time, and notes how long each exchange takes.
fn exchanges(saw: &Saw) -> impl Fn(User<Note>) -> std::pin::Pin<Box<dyn Future<Output = turmoil::Result>>> + use<> {
    let saw = saw.clone();
    move |mut user: User<Note>| {
        let saw = saw.clone();
        Box::pin(async move {
            let mut stream = TcpStream::connect(("n1", PORT)).await?;
            while user.next().await.is_some() {
                let began = tokio::time::Instant::now();
                let answer = async {
                    stream.write_u8(1).await?;
                    stream.read_u8().await
                };
                let took = answer.await.map(|_| began.elapsed().as_millis() as u64).map_err(|error| error.kind());
                crate::os::lock(&saw).push(took);
                user.complete(Completion::Ok(Output::Written));
            }
            Ok(())
        })
    }
}

/// The exchanges under these faults, and how often the faults took effect.
fn under(faults: Vec<TimedFault>) -> (Vec<Result<u64, io::ErrorKind>>, Outcome) {
    let saw = Saw::default();
    let system = AsyncSystem::new("test", echo, exchanges(&saw));
    let mut plan = plan(faults);
    plan.workload.clients = 1;
    let outcome = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let saw = std::mem::take(&mut *crate::os::lock(&saw));
    (saw, outcome)
}

fn slowest(saw: &[Result<u64, io::ErrorKind>]) -> u64 {
    *saw.iter().flatten().max().expect("some exchanges end")
}

#[test]
fn on_a_sound_link_an_exchange_takes_two_latencies() {
    let (saw, _) = under(Vec::new());
    let plan = plan(Vec::new());
    let (min, max) = (plan.link.latency_min_us / 1_000, plan.link.latency_max_us / 1_000);
    assert!(saw.iter().all(|took| took.is_ok_and(|ms| (2 * min..=2 * max + 4).contains(&ms))), "{saw:?}");
    assert!(saw.len() > 20, "{}", saw.len());
}

#[test]
fn a_lost_segment_is_late_and_nothing_is_missing() {
    let (saw, outcome) = under(vec![timed(100, 1_500, Fault::Loss { ratio: Ratio::percent(20) })]);
    assert!(saw.iter().all(Result::is_ok), "{saw:?}");
    assert!((200..5_000).contains(&slowest(&saw)), "{saw:?}");
    assert_eq!(outcome.faults.of(FaultKind::Loss).effective, 1);
}

#[test]
fn a_delayed_segment_and_a_slow_link_take_longer() {
    let delay = Fault::Delay { ratio: Ratio::percent(30), min_ms: 100, max_ms: 120 };
    let (saw, outcome) = under(vec![timed(100, 1_500, delay)]);
    assert!((100..300).contains(&slowest(&saw)), "{saw:?}");
    assert_eq!(outcome.faults.of(FaultKind::Delay).effective, 1);
    let (saw, outcome) = under(vec![timed(100, 1_500, Fault::SlowLink { target: N1, extra_ms: 70 })]);
    assert!((140..200).contains(&slowest(&saw)), "{saw:?}");
    assert_eq!(outcome.faults.of(FaultKind::SlowLink).effective, 1);
}

#[test]
fn a_paused_host_answers_when_it_goes_on() {
    let (saw, outcome) = under(vec![timed(500, 600, Fault::Pause { target: N1 })]);
    assert!(saw.iter().all(Result::is_ok), "{saw:?}");
    assert!((400..=640).contains(&slowest(&saw)), "{saw:?}");
    assert_eq!(outcome.faults.of(FaultKind::Pause).effective, 1);
}

#[test]
fn a_killed_host_closes_its_connections_and_a_dead_one_answers_with_a_reset_once_it_is_up() {
    let (saw, _) = under(vec![timed(500, 100, Fault::Kill { target: N1 })]);
    assert_eq!(saw.iter().filter_map(|took| took.err()).next(), Some(io::ErrorKind::UnexpectedEof), "{saw:?}");
    let (saw, _) = under(vec![timed(500, 100, Fault::Crash { target: N1 })]);
    assert_eq!(saw.iter().filter_map(|took| took.err()).next(), Some(io::ErrorKind::ConnectionReset), "{saw:?}");
}

/// n2 and n3 talk across a cut, which TCP outlasts.
#[test]
fn a_connection_outlasts_a_cut() {
    async fn chats(host: Host<Note>) -> turmoil::Result {
        if host.id() == NodeId(2) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut stream = TcpStream::connect(("n3", PORT)).await?;
            for number in 0.. {
                stream.write_u8(number).await?;
                let answer = stream.read_u8().await?;
                assert_eq!(answer, number.wrapping_add(1));
                host.note(Note::Drew(number.into()));
                tokio::time::sleep(Duration::from_millis(20)).await;
                if number == 20 {
                    break;
                }
            }
            return std::future::pending().await;
        }
        echo(host).await
    }
    let n3 = Target::Node(NodeId(3));
    let system = AsyncSystem::new("test", chats, idles);
    let mut plan = plan(vec![timed(200, 700, Fault::Isolate { target: n3 })]);
    plan.storm_ms = 4_000;
    let (outcome, lines) = lines(&system, &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert_eq!(outcome.faults.of(FaultKind::Isolate).effective, 1);
    assert!(lines.iter().any(|line| line.ends_with("Drew(20)")), "{lines:#?}");
}

#[test]
fn datagrams_are_lost_doubled_and_reordered_one_by_one() {
    async fn sends(host: Host<Note>) -> turmoil::Result {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        if host.id() == NodeId(1) {
            for number in 0..200_u8 {
                socket.send_to(&[number], ("n2", PORT)).await?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let mut byte = [0];
        loop {
            socket.recv_from(&mut byte).await?;
            host.note(Note::Drew(byte[0].into()));
        }
    }
    let received = |faults: Vec<TimedFault>| {
        let system = AsyncSystem::new("test", sends, idles).sending_datagrams();
        let mut plan = plan(faults);
        plan.link = sim::LinkModel::new(1_000, 2_000);
        let (outcome, lines) = lines(&system, &plan);
        assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
        let number =
            |line: &String| line.split("Drew(").nth(1).and_then(|rest| rest.trim_end_matches(')').parse().ok());
        (lines.iter().filter_map(number).collect::<Vec<u64>>(), outcome)
    };
    let (all, _) = received(Vec::new());
    assert_eq!(all, (0..200).collect::<Vec<_>>());
    let ratio = Ratio::percent(20);
    let (lost, outcome) = received(vec![timed(0, 1_500, Fault::Loss { ratio })]);
    assert!((130..190).contains(&lost.len()) && lost.is_sorted(), "{lost:?}");
    assert_eq!(outcome.faults.of(FaultKind::Loss).effective, 1);
    let (doubled, outcome) = received(vec![timed(0, 1_500, Fault::Duplication { ratio })]);
    assert!((215..270).contains(&doubled.len()), "{doubled:?}");
    assert_eq!(outcome.faults.of(FaultKind::Duplication).effective, 1);
    let (reordered, outcome) = received(vec![timed(0, 1_500, Fault::Reordering { ratio, delay_max_ms: 40 })]);
    assert!(reordered.len() == 200 && !reordered.is_sorted(), "{reordered:?}");
    assert_eq!(outcome.faults.of(FaultKind::Reordering).effective, 1);
}

/// Nobody can be reached for minutes: who waits hears of it at last.
#[test]
fn an_attempt_to_connect_that_nobody_answers_times_out() {
    async fn dials(host: Host<Note>) -> turmoil::Result {
        if host.id() != NodeId(2) {
            return echo(host).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = tokio::time::Instant::now();
        let error = timeout(Duration::from_secs(600), TcpStream::connect(("n1", PORT))).await;
        let error = error.expect("TCP gives up before").expect_err("nobody is there");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        host.note(Note::Drew(began.elapsed().as_secs()));
        std::future::pending().await
    }
    let mut plan = plan(vec![timed(100, 190_000, Fault::Crash { target: N1 })]);
    plan.storm_ms = 200_000;
    let (outcome, lines) = lines(&AsyncSystem::new("test", dials, idles), &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    // 1 + 2 + 4 + .. + 64 seconds, as Linux.
    assert!(lines.iter().any(|line| line.ends_with("Drew(127)")), "{lines:#?}");
}

/// A stream of numbers, sent all the time, under everything that a network does: they arrive once and in order.
#[test]
fn a_stream_keeps_its_order_whatever_happens_to_its_segments() {
    async fn streams(host: Host<Note>) -> turmoil::Result {
        if host.id() == NodeId(2) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut stream = TcpStream::connect(("n3", PORT)).await?;
            for number in 0_u32..1_000 {
                stream.write_u32(number).await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            return std::future::pending().await;
        }
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let (mut stream, _) = listener.accept().await?;
        for expected in 0..1_000 {
            assert_eq!(stream.read_u32().await?, expected);
            host.note(Note::Drew(expected.into()));
        }
        std::future::pending().await
    }
    let n3 = Target::Node(NodeId(3));
    let ratio = Ratio::percent(10);
    for seed in 0..20 {
        let mut plan = plan(vec![
            timed(100, 1_500, Fault::Loss { ratio }),
            timed(200, 1_500, Fault::Reordering { ratio, delay_max_ms: 300 }),
            timed(300, 1_000, Fault::Delay { ratio, min_ms: 50, max_ms: 400 }),
            timed(600, 300, Fault::Isolate { target: n3 }),
            timed(1_400, 100, Fault::Isolate { target: n3 }),
        ]);
        (plan.seed, plan.storm_ms) = (Seed(seed), 12_000);
        let (outcome, lines) = lines(&AsyncSystem::new("test", streams, idles), &plan);
        assert!(outcome.verdict.is_pass(), "{seed}: {}", outcome.verdict);
        assert!(lines.iter().any(|line| line.ends_with("Drew(999)")), "{seed}: it has not arrived");
    }
}

/// A packet that is on its way when its sender loses its power arrives.
#[test]
fn what_a_machine_had_sent_when_it_lost_its_power_arrives() {
    async fn tells(host: Host<Note>) -> turmoil::Result {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        if host.id() == NodeId(1) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut stream = TcpStream::connect(("n2", PORT)).await?;
            for number in 0_u32.. {
                stream.write_u32(number).await?;
                host.note(Note::Drew(number.into()));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        loop {
            let (mut stream, _) = listener.accept().await?;
            let host = host.clone();
            tokio::spawn(async move {
                while let Ok(number) = stream.read_u32().await {
                    host.note(Note::Drew(number.into()));
                }
            });
        }
    }
    let mut plan = plan(vec![timed(200, 1_000, Fault::Crash { target: N1 }).with_pick(1)]);
    plan.link = sim::LinkModel::new(5_000, 20_000);
    let (outcome, lines) = lines(&AsyncSystem::new("test", tells, idles), &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let first_life: Vec<&String> = lines.iter().take_while(|line| !line.ends_with("starts (again)")).collect();
    let last = |node: &str| {
        let mut notes =
            first_life.iter().filter(|line| line.contains(node)).filter_map(|line| line.split("Drew(").nth(1));
        notes.next_back().map(ToString::to_string)
    };
    assert!(last("  n1  ").is_some());
    assert_eq!(last("  n1  "), last("  n2  "));
}

/// The tasks of a server that returns are dropped with it, and their connections closed, whoever drops them.
#[test]
fn the_connections_of_a_server_that_returns_are_closed_whichever_task_has_them() {
    async fn returns(host: Host<Note>) -> turmoil::Result {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            let (mut stream, _) = listener.accept().await?;
            tasks.spawn(async move {
                let _ = stream.read_u8().await;
                std::future::pending::<()>().await;
            });
            tokio::time::sleep(Duration::from_millis(100)).await;
            if host.id() == NodeId(1) && crate::os::current().now() < Instant(1_500_000_000) {
                return Err("enough".into());
            }
        }
    }
    let saw = Saw::default();
    let system = AsyncSystem::new("test", returns, exchanges(&saw));
    let mut plan = plan(Vec::new());
    (plan.workload.clients, plan.storm_ms) = (1, 1_000);
    let outcome = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(!crate::os::lock(&saw).is_empty());
    // The byte that was sent was read before the end, or was not.
    let is_closed = |took: &Result<u64, io::ErrorKind>| {
        matches!(took, Err(io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
    };
    assert!(crate::os::lock(&saw).iter().all(is_closed), "{saw:?}");
}

/// The answer to an attempt is lost, and the machine that gave it loses its power: the attempt is made again.
#[test]
fn an_attempt_outlives_the_machine_that_answered_it() {
    async fn dials(host: Host<Note>) -> turmoil::Result {
        if host.id() != NodeId(2) {
            return echo(host).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut stream = TcpStream::connect(("n1", PORT)).await?;
        stream.write_u8(1).await?;
        host.note(Note::Drew(stream.read_u8().await?.into()));
        std::future::pending().await
    }
    // Nothing of n1 reaches n2 until n1 has lost its power.
    let cut = Fault::PartitionOneWay { side: vec![N1], cut: Direction::Outbound };
    let mut plan = plan(vec![timed(250, 400, cut), timed(500, 100, Fault::Crash { target: N1 }).with_pick(1)]);
    plan.storm_ms = 8_000;
    let (outcome, lines) = lines(&AsyncSystem::new("test", dials, idles), &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(lines.iter().any(|line| line.ends_with("Drew(2)")), "{lines:#?}");
}

/// The lost segments of a connection are sent again together, however long ago each was lost.
#[test]
fn a_connection_is_as_fast_as_ever_soon_after_a_long_cut() {
    async fn streams(host: Host<Note>) -> turmoil::Result {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        if host.id() == NodeId(2) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut stream = TcpStream::connect(("n3", PORT)).await?;
            for number in 0_u32..200 {
                stream.write_u32(number).await?;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            return std::future::pending().await;
        }
        let (mut stream, _) = listener.accept().await?;
        for expected in 0..200 {
            assert_eq!(stream.read_u32().await?, expected);
        }
        host.note(Note::Answered);
        std::future::pending().await
    }
    let mut plan = plan(vec![timed(500, 19_500, Fault::Isolate { target: Target::Node(NodeId(3)) })]);
    plan.storm_ms = 60_000;
    let (outcome, lines) = lines(&AsyncSystem::new("test", streams, idles), &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let done = lines.iter().find(|line| line.ends_with("Answered")).expect("all arrives");
    let at: f64 = done.trim_start().split('s').next().and_then(|at| at.parse().ok()).expect("a time");
    // Sent again at 0.5 + 0.2 + 0.4 + .. + 12.8 s, and then after 25.6 s more.
    assert!((20.0..52.0).contains(&at), "{done}");
}

#[test]
fn a_late_packet_that_nothing_passes_is_not_out_of_order() {
    async fn beats(host: Host<Note>) -> turmoil::Result {
        let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
        while host.id() == NodeId(1) {
            socket.send_to(b"beat", ("n2", PORT)).await?;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        std::future::pending().await
    }
    let late = Fault::Reordering { ratio: Ratio::ALWAYS, delay_max_ms: 100 };
    let system = AsyncSystem::new("test", beats, idles).sending_datagrams();
    let outcome = system.run_checked(Engine::Turmoil, &plan(vec![timed(0, 1_900, late)])).expect("a plan for programs");
    assert_eq!(outcome.faults.of(FaultKind::Reordering).effective, 0);
}
