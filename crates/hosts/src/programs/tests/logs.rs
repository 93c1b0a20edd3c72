//! The log events of programs, as lines of a recorded run.

use super::*;

/// The log events of programs, those of the tasks that they spawn among them, name their actor and the tick.
#[test]
fn a_log_event_of_any_task_of_a_host_is_a_line_of_that_host() {
    async fn logs(host: Host<Note>) -> turmoil::Result {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let span = tracing::info_span!("server", id = %host.id());
        tokio::spawn(tracing::Instrument::instrument(
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                tracing::debug!(target: "test", "spawned");
            },
            span,
        ));
        tracing::info!(target: "test", "starts");
        host.note(Note::Answered);
        tracing::info!(target: "test", "noted");
        loop {
            listener.accept().await?;
        }
    }
    async fn asks(mut user: User<Note>) -> turmoil::Result {
        while user.next().await.is_some() {
            tracing::warn!(target: "test", "asks");
            user.complete(Completion::Fail);
        }
        Ok(())
    }
    let system = AsyncSystem::new("test", logs, asks);
    let plan = plan(vec![timed(400, 100, Fault::Crash { target: N1 })]);
    let (outcome, told) = lines(&system, &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    let (again, told_again) = lines(&system, &plan);
    assert_eq!((outcome.digest, &told), (again.digest, &told_again));
    let unrecorded = system.run_checked(Engine::Turmoil, &plan).expect("a plan for programs");
    assert_eq!((outcome.digest, outcome.stats), (unrecorded.digest, unrecorded.stats));

    // The time and the text of the lines of an actor, without the event's number, from its first start on.
    let of = |actor: &str| -> Vec<String> {
        let words = told.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let own = words.filter(|words| words[2] == actor);
        own.map(|words| format!("{} {}", words[0], words[3..].join(" "))).collect()
    };
    for node in ["n1", "n2", "n3"] {
        let first = [
            "0.000000s starts (a founding member, for the first time)".into(),
            "0.000000s INFO test: starts".into(),
            "0.000000s Answered".into(),
            "0.000000s INFO test: noted".into(),
            format!("0.050000s DEBUG server{{id={node}}}: test: spawned"),
        ];
        assert_eq!(of(node)[..5], first);
    }
    let restarts = of("n1").iter().filter(|line| line.ends_with("INFO test: starts")).count();
    let spawned = of("n1").iter().filter(|line| line.ends_with("test: spawned")).count();
    assert_eq!((restarts, spawned), (2, 2), "{:#?}", of("n1"));
    assert!(of("c1").iter().any(|line| line.ends_with("WARN test: asks")), "{:#?}", of("c1"));
    assert!(told.iter().all(|line| !line.contains("turmoil")), "{told:#?}");
}

#[test]
fn the_log_events_before_the_panic_of_a_task_are_lines() {
    async fn spawns(host: Host<Note>) -> turmoil::Result {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(300)).await;
            tracing::error!(target: "test", "{} goes", host.id());
            assert_ne!(host.id(), NodeId(2), "n2 gives up");
        });
        std::future::pending().await
    }
    let (outcome, told) = lines(&AsyncSystem::new("test", spawns, idles), &plan(Vec::new()));
    assert!(matches!(outcome.verdict, Verdict::Panic { .. }), "{}", outcome.verdict);
    let last: Vec<_> = told.iter().filter(|line| line.contains("ERROR test: ")).collect();
    assert_eq!(last.len(), 2, "{last:#?}");
    assert!(last[1].contains("  n2        ERROR test: n2 goes"), "{last:#?}");
    assert!(!tracing::enabled!(tracing::Level::ERROR));
}
