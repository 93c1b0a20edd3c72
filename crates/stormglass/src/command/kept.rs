//! A failed run and the files that it is kept in.

use explore::artefacts::{Root, Saved};
use explore::{Evidence, Layout};

/// The evidence of a failed run, and the place where it is kept.
pub(crate) struct Kept {
    pub(crate) evidence: Evidence,
    /// `None` if it was not to be.
    pub(crate) saved: Option<Saved>,
}

impl Kept {
    pub(crate) fn save(evidence: Evidence, root: &Root) -> Kept {
        let saved = Some(evidence.save(root));
        Kept { evidence, saved }
    }

    /// The lines that tell it; `reproduce` is the command that shows it again.
    pub(crate) fn screen(&self, reproduce: &str, layout: Layout) -> String {
        self.evidence.screen(self.saved.as_ref(), reproduce, layout)
    }
}
