//! The demands on a pair in the calm phase, and when they are waived.
//!
//! A staying fault may leave a pair without service, and a correct pair then stays so: only a member that is in sync
//! may become primary, and only the coordinators' leader can give it the lease. So nothing is demanded unless some
//! member has both.

use env::{NodeId, NodeSet};
use raft_rules::calm::can_lead;
use raft_types::Membership;
use sim::Reach;

use super::{MemberView, PairJudge, Role};
use crate::pair::{coordinators, members};

impl PairJudge {
    /// True if one of the members may become primary and stay it: it can talk with each coordinator that may lead, and
    /// is in sync by the lease that it last saw, or has seen none.
    pub(in crate::pair) fn can_serve(&self, reach: &Reach) -> bool {
        let leaders = can_lead(&Membership::of(coordinators()), reach);
        let is_served = |member: &NodeId| leaders.difference(reach.both_ways(*member)).is_empty();
        let is_eligible = |member| self.view(member).sees_in_sync.is_none_or(|in_sync| in_sync.contains(member));
        !leaders.is_empty() && members().intersection(reach.running()).iter().filter(is_served).any(is_eligible)
    }

    /// The first demand that is not met: one primary among the members that run, and the members that it can talk with
    /// in sync and equal. A member that cannot talk with the primary need not be in sync.
    pub(in crate::pair) fn lack(&self, reach: &Reach) -> Option<String> {
        if !self.can_serve(reach) {
            return None;
        }
        let running = members().intersection(reach.running());
        let primaries: NodeSet = running.iter().filter(|member| self.role(*member) == Role::Primary).collect();
        let (Some(primary), 1) = (primaries.iter().next(), primaries.len()) else {
            return Some(format!("{primaries} are primary, of the members {running}"));
        };
        let together = running.intersection(reach.both_ways(primary));
        let out: NodeSet = together.iter().filter(|member| !self.is_in_sync(*member)).collect();
        if !out.is_empty() {
            return Some(format!("{out} are not in sync"));
        }
        let leads = self.view(primary);
        together.iter().find_map(|member| difference(primary, &leads, member, &self.view(member)))
    }
}

