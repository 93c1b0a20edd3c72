//! A client of the run, as either engine keeps it.

use env::{Client, ClientEffects, ClientId, Instant, Random};

use crate::alarm::Alarm;
use crate::plan::{Plan, Workload};
use crate::rng::{Consumer, Stream, split};

/// Tells the choice to send a request twice from other uses of the same draw.
const RESEND: u64 = 0x7265_7365;

/// The effects of a client.
pub type EffectsOf<C> = ClientEffects<<C as Client>::Request, <C as Client>::Output>;

/// A client's state machine, with its wake-up and its streams of randomness.
#[derive(Clone, Debug)]
pub struct ClientHost<C> {
    pub(crate) id: ClientId,
    client: C,
    /// Its wake-up.
    pub alarm: Alarm,
    /// The last operation it has begun has not ended.
    pub is_busy: bool,
    /// The stream of its own choices.
    random: Stream,
    /// The stream of the latencies of its messages.
    pub link_random: Stream,
}

impl<C: Client> ClientHost<C> {
    /// A client of this plan, which has done nothing yet.
    pub fn new(plan: &Plan, id: ClientId, client: C) -> ClientHost<C> {
        ClientHost {
            id,
            client,
            alarm: Alarm::default(),
            is_busy: false,
            random: Stream::new(plan.seed, Consumer::Client(id)),
            link_random: Stream::new(plan.seed, Consumer::ClientLinks(id)),
        }
    }

    /// Calls `act` on the client at `now`; a client's clock is true time.
    ///
    /// # Panics
    /// If the client panics, or completes an operation that it has not begun.
    pub fn act(
        &mut self,
        now: Instant,
        effects: &mut EffectsOf<C>,
        act: impl FnOnce(&mut C, Instant, &mut dyn Random, &mut EffectsOf<C>),
    ) {
        act(&mut self.client, now, &mut self.random, effects);
        let completes = effects.completion.is_some();
        assert!(!completes || self.is_busy, "{} completes an operation that it has not begun", self.id);
    }
}

/// The index of a client in a table of all clients.
pub fn index(client: ClientId) -> usize {
    client.0 as usize - 1
}

/// The random bits for the second copy of a request that drew `drawn`; `None` if the request is sent once.
pub fn resent(workload: &Workload, drawn: u64) -> Option<u64> {
    workload.resend.holds(split(drawn, RESEND)).then(|| split(drawn, !RESEND))
}
