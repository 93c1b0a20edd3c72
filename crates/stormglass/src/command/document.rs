//! The documents that `--json` prints. Others rely on the fields' names and meanings; `docs/schemas` describes them.
//!
//! Every document begins with an [`Envelope`]. Paths are absolute.

mod bench;
mod check;
mod envelope;
mod failed;
mod fuzz;
mod replay;
mod scenario;
mod shrink;
mod systems;
mod zoo;

pub(crate) use bench::FigureDocument;
pub(crate) use check::CheckDocument;
pub(crate) use envelope::{Envelope, ErrorDocument};
pub(crate) use failed::FailedDocument;
pub(crate) use fuzz::FuzzDocument;
pub(crate) use replay::ReplayDocument;
pub(crate) use scenario::{ScenarioDocument, ScenarioListed};
pub(crate) use shrink::ShrinkDocument;
pub(crate) use systems::SystemListed;
pub(crate) use zoo::{BugListed, ZooDocument};
