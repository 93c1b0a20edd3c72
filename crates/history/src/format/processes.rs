//! Processes by their numbers. A text that has names for them has them numbered in the order in which they come.

use std::collections::{BTreeMap, BTreeSet};

use super::Format;
use super::error::{Problem, unexpected};
use super::fields::{Raw, Role};

/// The processes of a text.
#[derive(Default)]
pub(super) struct Processes {
    names: BTreeMap<String, u64>,
    /// The numbers that names have.
    taken: BTreeSet<u64>,
    /// The smallest number that may be free.
    next: u64,
    /// True once a number that is no text was seen.
    has_numbers: bool,
    /// True once a name was seen that is no number.
    has_names: bool,
    /// The processes with a line that was left out.
    left_out: BTreeSet<String>,
    bytes: usize,
}

/// The memory of a name beside its own bytes.
const OVERHEAD: usize = 128;

impl Processes {
    /// The number of a client. A name of digits keeps its number where no other name has it.
    pub(super) fn number(&mut self, raw: &Raw<'_>, format: Format) -> Result<u64, Problem> {
        let (name, digits) = match raw {
            Raw::Integer { .. } => match raw.as_natural() {
                Some(number) => return self.numbered(number),
                None => ("", None),
            },
            Raw::Text(name) => {
                let digits = name.parse().ok().filter(|number: &u64| number.to_string() == **name);
                (&**name, digits)
            }
            Raw::Keyword(name) => (*name, None),
            _ => ("", None),
        };
        if name.is_empty() {
            let expected = format!("a process in {}", format.field(Role::Process));
            return Err(unexpected(expected, format.shown(raw)));
        }
        match digits {
            Some(number) if self.has_numbers => return Ok(number),
            Some(_) => {}
            None if self.has_numbers => {
                return Err(unexpected("the number of a process, as before", format.shown(raw)));
            }
            None => self.has_names = true,
        }
        if self.left_out.contains(name) {
            return Err(unexpected("no operation of a process that has lines of another kind", format.shown(raw)));
        }
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        let number = self.free(digits);
        self.bytes += name.len() + OVERHEAD;
        self.names.insert(name.to_string(), number);
        Ok(number)
    }

    /// Leaves out a line of a process that is no client; false if it is one.
    pub(super) fn leave_out(&mut self, name: &str) -> bool {
        if self.names.contains_key(name) {
            return false;
        }
        if !self.left_out.contains(name) {
            self.bytes += name.len() + OVERHEAD;
            self.left_out.insert(name.to_string());
        }
        true
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A number that no name has: the wanted one, if it is free.
    fn free(&mut self, wanted: Option<u64>) -> u64 {
        if let Some(number) = wanted.filter(|number| self.taken.insert(*number)) {
            return number;
        }
        while !self.taken.insert(self.next) {
            self.next += 1;
        }
        self.next
    }

    fn numbered(&mut self, number: u64) -> Result<u64, Problem> {
        self.has_numbers = true;
        if self.has_names { Err(unexpected("the name of a process, as before", number)) } else { Ok(number) }
    }
}
