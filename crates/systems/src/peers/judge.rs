//! The rules of any run: the puller's entries come from its peers, once each, and its reports are true.

use std::collections::{BTreeMap, BTreeSet};

use env::{Completion, Instant, NodeId, NodeSet, RequestId};
use sim::{Checked, Demand, Invariant, Moment, Net, Owed, Reach, Seen};

use super::catalogue::{Counts, Entry};
use super::note::Note;
use super::operation::Operation;
use super::output::Output;
use super::report::{PeerResult, SyncReport};
use crate::held::Held;
use crate::judge::Judge;
use crate::rule::{Judged, broken, served_or_lacking};

/// A catalogue has entries that were asked for, of peers that had them, and one for each kind and name.
const ENTRIES_KNOWN: Invariant = Invariant::safety("entries-known", "the pull of a catalogue");
/// A node still has after every restart the entries that it had.
const NOTHING_FORGOTTEN: Invariant = Invariant::safety("nothing-forgotten", "durability");
/// A run tries its own peers alone, and adds whole catalogues.
const PULLED_WHOLE: Invariant = Invariant::safety("pulled-whole", "the pull of a catalogue");
/// An entry that is acknowledged is one that a peer has.
const ACKNOWLEDGED_HELD: Invariant = Invariant::safety("acknowledged-is-held", "durability");
/// A report tells the true result of each peer in its run.
const REPORT_TRUE: Invariant = Invariant::safety("report-true", "the report of a pull");

/// Judges a run of a [`PeerSync`](super::PeerSync).
///
/// Demanded at every moment:
/// - no catalogue has two entries of one kind and name, or forgets one over a restart;
/// - a peer has only entries that a client asked for, and the puller only entries that a peer has had;
/// - an entry that is acknowledged is one that a peer has;
/// - the puller adds as many entries of a peer as it says that it took over, and no others;
/// - after a pull the puller has all entries that the peer had when the pull began;
/// - a run that is to fail with its one peer tries no other.
///
/// Demanded of every report that a client is given: one result for each connected peer, in order; no count and an error
/// for a failure, no error for a success; totals that are the sums over the successes. The run has tried the peer of
/// each result: a success was pulled in this run, with the counts of the entries added then, and a failure was not. A
/// run that the puller's crash has cut short begins anew, and only its pulls after the crash count.
///
/// Demanded in the calm phase: the running nodes have recovered, and the puller, if it runs, answers a client and has
/// ended every run. No link is needed for any of this: a peer that does not answer fails.
#[derive(Clone, Debug)]
pub struct PeersJudge {
    puller: NodeId,
    peers: NodeSet,
    holds: BTreeMap<NodeId, Held<Item>>,
    /// The entries that clients have asked peers to have, by their digests.
    wanted: BTreeMap<u64, Entry>,
    /// The entries that peers have ever had.
    known: BTreeSet<u64>,
    /// The requests of clients for runs and for new entries.
    asked: BTreeMap<RequestId, Operation>,
    /// How often the puller's process has stopped.
    puller_stops: u64,
    runs: BTreeMap<RequestId, Tried>,
    /// The run that the puller has begun and not ended.
    run: Option<RequestId>,
    /// The pull that the puller has begun and not completed.
    pull: Option<Pull>,
    /// The counts of the entries that the puller has noted since it last took over a catalogue.
    added: Counts,
    reports: Vec<Reported>,
}

/// A report that a client was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Reported {
    pub request: RequestId,
    pub at: Instant,
    pub report: SyncReport,
}

/// An entry by digests: of all of it, and of its kind and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    key: u64,
    entry: u64,
}

/// The peers that a run has tried, with the counts of the entries added of those that were pulled.
#[derive(Clone, Debug, Default)]
struct Tried {
    /// How often the puller had stopped when this run began.
    puller_stops: u64,
    peers: BTreeMap<NodeId, Option<Counts>>,
}

/// A pull that is under way.
#[derive(Clone, Debug)]
struct Pull {
    peer: NodeId,
    request: RequestId,
    /// The entries that the peer had when the pull began.
    has: BTreeSet<Item>,
}

