//! A record cut in two.

use env::Bytes;

use super::record::Known;

/// Where an operation took effect, seen from a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Before it.
    Before,
    /// At the cut: the operation read, and found the value of the cut.
    At,
    /// Its end is unknown. It may have taken effect before the cut, and may yet.
    Either,
    /// After it, if at all.
    After,
}

/// A record cut in two.
#[derive(Clone, Debug)]
pub(super) struct Split {
    /// The moment of the cut: just before this place in the order of invocations and completions.
    pub(super) at: u64,
    /// Where each call took effect.
    pub(super) sides: Vec<Side>,
    /// The knowledge of the value there.
    pub(super) end: End,
}

impl Split {
    /// True if an operation of unknown end surely took effect before the cut.
    pub(super) fn takes(&self, calls: &[Known]) -> bool {
        self.sides.iter().zip(calls).any(|(side, known)| *side == Side::Before && known.is_loose())
    }
}

/// The knowledge of the value at a cut.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// It was this one, shown by the operation at this place.
    Is(Option<Bytes>, usize),
    /// It may be any that the operations at these places did not find.
    Any(Vec<usize>),
}
