//! The rules of a pair, judged by the notes of its members and by the answers to its clients.
//!
//! - Once a write was accepted under a token, none is accepted under a lower one: never two primaries that both get
//!   writes accepted. (If clocks are worse than the cluster allows for, a primary may learn only after it was replaced
//!   that its successor holds the records that it had shipped. If these were accepted by then, to accept them again
//!   changes nothing, and is allowed.)
//! - A member that is in sync holds every write durably when it is accepted. The primary's lease at that moment names
//!   the members in sync; records that a member has noted as durable stay so when it goes down, and until it cuts them
//!   off.
//! - No acknowledged write is lost: the log of a primary holds all writes that were ever accepted, as they were.
//! - A client is told that a write took effect only if a primary has acknowledged it.
//! - In the calm phase, one member is primary, and the other holds the same log and the same store and is in sync.
//!   Faults that stay waive this as far as they make it impossible (`judge/calm.rs`).

mod calm;
mod logs;

use std::collections::BTreeMap;

use env::{ClientId, Completion, Instant, NodeId, NodeSet, RequestId};
use sim::Invariant;

use super::note::Note;
use super::operation::{Operation, Output};
use super::record::{Lsn, Token};
use crate::judge::Judge;
use crate::rule::{Judged, broken};
use logs::Logs;

/// Once a write was accepted under a token, none is accepted under a lower one.
const ONE_PRIMARY: Invariant = Invariant::safety("one-primary", "the lease's fencing token");
/// A member that is in sync holds every accepted write durably.
const IN_SYNC_HOLDS: Invariant = Invariant::safety("in-sync-holds-accepted", "synchronous replication");
/// The log of a primary holds all writes that were ever accepted, as they were.
const ACCEPTED_STAYS: Invariant = Invariant::safety("accepted-write-stays", "synchronous replication");
/// A client is told that a write took effect only if a primary has acknowledged it.
const PRIMARY_ACKNOWLEDGES: Invariant = Invariant::safety("primary-acknowledges", "synchronous replication");

/// The role of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Its process does not run, or has only just begun to.
    #[default]
    Down,
    /// It does not serve.
    Passive,
    /// It serves, as far as it knows.
    Primary,
}

/// Judges one run of a pair, and answers a story's questions about it. It goes by the notes of members: a paused member
/// may be wrong about its role.
#[derive(Clone, Debug, Default)]
pub struct PairJudge {
    members: BTreeMap<NodeId, MemberView>,
    logs: Logs,
    accepted: Accepted,
    /// The positions of acknowledged writes.
    acknowledged: BTreeMap<RequestId, Lsn>,
    /// The number of each client's last write.
    writes: BTreeMap<ClientId, u64>,
    in_sync: (Token, NodeSet),
    last_primary: Option<NodeId>,
    fail_overs: u64,
}

/// A member, as it describes itself.
#[derive(Clone, Copy, Debug, Default)]
struct MemberView {
    role: Role,
    token: Token,
    last: Lsn,
    /// Names its log.
    chain: u64,
    applied: Lsn,
    /// Names its store.
    digest: u64,
    durable: Durable,
    /// As a primary, the members in sync by its lease.
    in_sync: NodeSet,
    /// The members in sync by the lease that it last saw, or wrote; `None` if it has seen none.
    sees_in_sync: Option<NodeSet>,
}

/// The log that a member holds on its disk.
#[derive(Clone, Copy, Debug, Default)]
struct Durable {
    last: Lsn,
    /// Names the log up to it.
    chain: u64,
}

/// The last write that was accepted.
#[derive(Clone, Copy, Debug, Default)]
struct Accepted {
    token: Token,
    lsn: Lsn,
    /// Names the log up to it.
    chain: u64,
}

impl PairJudge {
    /// The member that serves: of those that say so, the one with the highest token.
    pub fn primary(&self) -> Option<NodeId> {
        let primaries = self.members.iter().filter(|(_, member)| member.role == Role::Primary);
        primaries.max_by_key(|(_, member)| member.token).map(|(node, _)| *node)
    }

