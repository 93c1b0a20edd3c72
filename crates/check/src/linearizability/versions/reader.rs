//! Reads operations as moves between versions.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::{ABSENT, Bounds, Move, Trouble, Version, Versions};
use crate::linearizability::model::CellOperation;
use crate::linearizability::search::StateId;

/// Reads operations as moves.
pub(super) struct Reader<'a> {
    moves: Vec<Move>,
    versions: Vec<Version>,
    initial: StateId,
    /// The versions whose bytes are known.
    by_bytes: HashMap<&'a [u8], StateId, FxBuildHasher>,
    /// The appends, by what they add.
    appends: HashMap<&'a [u8], u32, FxBuildHasher>,
    /// The lengths of what they add, ascending.
    append_lens: Vec<usize>,
    /// The versions below were written as a whole.
    plain: StateId,
}

impl<'a> Reader<'a> {
    fn new(operations: usize) -> Reader<'a> {
        Reader {
            moves: vec![Move::IsAny; operations],
            versions: vec![Version::default()],
            initial: ABSENT,
            by_bytes: HashMap::with_capacity_and_hasher(operations, FxBuildHasher),
            appends: HashMap::with_hasher(FxBuildHasher),
            append_lens: Vec::new(),
            plain: 0,
        }
    }

    /// Reads all of them, the value being `initial` at first.
    pub(super) fn read(
        initial: Option<&'a [u8]>,
        operations: &[CellOperation<'a>],
        bounds: &[Bounds],
    ) -> Result<Versions, Trouble> {
        let mut reader = Reader::new(operations.len());
        reader.read_writes(initial, operations)?;
        reader.read_seen(operations, bounds)?;
        reader.read_unseen(operations, bounds)?;
        let Reader { moves, versions, initial, .. } = reader;
        Ok(Versions { moves, versions, initial, returned: Vec::new() })
    }

    /// What is written as a whole, and what is appended.
    fn read_writes(&mut self, initial: Option<&'a [u8]>, operations: &[CellOperation<'a>]) -> Result<(), Trouble> {
        if let Some(bytes) = initial {
            self.initial = self.made(bytes, None)?;
        }
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::Write(Some(bytes)) => {
                    self.moves[place] = Move::Write(self.made(bytes, Some(place as u32))?);
                }
                CellOperation::Write(None) => self.moves[place] = Move::Write(ABSENT),
                CellOperation::Swap { value: Some(value), .. } => {
                    self.made(value, Some(place as u32))?;
                }
                // A version that is left for the absence ends no block that is foreseen.
                CellOperation::Swap { value: None, .. } => return Err(Trouble::Ambiguous),
                CellOperation::Append(bytes) => {
                    if bytes.is_empty() || self.appends.insert(bytes, place as u32).is_some() {
                        return Err(Trouble::Ambiguous);
                    }
                    if let Err(at) = self.append_lens.binary_search(&bytes.len()) {
                        self.append_lens.insert(at, bytes.len());
                    }
                }
                CellOperation::Is(_) | CellOperation::IsNot(_) | CellOperation::Nothing => {}
            }
        }
        self.plain = self.versions.len() as StateId;
        Ok(())
    }

    /// What was surely seen: it names the appends that it is made of.
    fn read_seen(&mut self, operations: &[CellOperation<'a>], bounds: &[Bounds]) -> Result<(), Trouble> {
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::Is(bytes) => self.moves[place] = Move::Is(self.seen(bytes)?),
                CellOperation::Swap { expected, value: Some(value) } if bounds[place].is_sure => {
                    self.moves[place] = Move::Swap(self.seen(expected)?, self.by_bytes[value]);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What may not have been there: it names no appends.
    fn read_unseen(&mut self, operations: &[CellOperation<'a>], bounds: &[Bounds]) -> Result<(), Trouble> {
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::IsNot(bytes) => {
                    self.moves[place] = self.unseen(bytes)?.map_or(Move::IsAny, Move::IsNot);
                }
                CellOperation::Swap { expected, value: Some(value) } if !bounds[place].is_sure => {
                    let from = self.unseen(expected)?;
                    self.moves[place] = from.map_or(Move::IsAny, |from| Move::Swap(from, self.by_bytes[value]));
                }
                CellOperation::Append(_) if self.moves[place] == Move::IsAny => {
                    // Nobody has seen it: whatever it was added to, it was overwritten unseen.
                    self.moves[place] = Move::Write(self.version(Some(place as u32)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn version(&mut self, made_by: Option<u32>) -> StateId {
        self.versions.push(Version { made_by, ..Version::default() });
        (self.versions.len() - 1) as StateId
    }

    /// The version of bytes that were written as a whole.
    fn made(&mut self, bytes: &'a [u8], made_by: Option<u32>) -> Result<StateId, Trouble> {
        let version = self.version(made_by);
        // Empty bytes and none at all are the same to an append.
        match self.by_bytes.insert(bytes, version) {
            None if !bytes.is_empty() => Ok(version),
            _ => Err(Trouble::Ambiguous),
        }
    }

    /// The version of bytes that were seen.
    fn seen(&mut self, bytes: Option<&'a [u8]>) -> Result<StateId, Trouble> {
        let Some(mut bytes) = bytes else { return Ok(ABSENT) };
        if bytes.is_empty() {
            return Err(Trouble::Ambiguous);
        }
        // From the end on, the appends that made it.
        let mut appended = Vec::new();
        let mut version = loop {
            if let Some(version) = self.by_bytes.get(bytes) {
                if self.is_plain(*version) && self.last_append(bytes)?.is_some() {
                    return Err(Trouble::Ambiguous);
                }
                break *version;
            }
            let (append, len) = self.last_append(bytes)?.ok_or(Trouble::Contradiction)?;
            appended.push((append, bytes));
            bytes = &bytes[..bytes.len() - len];
            if bytes.is_empty() {
                break ABSENT;
            }
        };
        while let Some((append, bytes)) = appended.pop() {
            if self.moves[append as usize] != Move::IsAny {
                // It was seen behind something else too.
                return Err(Trouble::Contradiction);
            }
            let to = self.version(Some(append));
            self.by_bytes.insert(bytes, to);
            self.moves[append as usize] = Move::Swap(version, to);
            version = to;
        }
        Ok(version)
    }

    /// The version of bytes that may never have been there; `None` if they surely were not.
    fn unseen(&self, bytes: Option<&'a [u8]>) -> Result<Option<StateId>, Trouble> {
        let Some(bytes) = bytes else { return Ok(Some(ABSENT)) };
        match self.by_bytes.get(bytes) {
            Some(version) if !self.is_plain(*version) || self.last_append(bytes)?.is_none() => Ok(Some(*version)),
            None if self.last_append(bytes)?.is_none() => Ok(None),
            _ => Err(Trouble::Ambiguous),
        }
    }

    /// Whether a version was written as a whole.
    fn is_plain(&self, version: StateId) -> bool {
        version < self.plain
    }

    /// The append that bytes end with, and its length.
    fn last_append(&self, bytes: &[u8]) -> Result<Option<(u32, usize)>, Trouble> {
        let mut last = None;
        for len in self.append_lens.iter().take_while(|len| **len <= bytes.len()) {
            if let Some(append) = self.appends.get(&bytes[bytes.len() - len..])
                && last.replace((*append, *len)).is_some()
            {
                return Err(Trouble::Ambiguous);
            }
        }
        Ok(last)
    }
}
