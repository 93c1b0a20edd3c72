//! Lines are put in the order that they say, or refused; a line that is lost is noticed.

use env::Completion;
use history::format::{self, Kind, Limits, Order, Parsed, ReadError};
use history::{Call, History};
use kv_types::{Operation, Output};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::calls::{call, found, get, parsed, put, refusal};
use crate::round_trip::{history, step};

fn read(text: &str) -> Result<Parsed, ReadError> {
    format::read(text.as_bytes(), &Limits::default())
}

fn json(history: &History) -> Vec<String> {
    let mut text = Vec::new();
    format::write(history, &mut text).expect("memory takes any bytes");
    String::from_utf8(text).expect("it is JSON").lines().map(|line| format!("{line}\n")).collect()
}

/// A register's history as EDN, with an index and a time on each line.
fn edn(history: &History) -> Vec<String> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    let value = |value: &Option<env::Bytes>| value.as_ref().map_or_else(|| "nil".into(), |bytes| format!("{bytes:?}"));
    for Call { process, input, invoked, completed } in history.calls() {
        let (f, asked) = match input {
            Operation::Get { .. } => (":read", None),
            Operation::Put { value, .. } => (":write", Some(Some(value.clone()))),
            _ => (":write", Some(None)),
        };
        let asked_text = asked.as_ref().map_or_else(|| "nil".into(), value);
        lines.push((invoked.order, format!(":process {process}, :type :invoke, :f {f}, :value {asked_text}")));
        if let Some((at, completion)) = completed {
            let (kind, answer) = match completion {
                Completion::Ok(Output::Value(read)) => (":ok", value(read)),
                Completion::Ok(_) => (":ok", asked_text),
                Completion::Fail => (":fail", "nil".into()),
                Completion::Info => (":info", ":timed-out".into()),
            };
            lines.push((at.order, format!(":process {process}, :type {kind}, :f {f}, :value {answer}")));
        }
    }
    lines.sort();
    let numbered = lines.into_iter().enumerate();
    numbered.map(|(index, (_, line))| format!("{{:index {index}, :time {}, {line}}}\n", 10 * index)).collect()
}

/// Reads and writes of one register by three clients.
fn register() -> impl Strategy<Value = History> {
    let step = (0..3_u64, 0..4_u8, 0..4_u8);
    vec(step, 2..24).prop_map(|steps| {
        let mut history = History::new();
        for (order, (process, what, value)) in (1..).zip(steps) {
            let at = history::Point::line(order);
            let text = value.to_string();
            let done = match history.outstanding(process) {
                None if what == 0 => history.invoke(process, get(""), at),
                None => history.invoke(process, put("", &text), at),
                Some(_) if what == 1 => history.complete(process, Completion::Fail, at),
                Some(_) if what == 2 => history.complete(process, Completion::Info, at),
                Some(call) if call.input.is_read() => history.complete(process, found(&text), at),
                Some(_) => history.complete(process, Completion::Ok(Output::Written), at),
            };
            done.expect("one thing at a time");
        }
        history
    })
}

