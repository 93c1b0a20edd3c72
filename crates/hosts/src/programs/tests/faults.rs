//! Every fault of the model, done to programs or refused.

use sim::Direction;

use super::*;
use crate::fs::shim::tokio::fs as files;

/// Writes the same to a file again and again, after noting the file's content.
async fn writes(host: Host<Note>, syncs: bool) -> turmoil::Result {
    host.note(Note::Found(files::read_to_string("/memory").await.ok()));
    let file = files::File::create("/memory").await?;
    file.write_at(b"x", 0).await?;
    if syncs {
        file.sync_all().await?;
        files::sync_dir("/").await?;
    }
    std::future::pending().await
}

/// Talks to every other host by TCP and by datagrams, and writes to a file, all the time.
async fn gossip(host: Host<Note>) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let socket = UdpSocket::bind(("0.0.0.0", PORT)).await?;
    let peers = host.peers();
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_millis(20)).await;
            for peer in &peers {
                let dial = TcpStream::connect((peer.as_str(), PORT));
                let _ = tokio::time::timeout(Duration::from_millis(50), dial).await;
                let _ = socket.send_to(b"gossip", (peer.as_str(), PORT)).await;
            }
        }
    });
    tokio::spawn(async move {
        loop {
            let _ = append(b"one more line of gossip").await;
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
    });
    loop {
        listener.accept().await?;
    }
}

async fn append(line: &[u8]) -> io::Result<()> {
    let mut file = files::OpenOptions::new().append(true).create(true).open("/gossip").await?;
    file.write_all(line).await?;
    file.sync_all().await?;
    files::sync_dir("/").await
}

/// A cluster that n1 leads, in which every disk but one may be lost.
#[derive(Clone)]
struct Led;

impl Net for Led {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn see(&mut self, _: Moment, _: Seen<'_, Operation, Output, Note>) -> sim::Checked {
        Ok(())
    }

    fn standing(&self) -> sim::Standing {
        sim::Standing { leader: Some(NodeId(1)), ..sim::Standing::NONE }
    }

    fn may_lose(&self, _: Moment, _: NodeId, intact: env::NodeSet) -> Option<bool> {
        Some(!intact.is_empty())
    }
}

/// Dials a host, and judges by whether it was there.
async fn pings_any(mut user: User<Note>) -> turmoil::Result {
    while user.next().await.is_some() {
        let dial = TcpStream::connect(("n1", PORT));
        let answer = tokio::time::timeout(user.timeout(), dial).await;
        user.complete(if let Ok(Ok(_)) = answer { Completion::Ok(Output::Value(None)) } else { Completion::Info });
    }
    Ok(())
}

/// One fault of each kind that there is.
fn one_of_each() -> Vec<Fault> {
    let (ratio, side) = (Ratio::percent(50), vec![N1]);
    vec![
        Fault::Partition { side: side.clone() },
        Fault::PartitionOneWay { side, cut: Direction::Outbound },
        Fault::Isolate { target: N1 },
        Fault::Bridge { middle: N1 },
        Fault::MajoritiesRing,
        Fault::Loss { ratio },
        Fault::Duplication { ratio },
        Fault::Reordering { ratio, delay_max_ms: 10 },
        Fault::Delay { ratio, min_ms: 1, max_ms: 10 },
        Fault::SlowLink { target: N1, extra_ms: 30 },
        Fault::Crash { target: N1 },
        Fault::TornWrite { target: N1 },
        Fault::Kill { target: N1 },
        Fault::Pause { target: N1 },
        Fault::RollingRestart,
        Fault::CrashLoop { target: N1, times: 3 },
        Fault::BitFlip { target: N1 },
        Fault::FsyncError { target: N1 },
        Fault::DiskFull { target: N1 },
        Fault::SlowDisk { target: N1, factor: 5 },
        Fault::StalledDisk { target: N1 },
        Fault::WipedDisk { target: N1 },
        Fault::ClockSkew { target: N1, by_ms: 10 },
        Fault::ClockDrift { target: N1, by_ppm: 100 },
        Fault::ClockJump { target: N1, by_ms: 10 },
        Fault::ClockFreeze { target: N1 },
        Fault::TransferLeadership { to: N1 },
        Fault::AddMember,
        Fault::RemoveMember { target: N1 },
        Fault::ReplaceMember { target: N1 },
        Fault::TakeSnapshot { target: N1 },
        Fault::HealAll,
    ]
}

