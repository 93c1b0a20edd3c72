//! Pulling, as calls of the handle.

use env::{Completion, NodeId};
use stormglass::{Cluster, StoryError};
use systems::peers::{Operation, Output, PULLER, SyncReport};

/// The calls of a story about the [puller](systems::peers), besides those of every story.
#[allow(clippy::missing_errors_doc, reason = "they are those of the operation that it asks for")]
pub trait PeersCalls {
    /// Pulls all connected peers.
    fn sync_all(&mut self) -> Result<SyncReport, StoryError>;

    /// Pulls one peer: `fail` if that fails.
    fn sync_one(&mut self, peer: NodeId) -> Result<Completion<Output>, StoryError>;

    /// How many entries the puller has.
    fn entries(&mut self) -> Result<usize, StoryError>;
}

impl PeersCalls for Cluster<'_> {
    fn sync_all(&mut self) -> Result<SyncReport, StoryError> {
        let output = self.at(PULLER).ask(Operation::SyncAll)?;
        output.report().ok_or(StoryError::Nobody("report"))
    }

    fn sync_one(&mut self, peer: NodeId) -> Result<Completion<Output>, StoryError> {
        let pending = self.at(PULLER).begin(Operation::SyncOne(peer))?;
        self.finish(pending)
    }

    fn entries(&mut self) -> Result<usize, StoryError> {
        let output = self.at(PULLER).ask(Operation::list())?;
        Ok(output.entries().map_or(0, |entries| entries.len()))
    }
}
