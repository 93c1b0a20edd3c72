//! The cost of runs: wall time, CPU time and memory of this process, read from the machine.
//!
//! Nothing of it flows into a run. CPU time and memory come from Linux' `/proc`; where that is missing, CPU time is
//! taken to be wall time (right for one busy thread), and the memory is unknown.

use std::fs;
use std::time::Duration;

#[expect(clippy::disallowed_types, reason = "how long a campaign takes is about the machine, not about a run")]
type MachineInstant = std::time::Instant;

/// Measures wall time from its making.
#[derive(Clone, Copy, Debug)]
pub struct WallClock {
    start: MachineInstant,
}

impl WallClock {
    /// Starts measuring.
    #[expect(clippy::disallowed_methods, reason = "how long a campaign takes is about the machine, not about a run")]
    pub fn start() -> WallClock {
        WallClock { start: MachineInstant::now() }
    }

    /// How long ago that was.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}

/// Measures the calling thread's CPU time from its making.
#[derive(Clone, Copy, Debug)]
pub struct CpuClock {
    start: Option<Duration>,
    wall: WallClock,
}

impl CpuClock {
    /// Starts measuring.
    pub fn start() -> CpuClock {
        CpuClock { start: thread_cpu_time(), wall: WallClock::start() }
    }

    /// How much of it this thread has used since then.
    pub fn elapsed(&self) -> Duration {
        let wall = self.wall.elapsed();
        match (self.start, thread_cpu_time()) {
            // A kernel that does not keep the figure says 0 for ever; so does one that keeps it, but not for that long.
            (Some(start), Some(now)) if now > start || wall < Duration::from_millis(20) => now.saturating_sub(start),
            _ => wall,
        }
    }
}

/// The first figure of `schedstat` is the time that the thread has been running, in nanoseconds.
fn thread_cpu_time() -> Option<Duration> {
    let schedstat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(schedstat.split_whitespace().next()?.parse().ok()?))
}

/// Forgets the highest memory use so far, if the machine lets us.
pub fn reset_peak_memory() {
    // 5 resets VmHWM. Refused in some containers: the peak then is that of the whole process's life.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory the process has held since then, in KiB.
pub fn peak_memory_kib() -> Option<u64> {
    status_kib("VmHWM:")
}

/// The memory that the process holds, in KiB.
pub fn memory_kib() -> Option<u64> {
    status_kib("VmRSS:")
}

fn status_kib(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_cpu_time_and_no_more_than_wall_time() {
        let (cpu, wall) = (CpuClock::start(), WallClock::start());
        let mut hash = 0;
        while wall.elapsed() < Duration::from_millis(30) {
            hash = (0..10_000).fold(hash, env::mix);
        }
        assert_ne!(hash, 0);
        let (cpu, wall) = (cpu.elapsed(), wall.elapsed());
        assert!(cpu > Duration::ZERO && cpu <= wall + Duration::from_millis(10), "{cpu:?} of {wall:?}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_memory_of_the_process_and_its_peak_are_known() {
        reset_peak_memory();
        assert!(peak_memory_kib().is_some_and(|kib| kib > 100));
        assert!(memory_kib().is_some_and(|kib| kib > 100));
    }
}