#[test]
fn every_kind_of_fault_takes_effect() {
    let system = AsyncSystem::new("test", gossip, pings_any)
        .watched_by(|_| Led)
        .sending_datagrams()
        .operator(|_, _| async { Ok(()) });
    for (fault, kind) in one_of_each().into_iter().zip(FaultKind::ALL) {
        assert_eq!(fault.kind(), *kind);
        // Something to heal.
        let other = timed(200, 1_500, Fault::Isolate { target: Target::Node(NodeId(2)) });
        let mut plan = plan(vec![other, timed(400, 300, fault)]);
        if *kind == FaultKind::BitFlip {
            // The next process finds the bit.
            plan.schedule.push(timed(900, 100, Fault::Kill { target: N1 }));
        }
        plan.cluster.spares = u8::from(matches!(kind, FaultKind::AddMember | FaultKind::ReplaceMember));
        let outcome = system.run_checked(Engine::Turmoil, &plan).expect("no fault is refused");
        assert!(outcome.verdict.is_pass(), "{kind}: {}", outcome.verdict);
        let count = outcome.faults.of(*kind);
        assert!(count.injected > 0 && count.effective == count.injected, "{kind}: {count:?}");
    }
    for seed in 0..200 {
        assert_eq!(system.check(Engine::Turmoil, &chaos(&system, seed)), Ok(()));
    }
}

#[test]
fn what_a_system_has_no_use_for_is_refused_by_name() {
    let refused = one_of_each().into_iter().filter_map(|fault| {
        let kind = fault.kind();
        let error = echoes().run_checked(Engine::Turmoil, &plan(vec![timed(400, 300, fault)])).err()?.to_string();
        let named = format!("fault 1 ({kind}) cannot be done to test on the turmoil engine (");
        assert!(error.starts_with(&named) && error.ends_with("): take it out"), "{error}");
        assert_eq!(error.lines().count(), 1);
        Some(kind)
    });
    use FaultKind as Kind;
    let operators = [Kind::TransferLeadership, Kind::AddMember, Kind::RemoveMember, Kind::ReplaceMember];
    let all: Vec<FaultKind> = refused.collect();
    assert_eq!(all, [&[Kind::Duplication], &operators[..], &[Kind::TakeSnapshot]].concat());
    let of_plans = (0..200).map(|seed| chaos(&echoes(), seed));
    for plan in of_plans {
        assert_eq!(echoes().check(Engine::Turmoil, &plan), Ok(()), "seeds expand to faults that can be done");
    }
}

#[test]
fn a_fault_that_nothing_meets_is_not_effective() {
    let silent = AsyncSystem::new("test", |_: Host<Note>| std::future::pending(), idles);
    for fault in [Fault::Isolate { target: N1 }, Fault::MajoritiesRing, Fault::SlowLink { target: N1, extra_ms: 30 }] {
        let kind = fault.kind();
        let outcome =
            silent.run_checked(Engine::Turmoil, &plan(vec![timed(400, 1_000, fault)])).expect("a plan for programs");
        let count = outcome.faults.of(kind);
        assert_eq!((count.injected, count.effective), (1, 0), "{kind}");
    }
}

/// The first of these starts finds nothing; the second finds what the fault has left.
#[test]
fn a_power_loss_may_take_what_was_not_synced_and_a_kill_does_not() {
    let kept = |syncs: bool, fault: Fault, pick: u64| {
        let system = AsyncSystem::new("test", move |host| writes(host, syncs), idles);
        let (outcome, lines) = lines(&system, &plan(vec![timed(400, 100, fault).with_pick(pick)]));
        assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
        let found: Vec<bool> = lines
            .iter()
            .filter(|line| line.contains("  n1 ") && line.contains("Found("))
            .map(|line| line.contains("\"x\""))
            .collect();
        assert_eq!((found.len(), found[0]), (2, false), "{lines:#?}");
        found[1]
    };
    let crash = Fault::Crash { target: N1 };
    let survived = (0..20).filter(|pick| kept(false, crash.clone(), *pick)).count();
    assert!((1..15).contains(&survived), "{survived} of 20");
    assert!((0..20).all(|pick| kept(true, crash.clone(), pick)));
    assert!(kept(false, Fault::Kill { target: N1 }, 7));
    assert!(kept(true, Fault::Kill { target: N1 }, 7));
}

#[test]
fn a_fault_may_strike_a_spare_machine_that_nothing_runs_on() {
    let mut plan = plan(Vec::new());
    plan.cluster.spares = 1;
    let target = Target::Node(NodeId(plan.cluster.nodes + 1));
    plan.schedule = vec![timed(100, 100, Fault::Kill { target })];
    let outcome = echoes().run_checked(Engine::Turmoil, &plan).expect("a kill can be done");
    assert_eq!(outcome.faults.of(FaultKind::Kill).effective, 0);
}
