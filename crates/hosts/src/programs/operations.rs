//! The operations that clients are to begin.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use env::ClientId;
use sim::Op;
use sim::world::OperationSource;

use super::state::RunState;
use crate::os::{current, lock};

/// Where clients get their operations.
pub(super) struct ClientOperations<O> {
    state: Arc<RunState>,
    from: Source<O>,
}

enum Source<O> {
    /// The workload.
    Workload(Mutex<OperationSource<O>>),
    /// The driver of the run.
    Driver(Mutex<BTreeMap<ClientId, O>>),
}

impl<O: Op> ClientOperations<O> {
    /// Operations of the workload.
    pub(super) fn drawn(state: &Arc<RunState>, operations: OperationSource<O>) -> ClientOperations<O> {
        ClientOperations { state: state.clone(), from: Source::Workload(Mutex::new(operations)) }
    }

    /// Operations that a driver [begins](ClientOperations::begin), and no others.
    pub(super) fn driven(state: &Arc<RunState>) -> ClientOperations<O> {
        ClientOperations { state: state.clone(), from: Source::Driver(Mutex::default()) }
    }

    /// Has a client of a driven run begin an operation, when it next asks for one.
    pub(super) fn begin(&self, client: ClientId, operation: O) {
        let Source::Driver(pending) = &self.from else { unreachable!("the run has no driver") };
        lock(pending).insert(client, operation);
        self.state.news.notify_waiters();
    }

    /// The next operation of a client, once it is time for it; `None` if there is none before the storm is over.
    pub(super) async fn next(&self, client: ClientId) -> Option<O> {
        match &self.from {
            Source::Workload(_) if self.state.is_storm_over() => None,
            Source::Workload(operations) => {
                tokio::time::sleep(pause(operations, client)?).await;
                if self.state.is_storm_over() { None } else { Some(lock(operations).next(client)) }
            }
            Source::Driver(pending) => loop {
                // The client hears of news from here on.
                let news = self.state.news.notified();
                if self.state.is_storm_over() {
                    return None;
                }
                if let Some(operation) = lock(pending).remove(&client) {
                    return Some(operation);
                }
                news.await;
            },
        }
    }
}

/// How long a client waits before its next operation; `None` if it has none.
fn pause<O: Op>(operations: &Mutex<OperationSource<O>>, client: ClientId) -> Option<Duration> {
    let now = current().now();
    lock(operations).next_at(client, now).map(|at| at - now)
}
