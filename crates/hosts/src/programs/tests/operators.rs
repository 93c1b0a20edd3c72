//! The operator is asked for what stands in the plan, and has done it when its function says so.

use sim::OperatorAction;

use super::*;

/// Takes snapshots when it is told to.
async fn snapshots(host: Host<Note>) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.read_u8().await?;
        host.note(Note::Answered);
        stream.write_u8(1).await?;
    }
}

/// Tells a host to take a snapshot.
async fn tells(operator: Operator, action: OperatorAction) -> turmoil::Result {
    assert_eq!(action, OperatorAction::TakeSnapshot);
    assert!(operator.nodes().contains(&operator.node()));
    let mut stream = TcpStream::connect((operator.node().as_str(), PORT)).await?;
    stream.write_u8(1).await?;
    stream.read_u8().await?;
    Ok(())
}

#[test]
fn an_action_of_the_plan_is_carried_out_and_counts() {
    let system = AsyncSystem::new("test", snapshots, idles).operator(tells);
    let snapshot = timed(500, 1_000, Fault::TakeSnapshot { target: N1 });
    let (outcome, lines) = lines(&system, &plan(vec![snapshot]));
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let count = outcome.faults.of(FaultKind::TakeSnapshot);
    assert_eq!((count.injected, count.effective), (1, 1));
    assert_eq!(lines.iter().filter(|line| line.ends_with("n1        Answered")).count(), 1, "{lines:#?}");
    assert!(lines.iter().any(|line| line.ends_with("operator  has n1 take a snapshot")), "{lines:#?}");
}

#[test]
fn an_operator_that_fails_asks_again_and_is_heard_of() {
    let system = AsyncSystem::new("test", snapshots, idles).operator(|_, _| async { Err("not today".into()) });
    let snapshot = timed(500, 1_000, Fault::TakeSnapshot { target: N1 });
    let (outcome, lines) = lines(&system, &plan(vec![snapshot]));
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert_eq!(outcome.faults.of(FaultKind::TakeSnapshot).effective, 0);
    let failed = "operator  fails to have n1 take a snapshot: not today";
    assert!(lines.iter().filter(|line| line.ends_with(failed)).count() > 1, "{lines:#?}");
}

#[test]
fn an_operator_that_panics_is_the_verdict() {
    let system = AsyncSystem::new("test", snapshots, idles).operator(|_, _| async { panic!("no operator today") });
    let snapshot = timed(500, 1_000, Fault::TakeSnapshot { target: N1 });
    let outcome = system.run_checked(Engine::Turmoil, &plan(vec![snapshot])).expect("it has an operator");
    let Verdict::Panic { node: None, message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert_eq!(message, "no operator today");
}
