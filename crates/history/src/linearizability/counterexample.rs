//! The counterexample: the operations of a history that is not linearizable, as a person is shown them.

use std::fmt;

use env::Instant;

use crate::history::Point;

/// Operations that no order explains, and the attempts to put them in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The part of the object that the operations are about, if it has parts.
    pub key: Option<String>,
    /// The known state before the operations, if it was not the first state, and the operation that showed it.
    pub before: Option<Before>,
    /// Operations that contradict one another, in the order of their invocations. It makes no difference which of the others
    /// took effect with the answers that they gave.
    pub operations: Vec<Operation>,
    /// The number of further operations, which are not shown: the contradiction could not be made small.
    pub left_out: usize,
    /// True if no operation can be left out. If false, the budget ended before all were tried.
    pub is_irreducible: bool,
    /// How many operations completed as `ok` before the culprit did, if an order is known for those.
    pub ordered: Option<usize>,
    /// The last of them to change anything, in one such order.
    pub last: Vec<Operation>,
    /// The operations that might have come next when the culprit could not be put off, each with the reason why it does
    /// not help: state by state, at the end of each possible order, the culprit first.
    pub attempts: Vec<Attempt>,
}

/// The state before the operations of a [`Counterexample`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The state.
    pub state: String,
    /// The process of the operation that showed it.
    pub who: String,
    /// The completion of that operation.
    pub at: Point,
}

/// An operation of a [`Counterexample`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// The process.
    pub who: String,
    /// The request and the answer.
    pub told: String,
    /// The point of the invocation.
    pub invoked: Point,
    /// The point of the completion as `ok`; `None` if it never came.
    pub returned: Option<Point>,
    /// True if no order was left once this operation had completed.
    pub is_culprit: bool,
}

/// An operation that might have come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The state before.
    pub state: String,
    /// The process.
    pub who: String,
    /// The request and the answer.
    pub told: String,
    /// The state after; `None` if it cannot have given that answer in that state.
    pub leads_to: Option<String>,
    /// True if it is the one that has to come.
    pub is_culprit: bool,
}

/// So many states are shown in which something was attempted.
const STATES_SHOWN: usize = 6;
/// So many attempts are shown in each.
const ATTEMPTS_SHOWN: usize = 5;
/// A longer text is cut in the middle, where there is room for two of them in a line,
const TEXT_MAX: usize = 36;
/// an attempt,
const TOLD_MAX: usize = 30;
/// and where it leads to.
const STATE_MAX: usize = 20;

impl Counterexample {
    /// The operation at whose completion there was no order any more.
    pub fn culprit(&self) -> &Operation {
        self.operations.iter().find(|operation| operation.is_culprit).expect("every contradiction has one")
    }

    /// The same in one line: the culprit and the operations that it contradicts.
    pub fn headline(&self) -> String {
        let culprit = self.culprit();
        let others = self.operations.iter().filter(|operation| !operation.is_culprit);
        let others: Vec<String> =
            others.map(|operation| format!("{}'s {}", operation.who, Short(&operation.told, TEXT_MAX))).collect();
        let said = format!("{}{}'s {}", self.place(), culprit.who, Short(&culprit.told, TEXT_MAX));
        match (others.len(), &self.before) {
            (0, Some(before)) => format!("{said}, which nothing explains after {}", Short(&before.state, TEXT_MAX)),
            (0, None) => format!("{said}, which nothing explains"),
            (1, _) => format!("{said}, which no order explains beside {}", others[0]),
            (others, _) => format!("{said}, which no order explains beside {others} others"),
        }
    }

    /// A point as it is shown: by its time, unless times are so short that they round to nothing.
    fn place_of(&self, point: Point) -> String {
        let rounds_to_nothing = |point: &Point| point.time.is_some_and(|Instant(nanos)| (1..1_000).contains(&nanos));
        let mut points = self.operations.iter().flat_map(|operation| [Some(operation.invoked), operation.returned]);
        let time = point.time.filter(|_| !points.any(|point| point.as_ref().is_some_and(rounds_to_nothing)));
        Point { time, ..point }.to_string()
    }

