//! The fields of an operation as a text has them, before they mean anything.

use std::borrow::Cow;
use std::fmt;

/// The value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Raw<'a> {
    /// The field is not there.
    #[default]
    Missing,
    Nil,
    Bool(bool),
    Integer {
        is_negative: bool,
        magnitude: u64,
    },
    /// The decimal text of an integer of more than 64 bits.
    Digits(&'a str),
    Float(f64),
    Text(Cow<'a, str>),
    /// Without its colon.
    Keyword(&'a str),
    Bytes(Vec<u8>),
    /// A sequence of two.
    Pair(Box<[Raw<'a>; 2]>),
    /// A key and a value, in a form that says so.
    Tuple(Box<[Raw<'a>; 2]>),
    /// An object with a key in it.
    Keyed(Box<Raw<'a>>),
    /// A sequence of another length.
    Sequence(usize),
    /// An atom that is no key and no value: a symbol, a ratio.
    Atom(&'a str),
    /// Another form, by its name: `a map`.
    Other(&'static str),
}

impl<'a> Raw<'a> {
    pub(super) fn natural(integer: u64) -> Raw<'a> {
        Raw::Integer { is_negative: false, magnitude: integer }
    }

    /// A number from zero to the largest of 64 bits.
    pub(super) fn as_natural(&self) -> Option<u64> {
        match self {
            Raw::Integer { is_negative: false, magnitude } => Some(*magnitude),
            _ => None,
        }
    }

    pub(super) fn as_byte(&self) -> Option<u8> {
        self.as_natural().and_then(|natural| u8::try_from(natural).ok())
    }

    /// The same, where two small integers are bytes and no pair; in the value of a compare-and-swap, each of its two.
    pub(super) fn with_bytes(self, is_swap: bool) -> Raw<'a> {
        let Raw::Pair(pair) = self else { return self };
        if is_swap {
            return Raw::Pair(Box::new(pair.map(|value| value.with_bytes(false))));
        }
        match pair.each_ref().map(Raw::as_byte) {
            [Some(first), Some(second)] => Raw::Bytes(vec![first, second]),
            _ => Raw::Pair(pair),
        }
    }

    /// The same, where integers are no bytes but the elements of a list; in a pair, each of its two.
    pub(super) fn without_bytes(self) -> Raw<'a> {
        match self {
            Raw::Bytes(bytes) => Raw::Sequence(bytes.len()),
            Raw::Pair(pair) => Raw::Pair(Box::new(pair.map(Raw::without_bytes))),
            other => other,
        }
    }

    /// Hands on the text of a key or a value; `None` if it can be neither, or is nil.
    ///
    /// A number is its decimal text, and 1.0 is 1. A keyword is its text with the colon.
    pub(super) fn with_text<T>(&self, then: impl FnOnce(&[u8]) -> T) -> Option<T> {
        match self {
            Raw::Bool(is_true) => Some(then(if *is_true { b"true" } else { b"false" })),
            Raw::Integer { is_negative, magnitude } => Some(then(Decimal::new(*is_negative, *magnitude).text())),
            Raw::Digits(digits) => Some(then(digits.as_bytes())),
            Raw::Float(float) if float.is_finite() => Some(then(shortest(*float).as_bytes())),
            Raw::Text(text) => Some(then(text.as_bytes())),
            Raw::Keyword(name) => Some(then(format!(":{name}").as_bytes())),
            Raw::Bytes(bytes) => Some(then(bytes)),
            _ => None,
        }
    }
}

impl fmt::Display for Raw<'_> {
    /// In a message. A form that has others in it is only named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Raw::Missing => f.write_str("none"),
            Raw::Nil => f.write_str("nil"),
            Raw::Bool(is_true) => is_true.fmt(f),
            Raw::Integer { is_negative, magnitude } => {
                f.write_str(if *is_negative { "-" } else { "" })?;
                magnitude.fmt(f)
            }
            Raw::Digits(text) | Raw::Atom(text) => f.write_str(text),
            Raw::Float(float) => write!(f, "{float:?}"),
            Raw::Text(text) => write!(f, "\"{text}\""),
            Raw::Keyword(name) => write!(f, ":{name}"),
            Raw::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Raw::Pair(_) => f.write_str("a vector"),
            Raw::Tuple(_) => f.write_str("a tuple"),
            Raw::Keyed(_) => f.write_str("an object"),
            Raw::Sequence(len) => write!(f, "a vector of {len}"),
            Raw::Other(name) => f.write_str(name),
        }
    }
}

/// The decimal text of a float that is finite, as short as it can be read back from.
fn shortest(float: f64) -> String {
    // Beyond this, neighbouring integers are one float.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if float.fract() == 0.0 && float.abs() < EXACT { format!("{:.0}", float + 0.0) } else { format!("{float:?}") }
}

/// The decimal text of an integer, without an allocation.
struct Decimal {
    text: [u8; 21],
    begin: usize,
}

impl Decimal {
    fn new(is_negative: bool, mut magnitude: u64) -> Decimal {
        let mut decimal = Decimal { text: [b'0'; 21], begin: 21 };
        while magnitude > 0 || decimal.begin == 21 {
            decimal.begin -= 1;
            decimal.text[decimal.begin] = b'0' + (magnitude % 10) as u8;
            magnitude /= 10;
        }
        if is_negative && decimal.text() != b"0" {
            decimal.begin -= 1;
            decimal.text[decimal.begin] = b'-';
        }
        decimal
    }

    fn text(&self) -> &[u8] {
        &self.text[self.begin..]
    }
}

/// The purpose of a field of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Process,
    Event,
    Function,
    Key,
    Value,
    /// The value that was asked for or given, where the answer has a field of its own.
    Input,
    Output,
    Time,
    Index,
    /// Its place in the order of all lines, in the JSON lines of our own.
    Order,
    Swapped,
    /// True if the operation succeeded.
    Success,
    Error,
    /// The name of the operation's object, in a field that may be that of a key.
    Object,
    /// The times at which a whole operation began and ended.
    Begin,
    End,
    /// A word on the event or on how the operation ended.
    Status,
    /// An event or a function, under a name that may be of either.
    Word,
}

const ROLES: usize = Role::Word as usize;

/// So many words of an operation are kept.
const WORDS: usize = 4;

/// The fields that are read of one operation. Of two that are for the same, the one with the higher rank counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields<'a> {
    raws: [Raw<'a>; ROLES],
    ranks: [u8; ROLES],
    /// Most texts have none.
    words: Option<Box<[Raw<'a>; WORDS]>>,
    clash: Option<Role>,
}

impl<'a> Fields<'a> {
    /// The rank of a field with the name that the format gives it.
    pub(super) const NAMED: u8 = u8::MAX;

    pub(super) fn put(&mut self, role: Role, rank: u8, raw: Raw<'a>) {
        if role == Role::Word {
            match self.words.get_or_insert_default().iter_mut().find(|word| **word == Raw::Missing) {
                Some(word) => *word = raw,
                None => self.clash = Some(role),
            }
            return;
        }
        let known = &mut self.ranks[role as usize];
        if *known == rank {
            self.clash = Some(role);
        } else if *known < rank {
            *known = rank;
            self.raws[role as usize] = raw;
        }
    }

    pub(super) fn get(&self, role: Role) -> &Raw<'a> {
        &self.raws[role as usize]
    }

    pub(super) fn take(&mut self, role: Role) -> Raw<'a> {
        std::mem::take(&mut self.raws[role as usize])
    }

    /// The rank of the field that counts; 0 if there is none.
    pub(super) fn rank(&self, role: Role) -> u8 {
        self.ranks[role as usize]
    }

    pub(super) fn has(&self, role: Role) -> bool {
        *self.get(role) != Raw::Missing
    }

    /// The values of fields that may be of an event or of a function.
    pub(super) fn words(&self) -> impl Iterator<Item = &Raw<'a>> {
        self.words.iter().flat_map(|words| words.iter()).take_while(|word| **word != Raw::Missing)
    }

    /// A role that two fields of the same rank have.
    pub(super) fn clash(&self) -> Option<Role> {
        self.clash
    }

    /// True if they are surely those of our own JSON lines, in which an array of numbers is bytes.
    pub(super) fn are_ours(&self) -> bool {
        let is_named = |role| self.rank(role) == Fields::NAMED;
        let has_names = is_named(Role::Process) && is_named(Role::Event) && is_named(Role::Function);
        has_names && self.has(Role::Order) && self.get(Role::Process).as_natural().is_some()
    }

    /// True if they look like those of an operation, of a client or of another process.
    pub(super) fn are_of_an_operation(&self) -> bool {
        let has = |role| self.has(role);
        let is_whole = has(Role::Begin) && has(Role::End);
        let has_part = [Role::Function, Role::Key, Role::Value, Role::Input, Role::Output].into_iter().any(has);
        if is_whole && has_part {
            return true;
        }
        let has_word = self.words().next().is_some() || self.has(Role::Status);
        self.has(Role::Process) && (self.has(Role::Event) || self.has(Role::Function) || has_word)
            || self.has(Role::Event) && self.has(Role::Function)
    }
}
