//! Pulls, one after the other.

use env::{Completion, NodeId};
use stormglass::scenario::Knobs;
use stormglass::{Cluster, StoryError, expect, expect_eq, millis, secs};
use systems::peers::{Behaviour, Counts, Kind, Operation, PULLER, SyncReport};

use super::handle::PeersCalls;

const PEERS: [NodeId; 3] = [NodeId(2), NodeId(3), NodeId(4)];

/// The catalogues of the example: so many organizations, peers and orderers each. (The example has no orderers; the
/// first peer, which is offline there, has two.)
const CATALOGUES: [[u64; 3]; 3] = [[1, 1, 2], [2, 5, 0], [1, 3, 0]];

pub(super) fn all_reachable(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    let report = c.sync_all()?;
    expect_eq(tried(&report), PEERS.to_vec(), "the peers that were tried, in order")?;
    expect_eq(report.failed().count(), 0, "how many failed")?;
    for (result, catalogue) in report.results.iter().zip(CATALOGUES) {
        expect_eq(result.added(), counts(catalogue), "the entries that a peer has added")?;
    }
    expect_eq(report.totals, counts([4, 9, 2]), "the totals")
}

pub(super) fn one_offline(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    c.kill(PEERS[0])?;
    let report = c.sync_all()?;
    expect_eq(tried(&report), PEERS.to_vec(), "the peers that were tried, in order")?;
    let success: Vec<bool> = report.results.iter().map(|result| result.success).collect();
    expect_eq(success, vec![false, true, true], "the success of each peer")?;
    expect(report.results[0].error.starts_with("unreachable"), "the error says that the peer was not reached")?;
    expect_eq(report.results[0].added(), counts([0, 0, 0]), "the entries that the failed peer has added")?;
    expect_eq(report.totals, counts([3, 8, 0]), "the totals")?;
    c.measures().text("error_of_peer_1", report.results[0].error.clone());
    Ok(())
}

pub(super) fn again(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    c.crash(PEERS[0])?;
    expect_eq(c.sync_all()?.totals, counts([3, 8, 0]), "the totals without the first peer")?;
    c.bring_online(PEERS[0])?;
    c.wait_for("the peer online", secs(5), |c| c.is_online(PEERS[0]))?;
    let again = c.sync_all()?;
    expect_eq(again.failed().count(), 0, "how many failed the second time")?;
    expect_eq(again.totals, counts([1, 1, 2]), "the new entries of the second time")?;
    expect_eq(c.sync_all()?.totals, counts([0, 0, 0]), "the new entries of the third time")?;
    expect_eq(c.entries()?, 15, "how many entries the puller has")
}

pub(super) fn all_fail(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    c.kill_all(PEERS)?;
    let report = c.sync_all()?;
    let failed: Vec<NodeId> = report.failed().map(|(peer, _)| peer).collect();
    expect_eq(failed, PEERS.to_vec(), "the peers that failed")?;
    expect_eq(report.totals, counts([0, 0, 0]), "the totals")?;
    expect_eq(c.entries()?, 0, "how many entries the puller has")
}

pub(super) fn single_fails_hard(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    c.kill(PEERS[0])?;
    expect_eq(c.sync_one(PEERS[0])?, Completion::Fail, "how the pull of a dead peer ends")?;
    expect_eq(c.entries()?, 0, "how many entries the puller has: no other peer was tried")?;
    let other = c.sync_one(PEERS[1])?;
    expect(matches!(other, Completion::Ok(_)), "the pull of another peer succeeds")?;
    expect_eq(c.entries()?, 7, "how many entries the puller has now")
}

/// A peer is killed at any moment of the pull: before, in the middle of its pages, or after.
pub(super) fn dies_half_way(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    let pending = c.at(PULLER).begin(Operation::SyncAll)?;
    let moment = c.draw(1, 150);
    c.run_for(millis(moment))?;
    c.kill(PEERS[1])?;
    let output = c.finish_ok(pending)?;
    let report = output.report().ok_or(StoryError::Nobody("report"))?;
    let victim = &report.results[1];
    let whole = if victim.success { counts([2, 5, 0]) } else { counts([0, 0, 0]) };
    expect_eq(victim.added(), whole, "the entries that the killed peer has added: all or nothing")?;
    expect(report.results[2].success, "the peer after it is pulled")?;
    let outcome = if victim.success { "before it died" } else { victim.error.as_str() };
    c.measures().text("pulled", outcome);
    // Now surely half-way: a peer answers one page and no more.
    c.bring_online(PEERS[1])?;
    c.wait_for("the peer online", secs(5), |c| c.is_online(PEERS[1]))?;
    c.at(PEERS[2]).ask(Operation::add(Kind::Orderer, "late", "usual"))?;
    c.at(PEERS[2]).ask(Operation::Behave(Behaviour::StopAfter(1)))?;
    let report = c.sync_all()?;
    expect(report.results[2].error.starts_with("died half-way"), "the error says that it died half-way")?;
    expect_eq(report.results[2].added(), counts([0, 0, 0]), "the entries that it has added")
}

pub(super) fn hangs(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    c.pause(PEERS[0])?;
    let asked_at = c.now();
    let report = c.sync_all()?;
    let took = c.now() - asked_at;
    c.measures().time("answered_after", took);
    expect(report.results[0].error.starts_with("unreachable"), "the error says that the peer did not answer")?;
    expect_eq(report.totals, counts([3, 8, 0]), "the totals of the others")?;
    c.resume(PEERS[0])?;
    c.run_for(secs(1))?;
    expect_eq(c.sync_all()?.totals, counts([1, 1, 2]), "the entries that the peer adds when it goes on")
}

pub(super) fn answers_garbage(c: &mut Cluster<'_>, _: &Knobs) -> Result<(), StoryError> {
    fill(c)?;
    let behaviours = [Behaviour::Garbage, Behaviour::WrongCounts, Behaviour::Refuse];
    for (peer, behaviour) in PEERS.into_iter().zip(behaviours) {
        c.at(peer).ask(Operation::Behave(behaviour))?;
    }
    let report = c.sync_all()?;
    let starts = ["unreadable catalogue", "inconsistent catalogue", "refused"];
    for (result, start) in report.results.iter().zip(starts) {
        expect(result.error.starts_with(start), "each error says why its peer failed")?;
        c.measures().text(&format!("error_of_{}", result.peer), result.error.clone());
    }
    expect_eq(report.totals, counts([0, 0, 0]), "the totals")?;
    expect_eq(c.entries()?, 0, "how many entries the puller has")?;
    for peer in PEERS {
        c.at(peer).ask(Operation::Behave(Behaviour::Honest))?;
    }
    expect_eq(c.sync_all()?.totals, counts([4, 9, 2]), "the totals when all behave")
}

/// Fills the peers' catalogues with those of the example.
fn fill(c: &mut Cluster<'_>) -> Result<(), StoryError> {
    for (peer, catalogue) in PEERS.into_iter().zip(CATALOGUES) {
        for (kind, count) in Kind::ALL.iter().copied().zip(catalogue) {
            for number in 0..count {
                let name = format!("{}-{number}-of-{peer}", kind.name());
                c.at(peer).ask(Operation::add(kind, &name, "usual"))?;
            }
        }
    }
    Ok(())
}

fn tried(report: &SyncReport) -> Vec<NodeId> {
    report.results.iter().map(|result| result.peer).collect()
}

fn counts([organizations, peers, orderers]: [u64; 3]) -> Counts {
    Counts { organizations, peers, orderers }
}