    /// The member that runs and is not [`primary`](PairJudge::primary), if there is one.
    pub fn passive(&self) -> Option<NodeId> {
        let primary = self.primary();
        let running = self.members.iter().filter(|(_, member)| member.role != Role::Down);
        running.map(|(node, _)| *node).find(|node| Some(*node) != primary)
    }

    /// The role of a member, by its own notes.
    pub fn role(&self, node: NodeId) -> Role {
        self.view(node).role
    }

    /// The highest token that a member has served under; 0 before the first.
    pub fn token(&self) -> Token {
        self.members.values().map(|member| member.token).max().unwrap_or_default()
    }

    /// How many times the role has gone from one member to the other.
    pub fn fail_overs(&self) -> u64 {
        self.fail_overs
    }

    /// True if a member holds every acknowledged write, by the lease as its holder last wrote it.
    pub fn is_in_sync(&self, node: NodeId) -> bool {
        self.in_sync.1.contains(node)
    }

    /// The last record of a member's write-ahead log, durable or not.
    pub fn logged(&self, node: NodeId) -> Lsn {
        self.view(node).last
    }

    /// The last record that a member has applied to its store.
    pub fn applied(&self, node: NodeId) -> Lsn {
        self.view(node).applied
    }

    /// The last position that a primary has accepted.
    pub fn accepted(&self) -> Lsn {
        self.accepted.lsn
    }

    /// How many writes were acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    fn view(&self, node: NodeId) -> MemberView {
        self.members.get(&node).copied().unwrap_or_default()
    }

    fn primary_holds_all_accepted(&self, node: NodeId) -> Judged {
        if self.view(node).role == Role::Primary { self.holds_all_accepted(node) } else { Ok(()) }
    }

    fn accepts(&mut self, node: NodeId, token: Token, lsn: Lsn) -> Judged {
        let Accepted { token: highest, lsn: before, chain } = self.accepted;
        if token < highest {
            let accepts_again =
                lsn <= before && self.logs.up_to(self.view(node).chain, lsn) == self.logs.up_to(chain, lsn);
            if accepts_again {
                return Ok(());
            }
            return broken(
                ONE_PRIMARY,
                format!(
                    "{node} accepts writes up to {lsn} under token {token}, after those up to {before} were accepted under token {highest}"
                ),
            );
        }
        self.holds_all_accepted(node)?;
        let held = self.logs.up_to(self.view(node).chain, lsn);
        let Some(held) = held else {
            return broken(IN_SYNC_HOLDS, format!("{node} accepts {lsn}, which is not in its log"));
        };
        self.in_sync_hold(node, lsn, held)?;
        if lsn > before {
            self.accepted = Accepted { token, lsn, chain: held };
        }
        self.accepted.token = token;
        Ok(())
    }

    /// Every member in sync, as `primary` knows it, holds this log to `lsn` durably.
    fn in_sync_hold(&self, primary: NodeId, lsn: Lsn, held: u64) -> Judged {
        let holds = |member: &NodeId| self.logs.up_to(self.view(*member).durable.chain, lsn) == Some(held);
        let Some(lacking) = self.view(primary).in_sync.iter().find(|member| !holds(member)) else { return Ok(()) };
        let durable = self.view(lacking).durable.last;
        broken(
            IN_SYNC_HOLDS,
            format!(
                "{primary} accepts writes up to {lsn}, and {lacking}, which is in sync, holds its log durably to {durable}, or another one"
            ),
        )
    }

    fn holds_all_accepted(&self, node: NodeId) -> Judged {
        let Accepted { token, lsn, chain } = self.accepted;
        let MemberView { last, chain: head, .. } = self.view(node);
        if self.logs.up_to(head, lsn) == Some(chain) {
            return Ok(());
        }
        broken(
            ACCEPTED_STAYS,
            format!(
                "{node} is primary with a log to {last} that lacks writes, or has others in their place, of those up to {lsn} that were accepted under token {token}"
            ),
        )
    }
}

