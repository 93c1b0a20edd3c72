//! Reads operations as moves between versions.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::origin::{Appends, Origin};
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
    appends: Appends<'a>,
    /// The versions below were written as a whole.
    plain: StateId,
}

impl<'a> Reader<'a> {
    /// Reads all of them, the value being `initial` at first.
    pub(super) fn read(
        initial: Option<&'a [u8]>,
        operations: &[CellOperation<'a>],
        bounds: &[Bounds],
    ) -> Result<Versions, Trouble> {
        let mut reader = Reader {
            moves: vec![Move::IsAny; operations.len()],
            versions: vec![Version { recurs: true, ..Version::default() }],
            initial: ABSENT,
            by_bytes: HashMap::with_capacity_and_hasher(operations.len(), FxBuildHasher),
            appends: Appends::of(operations),
            plain: 0,
        };
        reader.read_writes(initial, operations);
        let is_read = reader.check_bytes(initial, operations).and_then(|()| {
            reader.read_seen(operations, bounds)?;
            reader.read_unseen(operations, bounds)
        });
        match is_read {
            Ok(()) => {}
            // One operation by itself may be plainly wrong all the same.
            Err(Trouble::Ambiguous) => return Err(reader.impossible(operations, bounds).unwrap_or(Trouble::Ambiguous)),
            Err(trouble) => return Err(trouble),
        }
        let Reader { moves, versions, initial, .. } = reader;
        Ok(Versions {
            moves,
            versions,
            initial,
            returned: Vec::new(),
            twins: Vec::new(),
            has_recurring: false,
            may_lead_back: false,
        })
    }

    /// The values that are written as a whole.
    fn read_writes(&mut self, initial: Option<&'a [u8]>, operations: &[CellOperation<'a>]) {
        if let Some(bytes) = initial {
            self.initial = self.made(bytes, None);
        }
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::Write(Some(bytes)) => {
                    self.moves[place] = Move::Write(self.made(bytes, Some(place as u32)));
                }
                CellOperation::Write(None) => self.moves[place] = Move::Write(ABSENT),
                CellOperation::Swap { value: Some(value), .. } => {
                    self.made(value, Some(place as u32));
                }
                CellOperation::Swap { value: None, .. }
                | CellOperation::Append(_)
                | CellOperation::Is(_)
                | CellOperation::IsNot(_)
                | CellOperation::Nothing => {}
            }
        }
        self.plain = self.versions.len() as StateId;
    }

    /// Checks that bytes tell versions apart as far as appends go: each adds other bytes, and where there are any, no value
    /// is empty, which is as good as none to them.
    fn check_bytes(&self, initial: Option<&[u8]>, operations: &[CellOperation<'_>]) -> Result<(), Trouble> {
        let has_empty = || {
            let is_empty = |operation: &CellOperation<'_>| match *operation {
                CellOperation::Is(value) | CellOperation::IsNot(value) | CellOperation::Write(value) => {
                    value == Some(&[])
                }
                CellOperation::Swap { expected, value } => expected == Some(&[]) || value == Some(&[]),
                CellOperation::Append(_) | CellOperation::Nothing => false,
            };
            initial == Some(&[]) || operations.iter().any(is_empty)
        };
        if self.appends.are_distinct() && (self.appends.is_empty() || !has_empty()) {
            Ok(())
        } else {
            Err(Trouble::Ambiguous)
        }
    }

    /// Values that were surely seen: they name the appends that they are made of.
    fn read_seen(&mut self, operations: &[CellOperation<'a>], bounds: &[Bounds]) -> Result<(), Trouble> {
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::Is(bytes) => self.moves[place] = Move::Is(self.seen(bytes, place)?),
                CellOperation::Swap { expected, value } if bounds[place].is_sure => {
                    self.moves[place] = Move::Swap(self.seen(expected, place)?, self.written(value));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Values that may not have been there: they name no appends.
    fn read_unseen(&mut self, operations: &[CellOperation<'a>], bounds: &[Bounds]) -> Result<(), Trouble> {
        for (place, operation) in operations.iter().enumerate() {
            match *operation {
                CellOperation::IsNot(bytes) => {
                    self.moves[place] = self.unseen(bytes)?.map_or(Move::IsAny, Move::IsNot);
                }
                CellOperation::Swap { expected, value } if !bounds[place].is_sure => {
                    let from = self.unseen(expected)?;
                    self.moves[place] = from.map_or(Move::IsAny, |from| Move::Swap(from, self.written(value)));
                }
                CellOperation::Append(_) if self.moves[place] == Move::IsAny => {
                    // No operation has seen the result of the append: it was overwritten unseen.
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

    /// The version of bytes that are written as a whole. Bytes that are written more than once are one version, which comes
    /// back.
    fn made(&mut self, bytes: &'a [u8], made_by: Option<u32>) -> StateId {
        if let Some(known) = self.by_bytes.get(bytes) {
            let version = &mut self.versions[*known as usize];
            (version.recurs, version.made_by) = (true, None);
            return *known;
        }
        let version = self.version(made_by);
        self.by_bytes.insert(bytes, version);
        version
    }

    /// The version that an operation writes as a whole.
    fn written(&self, value: Option<&[u8]>) -> StateId {
        value.map_or(ABSENT, |value| self.by_bytes[value])
    }

    /// The version of bytes that an operation has seen.
    fn seen(&mut self, bytes: Option<&'a [u8]>, by: usize) -> Result<StateId, Trouble> {
        let Some(bytes) = bytes else { return Ok(ABSENT) };
        if self.appends.is_empty() {
            return self.by_bytes.get(bytes).copied().ok_or(Trouble::Impossible(by as u32));
        }
        let (mut version, appended) = match self.origin(bytes) {
            Origin::None => return Err(Trouble::Impossible(by as u32)),
            Origin::Many => return Err(Trouble::Ambiguous),
            Origin::One { base, appended } => (base, appended),
        };
        for (append, len) in appended {
            if self.moves[append as usize] != Move::IsAny {
                // It was seen behind something else too.
                return Err(Trouble::Contradiction(0));
            }
            let to = self.version(Some(append));
            self.by_bytes.insert(&bytes[..len], to);
            self.moves[append as usize] = Move::Swap(version, to);
            version = to;
        }
        Ok(version)
    }

    /// The version of bytes that may never have been there; `None` if they surely were not.
    fn unseen(&self, bytes: Option<&'a [u8]>) -> Result<Option<StateId>, Trouble> {
        let Some(bytes) = bytes else { return Ok(Some(ABSENT)) };
        if self.appends.is_empty() {
            return Ok(self.by_bytes.get(bytes).copied());
        }
        match self.origin(bytes) {
            Origin::None => Ok(None),
            Origin::One { base, appended } if appended.is_empty() => Ok(Some(base)),
            Origin::One { .. } | Origin::Many => Err(Trouble::Ambiguous),
        }
    }

    fn origin(&self, bytes: &[u8]) -> Origin {
        let known = |bytes: &[u8]| self.by_bytes.get(bytes).map(|version| (*version, *version < self.plain));
        self.appends.origin(bytes, &known)
    }

    /// The first operation that surely saw bytes which none of the operations can have made.
    fn impossible(&self, operations: &[CellOperation<'a>], bounds: &[Bounds]) -> Option<Trouble> {
        /// Values are long where much is appended: of so many bytes in all it is looked at how they came about.
        const BYTES_MAX: usize = 1 << 24;
        let mut left = BYTES_MAX;
        let mut possible: HashMap<&[u8], bool, FxBuildHasher> = HashMap::with_hasher(FxBuildHasher);
        for (place, operation) in operations.iter().enumerate() {
            let (CellOperation::Is(Some(seen)) | CellOperation::Swap { expected: Some(seen), .. }) = *operation else {
                continue;
            };
            if !bounds[place].is_sure {
                continue;
            }
            left = left.checked_sub(seen.len() + 1)?;
            let is_possible = possible.entry(seen).or_insert_with(|| {
                // Versions that were read so far may be known by one of several origins: only whole values count.
                let known = |bytes: &[u8]| {
                    let version = self.by_bytes.get(bytes).filter(|version| **version < self.plain);
                    version.map(|version| (*version, true))
                };
                !matches!(self.appends.origin(seen, &known), Origin::None)
            });
            if !*is_possible {
                return Some(Trouble::Impossible(place as u32));
            }
        }
        None
    }
}
