//! Histories taken apart into their events, and put together again with a difference.

use env::Completion;
use history::{Call, History, Point};
use kv_types::Output;

/// The beginning of an operation, or its end. Both name it by its number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    Invoked { number: usize, call: &'a Call },
    Completed { number: usize, call: &'a Call, completion: &'a Completion<Output> },
}

/// All that happens to these operations, in order.
pub(crate) fn events(calls: &[Call]) -> Vec<(Point, Event<'_>)> {
    let mut events: Vec<(Point, Event<'_>)> = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        events.push((call.invoked, Event::Invoked { number, call }));
        if let Some((at, completion)) = &call.completed {
            events.push((*at, Event::Completed { number, call, completion }));
        }
    }
    events.sort_by_key(|(at, _)| *at);
    events
}

/// The history of these operations.
pub(crate) fn history(calls: &[Call]) -> History {
    let mut history = History::new();
    for (at, event) in events(calls) {
        match event {
            Event::Invoked { call, .. } => history.invoke(call.process, call.input.clone(), at),
            Event::Completed { call, completion, .. } => history.complete(call.process, completion.clone(), at),
        }
        .expect("the operations are those of a history");
    }
    history
}

/// `history` up to an event, with it. An operation that fails is left out, before its end too.
pub(crate) fn until(history: &History, last: Point) -> History {
    let begun = history.calls().iter().filter(|call| call.invoked <= last && !call.has_failed()).cloned();
    let known = begun.map(|call| Call { completed: call.completed.filter(|(at, _)| *at <= last), ..call });
    self::history(&known.collect::<Vec<_>>())
}

/// `history` up to an event, without it.
pub(crate) fn before(history: &History, end: Point) -> History {
    until(history, Point { order: end.order - 1, time: None })
}

/// `history` with another end of one operation.
pub(crate) fn ending(history: &History, number: usize, completion: Completion<Output>) -> History {
    let mut calls = history.calls().to_vec();
    let (at, _) = calls[number].completed.take().expect("it has ended");
    calls[number].completed = Some((at, completion));
    self::history(&calls)
}