impl PeersJudge {
    pub(crate) fn new(puller: NodeId, peers: NodeSet) -> PeersJudge {
        PeersJudge {
            puller,
            peers,
            holds: BTreeMap::new(),
            wanted: BTreeMap::new(),
            known: BTreeSet::new(),
            asked: BTreeMap::new(),
            puller_stops: 0,
            runs: BTreeMap::new(),
            run: None,
            pull: None,
            added: Counts::default(),
            reports: Vec::new(),
        }
    }

    /// The reports that clients were given, in the order in which they got them.
    pub fn reports(&self) -> &[Reported] {
        &self.reports
    }

    /// How many entries a node's catalogue has.
    pub fn catalogue_len(&self, node: NodeId) -> usize {
        self.holds.get(&node).map_or(0, |held| held.items().len())
    }

    fn has(&mut self, node: NodeId, item: Item) -> Judged {
        let Some(wanted) = self.wanted.get(&item.entry) else {
            return broken(ENTRIES_KNOWN, format!("{node} has an entry that no client has asked for"));
        };
        if node != self.puller {
            self.known.insert(item.entry);
        } else if !self.known.contains(&item.entry) {
            return broken(ENTRIES_KNOWN, format!("{node} has an entry that no peer has had"));
        } else {
            self.added += Counts::of([wanted]);
        }
        let held = self.holds.entry(node).or_default();
        if held.said().range(Item { key: item.key, entry: 0 }..).next().is_some_and(|other| other.key == item.key) {
            return broken(ENTRIES_KNOWN, format!("{node} has two entries of one kind and name"));
        }
        held.has(item);
        Ok(())
    }

    fn tries(&mut self, node: NodeId, peer: NodeId, request: RequestId) -> Judged {
        match self.asked.get(&request) {
            Some(Operation::SyncOne(only)) if *only != peer => {
                return broken(PULLED_WHOLE, format!("{node} tries {peer} for {request}, which is about {only} alone"));
            }
            _ if !self.peers.contains(peer) => {
                return broken(PULLED_WHOLE, format!("{node} tries {peer}, which is not connected"));
            }
            _ => {}
        }
        self.added_nothing(node)?;
        let has = self.holds.get(&peer).map(|held| held.items().clone()).unwrap_or_default();
        (self.run, self.pull) = (Some(request), Some(Pull { peer, request, has }));
        let run = self.runs.entry(request).or_default();
        if run.puller_stops != self.puller_stops {
            *run = Tried { puller_stops: self.puller_stops, peers: BTreeMap::new() };
        }
        run.peers.insert(peer, None);
        Ok(())
    }

    fn pulled(&mut self, node: NodeId, peer: NodeId, added: u64) -> Judged {
        let Some(Pull { request, has, .. }) = self.pull.take_if(|pull| pull.peer == peer) else {
            return broken(PULLED_WHOLE, format!("{node} says that it has pulled {peer}, which it was not trying"));
        };
        let found = std::mem::take(&mut self.added);
        if found.total() != added {
            return broken(
                PULLED_WHOLE,
                format!("{node} says that it added {added} entries of {peer}, and added {}", found.total()),
            );
        }
        let held: BTreeSet<u64> = self.holds.entry(node).or_default().items().iter().map(|item| item.key).collect();
        let lacking = has.iter().filter(|item| !held.contains(&item.key)).count();
        if lacking > 0 {
            return broken(
                PULLED_WHOLE,
                format!("{node} says that it has pulled {peer}, and lacks {lacking} entries that {peer} had"),
            );
        }
        self.runs.entry(request).or_default().peers.insert(peer, Some(found));
        Ok(())
    }

    /// When the puller is done with a peer, every added entry belongs to a completed pull.
    fn added_nothing(&self, node: NodeId) -> Judged {
        let added = self.added.total();
        if added > 0 {
            broken(PULLED_WHOLE, format!("{node} has added {added} entries of a peer that it has not pulled"))
        } else {
            Ok(())
        }
    }

