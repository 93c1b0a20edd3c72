//! The calm phase: everything is healed but the faults that stay, and demands are made.
//!
//! First, if the plan asks for a quiet tail, the nodes must come to equal state with no client writing: that is where a
//! follower shows that is never sent what it lacks. Then a fresh client's write must be committed, and then all must
//! come to equal state. The run ends as soon as all demands are met.
//!
//! Of a world of programs, which need not have a leader or a log, it is demanded instead that all clients end.
//!
//! Demands are made of those that can talk. Where the faults that stay leave none that a correct system must elect and
//! follow, they are waived, and counted as such: a set of voters that can all talk to one another and is a quorum of
//! every configuration that may be in force, or, as on a ring, voters who can each talk to a quorum.

use std::time::Duration;

use env::{ClientId, Completion, Instant, Membership, NodeSet};
use history::{Invariant, Violation};
use raft_rules::calm::{self, Reach, Unmet};

use super::{Happening, Run, Step, Stop, World};
use crate::digest::Tag;
use crate::plan::Fault;
use crate::trace::{Actor, Trace, What};

/// What is demanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Equal state with no client writing.
    QuietConvergence,
    /// A leader, and the probe's write committed.
    Progress,
    /// Equal state after it.
    Convergence,
    /// Instead of all these, of clients that are programs: that they end.
    ClientsEnd,
}

/// Where the run is.
#[derive(Clone, Debug, Default)]
pub(super) struct Calm {
    /// The present demand and when it was made; `None` while the storm goes on.
    demand: Option<(Demand, Instant)>,
    is_probe_committed: bool,
    /// Something happened that may have met the demand.
    has_changed: bool,
}

impl Calm {
    pub(super) fn is_storm(&self) -> bool {
        self.demand.is_none()
    }

    pub(super) fn something_changed(&mut self) {
        self.has_changed = true;
    }

    pub(super) fn is_to_be_judged(&self) -> bool {
        self.has_changed && self.demand.is_some()
    }
}

