//! When to give up: a question that the caller answers, since nothing here reads a clock.

use std::fmt;

/// Says whether the caller's time is over. Long work asks it now and then, and gives up once the answer is yes; it never
/// changes a verdict that is given.
#[derive(Clone, Copy)]
pub struct Deadline<'a> {
    is_over: Option<&'a dyn Fn() -> bool>,
}

impl Deadline<'_> {
    /// No limit of time.
    pub const NEVER: Deadline<'static> = Deadline { is_over: None };
}

impl<'a> Deadline<'a> {
    /// The time that is over as soon as `is_over` answers yes. The question is asked a few thousand times a second.
    pub fn new(is_over: &'a dyn Fn() -> bool) -> Deadline<'a> {
        Deadline { is_over: Some(is_over) }
    }

    /// True if the time is over.
    pub fn is_over(&self) -> bool {
        self.is_over.is_some_and(|is_over| is_over())
    }
}

impl fmt::Debug for Deadline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_over.is_some() { "Deadline(..)" } else { "Deadline::NEVER" })
    }
}
