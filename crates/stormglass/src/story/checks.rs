//! The demands of a story on the cluster, besides the invariants of any run.

use std::fmt::Debug;

use env::NodeId;

use super::{Cluster, StoryError};

/// Demands that this is so. `what` is the expectation, as a sentence.
///
/// # Errors
/// It is not.
pub fn expect(is_so: bool, what: &str) -> Result<(), StoryError> {
    if is_so { Ok(()) } else { Err(StoryError::Unexpected(format!("expected: {what}"))) }
}

/// Demands that these are equal. `what` names the first: `the leader`, `what n3 reads`.
///
/// # Errors
/// They are not.
#[expect(clippy::needless_pass_by_value, reason = "a story compares values that it has just asked for")]
pub fn expect_eq<T: PartialEq + Debug>(is: T, should_be: T, what: &str) -> Result<(), StoryError> {
    if is == should_be {
        return Ok(());
    }
    Err(StoryError::Unexpected(format!("{what} is {is:?}, and should be {should_be:?}")))
}

impl Cluster<'_> {
    /// Demands that the nodes that run, and can talk to one another, are a quorum.
    ///
    /// # Errors
    /// They are not.
    pub fn verify_quorum(&self) -> Result<(), StoryError> {
        expect(self.has_quorum(), "a quorum of nodes runs and can talk")
    }

    /// True if the nodes that run, and can talk to one another, are a quorum.
    pub fn has_quorum(&self) -> bool {
        let membership = self.view().membership();
        self.online().iter().any(|node| membership.has_quorum(self.in_touch_with(node)))
    }

    /// Demands that of the nodes that can talk to a quorum only one leads. One that was cut off has a second to hear that it
    /// is deposed.
    ///
    /// # Errors
    /// Two go on leading, or an invariant was broken.
    pub fn verify_no_split_brain(&mut self) -> Result<(), StoryError> {
        self.wait_for("at most one leader in touch with a quorum", super::secs(1), |c| {
            c.leaders_of_quorums().len() <= 1
        })
    }

    /// Demands that every node that is online answers a read of this key with this value.
    ///
    /// # Errors
    /// One answers otherwise, or not at all; or all are offline.
    pub fn verify_data(&mut self, key: &str, value: Option<&str>) -> Result<(), StoryError> {
        for (node, output) in self.ask_all(&super::get(key))? {
            let should_be = kv_types::Output::Value(value.map(env::Bytes::from));
            if output != should_be {
                return Err(StoryError::Unexpected(format!("{key} on {node} is {output}, and should be {should_be}")));
            }
        }
        Ok(())
    }

    /// Demands that all members that are online hold the same state, once they have had the time to.
    ///
    /// # Errors
    /// They do not within twenty seconds; or all are offline.
    pub fn verify_consistency(&mut self) -> Result<(), StoryError> {
        if self.online().is_empty() {
            return Err(StoryError::AllOffline);
        }
        self.wait_for("equal state on all nodes that are online", super::secs(20), |c| {
            c.is_converged() && !c.keeps_log() || c.leader().is_some_and(|leader| c.all_online_are_as(leader))
        })
    }

    fn all_online_are_as(&self, leader: NodeId) -> bool {
        let of = |node: NodeId| (self.node(node).last_applied, self.node(node).state);
        self.online().intersection(self.view().membership().members()).iter().all(|node| of(node) == of(leader))
    }
}
