//! The measures of a story.

use std::fmt;
use std::time::Duration;

/// Something measured.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Measure {
    /// How many.
    Count(u64),
    /// How long, in simulated time.
    Time(Duration),
    /// How many a second of simulated time.
    Rate(f64),
    /// In words.
    Text(String),
}

/// The measures of a story, under names, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures(Vec<(String, Measure)>);

impl Measures {
    /// Writes down a count.
    pub fn count(&mut self, name: &str, count: u64) {
        self.0.push((name.into(), Measure::Count(count)));
    }

    /// Writes down a time.
    pub fn time(&mut self, name: &str, time: Duration) {
        self.0.push((name.into(), Measure::Time(time)));
    }

    /// Writes down a rate.
    pub fn rate(&mut self, name: &str, a_second: f64) {
        self.0.push((name.into(), Measure::Rate(a_second)));
    }

    /// Writes down words.
    pub fn text(&mut self, name: &str, text: impl Into<String>) {
        self.0.push((name.into(), Measure::Text(text.into())));
    }

    /// All of it, in the order in which it was written down.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Measure)> {
        self.0.iter().map(|(name, measure)| (name.as_str(), measure))
    }

    /// The last measure under this name; `None` if there is none.
    pub fn of(&self, name: &str) -> Option<&Measure> {
        self.iter().filter(|(other, _)| *other == name).last().map(|(_, measure)| measure)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Measure::Count(count) => f.pad(&count.to_string()),
            Measure::Time(time) => f.pad(&format!("{:.1} ms", time.as_secs_f64() * 1e3)),
            Measure::Rate(rate) => f.pad(&format!("{rate:.1} /s")),
            Measure::Text(text) => f.pad(text),
        }
    }
}