impl Judge for PairJudge {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn noted(&mut self, _: Instant, node: NodeId, note: &Note) -> Judged {
        let member = self.members.entry(node).or_default();
        match *note {
            Note::Coordinator(_) => {}
            Note::Recovered { last, chain } => {
                (member.last, member.chain) = (last, chain);
                (member.applied, member.digest) = (Lsn(0), 0);
                return self.primary_holds_all_accepted(node);
            }
            Note::Cut { to, chain } => {
                (member.last, member.chain) = (to, chain);
                if member.durable.last > to {
                    member.durable = Durable { last: to, chain };
                }
                return self.primary_holds_all_accepted(node);
            }
            Note::Logged { lsn, chain } => {
                self.logs.grew(member.chain, chain, lsn);
                (member.last, member.chain) = (lsn, chain);
            }
            Note::Durable { through, chain } => member.durable = Durable { last: through, chain },
            Note::Applied { lsn, digest } => (member.applied, member.digest) = (lsn, digest),
            Note::Passive { .. } => member.role = Role::Passive,
            Note::Primary { token, .. } => {
                (member.role, member.token, member.in_sync) = (Role::Primary, token, NodeSet::EMPTY);
                let before = self.last_primary.replace(node);
                self.fail_overs += u64::from(before.is_some_and(|before| before != node));
                return self.primary_holds_all_accepted(node);
            }
            Note::Accepted { token, through } => return self.accepts(node, token, through),
            Note::Acknowledged { request, lsn } => {
                self.acknowledged.insert(request, lsn);
            }
            Note::SeesInSync { members, .. } => member.sees_in_sync = Some(members),
            Note::InSync { members, token } => {
                (member.in_sync, member.sees_in_sync) = (members, Some(members));
                if token >= self.in_sync.0 {
                    self.in_sync = (token, members);
                }
            }
        }
        Ok(())
    }

    fn invoked(&mut self, request: RequestId, operation: &Operation) {
        if operation.changes() {
            self.writes.insert(request.client, request.seq);
        }
    }

    fn completed(&mut self, _: Instant, request: RequestId, completion: &Completion<Output>) -> Judged {
        let is_write = self.writes.get(&request.client) == Some(&request.seq);
        let is_done = matches!(completion, Completion::Ok(_));
        if is_write && is_done && !self.acknowledged.contains_key(&request) {
            let message = format!("a client was told that {request} took effect, which no primary has acknowledged");
            return broken(PRIMARY_ACKNOWLEDGES, message);
        }
        Ok(())
    }

