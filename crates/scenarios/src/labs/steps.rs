//! The steps that the tests of the labs share: elections, agreement, and nodes that come and go.

use std::time::Duration;

use env::NodeId;
use raft_types::{LogIndex, Term};
use stormglass::story::Pending;
use stormglass::{Cluster, StoryError, expect, expect_eq, put, secs};

/// The value of a step, or the error that ends the story.
pub(super) type Step<T = ()> = Result<T, StoryError>;

/// A lab's generous election timeout: an election that can succeed has succeeded within it.
pub(super) const ELECTION: Duration = secs(1);
/// A lab's limit for an election.
const ELECTED_WITHIN: Duration = secs(5);
/// A lab's limit for a command that a majority can agree on.
const AGREE_WITHIN: Duration = secs(10);

/// Waits for an undisputed leader. A leader that was deposed while it was cut off has to hear of that first.
pub(super) fn one_leader(c: &mut Cluster<'_>) -> Step<NodeId> {
    let is_undisputed = |c: &Cluster<'_>| c.leaders_of_quorums().len() == 1;
    c.wait_for("one leader", ELECTED_WITHIN, is_undisputed)?;
    c.leader().ok_or(StoryError::Nobody("leader"))
}

/// Demands that this node still leads, and no other.
pub(super) fn expect_same_leader(c: &mut Cluster<'_>, leader: NodeId) -> Step {
    let leads = one_leader(c)?;
    expect_eq(leads, leader, "the leader")
}

/// The one term of all online nodes.
pub(super) fn one_term(c: &Cluster<'_>) -> Step<Term> {
    let terms: Vec<Term> = c.online().iter().map(|node| c.term(node)).collect();
    expect(terms.windows(2).all(|pair| pair[0] == pair[1]), "all nodes are in the same term")?;
    terms.first().copied().ok_or(StoryError::AllOffline)
}

/// The node that comes so many places after this one, in a ring of all.
pub(super) fn after(c: &Cluster<'_>, node: NodeId, places: u8) -> NodeId {
    NodeId((node.0 - 1 + places) % c.nodes().len() as u8 + 1)
}

/// A node drawn at random.
pub(super) fn any_node(c: &mut Cluster<'_>) -> NodeId {
    NodeId(c.draw(1, c.nodes().len() as u64) as u8)
}

/// Demands that a command is agreed on within ten seconds, and applied by `by` nodes within ten more. Answers with the
/// commit index after the agreement.
pub(super) fn agree(c: &mut Cluster<'_>, command: &str, by: usize) -> Step<LogIndex> {
    let write = c.begin(put("agreed", command))?;
    c.wait_for(&format!("agreement on {command:.8}"), AGREE_WITHIN, |c| !c.is_pending(write))?;
    c.finish_ok(write)?;
    let index = c.commit_index();
    let is_applied = move |c: &Cluster<'_>| c.count_applied(index) >= by;
    c.wait_for(&format!("{command:.8} on {by} nodes"), AGREE_WITHIN, is_applied)?;
    Ok(index)
}

/// Clients that stay with this node begin so many writes at once.
pub(super) fn start(c: &mut Cluster<'_>, node: NodeId, commands: u32) -> Step<Vec<Pending>> {
    let begun = c.now().as_micros();
    (0..commands).map(|number| c.at(node).begin(put(&format!("start-{begun}-{number}"), "started"))).collect()
}

/// Demands that none of these writes has been acknowledged, and that nothing is committed behind `index`.
pub(super) fn expect_no_agreement(c: &Cluster<'_>, writes: &[Pending], index: LogIndex) -> Step {
    expect(writes.iter().all(|write| c.is_pending(*write)), "a minority acknowledges nothing")?;
    expect_eq(c.commit_index(), index, "the commit index without a majority")
}

/// Cuts off each of these nodes.
pub(super) fn isolate_all(c: &mut Cluster<'_>, nodes: &[NodeId]) -> Step {
    nodes.iter().try_for_each(|node| c.isolate(*node))
}

/// Connects each of these nodes again.
pub(super) fn reconnect_all(c: &mut Cluster<'_>, nodes: &[NodeId]) -> Step {
    nodes.iter().try_for_each(|node| c.reconnect(*node))
}

/// Cuts the power of a node, and starts it again.
pub(super) fn restart(c: &mut Cluster<'_>, node: NodeId) -> Step {
    c.crash(node)?;
    c.bring_online(node)
}

/// Cuts the power of all nodes at the same moment, and starts all again.
pub(super) fn restart_all(c: &mut Cluster<'_>) -> Step {
    c.crash_all(c.nodes().iter())?;
    c.bring_all_online()
}

/// Demands that no node's log takes more than `bytes_max` bytes of its disk.
pub(super) fn expect_short_logs(c: &Cluster<'_>, bytes_max: u64) -> Step {
    let longest = c.nodes().iter().map(|node| c.disk_bytes_of(node, "wal-")).max().unwrap_or_default();
    expect(longest <= bytes_max, &format!("a log of {longest} bytes is no longer than {bytes_max}"))
}