    fn place(&self) -> String {
        self.key.as_ref().map_or(String::new(), |key| format!("key {key}: "))
    }
}

/// A text, cut in the middle if it is long.
struct Short<'a>(&'a str, usize);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = self.0.chars().count();
        if len <= self.1 {
            return f.write_str(self.0);
        }
        let part = self.1 / 2 - 1;
        let head: String = self.0.chars().take(part).collect();
        let tail: String = self.0.chars().skip(len - part).collect();
        write!(f, "{head}..{tail}")
    }
}

impl fmt::Display for Counterexample {
    /// A table of the operations, then the attempts. Lines of 80 columns, unless names are long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place();
        match self.operations.len() {
            count if !self.is_irreducible => {
                let all = count + self.left_out;
                writeln!(f, "{place}no order explains {all} operations, and perhaps not a few of them")?;
                if self.left_out > 0 {
                    writeln!(f, "     the last {count} of them:")?;
                }
            }
            1 => writeln!(f, "{place}nothing explains this operation, whichever others took effect")?,
            count => writeln!(f, "{place}no order explains these {count} operations, whichever others took effect")?,
        }
        let mut table = Table::new(["", "process", "from", "to", "operation"]);
        for operation in &self.operations {
            table.row([
                if operation.is_culprit { "*" } else { "" }.into(),
                operation.who.clone(),
                self.place_of(operation.invoked),
                operation.returned.map_or("open".into(), |returned| self.place_of(returned)),
                Short(&operation.told, TEXT_MAX).to_string(),
            ]);
        }
        if let Some(Before { state, who, at }) = &self.before {
            writeln!(f, "     {who} had shown {} at {}", Short(state, TEXT_MAX), self.place_of(*at))?;
        }
        table.fmt(f)?;
        self.fmt_ordered(f)?;
        self.fmt_attempts(f)
    }
}

impl Counterexample {
    fn fmt_ordered(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(returned) = self.culprit().returned.map(|returned| self.place_of(returned)) else { return Ok(()) };
        match self.ordered {
            None => {}
            Some(0) => writeln!(f, "nothing was completed before {returned}")?,
            Some(1) => writeln!(f, "there is an order up to {returned}, of 1 operation completed before")?,
            Some(ordered) => {
                writeln!(f, "there is an order up to {returned}, of {ordered} operations completed before")?
            }
        }
        if !self.last.is_empty() {
            writeln!(f, "it ends:")?;
        }
        for operation in &self.last {
            writeln!(f, "     {}  {}", operation.who, Short(&operation.told, TEXT_MAX))?;
        }
        Ok(())
    }

    fn fmt_attempts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "then * has to come, or something that was open:")?;
        for (place, state) in self.attempts.chunk_by(|one, next| one.state == next.state).enumerate() {
            if place == STATES_SHOWN {
                let states = self.attempts.chunk_by(|one, next| one.state == next.state).count();
                return writeln!(f, "     and so on, at {} more", states - place);
            }
            writeln!(f, "     at {}", Short(&state[0].state, TEXT_MAX))?;
            let changes = state.iter().filter(|attempt| attempt.is_culprit || attempt.leads_to.is_some());
            for (place, attempt) in changes.enumerate() {
                if place == ATTEMPTS_SHOWN {
                    writeln!(f, "         and more")?;
                    break;
                }
                match &attempt.leads_to {
                    _ if attempt.is_culprit => writeln!(f, "         * cannot come")?,
                    Some(state) => {
                        let (told, state) = (Short(&attempt.told, TOLD_MAX), Short(state, STATE_MAX));
                        writeln!(f, "         {}'s {told} leads to {state}", attempt.who)?;
                    }
                    None => {}
                }
            }
        }
        Ok(())
    }
}

/// Rows of text, each column as wide as its widest cell.
struct Table<const COLUMNS: usize> {
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    fn new(head: [&str; COLUMNS]) -> Table<COLUMNS> {
        Table { rows: vec![head.map(Into::into)] }
    }

    fn row(&mut self, cells: [String; COLUMNS]) {
        self.rows.push(cells);
    }

    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        for row in &self.rows {
            let cells: Vec<String> =
                row.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column))).collect();
            writeln!(f, "  {}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}
