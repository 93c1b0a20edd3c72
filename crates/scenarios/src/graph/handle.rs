//! The calls of the test's orchestrator, on the story's handle.

use env::NodeId;
use stormglass::story::Pending;
use stormglass::{Cluster, StoryError, secs};
use systems::graph::{Edit, GraphJudge, Operation, Output, Query};

/// The nodes of the graph.
pub(super) const EDITORS: [NodeId; 3] = [NodeId(1), NodeId(2), NodeId(3)];

/// The calls of a story about the [graph](systems::graph), besides those of every story.
#[allow(clippy::missing_errors_doc, reason = "they are those of the operation that it asks for")]
pub trait GraphCalls {
    /// Has a node take an edit, and waits until the edit is acknowledged.
    fn edit(&mut self, node: NodeId, edit: Edit) -> Result<(), StoryError>;

    /// Has a node take an edit, and does not wait.
    fn begin_edit(&mut self, node: NodeId, edit: Edit) -> Result<Pending<Output>, StoryError>;

    /// The answer of a node to a query.
    fn query(&mut self, node: NodeId, query: Query) -> Result<Output, StoryError>;

    /// Waits until so many edits are on every node, for two seconds at most.
    fn wait_until_seen(&mut self, edits: u64) -> Result<(), StoryError>;

    /// The ids of the nodes of the graph that this machine has.
    fn nodes_on(&mut self, node: NodeId) -> Result<Vec<String>, StoryError>;

    /// The judge of the graph, for all other questions.
    fn judge_of_graph(&self) -> Result<&GraphJudge, StoryError>;
}

impl GraphCalls for Cluster<'_> {
    fn edit(&mut self, node: NodeId, edit: Edit) -> Result<(), StoryError> {
        self.at(node).ask(Operation::Edit(edit)).map(|_| ())
    }

    fn begin_edit(&mut self, node: NodeId, edit: Edit) -> Result<Pending<Output>, StoryError> {
        self.at(node).begin(Operation::Edit(edit))
    }

    fn query(&mut self, node: NodeId, query: Query) -> Result<Output, StoryError> {
        self.at(node).ask(Operation::Query(query))
    }

    fn wait_until_seen(&mut self, edits: u64) -> Result<(), StoryError> {
        self.wait_for(&format!("{edits} edits on every node"), secs(2), |c| {
            c.judge_of_graph().is_ok_and(|judge| judge.visible_everywhere().count() as u64 >= edits)
        })
    }

    fn nodes_on(&mut self, node: NodeId) -> Result<Vec<String>, StoryError> {
        let nodes = self.query(node, Query::nodes())?.nodes().unwrap_or_default();
        Ok(nodes.into_iter().map(|node| node.id).collect())
    }

    fn judge_of_graph(&self) -> Result<&GraphJudge, StoryError> {
        self.part().ok_or(StoryError::Nobody("judge of the graph"))
    }
}
