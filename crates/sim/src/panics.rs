//! Panics of the code under test, caught where it is called.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls `run`; if it panics, answers with the panic's message. The values that it was changing must not be used then.
///
/// The panic hook's output is the business of the program: the hook is global, and nothing here touches global state.
pub fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panic_text(&*panic))
}

/// The message of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).into(),
        _ => "a panic without a message".into(),
    }
}
