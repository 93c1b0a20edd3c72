//! Standard error: progress, in a line that is drawn over and over if it is a terminal.

use std::io;
use std::time::Duration;

use explore::{Failure, Progress, Shrinking};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::command::screen::counted;

/// The line that shows progress. It is never wider than the terminal.
pub(crate) struct Display {
    bar: ProgressBar,
    /// How long it may take, where that and no count is its end.
    time: Option<Duration>,
}

impl Display {
    /// For so many seeds, if that is known, and else for so long.
    pub(crate) fn of_seeds(seeds: Option<u64>, time: Option<Duration>) -> Display {
        match (seeds, time) {
            (Some(_), _) => Display::new(seeds, None, "{bar:16} {pos}/{len} seeds, {eta} left  {wide_msg}"),
            (None, Some(_)) => Display::new(None, time, "{spinner} {pos} seeds  {wide_msg}"),
            (None, None) => Display::new(None, None, "{spinner} {elapsed} {pos} seeds  {wide_msg}"),
        }
    }

    /// For work with an unknown end.
    pub(crate) fn open() -> Display {
        Display::new(None, None, "{spinner} {elapsed}  {wide_msg}")
    }

    fn new(len: Option<u64>, time: Option<Duration>, style: &str) -> Display {
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
        Display { bar, time }
    }

    pub(crate) fn campaign(&self, progress: &Progress<'_>) {
        let report = progress.report;
        let wall_s = report.wall.as_secs_f64().max(0.001);
        let failures = report.failures.len() as u64;
        let failed = if failures > 0 { format!("{}, ", counted(failures, "failure")) } else { String::new() };
        let (speed, sim_speed) = (report.seeds as f64 / wall_s, report.sim_s() / wall_s);
        self.seeds(report.seeds, &format!("{failed}{speed:.0} seeds/s, {sim_speed:.0} sim s/s"));
    }

    /// So many are done.
    pub(crate) fn seeds(&self, done: u64, more: &str) {
        self.bar.set_position(done);
        let left = self.time.map_or(String::new(), |time| {
            let left = time.saturating_sub(self.bar.elapsed());
            format!("{} s left  ", left.as_secs())
        });
        self.bar.set_message(format!("{left}{more}"));
    }

    pub(crate) fn shrinking(&self, shrinking: &Shrinking) {
        let (now, before) = (shrinking.now, shrinking.before);
        self.bar.set_message(format!(
            "shrinking: {} -> {} events, {} ({}, {})",
            before.events,
            now.events,
            counted(now.faults as u64, "fault"),
            counted(shrinking.runs, "run"),
            shrinking.step,
        ));
    }

    pub(crate) fn message(&self, text: String) {
        self.bar.set_message(text);
    }

    /// Says that a run has failed; the result tells it in full.
    pub(crate) fn failure(&self, failure: &Failure) {
        self.say(&format!("failure: seed {}: {}", failure.seed, failure.headline()));
    }

    /// Says something above the bar, or by itself where there is none.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| {
            // An error has no reader when stderr is gone.
            let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
        });
    }

    /// Does something else on the terminal, without the bar in its way.
    pub(crate) fn pause<T>(&self, act: impl FnOnce() -> T) -> T {
        self.bar.suspend(act)
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
