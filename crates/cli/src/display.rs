//! Standard error: a progress bar if it is a terminal, and what comes in.

use std::io;

use explore::{Campaign, Progress, Shrinking};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::screen::counted;

/// What is said while something goes on.
pub(crate) struct Display {
    bar: ProgressBar,
}

impl Display {
    /// For as many seeds as the campaign has, if that is known.
    pub(crate) fn of_campaign(campaign: &Campaign) -> Display {
        let known = campaign.seeds < u64::MAX;
        let style = if known { "{bar:30} {pos}/{len} seeds  {msg}" } else { "{spinner} {elapsed} {pos} seeds  {msg}" };
        Display::new(known.then_some(campaign.seeds), style)
    }

    /// For something of which the end is not known.
    pub(crate) fn open() -> Display {
        Display::new(None, "{spinner} {elapsed}  {msg}")
    }

    fn new(len: Option<u64>, style: &str) -> Display {
        let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::with_template(style).expect("the template is a constant"));
        Display { bar }
    }

    pub(crate) fn campaign(&self, progress: &Progress<'_>) {
        let report = progress.report;
        let wall_s = report.wall.as_secs_f64().max(0.001);
        self.bar.set_position(report.seeds);
        self.bar.set_message(format!(
            "{:.0} seeds/s  {:.0} simulated s/s  {}",
            report.seeds as f64 / wall_s,
            report.sim_s() / wall_s,
            counted(report.failures.len() as u64, "failure"),
        ));
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

    /// Says something above the bar, or by itself where there is none.
    pub(crate) fn say(&self, text: &str) {
        self.bar.suspend(|| {
            // Nobody is left to tell when stderr is gone.
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
