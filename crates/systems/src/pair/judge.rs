//! What must hold of a pair, judged by what its members say they did and by what clients were told.
//!
//! - Once a write was accepted under a token, none is accepted under a lower one: never two primaries that both get writes
//!   accepted. (By clocks that are worse than the cluster allows for, a primary may learn only after it was replaced that its
//!   successor holds what it had shipped. If that was accepted by then, to accept it again changes nothing, and is allowed.)
//! - Whoever is in sync holds every accepted write durably, when it is accepted. Who that is goes by the lease as the primary
//!   knows it then; what a member has said is durable stays so when it goes down, and until it cuts it off.
//! - No acknowledged write is lost: the log of whoever becomes primary, or is, holds all that was ever accepted, as it was.
//! - A client is told that a write took effect only if a primary has acknowledged it.
//! - In the calm phase, one member is primary, and the other holds the same log and the same store and is in sync. Faults that
//!   stay waive this as far as they make it impossible (`judge/calm.rs`).

mod calm;
mod logs;

use std::any::Any;
use std::collections::BTreeMap;

use env::{ClientId, Completion, NodeId, NodeSet, Observation, Operation, Output, RequestId};
use history::Moment;
use raft_rules::calm::Reach;
use sim::Judge;

use super::notes;
use super::record::{Lsn, Token};
use logs::Logs;

/// What a member is.
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

/// Judges one run of a pair, and answers a story's questions about it. It goes by what members have said: one that is paused
/// may be wrong about its role.
#[derive(Clone, Debug, Default)]
pub struct PairJudge {
    members: BTreeMap<NodeId, MemberView>,
    logs: Logs,
    accepted: Accepted,
    /// The positions of acknowledged writes, by the number of the request.
    acknowledged: BTreeMap<u64, Lsn>,
    /// Which operation of each client is a write.
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
    /// As a primary, who is in sync by its lease.
    in_sync: NodeSet,
    /// Who is in sync by the lease that it last saw, or wrote; `None` if it has seen none.
    sees_in_sync: Option<NodeSet>,
}

