//! The systems that the command runs: the cluster, as it is or with a bug of the zoo.

use ::zoo::{Bug, Mutant};
use sim::System;
use stormglass::RaftKv;

/// Something to be done with a system, whichever it is.
pub(crate) trait Work {
    type Done;

    fn on<S: System + Send>(self, system: &S) -> Self::Done;
}

/// Does it with the cluster, with this bug if there is one.
pub(crate) fn with<W: Work>(bug: Option<Bug>, work: W) -> W::Done {
    match bug {
        None => work.on(&RaftKv::default()),
        Some(bug) => work.on(&RaftKv::with_rules(Mutant(bug))),
    }
}
