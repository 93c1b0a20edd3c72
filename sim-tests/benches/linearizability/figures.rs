//! The measuring of a figure, and its line in the table.

use std::io::{self, Write};
use std::time::Duration;

use explore::cost::{self, CpuClock};

const ROUNDS: u32 = 5;
const ROUND_MIN: Duration = Duration::from_millis(200);

/// A line of the table.
pub(crate) struct Row<'a> {
    pub(crate) what: &'a str,
    /// The figure, in CPU seconds.
    pub(crate) cpu_s: &'a str,
    /// The most that it may be.
    pub(crate) wanted: &'a str,
    /// The most memory that was held, in MiB.
    pub(crate) peak_mib: &'a str,
    /// Porcupine's figure for the same, in CPU seconds.
    pub(crate) porcupine: &'a str,
}

impl Row<'_> {
    pub(crate) fn print(&self) -> io::Result<()> {
        let Row { what, cpu_s, wanted, peak_mib, porcupine } = self;
        writeln!(io::stdout(), "{what:<58} {cpu_s:>9} {wanted:>13} {peak_mib:>9}  {porcupine}")
    }
}

/// The CPU time of one piece of work, and the most memory that the process held. Of several rounds, the least; in each the
/// work is done until it has cost enough to be measured.
pub(crate) fn measured(mut work: impl FnMut()) -> (Duration, Option<u64>) {
    cost::reset_peak_memory();
    let rounds = (0..ROUNDS).map(|_| {
        let clock = CpuClock::start();
        let mut times = 0;
        while times == 0 || clock.elapsed() < ROUND_MIN {
            work();
            times += 1;
        }
        clock.elapsed() / times
    });
    (rounds.min().unwrap_or_default(), cost::peak_memory_kib())
}

/// Prints a figure beside the wanted one and Porcupine's.
pub(crate) fn figure(what: &str, wanted: &str, porcupine: &str, measured: (Duration, Option<u64>)) -> io::Result<()> {
    let (cpu, peak_kib) = measured;
    let peak_mib = peak_kib.map_or("unknown".into(), |kib| format!("{:.1}", kib as f64 / 1_024.0));
    Row { what, cpu_s: &format!("{:.4}", cpu.as_secs_f64()), wanted, peak_mib: &peak_mib, porcupine }.print()
}
