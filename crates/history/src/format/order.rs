//! The order of lines. Lines keep the order of the text until one claims another place; then all lines are put in the
//! order that they claim, or refused.
//!
//! A line may say its place by a number: `order` in our own JSON, Jepsen's `:index`. Where every line has one, it alone
//! counts, and no two may have the same. Otherwise lines may say their `:time`, and then:
//! - lines whose times do not go back stand as they are, those of one time too;
//! - where times go back, the lines are sorted by them. Of one time, invocations come first, so that the operations of
//!   two processes that only touch are concurrent, and no order is claimed that the times do not prove. Where the lines
//!   of one process forbid that, the order is open and the text is refused;
//! - a time that goes back while some lines have none is refused.
//!
//! Always true: the lines of one process keep the order in which they stand, unless they say otherwise; a completion
//! never comes before its invocation.

use std::collections::BTreeSet;
use std::fmt;

use super::assembly::Assembly;
use super::error::{FormatError, Problem, ReadError};
use super::line::{Event, Line};
use super::{Format, Kind, Limits};
use crate::history::{Call, History, HistoryError};

/// The source of the order of a history's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// They stand in it.
    Lines,
    /// They were put in it by their `:index`.
    Index,
    /// They were put in it by the `order` of our own JSON.
    Number,
    /// They were put in it by their `:time`.
    Time,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Order::Lines => "lines",
            Order::Index => "index",
            Order::Number => "order",
            Order::Time => "time",
        })
    }
}

/// A field that may give the order, as far as the lines have been seen.
#[derive(Clone, Copy, Debug, Default)]
struct Field {
    /// True once a line has it.
    is_there: bool,
    /// True once a line lacks it.
    is_missing: bool,
    last: Option<u64>,
}

impl Field {
    /// Takes in the next line's value, and gives the value before it if that one was not smaller.
    fn pass(&mut self, value: Option<u64>) -> Option<u64> {
        self.is_there |= value.is_some();
        self.is_missing |= value.is_none();
        let value = value?;
        self.last.replace(value).filter(|last| *last >= value)
    }

    fn is_whole(self) -> bool {
        self.is_there && !self.is_missing
    }
}

/// Lines on their way into an assembly.
pub(super) struct Ordering {
    format: Format,
    assembly: Assembly,
    numbers: Field,
    indices: Field,
    times: Field,
    /// The place of the last line in the assembly.
    last: Option<u64>,
    /// The indices of all lines in the assembly, in their order; empty if one had none.
    assembled: Vec<u64>,
    /// The lines whose time is before that of the line before, where another field gives the order.
    backward_times: u64,
    /// All lines since the first with a problem that another order may solve.
    unordered: Option<Unordered>,
}

/// A history, and the order that its lines were put in.
pub(super) struct Ordered {
    pub(super) kind: Kind,
    pub(super) history: History,
    pub(super) order: Order,
    pub(super) backward_times: u64,
}

/// Lines in an order that no run can have had.
struct Unordered {
    lines: Vec<Line>,
    /// The problem of the first of them that could not stay where it stood.
    problem: FormatError,
    /// True once a line says that it belongs elsewhere.
    has_contradiction: bool,
    /// Without a contradiction among this many lines, the problem is reported.
    lines_max: usize,
}

/// After a problem, so many lines may come until one says that they belong in another order.
const PATIENCE: usize = 100_000;

impl Ordering {
    pub(super) fn new(format: Format) -> Ordering {
        Ordering {
            format,
            assembly: Assembly::new(format),
            numbers: Field::default(),
            indices: Field::default(),
            times: Field::default(),
            last: None,
            assembled: Vec::new(),
            backward_times: 0,
            unordered: None,
        }
    }

