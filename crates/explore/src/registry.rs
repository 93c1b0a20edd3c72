//! The systems that are known by name.
//!
//! A repro, a token and the command name a system; a [`Registry`] makes the subject of that name, with the settings and
//! the planted bug that the name has.

use std::fmt;
use std::sync::Arc;

use sim::{IntoSubject, Subject, SubjectId};

type Make = Box<dyn Fn(&SubjectId) -> Result<Arc<dyn Subject>, String> + Send + Sync>;

/// All variants of one system.
pub struct Registered {
    name: String,
    about: String,
    bugs: Vec<PlantedBug>,
    make: Make,
}

/// A bug that can be planted in a system.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlantedBug {
    /// Its name, as in `raft-kv with NAME`.
    pub name: String,
    /// The change to the system, in one sentence.
    pub change: String,
    /// The part of the system that it is in; empty if the bugs of a system are of one kind.
    pub category: String,
    /// The place where it was found: a report, a fix, or a text that warns of it; empty if it was made up.
    pub source: String,
}

impl PlantedBug {
    /// A bug of this name, which is this change to the system.
    pub fn new(name: &str, change: &str) -> PlantedBug {
        PlantedBug { name: name.into(), change: change.into(), category: String::new(), source: String::new() }
    }

    /// The same, in this part of the system.
    #[must_use]
    pub fn in_category(self, category: &str) -> PlantedBug {
        PlantedBug { category: category.into(), ..self }
    }

    /// The same, found in this place.
    #[must_use]
    pub fn found_in(self, source: &str) -> PlantedBug {
        PlantedBug { source: source.into(), ..self }
    }
}

/// The systems that can be named. The first is meant where none is.
#[derive(Debug, Default)]
pub struct Registry(Vec<Registered>);

/// A name that is not that of a known system, or of none of its variants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
#[non_exhaustive]
pub enum RegistryError {
    #[error(
        "there is no system '{name}' here: give {known}, or replay this with a test of that system, as in \
         STORMGLASS_REPRO=FILE cargo test"
    )]
    Unknown { name: String, known: String },
    #[error("'{bug}' is no bug of {name}: {right}")]
    Bug { name: String, bug: String, right: String },
    #[error("{name}: {why}")]
    Refused { name: String, why: String },
}

impl Registered {
    /// A system of this name; `about` describes it in a line, and `make` makes the variant that an identity names.
    ///
    /// # Panics
    /// If the name is none: see [`SubjectId::new`].
    pub fn new(
        name: &str,
        about: &str,
        make: impl Fn(&SubjectId) -> Result<Arc<dyn Subject>, String> + Send + Sync + 'static,
    ) -> Registered {
        let _ = SubjectId::new(name);
        Registered { name: name.into(), about: about.into(), bugs: Vec::new(), make: Box::new(make) }
    }

    /// This one system, under the name that it has, without settings to choose.
    pub fn of(system: impl IntoSubject) -> Registered {
        let subject = system.into_subject();
        let name = subject.id().name().to_string();
        Registered::new(&name, "", move |id| made(id, &subject))
    }

    /// The same with this variant of the system, in which a bug is planted: its identity has the name of the bug.
    ///
    /// # Panics
    /// If it is a variant of another system, no bug is planted in it, or there is a bug of that name already.
    #[must_use]
    pub fn with_variant(self, change: &str, variant: impl IntoSubject) -> Registered {
        let variant = variant.into_subject();
        let id = variant.id();
        assert_eq!(id.name(), self.name, "a variant of another system");
        let bug = PlantedBug::new(id.bug().expect("a bug is planted in a variant"), change);
        let Registered { name, about, bugs, make } = self.with_bugs([bug]);
        let make = Box::new(move |asked: &SubjectId| if *asked == id { Ok(variant.clone()) } else { make(asked) });
        Registered { name, about, bugs, make }
    }

    /// The same with a description of it, in a line.
    #[must_use]
    pub fn described(self, about: &str) -> Registered {
        Registered { about: about.into(), ..self }
    }

    /// The same with these bugs, besides those that can be planted in it already.
    ///
    /// # Panics
    /// If two have one name.
    #[must_use]
    pub fn with_bugs(mut self, bugs: impl IntoIterator<Item = PlantedBug>) -> Registered {
        for bug in bugs {
            let is_new = self.bugs.iter().all(|planted| planted.name != bug.name);
            assert!(is_new, "two bugs of {} are called {}", self.name, bug.name);
            self.bugs.push(bug);
        }
        self
    }

    /// The name that its variants have in common.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The system, described in a line.
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The bugs that can be planted in it.
    pub fn bugs(&self) -> &[PlantedBug] {
        &self.bugs
    }
}

