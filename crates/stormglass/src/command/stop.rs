//! How a command is ended before it is through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::command::exit;

/// SIGINT, SIGTERM and SIGHUP end the work after the runs under way. A third signal ends the process at once, without a
/// result: `timeout` and the like send two.
pub(crate) fn on_signal() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let mut times = 0;
    ctrlc::set_handler(move || {
        told.store(true, Ordering::Relaxed);
        times += 1;
        if times == 3 {
            std::process::exit(exit::STOPPED.into());
        }
    })?;
    Ok(stop)
}
