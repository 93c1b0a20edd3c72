//! Panics of programs, wherever they happen.
//!
//! Tokio catches the panic of a task and keeps it for whoever joins the task, and that is nobody as a rule. So a panic is
//! noted by the panic hook, which sees each of them, before anything is unwound. What the hook was before is called as
//! well: where a panic is printed stays the business of the program or of the test harness.
//!
//! A destructor that panics while another panic unwinds ends the process of the test, and nothing can be done about it; so
//! it is said on stderr which run it was.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Once};

use sim::world::panic_text;

/// The hook's treatment of a panic on this thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Watch {
    /// It is none of a program.
    Off,
    /// Notes the first one.
    On,
    /// Passes over all of them in silence.
    Silent,
    /// Says that it is in place.
    Asked,
}

thread_local! {
    // A panic hook belongs to the process, a run to a thread: these say which run a panic is of.
    static WATCH: Cell<Watch> = const { Cell::new(Watch::Off) };
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
    static RUN: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Rust's message before it ends the process: a destructor has panicked while another panic unwound.
const LAST_WORDS: &str = "panic in a destructor during cleanup";

/// The payload of a panic that asks whether the hook is in place.
struct Question;

/// Sets the hook, unless it is in place. Whoever has set another hook since has taken this one away.
pub(crate) fn watch_all() {
    static ONCE: Once = Once::new();
    ONCE.call_once(set);
    if !answers() {
        set();
    }
}

fn set() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_noted(info) {
            usual(info);
        }
    }));
}

/// True if the hook is in place.
fn answers() -> bool {
    WATCH.set(Watch::Asked);
    let answer = panic::catch_unwind(|| panic::panic_any(Question));
    drop(answer);
    WATCH.replace(Watch::Off) != Watch::Asked
}

/// Notes a panic; true if nobody else is to hear of it.
fn is_noted(info: &PanicHookInfo<'_>) -> bool {
    if info.payload().downcast_ref() == Some(&LAST_WORDS) {
        say_last_words();
    }
    match WATCH.get() {
        Watch::Off => false,
        Watch::Silent => true,
        Watch::Asked => {
            WATCH.set(Watch::Off);
            true
        }
        Watch::On => {
            SAID.with_borrow_mut(|said| said.get_or_insert_with(|| panic_text(info.payload())).len());
            false
        }
    }
}

/// Not by a macro: a test harness would keep that text for the end of the test.
fn say_last_words() {
    if let Some(run) = RUN.take() {
        let said = writeln!(
            io::stderr(),
            "stormglass: {run} ends this process: a destructor panics while another panic unwinds"
        );
        // Nobody is there to hear of it.
        drop(said);
    }
}

/// Calls `act`, which runs programs of this run. Returns the message of the first panic in it, caught or not.
///
/// # Panics
/// If `act` does.
pub(crate) fn noted<R>(run: &Arc<str>, act: impl FnOnce() -> R) -> (R, Option<String>) {
    let _watch = Watching::of(run, Watch::On);
    let result = act();
    (result, SAID.take())
}

/// Calls `act`, which runs destructors of programs that have been stopped: their panics are no news.
pub(crate) fn unheard(run: &Arc<str>, act: impl FnOnce()) {
    let _watch = Watching::of(run, Watch::Silent);
    // Tokio catches the panic of a destructor that it calls.
    act();
}

/// Restores how panics are watched.
struct Watching(Watch);

impl Watching {
    fn of(run: &Arc<str>, watch: Watch) -> Watching {
        // An earlier run may have ended by a panic of the simulator's own.
        SAID.take();
        RUN.set(Some(run.clone()));
        Watching(WATCH.replace(watch))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        WATCH.set(self.0);
        RUN.set(None);
    }
}