    /// Takes in the next line, by its number in the text.
    pub(super) fn add(&mut self, number: u64, line: Line) -> Result<(), FormatError> {
        let contradiction = self.contradiction(number, &line);
        if let Some(unordered) = &mut self.unordered {
            unordered.lines.push(line);
            unordered.has_contradiction |= contradiction.is_some();
            let is_hopeless = !unordered.has_contradiction && unordered.lines.len() > unordered.lines_max;
            return if is_hopeless { Err(unordered.problem.clone()) } else { Ok(()) };
        }
        self.assembly.check_kind(&line).map_err(|problem| problem.at(number))?;
        let says_place = line.index.or(line.time).or(line.order).is_some();
        let has_contradiction = contradiction.is_some();
        match contradiction.or_else(|| self.assembly.misplaced(&line)) {
            None => self.append(number, line),
            Some(problem) if says_place => {
                self.disassemble(line, problem.at(number), has_contradiction);
                Ok(())
            }
            Some(problem) => Err(problem.at(number)),
        }
    }

    /// Adds a line where it stands.
    fn append(&mut self, number: u64, line: Line) -> Result<(), FormatError> {
        match line.index.filter(|_| self.indices.is_whole()) {
            Some(index) => self.assembled.push(index),
            None => self.assembled.clear(),
        }
        let place = self.place(number, &line);
        self.last = Some(place);
        self.assembly.add(place, line).map_err(|problem| problem.at(number))
    }

    /// True if there is no operation.
    pub(super) fn is_empty(&self) -> bool {
        self.assembly.len() == 0 && self.unordered.is_none()
    }

    /// The bytes of memory that it takes, but for keys and values.
    pub(super) fn bytes(&self) -> usize {
        let unordered = self.unordered.as_ref().map_or(0, |unordered| unordered.lines.len() * size_of::<Line>());
        self.assembly.bytes() + self.assembled.len() * size_of::<u64>() + unordered
    }

    /// The history, if there was any operation.
    pub(super) fn finish(mut self, limits: &Limits<'_>) -> Result<Option<Ordered>, ReadError> {
        let Some(Unordered { mut lines, problem, has_contradiction, .. }) = self.unordered.take() else {
            return Ok(self.ordered(Order::Lines));
        };
        if !has_contradiction {
            return Err(problem.into());
        }
        let number = problem.line;
        // The lines are kept until the history is made of them.
        if size_of_val(&lines[..]) + lines.len().div_ceil(2) * size_of::<Call>() > limits.bytes {
            return Err(ReadError::Memory { line: number, bytes: limits.bytes });
        }
        let by = self.sort(&mut lines, problem)?;
        self.backward_times = backward_times(&lines);
        for (rank, line) in (1..).zip(lines) {
            if rank % 4096 == 0 && limits.deadline.is_over() {
                return Err(ReadError::Time { line: number });
            }
            let place = line.order.unwrap_or(rank);
            let added = self.assembly.check_kind(&line).and_then(|()| match self.assembly.misplaced(&line) {
                Some(problem) => Err(Problem::Reordered { by, problem: Box::new(problem) }),
                None => self.assembly.add(place, line),
            });
            added.map_err(|problem| problem.at(number))?;
        }
        Ok(self.ordered(by))
    }

    fn ordered(self, order: Order) -> Option<Ordered> {
        let backward_times = self.backward_times;
        self.assembly.finish().map(|(kind, history)| Ordered { kind, history, order, backward_times })
    }

    /// The place of a line that is next as the lines stand: its number, unless a line has many operations.
    fn place(&self, number: u64, line: &Line) -> u64 {
        match (line.order, self.last) {
            (Some(order), _) => order,
            (None, Some(last)) if !self.numbers.is_there => number.max(last + 1),
            (None, _) => number,
        }
    }

