//! The names of the invariants.

use std::fmt;

use serde::{Serialize, Serializer};

/// The way in which an invariant is broken: at a moment, or by waiting too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InvariantKind {
    /// Nothing bad ever happens: broken by one event.
    Safety,
    /// Something good happens in the end: broken when a bound has passed.
    Liveness,
}

/// A rule that every run of a system must keep. Its id tells it from every other rule, also of the same system: two
/// failures are the same only if they break the same rule.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    id: &'static str,
    kind: InvariantKind,
    reference: &'static str,
}

impl Invariant {
    /// The history of clients' operations is linearizable: they could have come one at a time and answered the same.
    pub const LINEARIZABILITY: Invariant =
        Invariant::safety("linearizability", "Herlihy and Wing 1990, thesis section 6.3");
    /// A story's expectation of the cluster holds.
    pub const EXPECTATION: Invariant = Invariant::safety("expectation", "the story that is told");
    /// An event that a story waits for comes within the time that the story allows.
    pub const DEADLINE: Invariant = Invariant::liveness("deadline", "the story that is told");
    /// In the calm phase clients are served, and nodes stay up; clients that are programs come to an end.
    pub const PROGRESS: Invariant = Invariant::liveness("progress", "paper section 5.6, thesis section 3.9");
    /// In the calm phase all nodes come to the state that they must come to.
    pub const CONVERGENCE: Invariant = Invariant::liveness("convergence", "paper sections 5.3 and 7");
    /// A rule of a system's own that has no name.
    pub const SYSTEM_RULE: Invariant = Invariant::safety("system-rule", "the system under test");

    /// The invariants that any system may be held to.
    pub const OF_ANY_SYSTEM: &[Invariant] = &[
        Invariant::LINEARIZABILITY,
        Invariant::SYSTEM_RULE,
        Invariant::EXPECTATION,
        Invariant::DEADLINE,
        Invariant::PROGRESS,
        Invariant::CONVERGENCE,
    ];

    /// A rule of safety with this id, in kebab case, as `reference` states it.
    ///
    /// # Panics
    /// If `id` is not of lower-case letters, digits and `-`. In a `const` that is an error of the compiler's.
    pub const fn safety(id: &'static str, reference: &'static str) -> Invariant {
        assert!(is_id(id), "an invariant's id is of lower-case letters, digits and '-'");
        Invariant { id, kind: InvariantKind::Safety, reference }
    }

    /// A rule of liveness with this id.
    ///
    /// # Panics
    /// As [`safety`](Invariant::safety).
    pub const fn liveness(id: &'static str, reference: &'static str) -> Invariant {
        assert!(is_id(id), "an invariant's id is of lower-case letters, digits and '-'");
        Invariant { id, kind: InvariantKind::Liveness, reference }
    }

    /// Its name as files and options write it, `election-safety`.
    pub fn id(self) -> &'static str {
        self.id
    }

    /// Its name as people write it, `Election Safety`.
    pub fn name(self) -> String {
        Invariant::name_of(self.id)
    }

    /// The name, as people write it, of the invariant with this id: `No Acknowledged Write Lost`.
    pub fn name_of(id: &str) -> String {
        let words = id.split('-').map(|word| match word.split_at_checked(1) {
            Some((first, rest)) if word != "a" => format!("{}{rest}", first.to_uppercase()),
            _ => word.to_string(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Safety or liveness.
    pub fn kind(self) -> InvariantKind {
        self.kind
    }

    /// Where it is stated. "Paper" is "In Search of an Understandable Consensus Algorithm (Extended Version)", "thesis"
    /// is "Consensus: Bridging Theory and Practice", both by Diego Ongaro, the first with John Ousterhout.
    pub fn reference(self) -> &'static str {
        self.reference
    }
}

const fn is_id(id: &str) -> bool {
    let bytes = id.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        if !matches!(bytes[place], b'a'..=b'z' | b'0'..=b'9' | b'-') {
            return false;
        }
        place += 1;
    }
    !bytes.is_empty()
}

impl PartialEq for Invariant {
    fn eq(&self, other: &Invariant) -> bool {
        self.id == other.id
    }
}

impl Eq for Invariant {}

impl Serialize for Invariant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id)
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Invariant;

    #[test]
    fn a_name_is_made_of_the_id() {
        assert_eq!(Invariant::name_of("no-acknowledged-write-lost"), "No Acknowledged Write Lost");
        assert_eq!(Invariant::name_of("one-vote-a-term"), "One Vote a Term");
        assert_eq!(Invariant::name_of(""), "");
        assert_eq!(Invariant::PROGRESS.to_string(), "Progress");
    }

    #[test]
    fn an_invariant_is_written_by_its_id() {
        let json = serde_json::to_string(&Invariant::SYSTEM_RULE).expect("a plain word");
        assert_eq!(json, "\"system-rule\"");
    }
}
