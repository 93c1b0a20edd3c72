//! The planted bugs of a system, by name.

/// A name that no planted bug of a system has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is no bug of {system}: give {names}")]
pub struct BugError {
    name: String,
    system: &'static str,
    /// The names of the bugs of that system.
    names: String,
}

impl BugError {
    pub(crate) fn new(name: &str, system: &'static str, names: &[&str]) -> BugError {
        let names = match names {
            [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            names => names.join(", "),
        };
        BugError { name: name.into(), system, names }
    }
}

/// Declares the `Bug` of a system: each variant with its name, and with its doc as the sentence that `change` returns.
macro_rules! bugs {
    ($system:literal { $($(#[doc = $doc:literal])+ $bug:ident = $name:literal;)+ }) => {
        #[doc = concat!("A bug that can be planted in a system `", $system, "`.")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Bug { $($(#[doc = $doc])+ $bug,)+ }

        impl Bug {
            /// Every bug, in the order of their declaration.
            pub const ALL: &[Bug] = &[$(Bug::$bug),+];

            /// Its name on the command line and in repro files.
            pub const fn name(self) -> &'static str {
                match self { $(Bug::$bug => $name),+ }
            }

            /// The behaviour that it puts in the place of the right one, in one sentence.
            pub fn change(self) -> &'static str {
                match self { $(Bug::$bug => concat!($($doc),+).trim_ascii()),+ }
            }
        }

        impl std::fmt::Display for Bug {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for Bug {
            type Err = $crate::bugs::BugError;

            fn from_str(text: &str) -> Result<Bug, $crate::bugs::BugError> {
                let named = Bug::ALL.iter().copied().find(|bug| bug.name() == text);
                named.ok_or_else(|| $crate::bugs::BugError::new(text, $system, &[$($name),+]))
            }
        }
    };
}
pub(crate) use bugs;

#[cfg(test)]
mod tests {
    use crate::{graph, pair, peers};

    macro_rules! read_back {
        ($bug:ty) => {
            for bug in <$bug>::ALL {
                assert_eq!(bug.name().parse(), Ok(*bug));
                assert_eq!(bug.to_string(), bug.name());
                assert!(bug.change().ends_with('.') && !bug.change().starts_with(' '), "{}", bug.change());
            }
        };
    }

    #[test]
    fn names_are_read_back_and_every_bug_says_what_it_changes() {
        read_back!(pair::Bug);
        read_back!(graph::Bug);
        read_back!(peers::Bug);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_of_that_system() {
        let error = "unfence".parse::<pair::Bug>().expect_err("a misspelling").to_string();
        let names = "unfenced, acknowledges-alone or reads-without-lease";
        assert_eq!(error, format!("'unfence' is no bug of lease-pair: give {names}"));
        let error = "unfenced".parse::<graph::Bug>().expect_err("a bug of another system").to_string();
        assert!(error.starts_with("'unfenced' is no bug of relay-graph: give last-arrival-wins, "), "{error}");
    }
}