/// What a member holds on its disk.
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
    /// Who serves: of those who say so, the one with the highest token.
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

    /// What a member says it is.
    pub fn role(&self, node: NodeId) -> Role {
        self.view(node).role
    }

    /// The highest token that anyone has served under; 0 before the first.
    pub fn token(&self) -> Token {
        self.members.values().map(|member| member.token).max().unwrap_or_default()
    }

    /// How many times the role has gone from one member to the other.
    pub fn fail_overs(&self) -> u64 {
        self.fail_overs
    }

    /// Whether a member holds every acknowledged write, by the lease as its holder last wrote it.
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

    fn noted(&mut self, node: NodeId, what: &'static str, number: u64, of: u64) -> Result<(), String> {
        let member = self.members.entry(node).or_default();
        match what {
            notes::RECOVERED | notes::CUT => {
                (member.last, member.chain) = (Lsn(number), of);
                if what == notes::RECOVERED {
                    (member.applied, member.digest) = (Lsn(0), 0);
                } else if member.durable.last > Lsn(number) {
                    member.durable = Durable { last: Lsn(number), chain: of };
                }
                if member.role == Role::Primary {
                    return self.holds_all_accepted(node);
                }
            }
            notes::LOGGED => {
                self.logs.grew(member.chain, of, Lsn(number));
                (member.last, member.chain) = (Lsn(number), of);
            }
            notes::DURABLE => member.durable = Durable { last: Lsn(number), chain: of },
            notes::APPLIED => (member.applied, member.digest) = (Lsn(number), of),
            notes::PASSIVE => member.role = Role::Passive,
            notes::PRIMARY => {
                (member.role, member.token, member.in_sync) = (Role::Primary, Token(number), NodeSet::EMPTY);
                let before = self.last_primary.replace(node);
                self.fail_overs += u64::from(before.is_some_and(|before| before != node));
                return self.holds_all_accepted(node);
            }
            notes::ACCEPTED => return self.accepts(node, Token(number), Lsn(of)),
            notes::ACKNOWLEDGED => {
                self.acknowledged.insert(number, Lsn(of));
            }
            notes::SEES_IN_SYNC => member.sees_in_sync = NodeSet::from_bits(number),
            notes::IN_SYNC => {
                let in_sync = NodeSet::from_bits(number).unwrap_or_default();
                (member.in_sync, member.sees_in_sync) = (in_sync, Some(in_sync));
                if Token(of) >= self.in_sync.0 {
                    self.in_sync = (Token(of), in_sync);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn accepts(&mut self, node: NodeId, token: Token, lsn: Lsn) -> Result<(), String> {
        let Accepted { token: highest, lsn: before, chain } = self.accepted;
        if token < highest {
            let accepts_again =
                lsn <= before && self.logs.up_to(self.view(node).chain, lsn) == self.logs.up_to(chain, lsn);
            if accepts_again {
                return Ok(());
            }
            return Err(format!(
                "{node} accepts writes up to {lsn} under token {token}, after those up to {before} were accepted under token {highest}"
            ));
        }
        self.holds_all_accepted(node)?;
        let held = self.logs.up_to(self.view(node).chain, lsn);
        let held = held.ok_or_else(|| format!("{node} accepts {lsn}, which is not in its log"))?;
        self.in_sync_hold(node, lsn, held)?;
        if lsn > before {
            self.accepted = Accepted { token, lsn, chain: held };
        }
        self.accepted.token = token;
        Ok(())
    }

    /// Whoever is in sync, as `primary` knows it, holds this log to `lsn` durably.
    fn in_sync_hold(&self, primary: NodeId, lsn: Lsn, held: u64) -> Result<(), String> {
        let holds = |member: &NodeId| self.logs.up_to(self.view(*member).durable.chain, lsn) == Some(held);
        let Some(lacking) = self.view(primary).in_sync.iter().find(|member| !holds(member)) else { return Ok(()) };
        let durable = self.view(lacking).durable.last;
        Err(format!(
            "{primary} accepts writes up to {lsn}, and {lacking}, which is in sync, holds its log durably to {durable}, or another one"
        ))
    }

    fn holds_all_accepted(&self, node: NodeId) -> Result<(), String> {
        let Accepted { token, lsn, chain } = self.accepted;
        let MemberView { last, chain: head, .. } = self.view(node);
        if self.logs.up_to(head, lsn) == Some(chain) {
            return Ok(());
        }
        Err(format!(
            "{node} is primary with a log to {last} that lacks writes, or has others in their place, of those up to {lsn} that were accepted under token {token}"
        ))
    }
}

impl Judge for PairJudge {
    fn observed(&mut self, _: Moment, node: NodeId, observation: &Observation) -> Result<(), String> {
        match *observation {
            Observation::Noted { what, number, of } => self.noted(node, what, number, of),
            _ => Ok(()),
        }
    }

    fn invoked(&mut self, _: Moment, request: RequestId, operation: &Operation) {
        if !operation.is_read() {
            self.writes.insert(request.client, request.seq);
        }
    }

    fn completed(&mut self, _: Moment, request: RequestId, completion: &Completion) -> Result<(), String> {
        let is_write = self.writes.get(&request.client) == Some(&request.seq);
        let is_done = matches!(completion, Completion::Ok(Output::Written | Output::Swapped | Output::Mismatch));
        if is_write && is_done && !self.acknowledged.contains_key(&notes::number_of(request)) {
            return Err(format!("a client was told that {request} took effect, which no primary has acknowledged"));
        }
        Ok(())
    }

    fn stopped(&mut self, _: Moment, node: NodeId) {
        if let Some(member) = self.members.get_mut(&node) {
            member.role = Role::Down;
        }
    }

    fn lacks(&self, reach: &Reach) -> Option<String> {
        self.lack(reach)
    }

    fn must_serve(&self, reach: &Reach) -> bool {
        self.can_serve(reach)
    }

    fn copy(&self) -> Box<dyn Judge> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use env::Instant;

    pub(super) const N4: NodeId = super::super::MEMBERS[0];
    pub(super) const N5: NodeId = super::super::MEMBERS[1];
    pub(super) const AT: Moment = Moment { time: Instant::ZERO, event: 0 };

    pub(super) fn told(said: &[(NodeId, &'static str, u64, u64)]) -> Result<PairJudge, String> {
        let mut judge = PairJudge::default();
        for (node, what, number, of) in said {
            judge.observed(AT, *node, &Observation::Noted { what, number: *number, of: *of })?;
        }
        Ok(judge)
    }

    /// n4 has had one write accepted, which n5 holds too.
    pub(super) const AGREED: [(NodeId, &str, u64, u64); 8] = [
        (N4, notes::PRIMARY, 1, 0),
        (N4, notes::IN_SYNC, BOTH, 1),
        (N4, notes::LOGGED, 1, 0xa),
        (N4, notes::DURABLE, 1, 0xa),
        (N5, notes::PASSIVE, 1, 0),
        (N5, notes::LOGGED, 1, 0xa),
        (N5, notes::DURABLE, 1, 0xa),
        (N4, notes::ACCEPTED, 1, 1),
    ];
    pub(super) const BOTH: u64 = 1 << 4 | 1 << 5;
    pub(super) const N4_ALONE: u64 = 1 << 4;
    pub(super) const N5_ALONE: u64 = 1 << 5;

    #[test]
    fn a_fail_over_that_loses_nothing_is_right() {
        let mut said = AGREED.to_vec();
        said.extend([(N5, notes::PRIMARY, 2, 1), (N5, notes::LOGGED, 2, 0xb), (N5, notes::ACCEPTED, 2, 2)]);
        let judge = told(&said).expect("nothing is wrong");
        assert_eq!((judge.primary(), judge.passive()), (Some(N5), Some(N4)));
        assert_eq!((judge.token(), judge.fail_overs(), judge.accepted()), (Token(2), 1, Lsn(2)));
    }

    #[test]
    fn a_write_accepted_under_a_lower_token_is_seen() {
        let mut said = AGREED.to_vec();
        said.extend([(N5, notes::PRIMARY, 2, 1), (N5, notes::LOGGED, 2, 0xb), (N5, notes::ACCEPTED, 2, 2)]);
        said.extend([(N4, notes::LOGGED, 2, 0xc), (N4, notes::ACCEPTED, 1, 2)]);
        let why = told(&said).expect_err("two primaries");
        assert!(why.starts_with("n4 accepts writes up to 2 under token 1"), "{why}");
    }

    #[test]
    fn what_was_accepted_may_be_accepted_again_under_a_lower_token_and_nothing_else() {
        let mut said = AGREED.to_vec();
        said.extend([(N4, notes::LOGGED, 2, 0xb), (N5, notes::LOGGED, 2, 0xb), (N5, notes::PRIMARY, 2, 2)]);
        said.extend([(N5, notes::LOGGED, 3, 0xd), (N5, notes::ACCEPTED, 2, 3)]);
        said.push((N4, notes::ACCEPTED, 1, 2));
        told(&said).expect("n5 has accepted it too");
        said.extend([(N4, notes::LOGGED, 3, 0xc), (N4, notes::ACCEPTED, 1, 3)]);
        told(&said).expect_err("n5 has another record there");
    }

    #[test]
    fn a_primary_that_lacks_what_was_accepted_is_seen() {
        for lost in [(N5, notes::CUT, 0, 0), (N5, notes::RECOVERED, 0, 0)] {
            let mut said = AGREED.to_vec();
            said.extend([lost, (N5, notes::PRIMARY, 2, 0)]);
            let why = told(&said).expect_err("a lost write");
            assert!(why.contains("of those up to 1 that were accepted under token 1"), "{why}");
        }
    }

    #[test]
    fn a_write_accepted_before_everyone_in_sync_holds_it_durably_is_seen() {
        for (lacking, who) in [(6, "n5, which is in sync, holds its log durably to 0"), (3, "n4, which is in sync")] {
            let mut said = AGREED.to_vec();
            said.remove(lacking);
            let why = told(&said).expect_err("it is not durable");
            assert!(why.contains(who), "{why}");
        }
        let mut said = AGREED.to_vec();
        said.insert(7, (N5, notes::CUT, 0, 0));
        told(&said).expect_err("n5 has cut it off");
    }

    #[test]
    fn whoever_is_not_in_sync_need_not_hold_it_and_whoever_is_down_still_does() {
        let mut said = AGREED.to_vec();
        said.extend([(N5, notes::RECOVERED, 1, 0xa), (N4, notes::ACCEPTED, 1, 1)]);
        said.extend([(N5, notes::PRIMARY, 2, 1), (N5, notes::IN_SYNC, N5_ALONE, 2)]);
        said.extend([(N5, notes::LOGGED, 2, 0xb), (N5, notes::DURABLE, 2, 0xb), (N5, notes::ACCEPTED, 2, 2)]);
        told(&said).expect("nothing is wrong");
    }

    #[test]
    fn an_answer_that_no_primary_gave_is_seen() {
        let mut judge = told(&AGREED).expect("nothing is wrong");
        let request = RequestId { client: ClientId(1), seq: 1 };
        let done = Completion::Ok(Output::Written);
        judge.invoked(AT, request, &Operation::Delete { key: "k".into() });
        judge.completed(AT, request, &done).expect_err("no primary has acknowledged it");
        let said = Observation::Noted { what: notes::ACKNOWLEDGED, number: notes::number_of(request), of: 1 };
        judge.observed(AT, N4, &said).expect("nothing is wrong");
        judge.completed(AT, request, &done).expect("n4 has acknowledged it");
    }
}
