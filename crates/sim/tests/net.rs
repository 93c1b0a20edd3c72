//! The ready-made pieces of a net, each against a run that breaks its rule and a run that only looks so.

extern crate stormglass_sim as sim;

use std::fmt;

use env::{ClientId, Completion, Instant, NodeId, NodeSet, RequestId, Traced};
use history::linearizability::Model;
use serde::{Deserialize, Serialize};
use sim::{
    AtMostOneHolder, Checks, Converges, Demand, Holding, Invariant, Linearizable, Milestone, Moment, Net, NothingLost,
    Op, Owed, Quorum, Reach, Seen, SetOperation, Standing, Stopped, Tally, Violation,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Request {
    Add(u64),
    Remove(u64),
    List,
    Touch,
}

impl Traced for Request {}
impl Op for Request {}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Elements(Vec<u64>);

impl Traced for Elements {}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[derive(Clone, Debug)]
enum Note {
    Takes,
    LetsGo,
    State(u64),
}

impl Traced for Note {}

/// Shows a net one thing after another and keeps the order.
struct Watched<W> {
    net: W,
    event: u64,
}

type Shown<'a> = Seen<'a, Request, Elements, Note>;

impl<W: Net<Op = Request, Output = Elements, Note = Note>> Watched<W> {
    fn by(net: W) -> Watched<W> {
        Watched { net, event: 0 }
    }

    fn see(&mut self, seen: Shown<'_>) -> Result<(), Box<Violation>> {
        self.event += 1;
        self.net.see(Moment { time: Instant(self.event), event: self.event }, seen)
    }

    fn holds(&mut self, seen: Shown<'_>) {
        let text = format!("{seen:?}");
        self.see(seen).unwrap_or_else(|violation| panic!("{text}: {violation}"));
    }

    fn breaks(&mut self, seen: Shown<'_>) -> Violation {
        *self.see(seen).expect_err("the rule is broken")
    }

    fn begins(&mut self, client: u32, seq: u64, request: &Request) {
        self.holds(Seen::Invoked(named(client, seq), request));
    }

    fn ends(&mut self, client: u32, seq: u64, completion: &Completion<Elements>) {
        self.holds(Seen::Completed(named(client, seq), completion));
    }

    /// An operation of a client's first `seq`, from its invocation to its end.
    fn asks(&mut self, client: u32, seq: u64, request: &Request, completion: &Completion<Elements>) {
        self.begins(client, seq, request);
        self.ends(client, seq, completion);
    }
}

fn named(client: u32, seq: u64) -> RequestId {
    RequestId { client: ClientId(client), seq }
}

fn answers(elements: &[u64]) -> Completion<Elements> {
    Completion::Ok(Elements(elements.to_vec()))
}

fn set() -> Watched<NothingLost<Request, Elements, Note, u64>> {
    let meaning = |request: &Request| match request {
        Request::Add(element) => Some(SetOperation::Adds(*element)),
        Request::Remove(element) => Some(SetOperation::Removes(*element)),
        Request::List => Some(SetOperation::Lists),
        Request::Touch => None,
    };
    Watched::by(NothingLost::new(meaning, |answer| answer.0.clone()))
}

#[test]
fn an_acknowledged_element_that_a_listing_lacks_is_lost() {
    let mut set = set();
    for element in 1..=7 {
        set.asks(1, element, &Request::Add(element), &answers(&[]));
    }
    set.asks(2, 1, &Request::Touch, &answers(&[]));
    set.begins(2, 2, &Request::List);
    let violation = set.breaks(Seen::Completed(named(2, 2), &answers(&[3])));
    assert_eq!(violation.invariant.id(), "no-acknowledged-element-lost");
    assert_eq!(violation.message, "c2#2 does not list 1, 2, 4, 5, 6 and 1 more, which were acknowledged before");
}

#[test]
fn an_element_is_demanded_only_if_it_was_acknowledged_before_the_listing_and_never_removed() {
    let mut set = set();
    set.asks(1, 1, &Request::Add(1), &Completion::Info);
    set.asks(1, 2, &Request::Add(2), &Completion::Fail);
    set.asks(1, 3, &Request::Add(3), &answers(&[]));
    set.asks(1, 4, &Request::Remove(3), &Completion::Info);
    set.begins(1, 5, &Request::Add(4));
    set.begins(2, 1, &Request::List);
    set.ends(1, 5, &answers(&[]));
    set.ends(2, 1, &answers(&[]));
    assert_eq!(set.net.tally(), Tally::default());
}

#[test]
fn an_element_that_nobody_added_is_not_listed() {
    let mut set = set();
    set.asks(1, 1, &Request::Add(1), &Completion::Info);
    set.asks(1, 2, &Request::Add(2), &Completion::Fail);
    set.asks(2, 1, &Request::List, &answers(&[1]));
    set.begins(2, 2, &Request::List);
    let violation = set.breaks(Seen::Completed(named(2, 2), &answers(&[1, 2])));
    assert_eq!(violation.message, "c2#2 lists 2, which no client has added");
}

#[test]
fn without_a_listing_nothing_is_decided() {
    let mut set = set();
    set.asks(1, 1, &Request::Add(1), &answers(&[]));
    set.asks(1, 2, &Request::List, &Completion::Info);
    assert_eq!(set.net.tally().undecided, 1);
}

const ONE_LEASE: Invariant = Invariant::safety("one-lease", "this test");

fn lease() -> AtMostOneHolder<Request, Elements, Note> {
    AtMostOneHolder::new(ONE_LEASE, |note| match note {
        Note::Takes => Some(Holding::Takes),
        Note::LetsGo => Some(Holding::LetsGo),
        Note::State(_) => None,
    })
}

#[test]
fn two_nodes_do_not_hold_a_lease_at_once() {
    let mut watched = Watched::by(lease());
    watched.holds(Seen::Noted(NodeId(1), &Note::Takes));
    watched.holds(Seen::Noted(NodeId(2), &Note::State(7)));
    assert_eq!(watched.net.standing().leader, Some(NodeId(1)));
    let violation = watched.breaks(Seen::Noted(NodeId(3), &Note::Takes));
    assert_eq!(violation.invariant, ONE_LEASE);
    assert_eq!(violation.nodes, [NodeId(1), NodeId(3)].into_iter().collect());
}

#[test]
fn a_node_that_lets_go_or_stops_holds_no_lease() {
    let mut watched = Watched::by(lease());
    watched.holds(Seen::Noted(NodeId(1), &Note::Takes));
    watched.holds(Seen::Noted(NodeId(1), &Note::LetsGo));
    watched.holds(Seen::Noted(NodeId(2), &Note::Takes));
    watched.holds(Seen::Stopped(NodeId(2), Stopped::Killed));
    assert_eq!(watched.net.holders(), NodeSet::EMPTY);
    watched.holds(Seen::Noted(NodeId(3), &Note::Takes));
}

fn state() -> Converges<Request, Elements, Note> {
    Converges::new(|note| if let Note::State(digest) = note { Some(*digest) } else { None })
}

#[test]
fn nodes_that_can_talk_owe_equal_states() {
    let mut watched = Watched::by(state());
    let everyone = Reach::everyone(NodeSet::first(3));
    assert!(watched.net.is_met(Demand::Convergence, &everyone));
    assert_eq!(watched.net.tally().undecided, 1);
    for node in NodeSet::first(3).iter() {
        watched.holds(Seen::Noted(node, &Note::State(7)));
    }
    watched.holds(Seen::Noted(NodeId(3), &Note::State(8)));
    watched.holds(Seen::Noted(NodeId(3), &Note::Takes));
    assert!(!watched.net.is_met(Demand::Convergence, &everyone));
    let Owed::Lacks(lack) = watched.net.owes(Demand::Convergence, &everyone) else { panic!("n3 is apart") };
    assert_eq!(
        (lack.invariant, lack.message.as_str()),
        (Invariant::CONVERGENCE, "n1 and n3 can talk and have different states")
    );
    assert_eq!(watched.net.owes(Demand::Service, &everyone), Owed::Nothing);
    // n3 hears the others, and they do not hear it.
    let cut = Reach::new(NodeSet::first(3), |node| if node == NodeId(3) { NodeSet::EMPTY } else { NodeSet::first(3) });
    assert!(watched.net.is_met(Demand::Convergence, &cut));
    assert_eq!(watched.net.owes(Demand::Convergence, &cut), Owed::Nothing);
}

#[test]
fn a_state_is_forgotten_with_the_process_and_a_node_that_has_none_is_left_out() {
    let mut watched = Watched::by(state());
    let everyone = Reach::everyone(NodeSet::first(3));
    watched.holds(Seen::Noted(NodeId(1), &Note::State(7)));
    watched.holds(Seen::Noted(NodeId(2), &Note::State(7)));
    // n3 is a witness.
    assert!(watched.net.is_met(Demand::Convergence, &everyone));
    watched.holds(Seen::Stopped(NodeId(2), Stopped::Killed));
    let Owed::Lacks(lack) = watched.net.owes(Demand::Convergence, &everyone) else { panic!("n2 has told nothing") };
    assert_eq!(lack.message, "n2 has noted no state since it booted");
    assert!(!watched.net.is_met(Demand::Convergence, &everyone));
    watched.holds(Seen::Noted(NodeId(2), &Note::State(7)));
    assert_eq!(watched.net.owes(Demand::Convergence, &everyone), Owed::Nothing);
    assert_eq!(watched.net.tally().undecided, 0);
}

/// A register: `Add` writes, `List` reads.
#[derive(Clone, Debug)]
struct Register;

impl Model for Register {
    type Input = Request;
    type Output = Elements;
    type State = Vec<u64>;

    fn initial(&self) -> Vec<u64> {
        Vec::new()
    }

    fn step(&self, state: &Vec<u64>, input: &Request, output: Option<&Elements>) -> Option<Vec<u64>> {
        match input {
            Request::Add(value) => Some(vec![*value]),
            _ => output.is_none_or(|seen| seen.0 == *state).then(|| state.clone()),
        }
    }

    fn show(&self, state: &Vec<u64>) -> String {
        format!("{state:?}")
    }
}

#[test]
fn clients_see_one_object_of_any_model() {
    let mut register: Watched<Linearizable<Register, Note>> = Watched::by(Linearizable::new(Register));
    register.asks(1, 1, &Request::Add(1), &answers(&[]));
    register.begins(1, 2, &Request::Add(2));
    register.asks(2, 1, &Request::List, &answers(&[2]));
    let mut sound = Watched { net: register.net.clone(), event: register.event };
    sound.asks(2, 2, &Request::List, &answers(&[2]));
    sound.ends(1, 2, &Completion::Info);
    sound.holds(Seen::Over);
    // A value that was seen is not unseen again.
    register.asks(2, 2, &Request::List, &answers(&[1]));
    let violation = register.breaks(Seen::GivenUp);
    assert_eq!(violation.invariant, Invariant::LINEARIZABILITY);
    assert!(violation.explanation.is_some_and(|explanation| explanation.contains("List")));
}

#[test]
fn two_nets_see_everything_and_the_first_answer_counts() {
    let even = |_: Moment, seen: Shown<'_>| match seen {
        Seen::Noted(node, Note::Takes) if node.0 % 2 == 1 => Err("its number is odd".to_string()),
        _ => Ok(()),
    };
    let mut both = Watched::by((state(), (lease(), Checks::new(Invariant::SYSTEM_RULE, even))));
    both.holds(Seen::Noted(NodeId(1), &Note::State(2)));
    both.holds(Seen::Noted(NodeId(2), &Note::State(1)));
    both.holds(Seen::Noted(NodeId(2), &Note::Takes));
    assert_eq!(both.net.standing().leader, Some(NodeId(2)));
    assert!(!both.net.is_met(Demand::Convergence, &Reach::everyone(NodeSet::first(2))));
    assert_eq!(both.net.parts().len(), 3);
    let mut alone = Watched { net: both.net.clone(), event: both.event };
    assert_eq!(both.breaks(Seen::Noted(NodeId(3), &Note::Takes)).invariant, ONE_LEASE);
    alone.holds(Seen::Stopped(NodeId(2), Stopped::PowerLost));
    let violation = alone.breaks(Seen::Noted(NodeId(3), &Note::Takes));
    assert_eq!((violation.invariant, violation.message.as_str()), (Invariant::SYSTEM_RULE, "its number is odd"));
}

