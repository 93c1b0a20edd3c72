//! The document of `fuzz --list`.

use explore::Registered;
use serde::Serialize;

use super::Envelope;

/// One of those that `fuzz --list` prints.
#[derive(Serialize)]
pub(crate) struct SystemListed {
    #[serde(flatten)]
    envelope: Envelope,
    system: String,
    about: String,
    /// The bugs that can be planted in it.
    bugs: Vec<BugDocument>,
}

#[derive(Serialize)]
struct BugDocument {
    bug: String,
    /// The difference from a correct system.
    change: String,
}

impl SystemListed {
    pub(crate) fn new(registered: &Registered) -> SystemListed {
        let bugs = registered.bugs().iter();
        SystemListed {
            envelope: Envelope::of("system-list"),
            system: registered.name().into(),
            about: registered.about().into(),
            bugs: bugs.map(|bug| BugDocument { bug: bug.name.clone(), change: bug.change.clone() }).collect(),
        }
    }
}
