//! Nothing that was acknowledged is lost, as clients see it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::marker::PhantomData;

use env::{ClientId, Completion, RequestId};

use super::{Answer, Checked, Invariant, Moment, Net, Note, Op, Seen, Tally, broken};

/// So many of the missing elements are named.
const NAMED_MAX: usize = 5;

/// An operation's meaning for a set of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetOperation<E> {
    /// The operation adds this element.
    Adds(E),
    /// The operation removes this element.
    Removes(E),
    /// The answer to the operation lists all elements.
    Lists,
}

/// Requires that each listing holds all elements whose addition was acknowledged before the listing began, and no element
/// that no client has added (the set checker of Jepsen).
///
/// The rule is for systems whose listings are never stale. An element counts as removed from the invocation of its removal on,
/// and for good: whether a removal in doubt took place is left open, so elements that are added once only make the rule
/// sharp. A run with acknowledged elements and no answered listing is counted as undecided.
pub struct NothingLost<O, A, N, E> {
    operation: fn(&O) -> Option<SetOperation<E>>,
    listed: fn(&A) -> Vec<E>,
    elements: BTreeMap<E, Element>,
    outstanding: BTreeMap<ClientId, (u64, SetOperation<E>)>,
    /// Counts invocations and completions.
    order: u64,
    is_listed: bool,
    notes: PhantomData<fn() -> N>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Element {
    /// How many additions were invoked and have not failed.
    additions: u64,
    acknowledged: Option<u64>,
    is_removed: bool,
}

impl<O, A, N, E: Ord + Clone + Debug> NothingLost<O, A, N, E> {
    /// The invariant that the rule states.
    pub const INVARIANT: Invariant = Invariant::safety("no-acknowledged-element-lost", "the set checker of Jepsen");

    /// The rule about operations that mean this, and answers that list these elements.
    pub fn new(operation: fn(&O) -> Option<SetOperation<E>>, listed: fn(&A) -> Vec<E>) -> NothingLost<O, A, N, E> {
        NothingLost {
            operation,
            listed,
            elements: BTreeMap::new(),
            outstanding: BTreeMap::new(),
            order: 0,
            is_listed: false,
            notes: PhantomData,
        }
    }

    fn invoked(&mut self, request: RequestId, operation: &O) {
        let Some(operation) = (self.operation)(operation) else { return };
        match &operation {
            SetOperation::Adds(element) => self.elements.entry(element.clone()).or_default().additions += 1,
            SetOperation::Removes(element) => self.elements.entry(element.clone()).or_default().is_removed = true,
            SetOperation::Lists => {}
        }
        self.outstanding.insert(request.client, (self.order, operation));
    }

    fn completed(&mut self, at: Moment, request: RequestId, completion: &Completion<A>) -> Checked {
        let Some((invoked, operation)) = self.outstanding.remove(&request.client) else { return Ok(()) };
        match (operation, completion) {
            (SetOperation::Adds(element), Completion::Ok(_)) => {
                let order = self.order;
                self.elements.entry(element).or_default().acknowledged.get_or_insert(order);
            }
            (SetOperation::Adds(element), Completion::Fail) => {
                self.elements.entry(element).or_default().additions -= 1;
            }
            (SetOperation::Lists, Completion::Ok(answer)) => return self.listed(at, request, invoked, answer),
            _ => {}
        }
        Ok(())
    }

    fn listed(&mut self, at: Moment, request: RequestId, invoked: u64, answer: &A) -> Checked {
        self.is_listed = true;
        let mut listed = (self.listed)(answer);
        listed.sort_unstable();
        let is_added = |element: &E| self.elements.get(element).is_some_and(|element| element.additions > 0);
        if let Some(unknown) = listed.iter().find(|element| !is_added(element)) {
            return broken(Self::INVARIANT, at, [], format!("{request} lists {unknown:?}, which no client has added"));
        }
        let is_due = |element: &Element| !element.is_removed && element.acknowledged.is_some_and(|at| at < invoked);
        let due = self.elements.iter().filter(|(_, element)| is_due(element)).map(|(element, _)| element);
        let missing: Vec<&E> = due.filter(|element| listed.binary_search(element).is_err()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let named: Vec<String> = missing.iter().take(NAMED_MAX).map(|element| format!("{element:?}")).collect();
        let more =
            if missing.len() > NAMED_MAX { format!(" and {} more", missing.len() - NAMED_MAX) } else { String::new() };
        let named = named.join(", ");
        broken(
            Self::INVARIANT,
            at,
            [],
            format!("{request} does not list {named}{more}, which were acknowledged before"),
        )
    }
}

impl<O, A, N, E: Clone> Clone for NothingLost<O, A, N, E> {
    fn clone(&self) -> Self {
        NothingLost {
            operation: self.operation,
            listed: self.listed,
            elements: self.elements.clone(),
            outstanding: self.outstanding.clone(),
            order: self.order,
            is_listed: self.is_listed,
            notes: PhantomData,
        }
    }
}

impl<O: Op, A: Answer, N: Note, E: Ord + Clone + Debug + 'static> Net for NothingLost<O, A, N, E> {
    type Op = O;
    type Output = A;
    type Note = N;

    fn see(&mut self, at: Moment, seen: Seen<'_, O, A, N>) -> Checked {
        match seen {
            Seen::Invoked(request, operation) => {
                self.order += 1;
                self.invoked(request, operation);
            }
            Seen::Completed(request, completion) => {
                self.order += 1;
                return self.completed(at, request, completion);
            }
            _ => {}
        }
        Ok(())
    }

    fn tally(&self) -> Tally {
        let has_acknowledged = self.elements.values().any(|element| element.acknowledged.is_some());
        Tally { undecided: u64::from(has_acknowledged && !self.is_listed), ..Tally::default() }
    }
}