    /// The first error in a report.
    fn fault(&self, request: RequestId, asked: &Operation, report: &SyncReport) -> Option<String> {
        let tried: Vec<NodeId> = report.results.iter().map(|result| result.peer).collect();
        let expected: Vec<NodeId> = match asked {
            Operation::SyncOne(peer) => vec![*peer],
            _ => self.peers.iter().collect(),
        };
        if tried != expected {
            let names = |nodes: &[NodeId]| nodes.iter().map(NodeId::to_string).collect::<Vec<_>>().join(" ");
            return Some(format!("the report is of {}, the peers are {}", names(&tried), names(&expected)));
        }
        for result in &report.results {
            let (peer, error, added) = (result.peer, &result.error, result.added());
            if result.success != error.is_empty() {
                return Some(format!("{peer} has success {} and the error '{error}'", result.success));
            }
            if !result.success && added != Counts::default() {
                return Some(format!("{peer} has failed, and {added} were added"));
            }
            if let Some(untrue) = self.untrue(request, result) {
                return Some(untrue);
            }
            if !result.success && matches!(asked, Operation::SyncOne(_)) {
                return Some(format!("{peer} has failed, and the operation has not"));
            }
        }
        let sum: Counts = report.results.iter().filter(|result| result.success).map(|result| result.added()).sum();
        (sum != report.totals).then(|| format!("the totals are {}, the sums are {sum}", report.totals))
    }

    /// The difference between a result and its peer's pull in this run.
    fn untrue(&self, request: RequestId, result: &PeerResult) -> Option<String> {
        let (peer, added) = (result.peer, result.added());
        match self.runs.get(&request).and_then(|run| run.peers.get(&peer)) {
            None => Some(format!("{peer} has a result, and was not tried")),
            Some(None) => result.success.then(|| format!("{peer} is a success, and was not pulled")),
            Some(Some(_)) if !result.success => Some(format!("{peer} has failed, and was pulled")),
            Some(Some(found)) => {
                (*found != added).then(|| format!("{peer} is said to have added {added}, and has added {found}"))
            }
        }
    }
}

impl Judge for PeersJudge {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn noted(&mut self, _: Instant, node: NodeId, note: &Note) -> Judged {
        match *note {
            Note::Has { entry, key } => self.has(node, Item { key, entry }),
            Note::Recovered { count } => {
                if node == self.puller {
                    self.added = Counts::default();
                }
                let recovered = self.holds.entry(node).or_default().recovered(count);
                recovered.or_else(|why| broken(NOTHING_FORGOTTEN, format!("of entries, {node} {why}")))
            }
            Note::Tries { peer, request } => self.tries(node, peer, request),
            Note::Ends { request } => {
                self.run = self.run.filter(|run| *run != request);
                Ok(())
            }
            Note::Pulled { peer, added } => self.pulled(node, peer, added),
        }
    }

    fn invoked(&mut self, request: RequestId, operation: &Operation) {
        if let Operation::Add(entry) = operation {
            self.wanted.insert(entry.digest(), entry.clone());
        }
        if matches!(operation, Operation::SyncAll | Operation::SyncOne(_) | Operation::Add(_)) {
            self.asked.insert(request, operation.clone());
        }
    }

    fn completed(&mut self, at: Instant, request: RequestId, completion: &Completion<Output>) -> Judged {
        let (Some(asked), Completion::Ok(output)) = (self.asked.get(&request).cloned(), completion) else {
            return Ok(());
        };
        if let Operation::Add(entry) = &asked {
            let is_there = self.known.contains(&entry.digest());
            if !is_there {
                return broken(ACKNOWLEDGED_HELD, format!("{entry} is acknowledged, and no peer has it"));
            }
            return Ok(());
        }
        let Output::Report(report) = output else {
            return broken(REPORT_TRUE, format!("{request} is answered with no report: {output}"));
        };
        self.added_nothing(self.puller)?;
        if let Some(fault) = self.fault(request, &asked, report) {
            return broken(REPORT_TRUE, format!("{request}: {fault}"));
        }
        self.runs.remove(&request);
        self.reports.push(Reported { request, at, report: report.clone() });
        Ok(())
    }

    fn stopped(&mut self, node: NodeId) {
        self.holds.entry(node).or_default().stopped();
        if node == self.puller {
            self.puller_stops += 1;
            (self.run, self.pull, self.added) = (None, None, Counts::default());
        }
    }
}

