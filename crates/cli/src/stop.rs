//! How a command is ended before it is through.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ctrl-C ends the work after the runs under way. A third one ends the process: `timeout` and the like send two.
pub(crate) fn on_ctrl_c() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let mut times = 0;
    ctrlc::set_handler(move || {
        told.store(true, Ordering::Relaxed);
        times += 1;
        if times == 3 {
            std::process::exit(130);
        }
    })?;
    Ok(stop)
}