fn shuffled(lines: &[String], places: &[Index]) -> String {
    let mut lines = lines.to_vec();
    for (at, place) in places.iter().enumerate().take(lines.len()) {
        let other = place.index(lines.len());
        lines.swap(at, other);
    }
    lines.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lines_of_our_own_in_any_order_are_the_history_that_was_written(
        steps in any::<bool>().prop_flat_map(|has_keys| vec(step(has_keys), 1..20)),
        places in vec(any::<Index>(), 40),
    ) {
        let history = history(steps);
        let parsed = read(&shuffled(&json(&history), &places)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(parsed.history, history);
    }

    #[test]
    fn lines_with_an_index_in_any_order_are_those_in_order(history in register(), places in vec(any::<Index>(), 24)) {
        let lines = edn(&history);
        let whole = parsed(&lines.concat());
        let told = read(&shuffled(&lines, &places)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        // Their places are counted from 1, as lines are.
        prop_assert_eq!(told.history, whole.history);
        // Times alone say the same, where all are different.
        let timed: Vec<String> = lines.iter().map(|line| line.replacen(":index", ":no-index", 1)).collect();
        let told = read(&shuffled(&timed, &places)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(told.history, parsed(&lines.concat()).history);
    }

    #[test]
    fn a_line_that_is_lost_is_noticed(history in register(), lost in any::<Index>()) {
        let mut lines = edn(&history);
        let whole = parsed(&lines.concat());
        let at = lost.index(lines.len());
        let line = lines.remove(at);
        match read(&lines.concat()) {
            Err(_) => {}
            // Nothing tells that there was a line after the last.
            Ok(_) if at == lines.len() => {}
            Ok(told) => prop_assert_eq!(told.left_out.indices, 1, "{}", line),
        }
        // Without an index, an operation has no end where it had one, or is not there at all.
        let bare: Vec<String> = lines.iter().map(|line| line.replacen(":index", ":no-index", 1)).collect();
        if let Ok(told) = read(&bare.concat()) {
            let ends = |parsed: &Parsed| parsed.history.calls().iter().filter(|call| call.completed.is_some()).count();
            let was_end = !line.contains(":type :invoke");
            prop_assert_eq!(ends(&told) + usize::from(was_end), ends(&whole));
            prop_assert_eq!(told.history.calls().len() + usize::from(!was_end), whole.history.calls().len());
        }
    }
}

fn lines(fields: &[&str]) -> String {
    fields.iter().map(|fields| format!("{{{fields}}}\n")).collect()
}

const WRITE: &str = ":process 0, :type :invoke, :f :write, :value 1";
const WRITTEN: &str = ":process 0, :type :ok, :f :write, :value 1";
const READ: &str = ":process 1, :type :invoke, :f :read, :value nil";
const FOUND: &str = ":process 1, :type :ok, :f :read, :value 1";

/// These lines, each with the field.
fn with(field: &str, places: [u64; 4]) -> String {
    let events = [WRITE, WRITTEN, READ, FOUND];
    let lines: Vec<String> =
        events.iter().zip(places).map(|(event, place)| format!("{event}, :{field} {place}")).collect();
    self::lines(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The process of each operation, and its places.
fn places(parsed: &Parsed) -> Vec<(u64, u64, u64)> {
    let place = |call: &Call| (call.process, call.invoked.order, call.completed.as_ref().map_or(0, |(at, _)| at.order));
    parsed.history.calls().iter().map(place).collect()
}

#[test]
fn lines_in_order_keep_their_numbers() {
    for (field, of_events) in [("index", [0, 1, 2, 3]), ("index", [4, 9, 10, 90]), ("time", [7, 7, 7, 7])] {
        let parsed = parsed(&with(field, of_events));
        assert_eq!((parsed.order, places(&parsed)), (Order::Lines, vec![(0, 1, 2), (1, 3, 4)]), "{field}");
    }
}

#[test]
fn lines_that_stand_otherwise_than_they_say_are_sorted() {
    for (field, order) in [("index", Order::Index), ("time", Order::Time)] {
        let parsed = parsed(&with(field, [20, 40, 10, 30]));
        assert_eq!((parsed.order, places(&parsed)), (order, vec![(1, 1, 3), (0, 2, 4)]), "{field}");
    }
}

#[test]
fn of_one_time_invocations_come_first_when_lines_are_sorted() {
    // The write ends when the read begins. Lines whose times do not go back stay as they are.
    let parsed = parsed(&with("time", [10, 20, 20, 30]));
    assert_eq!((parsed.order, places(&parsed)), (Order::Lines, vec![(0, 1, 2), (1, 3, 4)]));
    let turned: String = with("time", [10, 20, 20, 30]).lines().rev().map(|line| format!("{line}\n")).collect();
    let parsed = crate::calls::parsed(&turned);
    assert_eq!((parsed.order, places(&parsed)), (Order::Time, vec![(0, 1, 3), (1, 2, 4)]));
}

#[test]
fn times_that_leave_the_order_open_are_refused() {
    let text = lines(&[
        &format!("{READ}, :time 15"),
        &format!("{FOUND}, :time 20"),
        &format!("{READ}, :time 20"),
        &format!("{FOUND}, :time 30"),
        &format!("{WRITE}, :time 10"),
        &format!("{WRITTEN}, :time 20"),
    ]);
    let expected = "line 5: the lines are not in the order of their times, and several lines of time 20 have no order";
    assert_eq!(refusal(text), expected);
}

#[test]
fn an_index_counts_and_a_time_that_goes_back_beside_it_does_not() {
    let text = lines(&[
        &format!("{WRITE}, :index 0, :time 100"),
        &format!("{READ}, :index 1, :time 90"),
        &format!("{WRITTEN}, :index 2, :time 80"),
        &format!("{FOUND}, :index 3, :time 70"),
    ]);
    assert_eq!(places(&parsed(&text)), [(0, 1, 3), (1, 2, 4)]);
}

#[test]
fn places_that_not_every_line_has_or_that_two_lines_have_are_refused() {
    let with_places = |places: [&str; 3]| {
        let events = [WRITE, WRITTEN, READ];
        let lines: Vec<String> = events.iter().zip(places).map(|(event, place)| format!("{event}, {place}")).collect();
        refusal(self::lines(&lines.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    assert_eq!(
        with_places([":index 5", ":time 9", ":index 4"]),
        "line 3: the index goes back from 5 to 4 here, and not every line has one"
    );
    assert_eq!(
        with_places([":time 5", ":x 0", ":time 4"]),
        "line 3: the time goes back from 5 to 4 here, and not every line has one"
    );
    assert_eq!(
        with_places([":index 0", ":index 1", ":index 0"]),
        "line 3: the index 0 is also that of an earlier line: give each line its own"
    );
}

#[test]
fn a_completion_before_its_invocation_is_refused_whichever_says_so() {
    assert_eq!(
        refusal(lines(&[WRITTEN, WRITE])),
        "line 1: expected an invocation by process 0, which has no operation outstanding, found a completion"
    );
    let by_time = lines(&[&format!("{WRITE}, :time 9"), &format!("{WRITTEN}, :time 8")]);
    assert_eq!(
        refusal(by_time),
        "line 2: the lines are not in the order of their time, and in that order: expected an invocation by process 0, \
         which has no operation outstanding, found a completion"
    );
    // Here the lines stand otherwise than the index says, and in its order all is well.
    let by_index = lines(&[&format!("{WRITTEN}, :index 1"), &format!("{WRITE}, :index 0")]);
    assert_eq!(places(&parsed(&by_index)), [(0, 1, 2)]);
    // And here they do not.
    let in_order = lines(&[&format!("{WRITTEN}, :index 0"), &format!("{WRITE}, :index 1")]);
    assert_eq!(
        refusal(in_order),
        "line 1: expected an invocation by process 0, which has no operation outstanding, found a completion"
    );
}

#[test]
fn forms_on_one_line_have_places_of_their_own() {
    let text = format!("[{{{WRITE}}} {{{WRITTEN}}} {{{READ}}} {{{FOUND}}}]");
    assert_eq!(places(&parsed(&text)), [(0, 1, 2), (1, 3, 4)]);
}

#[test]
fn a_mutex_is_sorted_too() {
    let text = lines(&[
        ":index 2, :process 1, :type :invoke, :f :acquire, :value nil",
        ":index 0, :process 0, :type :invoke, :f :acquire, :value nil",
        ":index 3, :process 1, :type :info, :f :acquire, :value nil",
        ":index 1, :process 0, :type :ok, :f :acquire, :value nil",
    ]);
    let parsed = parsed(&text);
    let acquire = |process, lines, completion| call(process, crate::calls::cas("", None, "held"), lines, completion);
    let calls = [acquire(0, (1, 2), Completion::Ok(Output::Swapped)), acquire(1, (3, 4), Completion::Info)];
    assert_eq!((parsed.kind, parsed.history.calls()), (Kind::Mutex, &calls[..]));
}

#[test]
fn times_that_go_back_beside_an_index_are_counted() {
    let line = |event: &str, process: u64, index: u64, time: u64| {
        format!("{{:process {process}, :type :{event}, :f :read, :value nil, :index {index}, :time {time}}}\n")
    };
    let lines = [
        line("invoke", 0, 0, 300),
        line("ok", 0, 1, 400),
        line("invoke", 1, 2, 100),
        line("ok", 1, 3, 200),
        line("invoke", 1, 4, 150),
    ];
    assert_eq!(parsed(&lines.concat()).backward_times, 2);
    let reversed: String = lines.iter().rev().map(String::as_str).collect();
    let told = parsed(&reversed);
    assert_eq!((told.order, told.backward_times), (Order::Index, 2), "the count is of the order that counts");
    assert_eq!(parsed(&lines[..2].concat()).backward_times, 0);
}
