//! The operations of the clients, and when each begins.
//!
//! A [`Generator`] is the system's own and draws operations at random; [`StoreOperations`] is the one for key-value
//! stores. The plan says how long clients pause, or holds a script of all operations, as a shrunk plan does.

use std::time::Duration;

use env::{ClientId, Instant, Random};

use crate::client::index;
use crate::net::Op;
use crate::plan::{Seed, Value, Workload};
use crate::rng::{Consumer, Stream};

mod scripted;
mod store;

use scripted::Scripted;
pub use scripted::{read, read_operation};
pub use store::StoreOperations;

/// Draws the operations of the clients of one run.
///
/// A closure that can be cloned is a generator:
///
/// ```
/// # mod stormglass { pub use env as core; pub use stormglass_sim as sim; }
/// use stormglass::core::{ClientId, Random};
/// use stormglass::sim::Generator;
///
/// #[derive(Debug)]
/// enum Step {
///     Push,
///     Pop,
/// }
///
/// let steps = |_: ClientId, random: &mut dyn Random| if random.below(2) == 0 { Step::Push } else { Step::Pop };
/// let generator: Box<dyn Generator<Step>> = Box::new(steps);
/// # drop(generator);
/// ```
pub trait Generator<O>: Send {
    /// The next operation of this client, drawn from the client's own stream of randomness. The draws of other clients
    /// must not depend on how often this one is asked.
    fn next(&mut self, client: ClientId, random: &mut dyn Random) -> O;

    /// A copy of the generator, with the same draws behind it.
    fn copy(&self) -> Box<dyn Generator<O>>;
}

impl<O, F: FnMut(ClientId, &mut dyn Random) -> O + Clone + Send + 'static> Generator<O> for F {
    fn next(&mut self, client: ClientId, random: &mut dyn Random) -> O {
        self(client, random)
    }

    fn copy(&self) -> Box<dyn Generator<O>> {
        Box::new(self.clone())
    }
}

/// An operation that a system has read from a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationRead {
    /// How many bytes of memory it holds besides itself.
    pub heap_bytes: u64,
    /// Simpler operations that may do as well, the simplest first.
    pub simpler: Vec<Value>,
}

/// The operations of all clients of one run.
pub struct OperationSource<O>(Source<O>);

enum Source<O> {
    /// As the generator draws them.
    Workload(Drawn<O>),
    /// As the script says.
    Script(Scripted<O>),
}

/// Operations that are drawn, one after another, with pauses.
struct Drawn<O> {
    generator: Box<dyn Generator<O>>,
    /// By the client's number, less one.
    streams: Vec<Stream>,
    pause_us: (u64, u64),
}

impl<O: Op> OperationSource<O> {
    /// The operations of this workload. Its script must be valid.
    pub fn new(seed: Seed, workload: &Workload, generator: impl FnOnce() -> Box<dyn Generator<O>>) -> Self {
        if let Some(script) = &workload.script {
            return OperationSource(Source::Script(Scripted::new(workload.clients, script)));
        }
        let stream = |client| Stream::new(seed, Consumer::Operations(client));
        OperationSource(Source::Workload(Drawn {
            generator: generator(),
            streams: (1..=workload.clients).map(ClientId).map(stream).collect(),
            pause_us: (workload.pause_min_us, workload.pause_max_us),
        }))
    }

    /// When a client that has nothing to do from `now` on invokes its next operation; `None` if there is none. To be
    /// asked once for each operation.
    pub fn next_at(&mut self, client: ClientId, now: Instant) -> Option<Instant> {
        match &mut self.0 {
            Source::Workload(Drawn { streams, pause_us: (min, max), .. }) => {
                Some(now + Duration::from_micros(streams[index(client)].between(*min, *max)))
            }
            Source::Script(scripted) => scripted.next_at(client).map(|at| at.max(now)),
        }
    }

    /// The operation for which [`next_at`](OperationSource::next_at) gave the time.
    pub fn next(&mut self, client: ClientId) -> O {
        match &mut self.0 {
            Source::Workload(Drawn { generator, streams, .. }) => generator.next(client, &mut streams[index(client)]),
            Source::Script(scripted) => scripted.next(client),
        }
    }
}

impl<O: Clone> Clone for OperationSource<O> {
    fn clone(&self) -> Self {
        OperationSource(match &self.0 {
            Source::Workload(Drawn { generator, streams, pause_us }) => {
                Source::Workload(Drawn { generator: generator.copy(), streams: streams.clone(), pause_us: *pause_us })
            }
            Source::Script(scripted) => Source::Script(scripted.clone()),
        })
    }
}
