//! The library that the scripts share, as calls of the handle.

use std::time::Duration;

use env::NodeId;
use stormglass::{Cluster, StoryError, expect_eq, secs};
use systems::pair::{MEMBERS, Operation, PairJudge, Role};

/// A lease runs out after 10 s, and the waiting member notices within a second or two.
const FAIL_OVER_MAX: Duration = secs(20);

/// The calls of a story about the [pair](systems::pair), besides those of every story.
///
/// Errors: the awaited state has not come within twenty seconds, a node that is needed is not there, or an invariant
/// was broken.
#[allow(clippy::missing_errors_doc, reason = "they are the same everywhere")]
pub trait PairCalls {
    /// The member that serves.
    fn primary(&self) -> Result<NodeId, StoryError>;

    /// The member that is passive.
    fn passive(&self) -> Result<NodeId, StoryError>;

    /// Waits until a member serves.
    fn wait_for_primary(&mut self) -> Result<NodeId, StoryError>;

    /// Waits until this node serves.
    fn wait_until_primary(&mut self, node: NodeId) -> Result<(), StoryError>;

    /// Waits until this node is passive, and holds every acknowledged write.
    fn wait_until_passive(&mut self, node: NodeId) -> Result<(), StoryError>;

    /// Asks the primary to hand over, and waits until it has.
    fn demote(&mut self) -> Result<(), StoryError>;

    /// Waits until the backend answers: to a write, and to a read of it.
    fn wait_for_backend(&mut self) -> Result<(), StoryError>;

    /// The cluster's status, in a line.
    fn status(&self) -> Result<String, StoryError>;

    /// The judge of the pair, for all other questions.
    fn judge_of_pair(&self) -> Result<&PairJudge, StoryError>;
}

impl PairCalls for Cluster<'_> {
    fn primary(&self) -> Result<NodeId, StoryError> {
        self.judge_of_pair()?.primary().ok_or(StoryError::Nobody("primary"))
    }

    fn passive(&self) -> Result<NodeId, StoryError> {
        self.judge_of_pair()?.passive().ok_or(StoryError::Nobody("passive"))
    }

    fn wait_for_primary(&mut self) -> Result<NodeId, StoryError> {
        self.wait_for("a primary", FAIL_OVER_MAX, |c| c.primary().is_ok())?;
        self.primary()
    }

    fn wait_until_primary(&mut self, node: NodeId) -> Result<(), StoryError> {
        self.wait_for(&format!("{node} as primary"), FAIL_OVER_MAX, |c| c.primary() == Ok(node))
    }

    fn wait_until_passive(&mut self, node: NodeId) -> Result<(), StoryError> {
        self.wait_for(&format!("{node} as passive, in sync"), FAIL_OVER_MAX, |c| {
            c.judge_of_pair().is_ok_and(|judge| judge.role(node) == Role::Passive && judge.is_in_sync(node))
        })
    }

    fn demote(&mut self) -> Result<(), StoryError> {
        self.ask(Operation::Demote).map(|_| ())
    }

    fn wait_for_backend(&mut self) -> Result<(), StoryError> {
        let now = format!("{:?}", self.now());
        self.put("health", &now)?;
        expect_eq(self.get("health")?, Some(now), "the value that the backend reads back")
    }

    fn status(&self) -> Result<String, StoryError> {
        let judge = self.judge_of_pair()?;
        let of = |node: NodeId| {
            let sync = if judge.is_in_sync(node) { "in sync" } else { "behind" };
            format!("{node} {:?}, {sync}", judge.role(node))
        };
        Ok(format!("token {}; {}; {}", judge.token().0, of(MEMBERS[0]), of(MEMBERS[1])))
    }

    fn judge_of_pair(&self) -> Result<&PairJudge, StoryError> {
        self.part().ok_or(StoryError::Nobody("judge of the pair"))
    }
}

/// The node of the pair that is not this one.
pub(super) fn other(node: NodeId) -> NodeId {
    if node == MEMBERS[0] { MEMBERS[1] } else { MEMBERS[0] }
}