/// How the log or the store of a member differs from the primary's.
fn difference(primary: NodeId, leads: &MemberView, member: NodeId, follows: &MemberView) -> Option<String> {
    if follows.chain != leads.chain {
        return Some(format!("{primary} has a log to {}, {member} another one to {}", leads.last, follows.last));
    }
    let is_equal = (leads.applied, leads.digest) == (follows.applied, follows.digest);
    (!is_equal).then(|| {
        format!(
            "{primary} has applied up to {}, {member} up to {}, or to another store",
            leads.applied, follows.applied
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{
        BOTH, N4, N4_ALONE, N5, N5_ALONE, Said, agreed, in_sync, logged, passive, primary, sees_in_sync, told,
    };
    use super::*;
    use crate::judge::Judge;

    /// n4 serves alone, and n5 lacks its last record.
    fn n4_serves_alone() -> Vec<Said> {
        vec![(N4, in_sync(N4_ALONE, 1)), (N4, logged(2, 0xb))]
    }

    /// After that, n5 was brought up to date.
    fn n5_is_back() -> Vec<Said> {
        [n4_serves_alone(), vec![(N5, logged(2, 0xb)), (N4, in_sync(BOTH, 1))]].concat()
    }

    fn nodes(ids: &[u8]) -> NodeSet {
        ids.iter().map(|id| NodeId(*id)).collect()
    }

    /// All nodes run, and no message passes between the first two sets.
    fn cut(one: &[u8], other: &[u8]) -> Reach {
        let (all, one, other) = (NodeSet::first(5), nodes(one), nodes(other));
        Reach::new(all, |node| match node {
            node if one.contains(node) => all.difference(other),
            node if other.contains(node) => all.difference(one),
            _ => all,
        })
    }

    fn lack(said: &[Said], reach: &Reach) -> Option<String> {
        told(&[&agreed(), said].concat()).expect("nothing is wrong").lack(reach)
    }

    #[test]
    fn a_cut_between_the_members_leaves_the_primary_alone_in_sync() {
        let everyone = Reach::everyone(NodeSet::first(5));
        assert_eq!(lack(&n4_serves_alone(), &everyone).as_deref(), Some("{n5} are not in sync"));
        assert_eq!(lack(&n4_serves_alone(), &cut(&[4], &[5])), None);
        let one_way =
            Reach::new(NodeSet::first(5), |node| if node == N5 { nodes(&[1, 2, 3, 5]) } else { NodeSet::first(5) });
        assert_eq!(lack(&n4_serves_alone(), &one_way), None, "n5 cannot acknowledge anything");
        assert_eq!(lack(&n5_is_back(), &everyone), None);
    }

    #[test]
    fn a_member_that_a_coordinator_is_cut_off_from_need_not_become_primary() {
        let said = [(N4, passive(1))];
        let everyone = Reach::everyone(NodeSet::first(5));
        assert_eq!(lack(&said, &everyone).as_deref(), Some("{} are primary, of the members {n4 n5}"));
        let both_cut = Reach::new(NodeSet::first(5), |node| match node.0 {
            1 => nodes(&[1, 2, 3, 5]),
            2 => nodes(&[1, 2, 3, 4]),
            4 => nodes(&[2, 3, 4, 5]),
            5 => nodes(&[1, 3, 4, 5]),
            _ => NodeSet::first(5),
        });
        assert_eq!(lack(&said, &both_cut), None, "either may lack the coordinator that leads");
        assert!(lack(&said, &cut(&[1], &[4])).is_some(), "n5 is in sync and can talk with all");
        let n4_alone = [(N4, passive(1)), (N4, sees_in_sync(N4_ALONE, 1)), (N5, sees_in_sync(N4_ALONE, 1))];
        assert_eq!(lack(&n4_alone, &cut(&[1], &[4])), None, "n5 can talk with all and is not in sync");
        assert!(lack(&n4_alone, &cut(&[1], &[2, 3, 4])).is_some(), "n1 cannot lead");
    }

    #[test]
    fn a_passive_that_a_coordinator_is_cut_off_from_gets_in_sync_through_its_primary() {
        let reach = cut(&[1], &[5]);
        assert_eq!(lack(&n4_serves_alone(), &reach).as_deref(), Some("{n5} are not in sync"));
        assert_eq!(lack(&n5_is_back(), &reach), None);
    }

    #[test]
    fn one_member_is_primary_in_the_end_though_the_other_is_cut_off() {
        let said = [(N5, primary(2, 1)), (N5, in_sync(N5_ALONE, 2))];
        let reach = cut(&[4], &[1, 2, 3, 5]);
        assert_eq!(lack(&said, &reach).as_deref(), Some("{n4 n5} are primary, of the members {n4 n5}"));
        let stepped_down = [said[0], said[1], (N4, passive(1))];
        assert_eq!(lack(&stepped_down, &reach), None);
    }

    #[test]
    fn recovery_is_waived_while_nobody_in_sync_runs() {
        let said = [(N5, primary(2, 1)), (N5, in_sync(N5_ALONE, 2)), (N4, passive(2))];
        let mut judge = told(&[&agreed(), &said[..]].concat()).expect("nothing is wrong");
        judge.stopped(N5);
        let (all, without_n5) = (NodeSet::first(5), nodes(&[1, 2, 3, 4]));
        let is_demanded = |judge: &PairJudge, running| {
            judge.lack(&Reach::everyone(running)).is_some_and(|lack| lack.contains("are primary"))
        };
        assert!(is_demanded(&judge, without_n5), "n4 has seen itself in sync");
        judge.noted(env::Instant::ZERO, N4, &sees_in_sync(N5_ALONE, 2)).expect("nothing is wrong");
        assert_eq!(judge.lack(&Reach::everyone(without_n5)), None);
        assert!(is_demanded(&judge, all));
        assert_eq!(judge.lack(&Reach::everyone(nodes(&[1, 4, 5]))), None, "no coordinator leads");
    }
}