#[test]
fn what_one_of_two_nets_lacks_is_owed_whatever_the_other_waives() {
    let lack = || Owed::state("n1 and n2 differ");
    for (one, other, sum) in [
        (Owed::Waived, lack(), lack()),
        (lack(), Owed::Waived, lack()),
        (Owed::Waived, Owed::Nothing, Owed::Waived),
        (Owed::Nothing, Owed::Waived, Owed::Waived),
        (Owed::Nothing, Owed::Nothing, Owed::Nothing),
    ] {
        assert_eq!(one.or(|| other), sum);
    }
}

#[test]
fn a_quorum_waives_what_its_net_lacks_where_no_majority_can_talk() {
    let mut watched = Watched::by(Quorum::of(NodeSet::first(5), state()));
    for node in 1..=5 {
        watched.holds(Seen::Noted(NodeId(node), &Note::State(node.into())));
    }
    let owes = |reach: &Reach| watched.net.owes(Demand::Convergence, reach);
    let nodes = |ids: &[u8]| ids.iter().map(|id| NodeId(*id)).collect::<NodeSet>();
    assert!(matches!(owes(&Reach::everyone(nodes(&[2, 4, 5]))), Owed::Lacks(_)));
    assert_eq!(owes(&Reach::everyone(nodes(&[2, 4]))), Owed::Waived);
    // Two halves that share n3: each is a majority with it.
    let (left, right) = (nodes(&[1, 2, 3]), nodes(&[3, 4, 5]));
    let bridge = |node| {
        if node == NodeId(3) {
            left.union(right)
        } else if left.contains(node) {
            left
        } else {
            right
        }
    };
    assert!(matches!(owes(&Reach::new(NodeSet::first(5), bridge)), Owed::Lacks(_)));
    // Each talks to its neighbours on a ring, and no three to one another.
    let ring = |node: NodeId| nodes(&[(node.0 + 3) % 5 + 1, node.0, node.0 % 5 + 1]);
    assert_eq!(owes(&Reach::new(NodeSet::first(5), ring)), Owed::Waived);
}

