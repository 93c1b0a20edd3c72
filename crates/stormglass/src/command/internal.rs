//! A panic of the simulator itself: one line, and an exit code of its own.

use std::panic;
use std::sync::{Arc, Mutex, PoisonError};

use explore::panics;

/// Does the work of the command. No panic prints anything by itself from then on.
///
/// # Errors
/// In one line: the message of a panic of the simulator, and its place if that is known.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let place = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&place);
    panic::set_hook(Box::new(move |info| {
        *noted.lock().unwrap_or_else(PoisonError::into_inner) = info.location().map(ToString::to_string);
    }));
    panics::caught(work).map_err(|said| {
        let place = place.lock().unwrap_or_else(PoisonError::into_inner).take();
        let place = place.map_or(String::new(), |place| format!(" (at {place})"));
        format!("the simulator itself panicked: {said}{place}: please report it")
    })
}

#[cfg(test)]
mod tests {
    use explore::panics;

    use super::caught;

    #[test]
    fn a_panic_is_told_in_words_with_its_place() {
        let told = caught(|| panic!("the log is {}", "upside down")).expect_err("it panicked");
        let expected =
            "the simulator itself panicked: the log is upside down (at crates/stormglass/src/command/internal.rs:";
        assert!(told.starts_with(expected) && told.ends_with("): please report it"), "{told}");
        let on_run_thread = || {
            let _noted = panics::noted();
            panics::on_run_thread(|| panic!("the clock is {}", "backwards"))
        };
        let told = caught(on_run_thread).expect_err("it panicked");
        let expected =
            "the simulator itself panicked: the clock is backwards (at crates/stormglass/src/command/internal.rs:";
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(caught(|| 7), Ok(7));
        // Other tests panic in the usual way.
        drop(std::panic::take_hook());
    }
}
