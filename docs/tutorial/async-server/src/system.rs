use std::collections::BTreeSet;

use stormglass::prelude::*;

use super::client::client;
use super::server::{Note, server};

/// Every acknowledged line is remembered.
pub fn system(syncs: bool) -> AsyncSystem<impl HostsNet<Note = Note>> {
    let system = AsyncSystem::new("lines", move |host| server(host, syncs), client);
    system.suited(puts_and_gets).rule(|| {
        let mut acknowledged = BTreeSet::new();
        move |_: Moment, _: Actor, note: &Note| match note {
            Note::Acknowledges(line) => {
                acknowledged.insert(line.clone());
                Ok(())
            }
            Note::Forgotten { node, line } if acknowledged.contains(line) => Err(format!("{node} has lost {line}")),
            Note::Forgotten { line, .. } => Err(format!("no server ever acknowledged {line}")),
        }
    })
}

/// Clients put lines without an end and get them back.
fn puts_and_gets(plan: &mut Plan) {
    plan.workload.mix = Mix::NONE.with_get(1).with_put(1);
    (plan.workload.value_bytes_min, plan.workload.value_bytes_max) = (0, 0);
}
