//! Processes by their numbers. A text that has names for them has them numbered in the order in which they come.

use std::collections::BTreeMap;

use super::Format;
use super::error::{Problem, unexpected};
use super::fields::{Raw, Role};

/// The processes of a text.
#[derive(Default)]
pub(super) struct Processes {
    names: BTreeMap<String, u64>,
    has_numbers: bool,
    bytes: usize,
}

/// The memory of a name beside its own bytes.
const OVERHEAD: usize = 64;

impl Processes {
    pub(super) fn number(&mut self, raw: &Raw<'_>, format: Format) -> Result<u64, Problem> {
        let name = match raw {
            Raw::Integer { .. } => match raw.as_natural() {
                Some(number) => return self.numbered(number),
                None => "",
            },
            Raw::Text(name) => match name.parse() {
                Ok(number) => return self.numbered(number),
                Err(_) => name,
            },
            Raw::Keyword(name) => name,
            _ => "",
        };
        if name.is_empty() {
            let expected = format!("a process in {}", format.field(Role::Process));
            return Err(unexpected(expected, format.shown(raw)));
        }
        if self.has_numbers {
            return Err(unexpected("the number of a process, as before", format.shown(raw)));
        }
        if let Some(number) = self.names.get(name) {
            return Ok(*number);
        }
        let number = self.names.len() as u64;
        self.bytes += name.len() + OVERHEAD;
        self.names.insert(name.to_string(), number);
        Ok(number)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    fn numbered(&mut self, number: u64) -> Result<u64, Problem> {
        self.has_numbers = true;
        if self.names.is_empty() { Ok(number) } else { Err(unexpected("the name of a process, as before", number)) }
    }
}