impl PeersJudge {
    /// The first demand of the calm phase that is not met.
    fn lack(&self, reach: &Reach) -> Option<String> {
        let has_recovered = |node: &NodeId| self.holds.get(node).is_some_and(|held| held.has_recovered());
        if let Some(node) = reach.running().iter().find(|node| !has_recovered(node)) {
            return Some(format!("{node} has not recovered"));
        }
        let run = self.run.filter(|_| reach.running().contains(self.puller))?;
        Some(format!("{} has not ended the run of {run}", self.puller))
    }
}

impl Net for PeersJudge {
    type Op = Operation;
    type Output = Output;
    type Note = Note;

    fn see(&mut self, at: Moment, seen: Seen<'_, Operation, Output, Note>) -> Checked {
        self.judge(at, seen)
    }

    fn owes(&self, demand: Demand, reach: &Reach) -> Owed {
        served_or_lacking(demand, reach.running().contains(self.puller), || self.lack(reach))
    }
}

#[cfg(test)]
mod tests {
    use env::ClientId;

    use super::super::catalogue::Kind;
    use super::super::report::PullError;
    use super::*;

    const N1: NodeId = NodeId(1);
    const N2: NodeId = NodeId(2);
    const N3: NodeId = NodeId(3);
    const AT: Moment = Moment { time: Instant::ZERO, event: 0 };
    const RUN: RequestId = RequestId { client: ClientId(1), seq: 1 };

    fn entry(number: u64) -> Entry {
        Entry { kind: Kind::Peer, name: number.to_string(), value: String::new() }
    }

    /// n1 pulls n2, which has two entries, and n3, which has one; a run over both has begun.
    fn judge() -> PeersJudge {
        let mut judge = PeersJudge::new(N1, [N2, N3].into_iter().collect());
        for number in 1..=3 {
            let request = RequestId { client: ClientId(2), seq: number };
            judge.invoked(request, &Operation::Add(entry(number)));
            say(&mut judge, if number < 3 { N2 } else { N3 }, Note::has(&entry(number))).expect("it was asked for");
        }
        judge.invoked(RUN, &Operation::SyncAll);
        judge
    }

    fn say(judge: &mut PeersJudge, node: NodeId, note: Note) -> Result<(), String> {
        judge.noted(AT.time, node, &note).map_err(|broken| broken.message)
    }

    /// The puller tries this peer and takes these entries over; then it has pulled it.
    fn pull(judge: &mut PeersJudge, peer: NodeId, entries: &[u64]) -> Result<(), String> {
        say(judge, N1, Note::Tries { peer, request: RUN })?;
        entries.iter().try_for_each(|number| say(judge, N1, Note::has(&entry(*number))))?;
        say(judge, N1, Note::Pulled { peer, added: entries.len() as u64 })
    }

    /// The client is told that so many peers were added of n2 and of n3, or that one has failed.
    fn reports(judge: &mut PeersJudge, added: [Option<u64>; 2]) -> Result<(), String> {
        let mut report = SyncReport::default();
        for (peer, added) in [N2, N3].into_iter().zip(added) {
            let pulled = added.map(|peers| Counts { peers, ..Counts::default() });
            report.add(PeerResult::new(peer, &pulled.ok_or(PullError::Refused("not now".into()))));
        }
        let answer = Completion::Ok(Output::Report(report));
        judge.completed(AT.time, RUN, &answer).map_err(|broken| broken.message)
    }

    #[test]
    fn a_report_of_what_was_pulled_is_right() {
        let mut judge = judge();
        pull(&mut judge, N2, &[1, 2]).expect("all that n2 has");
        say(&mut judge, N1, Note::Tries { peer: N3, request: RUN }).expect("n3 is connected");
        reports(&mut judge, [Some(2), None]).expect("n3 was tried");
    }

