//! Panics end a run, with their message, and nothing else: not the process, and not the next run.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{mpsc, oneshot};

use super::*;

const SOON: Duration = Duration::from_millis(300);

/// The panic that a run of these servers ends with: who, and its message.
fn panic_of<F>(server: impl Fn(Host<Note>) -> F + Send + Sync + 'static) -> (Option<NodeId>, String)
where
    F: Future<Output = turmoil::Result> + 'static,
{
    let system = AsyncSystem::new("test", server, idles);
    let outcome = system.run_checked(Engine::Turmoil, &plan(Vec::new())).expect("a plan for programs");
    let again = system.run_checked(Engine::Turmoil, &plan(Vec::new())).expect("a plan for programs");
    assert_eq!(outcome.digest, again.digest);
    let Verdict::Panic { node, message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    (node, message)
}

/// The task that panics is one of many, which wake one another as they are dropped, from within a borrow.
#[test]
fn a_task_panics_while_its_neighbours_wake_on_drop() {
    let (node, message) = panic_of(|host| async move {
        let shared = Rc::new(RefCell::new(Vec::<oneshot::Sender<()>>::new()));
        let (all, mut told) = mpsc::unbounded_channel::<u32>();
        for number in 0..20 {
            let (wake, woken) = oneshot::channel::<()>();
            shared.borrow_mut().push(wake);
            let (shared, all) = (shared.clone(), all.clone());
            tokio::task::spawn_local(async move {
                let _ = woken.await;
                shared.borrow_mut().clear();
                let _ = all.send(number);
            });
        }
        drop(all);
        let id = host.id();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(SOON).await;
            let _borrowed = shared.borrow_mut();
            assert_ne!(id, NodeId(2), "n2 gives up");
        });
        while told.recv().await.is_some() {}
        std::future::pending().await
    });
    assert_eq!(node, Some(NodeId(2)));
    assert!(message.contains("n2 gives up"), "{message}");
}

#[test]
fn the_first_of_several_panics_is_the_verdict() {
    let (node, message) = panic_of(|_| async {
        for number in 0..5 {
            tokio::spawn(async move {
                tokio::time::sleep(SOON).await;
                panic!("panic {number}");
            });
        }
        std::future::pending().await
    });
    assert_eq!((node, message.as_str()), (Some(NodeId(1)), "panic 0"));
}

#[test]
fn a_panic_that_the_program_catches_is_one_all_the_same() {
    let (_, message) = panic_of(|_| async {
        tokio::time::sleep(SOON).await;
        let _ = catch_unwind(AssertUnwindSafe(|| panic!("never mind")));
        std::future::pending().await
    });
    assert_eq!(message, "never mind");
}

/// A machine that loses its power runs no destructors, so what they do is no finding.
#[test]
fn destructors_of_a_stopped_process_have_no_effect_whatever_they_do() {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct Loud {
        host: Host<Note>,
        _listener: TcpListener,
    }
    impl Drop for Loud {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::Relaxed);
            self.host.note(Note::Answered);
            self.host.synced();
            self.host.wall_clock();
            assert!(crate::fs::shim::std::fs::write("/left", "behind").is_err());
            assert!(crate::fs::shim::std::fs::remove_file("/kept").is_err());
            tracing::info!("a destructor logs");
            panic!("a destructor panics");
        }
    }
    async fn serves(host: Host<Note>) -> turmoil::Result {
        use crate::fs::shim::std::fs;
        assert!(!fs::exists("/left")?, "a destructor has written it");
        if !fs::exists("/kept")? {
            fs::write("/kept", "for ever")?;
            fs::sync_dir("/")?;
            host.note(Note::Found(None));
        }
        let loud = Loud { host, _listener: TcpListener::bind(("0.0.0.0", PORT)).await? };
        tokio::spawn(async move {
            let _loud = Arc::new(loud);
            std::future::pending::<()>().await;
        });
        std::future::pending().await
    }
    let system = AsyncSystem::new("test", serves, idles);
    let plan = plan(vec![
        timed(300, 300, Fault::Pause { target: N1 }),
        timed(400, 100, Fault::Crash { target: N1 }),
        timed(900, 100, Fault::Kill { target: N1 }),
    ]);
    let (outcome, lines) = lines(&system, &plan);
    assert!(outcome.verdict.is_pass(), "{}", outcome.verdict);
    assert!(DROPPED.load(Ordering::Relaxed) >= 2);
    assert!(!lines.iter().any(|line| line.contains("Answered") || line.contains("logs")), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.contains("n1        Found(None)")).count(), 1, "{lines:#?}");
}

#[test]
fn a_client_that_panics_in_a_task_is_named() {
    async fn spawns(user: User<Note>) -> turmoil::Result {
        let id = user.id();
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            assert_ne!(id.0, 2, "c2 gives up");
        });
        idles(user).await
    }
    let outcome = AsyncSystem::new("test", echo, spawns)
        .run_checked(Engine::Turmoil, &plan(Vec::new()))
        .expect("a plan for programs");
    let Verdict::Panic { node: None, message, .. } = outcome.verdict else { panic!("{}", outcome.verdict) };
    assert!(message.contains("c2 gives up"), "{message}");
}