impl<T: Trace, W: World> Run<'_, T, W> {
    pub(crate) fn storm_is_over(&mut self) -> Step {
        if !self.is_storm() {
            // A driver has ended it before its time.
            return Ok(());
        }
        self.digest.event(Tag::Phase, self.now, 1, 0);
        tell!(self, Actor::Run, What::Phase, "the storm is over");
        // Before nodes come back, so that no client goes on.
        self.calm.demand = Some((Demand::QuietConvergence, self.now));
        W::storm_is_over(self);
        self.heal_for_calm()?;
        if W::CLIENTS_END {
            return self.demand(Demand::ClientsEnd);
        }
        if !self.demands_are_fair() {
            return self.waive();
        }
        if self.plan.calm.quiet_tail { self.demand(Demand::QuietConvergence) } else { self.demand_progress() }
    }

    /// True if the present demand is met, and if so the next one is made.
    pub(super) fn judge_calm(&mut self) -> Step {
        self.calm.has_changed = false;
        let Some((demand, _)) = self.calm.demand else { return Ok(()) };
        if self.unmet(demand).is_some() {
            return Ok(());
        }
        tell!(self, Actor::Run, What::Phase, "{}", demand.met());
        match demand {
            Demand::QuietConvergence => self.demand_progress(),
            Demand::Progress => self.demand(Demand::Convergence),
            Demand::Convergence | Demand::ClientsEnd => self.finish(),
        }
    }

    pub(super) fn deadline(&mut self, demand: Demand) -> Step {
        let Some((present, since)) = self.calm.demand else { return Ok(()) };
        if present != demand {
            return Ok(());
        }
        let Some(lack) = self.unmet(demand) else { return self.judge_calm() };
        // The membership may have changed since the demand was made. A client can always give up.
        if demand != Demand::ClientsEnd && !self.demands_are_fair() {
            return self.waive();
        }
        if matches!(lack, Lack::ProbeUnanswered | Lack::Unmet(Unmet::ProbeNotCommitted { .. })) && !self.must_serve() {
            self.stats.demands_waived += 1;
            tell!(self, Actor::Run, What::Phase, "waives the probe's write: staying faults leave nobody to serve it");
            return self.demand(Demand::Convergence);
        }
        let within = self.now - since;
        match lack {
            Lack::Unmet(unmet) => Err(Stop::Violation(unmet.violation(self.moment(), within))),
            Lack::ClientsBusy => Err(self.clients_hang(within)),
            Lack::ClientsLeft => Err(self.clients_left(within)),
            Lack::ProbeUnanswered => Err(self.late(Invariant::Progress, "no write is answered", within)),
            Lack::OfJudge(lack) => Err(self.late(Invariant::Convergence, &lack, within)),
        }
    }

    /// Clients still wait, long after they should have given up: because nobody serves them, or for no reason of ours.
    fn clients_hang(&self, within: Duration) -> Stop {
        let (view, reach) = (self.checker.view(), self.reach());
        match calm::progress(view, &reach, true).and_then(|()| calm::convergence(view, &reach)) {
            Err(unmet) => Stop::Violation(unmet.violation(self.moment(), within)),
            Ok(()) => Stop::Stalled(format!(
                "clients wait for {} operations, {:.1} s after the storm, though there is a leader",
                self.operations_outstanding(),
                within.as_secs_f64()
            )),
        }
    }

    fn clients_left(&self, within: Duration) -> Stop {
        let names: Vec<String> = self.world.clients_left().iter().map(ClientId::to_string).collect();
        let verb = if names.len() == 1 { "has" } else { "have" };
        self.late(Invariant::Progress, &format!("{} {verb} not ended", names.join(", ")), within)
    }

    fn late(&self, invariant: Invariant, what: &str, within: Duration) -> Stop {
        let message = format!("{what}, {:.1} s after that was demanded", within.as_secs_f64());
        Stop::Violation(Violation { invariant, message, nodes: NodeSet::EMPTY, at: self.moment(), explanation: None })
    }

    /// The probe's operation has ended. If it was not committed the probe tries again, until the deadline.
    pub(super) fn probe_ended(&mut self, completion: &Completion) -> Step {
        match completion {
            Completion::Ok(_) => {
                self.calm.is_probe_committed = true;
                Ok(())
            }
            Completion::Fail | Completion::Info => self.invoke_probe(),
        }
    }

    fn demand_progress(&mut self) -> Step {
        self.demand(Demand::Progress)?;
        self.invoke_probe()
    }

    fn demand(&mut self, demand: Demand) -> Step {
        let model = &self.plan.calm;
        let within_ms = match demand {
            // Nobody may be leading yet, and the clients' last operations must have ended.
            Demand::QuietConvergence => model.progress_ms + model.convergence_ms + self.plan.workload.timeout_ms,
            Demand::Progress | Demand::ClientsEnd => model.progress_ms,
            Demand::Convergence => model.convergence_ms,
        };
        self.calm.demand = Some((demand, self.now));
        // What is met already is noticed after this event.
        self.calm.has_changed = true;
        self.queue.push(self.now + Duration::from_millis(within_ms), Happening::Deadline(demand));
        Ok(())
    }

    fn unmet(&self, demand: Demand) -> Option<Lack> {
        let (view, reach) = (self.checker.view(), self.reach());
        let unmet = match demand {
            Demand::ClientsEnd if self.world.clients_left().is_empty() => return None,
            Demand::ClientsEnd => return Some(Lack::ClientsLeft),
            Demand::QuietConvergence if self.operations_outstanding() > 0 => return Some(Lack::ClientsBusy),
            Demand::QuietConvergence | Demand::Convergence if !self.terms.keeps_log() => Ok(()),
            Demand::QuietConvergence | Demand::Convergence => calm::convergence(view, &reach),
            Demand::Progress if !self.terms.keeps_log() => {
                return (!self.calm.is_probe_committed).then_some(Lack::ProbeUnanswered);
            }
            Demand::Progress => calm::progress(view, &reach, self.calm.is_probe_committed),
        };
        match unmet {
            Err(unmet) => Some(Lack::Unmet(unmet)),
            Ok(()) if demand == Demand::Progress => None,
            Ok(()) => self.terms.judge.as_ref().and_then(|judge| judge.lacks(&reach)).map(Lack::OfJudge),
        }
    }

    /// True if a correct system must answer the probe by now.
    fn must_serve(&self) -> bool {
        let judge = self.terms.judge.as_ref().filter(|_| !self.terms.answers_from_log);
        judge.is_none_or(|judge| judge.must_serve(&self.reach()))
    }

    /// Who can talk to whom, of the nodes of which something can be demanded.
    fn reach(&self) -> Reach {
        let able = self.able();
        Reach::new(able, |node| able.difference(self.cuts.cut_from(node)))
    }

    /// The nodes that run and that no fault that stays keeps from doing what they should.
    pub(crate) fn able(&self) -> NodeSet {
        self.machines.iter().filter(|machine| machine.is_able()).map(|machine| machine.id).collect()
    }

    /// True if a correct system must meet the demands.
    fn demands_are_fair(&self) -> bool {
        if !self.terms.keeps_log() {
            return !self.is_network_unfit();
        }
        let view = self.checker.view();
        let in_force = view.membership();
        let reach = self.reach();
        // A node that was cut off may use another configuration, and only it may hold what was committed last.
        let used = in_force.members().intersection(reach.running()).iter().map(|node| view.node(node).membership);
        let mut configurations: Vec<Membership> = vec![in_force];
        configurations.extend(used.filter(|membership| !membership.voters.is_empty()));
        !self.is_network_unfit() && configurations.iter().all(|membership| has_core(membership, &reach))
    }

    /// True if a fault that stays makes the time that anything takes a matter of luck.
    fn is_network_unfit(&self) -> bool {
        let is_unfit = |fault: usize| {
            use Fault::{Delay, Loss, Reordering, SlowDisk, SlowLink};
            matches!(
                self.schedule[fault].fault,
                Loss { .. } | Delay { .. } | Reordering { .. } | SlowLink { .. } | SlowDisk { .. }
            )
        };
        self.faults.on().any(is_unfit)
    }

    fn waive(&mut self) -> Step {
        let left = match self.calm.demand {
            Some((Demand::QuietConvergence, _)) if self.plan.calm.quiet_tail => 3,
            Some((Demand::QuietConvergence | Demand::Progress, _)) => 2,
            Some((Demand::Convergence | Demand::ClientsEnd, _)) => 1,
            None => 0,
        };
        self.stats.demands_waived += left;
        tell!(self, Actor::Run, What::Phase, "waives its demands: no majority that can talk is left");
        self.finish()
    }

    fn finish(&mut self) -> Step {
        if self.is_settled() {
            return Err(Stop::Over);
        }
        self.checker.finished(self.moment())?;
        self.history.finished(self.moment())?;
        Err(Stop::Over)
    }
}

