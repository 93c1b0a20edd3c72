//! The systems of the scenarios, by name: the command runs them, and a repro names one.

use std::sync::Arc;

use explore::{PlantedBug, Registered, Registry};
use raft_kv::RaftKv;
use sim::{IntoSubject, Subject, SubjectId};
use systems::graph::{self, RelayGraph};
use systems::pair::{self, LeasePair};
use systems::peers::{self, PeerSync};
use zoo::{Bug, Mutant};

/// The four shipped systems, each with its settings and its planted bugs. The Raft cluster is meant where none is
/// named.
pub fn systems() -> Registry {
    let raft_kv = Registered::new("raft-kv", "a key-value store on Raft", raft_kv);
    let pair = Registered::new("lease-pair", "a primary and its passive; a lease says which of the two serves", |id| {
        LeasePair::of(id).map(IntoSubject::into_subject)
    });
    let graph = Registered::new("relay-graph", "a graph on several machines that sync through a relay", |id| {
        RelayGraph::of(id).map(IntoSubject::into_subject)
    });
    let peers =
        Registered::new("peer-sync", "a node that pulls the catalogues of its peers, past those that fail", |id| {
            PeerSync::of(id).map(IntoSubject::into_subject)
        });
    Registry::new()
        .with(raft_kv.with_bugs(Bug::ALL.iter().map(|bug| of_the_zoo(*bug))))
        .with(pair.with_bugs(pair::Bug::ALL.iter().map(|bug| PlantedBug::new(bug.name(), bug.change()))))
        .with(graph.with_bugs(graph::Bug::ALL.iter().map(|bug| PlantedBug::new(bug.name(), bug.change()))))
        .with(peers.with_bugs(peers::Bug::ALL.iter().map(|bug| PlantedBug::new(bug.name(), bug.change()))))
}

fn of_the_zoo(bug: Bug) -> PlantedBug {
    PlantedBug::new(bug.name(), bug.change()).in_category(bug.category().name()).found_in(bug.source())
}

/// The Raft cluster with a bug of the zoo.
pub fn raft_kv_with(bug: Bug) -> Arc<dyn Subject> {
    RaftKv::with_bug(bug, Mutant(bug)).into_subject()
}

fn raft_kv(id: &SubjectId) -> Result<Arc<dyn Subject>, String> {
    if let Some(setting) = id.settings().keys().next() {
        return Err(format!("{setting} is no setting of it: it has none"));
    }
    match id.bug() {
        None => Ok(RaftKv::default().into_subject()),
        Some(bug) => bug.parse().map(raft_kv_with).map_err(|error: zoo::BugError| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_is_made_of_the_identity_that_it_has() {
        let systems = systems();
        for registered in systems.iter() {
            let plain = SubjectId::new(registered.name());
            let planted = registered.bugs().iter().map(|bug| plain.clone().with_bug(&bug.name));
            for id in [plain.clone()].into_iter().chain(planted) {
                assert_eq!(systems.make(&id).expect("it is registered").id(), id);
            }
        }
        let short = SubjectId::new("lease-pair").with_setting("ttl_ms", 3_000).with_bug("unfenced");
        assert_eq!(systems.make(&short).expect("it has such a setting").id(), short);
    }
}
