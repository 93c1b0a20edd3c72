//! Panics of the system under test.
//!
//! The engine catches a panic in a node and makes a verdict of it; the standard hook prints each all the same, and a
//! campaign over a buggy system would drown in them. A hook belongs to the whole process, so only the command sets one.
//! It prints nothing, and has the places of panics in runs [noted]. In a test the harness owns the hook, and shows the
//! output of a failed test. Runs are told apart by the names of their threads.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The name of the threads that run systems under test, so that a panic hook can tell a node's panic, which becomes a
/// verdict, from one of our own.
pub const RUN_THREAD: &str = "run";

/// Where the last panic in a run was, `file:line:column`.
#[derive(Clone, Debug, Default)]
pub struct LastPanic(Arc<Mutex<Option<String>>>);

impl LastPanic {
    /// Where it was, if there was one.
    pub fn location(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Notes from now on where the last panic in a run was, in the whole process and for good. The hook that was set before is
/// called as well, with every panic.
pub fn noted() -> LastPanic {
    let last = LastPanic::default();
    let noted = last.clone();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() == Some(RUN_THREAD) {
            *noted.0.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(ToString::to_string);
        }
        usual(info);
    }));
    last
}

/// Does `work`, or says how it panicked: a panic of the simulator would leave no word otherwise where the hook prints none.
///
/// # Errors
/// The panic's message.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Nothing that `work` held is used after it panicked.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().cloned();
        said.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
            .unwrap_or("the panic has no message".into())
    })
}

/// Runs `work` on a thread that is named as those that run systems are, and waits for it. Where the machine gives no thread,
/// it is done on this one: the place of a panic of the system under test is then not noted.
///
/// # Panics
/// If `work` does.
#[expect(clippy::disallowed_methods, reason = "one thread, for its name, and waited for: nothing interleaves")]
pub fn on_run_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let work = Mutex::new(Some(work));
    let done = &|| {
        let mut work = work.lock().unwrap_or_else(PoisonError::into_inner);
        let work = work.take().expect("it is done once");
        work()
    };
    thread::scope(|scope| match thread::Builder::new().name(RUN_THREAD.into()).spawn_scoped(scope, done) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)),
        Err(_) => done(),
    })
}