/// What a demand still lacks.
enum Lack {
    Unmet(Unmet),
    ClientsBusy,
    ClientsLeft,
    ProbeUnanswered,
    /// What the system's own judge still waits for.
    OfJudge(String),
}

/// True if the voters of this configuration that run must come to a leader that all of them, or a quorum, follow.
fn has_core(membership: &Membership, reach: &Reach) -> bool {
    let voters = membership.all_voters().intersection(reach.running());
    let grows_to_quorum = |seed| {
        // Greedy, by id: enough for what our faults make of a network (halves, bridges, single nodes).
        let mut core = [seed].into_iter().collect::<NodeSet>();
        for node in voters.iter() {
            if core.difference(reach.both_ways(node)).is_empty() {
                core.insert(node);
            }
        }
        membership.has_quorum(core)
    };
    let everyone_reaches_a_quorum = !voters.is_empty() && calm::can_lead(membership, reach) == voters;
    everyone_reaches_a_quorum || voters.iter().any(grows_to_quorum)
}

impl Demand {
    fn met(self) -> &'static str {
        match self {
            Demand::QuietConvergence => "all have converged, with no client writing",
            Demand::Progress => "there is a leader and it has committed the probe's write",
            Demand::Convergence => "all have converged",
            Demand::ClientsEnd => "all clients have ended",
        }
    }
}