    fn stopped(&mut self, node: NodeId) {
        if let Some(member) = self.members.get_mut(&node) {
            member.role = Role::Down;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    pub(super) const N4: NodeId = super::super::MEMBERS[0];
    pub(super) const N5: NodeId = super::super::MEMBERS[1];

    pub(super) type Said = (NodeId, Note);

    pub(super) fn told(said: &[Said]) -> Result<PairJudge, String> {
        let mut judge = PairJudge::default();
        for (node, note) in said {
            judge.noted(Instant::ZERO, *node, note).map_err(|broken| broken.message)?;
        }
        Ok(judge)
    }

    pub(super) fn primary(token: u64, last: u64) -> Note {
        Note::Primary { token: Token(token), last: Lsn(last) }
    }

    pub(super) fn passive(seen: u64) -> Note {
        Note::Passive { seen: Token(seen) }
    }

    pub(super) fn logged(lsn: u64, chain: u64) -> Note {
        Note::Logged { lsn: Lsn(lsn), chain }
    }

    pub(super) fn durable(through: u64, chain: u64) -> Note {
        Note::Durable { through: Lsn(through), chain }
    }

    pub(super) fn accepted(token: u64, through: u64) -> Note {
        Note::Accepted { token: Token(token), through: Lsn(through) }
    }

    pub(super) fn in_sync(members: &[NodeId], token: u64) -> Note {
        Note::InSync { members: members.iter().copied().collect(), token: Token(token) }
    }

    pub(super) fn sees_in_sync(members: &[NodeId], token: u64) -> Note {
        Note::SeesInSync { members: members.iter().copied().collect(), token: Token(token) }
    }

    /// n4 has had one write accepted, which n5 holds too.
    pub(super) fn agreed() -> Vec<Said> {
        vec![
            (N4, primary(1, 0)),
            (N4, in_sync(BOTH, 1)),
            (N4, logged(1, 0xa)),
            (N4, durable(1, 0xa)),
            (N5, passive(1)),
            (N5, logged(1, 0xa)),
            (N5, durable(1, 0xa)),
            (N4, accepted(1, 1)),
        ]
    }
    pub(super) const BOTH: &[NodeId] = &[N4, N5];
    pub(super) const N4_ALONE: &[NodeId] = &[N4];
    pub(super) const N5_ALONE: &[NodeId] = &[N5];

    #[test]
    fn a_fail_over_that_loses_nothing_is_right() {
        let mut said = agreed();
        said.extend([(N5, primary(2, 1)), (N5, logged(2, 0xb)), (N5, accepted(2, 2))]);
        let judge = told(&said).expect("nothing is wrong");
        assert_eq!((judge.primary(), judge.passive()), (Some(N5), Some(N4)));
        assert_eq!((judge.token(), judge.fail_overs(), judge.accepted()), (Token(2), 1, Lsn(2)));
    }

    #[test]
    fn a_write_accepted_under_a_lower_token_is_seen() {
        let mut said = agreed();
        said.extend([(N5, primary(2, 1)), (N5, logged(2, 0xb)), (N5, accepted(2, 2))]);
        said.extend([(N4, logged(2, 0xc)), (N4, accepted(1, 2))]);
        let why = told(&said).expect_err("two primaries");
        assert!(why.starts_with("n4 accepts writes up to 2 under token 1"), "{why}");
    }

    #[test]
    fn what_was_accepted_may_be_accepted_again_under_a_lower_token_and_nothing_else() {
        let mut said = agreed();
        said.extend([(N4, logged(2, 0xb)), (N5, logged(2, 0xb)), (N5, primary(2, 2))]);
        said.extend([(N5, logged(3, 0xd)), (N5, accepted(2, 3))]);
        said.push((N4, accepted(1, 2)));
        told(&said).expect("n5 has accepted it too");
        said.extend([(N4, logged(3, 0xc)), (N4, accepted(1, 3))]);
        told(&said).expect_err("n5 has another record there");
    }

    #[test]
    fn a_primary_that_lacks_what_was_accepted_is_seen() {
        for lost in [(N5, Note::Cut { to: Lsn(0), chain: 0 }), (N5, Note::Recovered { last: Lsn(0), chain: 0 })] {
            let mut said = agreed();
            said.extend([lost, (N5, primary(2, 0))]);
            let why = told(&said).expect_err("a lost write");
            assert!(why.contains("of those up to 1 that were accepted under token 1"), "{why}");
        }
    }

    #[test]
    fn a_write_accepted_before_everyone_in_sync_holds_it_durably_is_seen() {
        for (lacking, who) in [(6, "n5, which is in sync, holds its log durably to 0"), (3, "n4, which is in sync")] {
            let mut said = agreed();
            said.remove(lacking);
            let why = told(&said).expect_err("it is not durable");
            assert!(why.contains(who), "{why}");
        }
        let mut said = agreed();
        said.insert(7, (N5, Note::Cut { to: Lsn(0), chain: 0 }));
        told(&said).expect_err("n5 has cut it off");
    }

    #[test]
    fn whoever_is_not_in_sync_need_not_hold_it_and_whoever_is_down_still_does() {
        let mut said = agreed();
        said.extend([(N5, Note::Recovered { last: Lsn(1), chain: 0xa }), (N4, accepted(1, 1))]);
        said.extend([(N5, primary(2, 1)), (N5, in_sync(N5_ALONE, 2))]);
        said.extend([(N5, logged(2, 0xb)), (N5, durable(2, 0xb)), (N5, accepted(2, 2))]);
        told(&said).expect("nothing is wrong");
    }

    #[test]
    fn an_answer_that_no_primary_gave_is_seen() {
        let mut judge = told(&agreed()).expect("nothing is wrong");
        let request = RequestId { client: ClientId(1), seq: 1 };
        let done = Completion::Ok(Output::Demoted);
        judge.invoked(request, &Operation::Demote);
        judge.completed(Instant::ZERO, request, &done).expect_err("no primary has acknowledged it");
        judge.noted(Instant::ZERO, N4, &Note::Acknowledged { request, lsn: Lsn(1) }).expect("nothing is wrong");
        judge.completed(Instant::ZERO, request, &done).expect("n4 has acknowledged it");
    }
}