    #[test]
    fn a_success_that_was_not_pulled_and_counts_that_were_not_added_are_seen() {
        for (added, why) in [
            ([Some(2), Some(100)], "n3 is a success, and was not pulled"),
            ([Some(1), None], "n2 is said to have added 0 organizations, 1 peers"),
            ([None, None], "n2 has failed, and was pulled"),
        ] {
            let mut judge = judge();
            pull(&mut judge, N2, &[1, 2]).expect("all that n2 has");
            say(&mut judge, N1, Note::Tries { peer: N3, request: RUN }).expect("n3 is connected");
            let found = reports(&mut judge, added).expect_err(why);
            assert!(found.contains(why), "{found}");
        }
        let mut judge = judge();
        pull(&mut judge, N2, &[1, 2]).expect("all that n2 has");
        let found = reports(&mut judge, [Some(2), None]).expect_err("n3 was not tried");
        assert!(found.contains("n3 has a result, and was not tried"), "{found}");
    }

    #[test]
    fn when_it_is_calm_a_running_puller_ends_its_run_whoever_it_can_talk_with() {
        let (mut judge, all, alone) = (judge(), NodeSet::first(3), [N1].into_iter().collect());
        let recovered = |judge: &mut PeersJudge, node, count| say(judge, node, Note::Recovered { count });
        [(N1, 0), (N2, 2)].into_iter().for_each(|(node, count)| recovered(&mut judge, node, count).expect("right"));
        assert_eq!(judge.lack(&Reach::everyone(all)).as_deref(), Some("n3 has not recovered"));
        recovered(&mut judge, N3, 1).expect("right");
        say(&mut judge, N1, Note::Tries { peer: N2, request: RUN }).expect("n2 is connected");
        let isolated = Reach::new(all, |node| if node == N1 { alone } else { all });
        assert_eq!(judge.lack(&isolated).as_deref(), Some("n1 has not ended the run of c1#1"));
        let without_n1 = Reach::everyone([N2, N3].into_iter().collect());
        assert_eq!(judge.lack(&without_n1), None, "n1 does not run");
        assert_eq!(judge.owes(Demand::Probe, &isolated), Owed::Nothing);
        assert_eq!(judge.owes(Demand::Probe, &without_n1), Owed::Waived);
        say(&mut judge, N1, Note::Ends { request: RUN }).expect("it may");
        assert_eq!(judge.lack(&isolated), None);
    }

    #[test]
    fn what_a_run_pulled_before_it_began_anew_is_not_its_own() {
        let mut judge = judge();
        pull(&mut judge, N2, &[1, 2]).expect("all that n2 has");
        judge.stopped(N1);
        say(&mut judge, N1, Note::has(&entry(1))).expect("it is there");
        say(&mut judge, N1, Note::has(&entry(2))).expect("it is there");
        say(&mut judge, N1, Note::Recovered { count: 2 }).expect("nothing is forgotten");
        pull(&mut judge, N3, &[3]).expect("all that n3 has");
        let found = reports(&mut judge.clone(), [Some(2), Some(1)]).expect_err("n2 was not tried again");
        assert!(found.contains("n2 has a result, and was not tried"), "{found}");
        pull(&mut judge, N2, &[]).expect("nothing is new");
        reports(&mut judge, [Some(0), Some(1)]).expect("this is what the run added");
    }

    #[test]
    fn half_a_catalogue_and_entries_of_a_peer_that_failed_are_seen() {
        let why = pull(&mut judge(), N2, &[1]).expect_err("half of it");
        assert!(why.contains("lacks 1 entries that n2 had"), "{why}");
        let mut judge = judge();
        say(&mut judge, N1, Note::Tries { peer: N2, request: RUN }).expect("n2 is connected");
        say(&mut judge, N1, Note::has(&entry(1))).expect("n2 has it");
        let why = reports(&mut judge.clone(), [None, None]).expect_err("n2 has failed, and has added something");
        assert!(why.contains("has added 1 entries of a peer that it has not pulled"), "{why}");
        let why = say(&mut judge, N1, Note::Tries { peer: N3, request: RUN }).expect_err("n2 was not pulled");
        assert!(why.contains("has added 1 entries of a peer that it has not pulled"), "{why}");
        let why = say(&mut judge, N1, Note::Pulled { peer: N3, added: 0 }).expect_err("it was not trying n3");
        assert!(why.contains("which it was not trying"), "{why}");
    }
}