/// The subject, if it has this identity.
fn made(id: &SubjectId, subject: &Arc<dyn Subject>) -> Result<Arc<dyn Subject>, String> {
    let own = subject.id();
    if *id == own { Ok(subject.clone()) } else { Err(format!("there is no {id} here: give {own}")) }
}

impl fmt::Debug for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registered").field(&self.name).finish()
    }
}

impl Registry {
    /// No systems yet.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// These, and one more.
    ///
    /// # Panics
    /// If there is one of that name already.
    #[must_use]
    pub fn with(mut self, registered: Registered) -> Registry {
        assert!(self.named(&registered.name).is_none(), "two systems are called {}", registered.name);
        self.0.push(registered);
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Registered> {
        self.0.iter()
    }

    /// The identity of the system that is meant where none is named.
    ///
    /// # Panics
    /// If there is no system at all.
    pub fn usual(&self) -> SubjectId {
        SubjectId::new(&*self.0.first().expect("a registry has a system").name)
    }

    /// The subject of this identity.
    ///
    /// # Errors
    /// If there is none.
    pub fn make(&self, id: &SubjectId) -> Result<Arc<dyn Subject>, RegistryError> {
        let name = || id.name().to_string();
        let Some(registered) = self.named(id.name()) else {
            let known: Vec<&str> = self.iter().map(Registered::name).collect();
            return Err(RegistryError::Unknown { name: name(), known: known.join(", ") });
        };
        if let Some(bug) = id.bug().filter(|bug| registered.bugs.iter().all(|planted| planted.name != *bug)) {
            return Err(RegistryError::Bug { name: name(), bug: bug.into(), right: right(bug, &registered.bugs) });
        }
        (registered.make)(id).map_err(|why| RegistryError::Refused { name: name(), why })
    }

    /// The system of this name, with all its variants.
    pub fn named(&self, name: &str) -> Option<&Registered> {
        self.0.iter().find(|registered| registered.name == name)
    }
}

/// Names the bugs that `given` may have meant.
fn right(given: &str, bugs: &[PlantedBug]) -> String {
    const NAMED_MAX: usize = 6;
    let names: Vec<&str> = bugs.iter().map(|bug| bug.name.as_str()).collect();
    // The bug's name may be given in part.
    let near: Vec<&str> = names.iter().filter(|name| name.contains(given)).copied().collect();
    match (&*near, &*names) {
        (_, []) => "it has none".into(),
        ([near], _) => format!("did you mean {near}?"),
        (_, names) if names.len() <= NAMED_MAX => format!("give {}", names.join(", ")),
        _ => "`fuzz --list` names them all".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        let refuses = |id: &SubjectId| Err(format!("{id} is not made here"));
        let many = (0..9).map(|number| PlantedBug::new(&format!("bug-{number}"), "It is wrong."));
        let few = [PlantedBug::new("early", "It comes early."), PlantedBug::new("late", "")];
        Registry::new()
            .with(Registered::new("one", "the first", refuses).with_bugs(few))
            .with(Registered::new("many", "the second", refuses).with_bugs(many))
            .with(Registered::new("none", "the third", refuses))
    }

    #[test]
    fn the_first_system_is_meant_where_none_is_named() {
        assert_eq!(registry().usual(), SubjectId::new("one"));
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_those_that_there_are() {
        for (id, said) in [
            ("two", "there is no system 'two' here: give one, many, none, or replay this with a test"),
            ("one with lat", "'lat' is no bug of one: did you mean late?"),
            ("one with noon", "'noon' is no bug of one: give early, late"),
            ("many with bug", "'bug' is no bug of many: `fuzz --list` names them all"),
            ("none with bug", "'bug' is no bug of none: it has none"),
            ("one(ttl=5) with late", "one: one(ttl=5) with late is not made here"),
        ] {
            let Err(error) = registry().make(&id.parse().expect("an identity")) else { panic!("{id} is made") };
            assert!(error.to_string().starts_with(said), "{error}");
        }
    }

    fn bug(name: &str) -> PlantedBug {
        PlantedBug::new(name, "It is wrong.")
    }

    #[test]
    fn bugs_are_added_to_those_that_there_are() {
        let one = Registered::new("one", "", |_| Err(String::new())).with_bugs([bug("early")]).with_bugs([bug("late")]);
        let names: Vec<&str> = one.bugs().iter().map(|bug| bug.name.as_str()).collect();
        assert_eq!(names, ["early", "late"]);
    }

    #[test]
    #[should_panic(expected = "two bugs of one are called early")]
    fn no_two_bugs_of_a_system_have_one_name() {
        let _ = Registered::new("one", "", |_| Err(String::new())).with_bugs([bug("early"), bug("early")]);
    }

    #[test]
    #[should_panic(expected = "two systems are called one")]
    fn no_two_systems_have_one_name() {
        let _ = registry().with(Registered::new("one", "again", |_| Err(String::new())));
    }
}