#[test]
fn a_system_with_a_fixed_primary_needs_it_in_the_majority() {
    let mut watched = Watched::by(Quorum::of(NodeSet::first(5), state()).needing([NodeId(1)].into_iter().collect()));
    for node in 1..=5 {
        watched.holds(Seen::Noted(NodeId(node), &Note::State(node.into())));
    }
    let owes = |ids: &[u8]| {
        let running = ids.iter().map(|id| NodeId(*id)).collect();
        watched.net.owes(Demand::Convergence, &Reach::everyone(running))
    };
    assert!(matches!(owes(&[1, 4, 5]), Owed::Lacks(_)));
    assert_eq!(owes(&[2, 3, 4, 5]), Owed::Waived, "no primary");
    assert_eq!(owes(&[1, 2, 6, 7]), Owed::Waived, "blank machines are no members");
}

#[test]
fn each_of_two_nets_names_the_roles_that_it_knows() {
    let (leads, members) = (NodeSet::from_iter([NodeId(2)]), NodeSet::first(3));
    let one = Standing { leader: Some(NodeId(2)), leaders: leads, ..Standing::NONE };
    let other = Standing { leader: Some(NodeId(1)), members, ..Standing::NONE };
    assert_eq!(one.or(other), Standing { leader: Some(NodeId(2)), leaders: leads, members, ..Standing::NONE });
}

#[test]
fn the_tallies_of_two_nets_add_up() {
    let reached = |count| Tally {
        milestones: [(Milestone::unaided("reached"), count)].into_iter().collect(),
        undecided: 1,
        idle: (count == 2).then_some("nothing came of it"),
    };
    let sum = reached(1).and(&reached(2));
    assert_eq!((sum.milestones.of("reached"), sum.undecided, sum.idle), (3, 2, Some("nothing came of it")));
}