    /// Records the place that a line claims, and gives the problem if the line stands elsewhere.
    fn contradiction(&mut self, number: u64, line: &Line) -> Option<Problem> {
        let last = self.numbers.pass(line.order);
        let index = self.indices.pass(line.index);
        let time = self.times.pass(line.time);
        let order = self.place(number, line);
        let is_unnumbered = self.numbers.is_there && line.order.is_none();
        if let Some(last) = last.or(self.last.filter(|last| is_unnumbered && *last >= order)) {
            return Some(HistoryError::OutOfOrder { order, last }.into());
        }
        match (index, line.index) {
            (Some(last), Some(value)) if last == value => {
                return Some(Problem::OrderedTwice { by: Order::Index, value });
            }
            (Some(last), Some(found)) => return Some(Problem::PartlyOrdered { by: Order::Index, last, found }),
            _ => {}
        }
        let found = line.time?;
        let last = time.filter(|last| *last > found)?;
        let has_place = self.numbers.is_whole() || self.indices.is_whole();
        self.backward_times += u64::from(has_place);
        (!has_place).then_some(Problem::PartlyOrdered { by: Order::Time, last, found })
    }

    /// Takes the assembly apart, since a line cannot stay where it stands.
    fn disassemble(&mut self, line: Line, problem: FormatError, has_contradiction: bool) {
        let assembly = std::mem::replace(&mut self.assembly, Assembly::new(self.format));
        let mut lines = assembly.into_lines();
        if !self.numbers.is_there {
            lines.iter_mut().for_each(|line| line.order = None);
        }
        for (line, index) in lines.iter_mut().zip(std::mem::take(&mut self.assembled)) {
            line.index = Some(index);
        }
        lines.push(line);
        let lines_max = lines.len() + PATIENCE;
        self.unordered = Some(Unordered { lines, problem, has_contradiction, lines_max });
    }

    /// Puts lines in the order that they say, if they say one.
    fn sort(&self, lines: &mut [Line], problem: FormatError) -> Result<Order, FormatError> {
        let number = problem.line;
        if self.numbers.is_whole() {
            lines.sort_by_key(|line| line.order);
            match twice(lines, |line| line.order) {
                Some(order) => Err(Problem::from(HistoryError::OutOfOrder { order, last: order }).at(number)),
                None => Ok(Order::Number),
            }
        } else if self.numbers.is_there {
            Err(problem)
        } else if self.indices.is_whole() {
            lines.sort_by_key(|line| line.index);
            match twice(lines, |line| line.index) {
                Some(value) => Err(Problem::OrderedTwice { by: Order::Index, value }.at(number)),
                None => Ok(Order::Index),
            }
        } else if self.times.is_whole() && !self.indices.is_there {
            lines.sort_by_key(|line| line.time);
            for tied in lines.chunk_by_mut(|one, other| one.time == other.time) {
                loosen(tied).map_err(|problem| problem.at(number))?;
            }
            Ok(Order::Time)
        } else {
            Err(problem)
        }
    }
}

/// The number of lines whose time is before that of the previous line with a time.
fn backward_times(lines: &[Line]) -> u64 {
    let times = lines.iter().filter_map(|line| line.time);
    times.clone().zip(times.skip(1)).filter(|(last, time)| time < last).count() as u64
}

/// The first value that two neighbours share.
fn twice(lines: &[Line], value: impl Fn(&Line) -> Option<u64>) -> Option<u64> {
    lines.windows(2).find(|pair| value(&pair[0]) == value(&pair[1])).and_then(|pair| value(&pair[0]))
}

/// Puts the invocations among lines of one time before the completions, if no process began one operation after another.
fn loosen(tied: &mut [Line]) -> Result<(), Problem> {
    let is_invocation = |line: &Line| line.event == Event::Invoke;
    let Some(first) = tied.first() else { return Ok(()) };
    let is_of_one = tied.iter().all(|line| line.process == first.process);
    if is_of_one || tied.iter().all(is_invocation) || !tied.iter().any(is_invocation) {
        return Ok(());
    }
    let mut completed = BTreeSet::new();
    for line in &*tied {
        if !is_invocation(line) {
            completed.insert(line.process);
        } else if completed.contains(&line.process) {
            return Err(Problem::Tie { time: line.time.unwrap_or_default() });
        }
    }
    tied.sort_by_key(|line| !is_invocation(line));
    Ok(())
}
