//! A load that goes on while the story does.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Completion, Instant, Random, RequestId};
use sim::{Ended, Value};

use super::{Cluster, Measures, StoryError, append, get, put};

/// A load that clients make by themselves while the story goes on: each asks, waits for the answer, pauses, and asks
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// How many clients, 32 at most.
    pub clients: u32,
    /// How many keys they share.
    pub keys: u32,
    /// The longest pause between two operations of one client; the shortest is none.
    pub pause_max: Duration,
    /// How many of a hundred operations read.
    pub reads_percent: u64,
    /// How many of a hundred append; the rest writes anew.
    pub appends_percent: u64,
}

impl Default for Load {
    /// Five clients on five keys, some hundred operations a second, half of them reads.
    fn default() -> Load {
        Load { clients: 5, keys: 5, pause_max: Duration::from_millis(35), reads_percent: 50, appends_percent: 25 }
    }
}

/// The results of a load, or of a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadReport {
    /// How long it was.
    pub time: Duration,
    /// The operations that happened.
    pub ok: u64,
    /// Those that surely did not.
    pub fail: u64,
    /// Those that may have.
    pub info: u64,
    /// The latencies of the operations that happened, in ascending order.
    pub latencies: Vec<Duration>,
}

impl LoadReport {
    /// The latency that so many of a hundred operations did not exceed; zero of none.
    pub fn latency(&self, percentile: usize) -> Duration {
        let rank = (self.latencies.len() * percentile).div_ceil(100).max(1);
        self.latencies.get(rank - 1).copied().unwrap_or_default()
    }

    /// How many happened a second.
    pub fn throughput(&self) -> f64 {
        self.ok as f64 / self.time.as_secs_f64().max(f64::EPSILON)
    }

    /// Writes it down under names that begin so.
    pub fn note(&self, name: &str, measures: &mut Measures) {
        measures.count(&format!("{name}_ok"), self.ok);
        measures.count(&format!("{name}_in_doubt"), self.info);
        if self.ok > 0 {
            measures.time(&format!("{name}_latency_p50"), self.latency(50));
            measures.time(&format!("{name}_latency_p99"), self.latency(99));
        }
        measures.rate(&format!("{name}_per_s"), self.throughput());
    }
}

/// A load that goes on.
#[derive(Debug)]
pub(super) struct Running {
    load: Load,
    /// When each client that has nothing outstanding goes on.
    idle: BTreeMap<ClientId, Instant>,
    /// When each operation began, and the pause after it.
    outstanding: BTreeMap<RequestId, (Instant, Duration)>,
    writes: u64,
    begun: Instant,
    is_ending: bool,
    /// When each operation began and ended, and how.
    ended: Vec<(Instant, Instant, Completion<Value>)>,
    /// The end of the part that was told last.
    told_to: Instant,
}

impl Running {
    pub(super) fn ended(&mut self, ended: &Ended) {
        let Some((begun, pause)) = self.outstanding.remove(&ended.request) else { return };
        self.ended.push((begun, ended.at, ended.completion.clone()));
        self.idle.insert(ended.request.client, ended.at + pause);
    }

    /// The operations that ended in this part of it.
    fn between(&self, from: Instant, to: Instant) -> LoadReport {
        let mut report = LoadReport { time: to - from, ..LoadReport::default() };
        for (begun, ended, completion) in self.ended.iter().filter(|(_, ended, _)| (from..to).contains(ended)) {
            match completion {
                Completion::Ok(_) => {
                    report.ok += 1;
                    report.latencies.push(*ended - *begun);
                }
                Completion::Fail => report.fail += 1,
                Completion::Info => report.info += 1,
            }
        }
        report.latencies.sort_unstable();
        report
    }
}

impl Cluster<'_> {
    /// Begins a load. If another one goes on, its last operations end first.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn start_load(&mut self, load: Load) -> Result<(), StoryError> {
        self.stop_load()?;
        self.live.settle()?;
        let now = self.live.now();
        let clients = self.cast.loading.iter().copied().take(load.clients as usize);
        self.load = Some(Running {
            load,
            idle: clients.map(|client| (client, now)).collect(),
            outstanding: BTreeMap::new(),
            writes: 0,
            begun: now,
            is_ending: false,
            ended: Vec::new(),
            told_to: now,
        });
        Ok(())
    }

    /// The results of the load since the last call of this, or since it began. Empty if there is none.
    pub fn load_so_far(&mut self) -> LoadReport {
        let now = self.live.now();
        self.take_in();
        let Some(load) = &mut self.load else { return LoadReport::default() };
        let from = std::mem::replace(&mut load.told_to, now);
        load.between(from, now)
    }

    /// Ends the load when its last operations have ended, and returns its results as a whole. Empty if there is none.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn stop_load(&mut self) -> Result<LoadReport, StoryError> {
        let Some(load) = &mut self.load else { return Ok(LoadReport::default()) };
        load.is_ending = true;
        let is_over = |c: &Cluster<'_>| c.load.as_ref().is_none_or(|load| load.outstanding.is_empty());
        self.wait_for("the end of the load", super::secs(60), is_over)?;
        let now = self.live.now();
        Ok(self.load.take().map_or(LoadReport::default(), |load| load.between(load.begun, Instant(now.0 + 1))))
    }

    /// When the load has next something to do.
    pub(super) fn load_due(&self) -> Option<Instant> {
        let load = self.load.as_ref().filter(|load| !load.is_ending)?;
        load.idle.values().min().map(|due| Instant(due.0.div_ceil(1_000_000) * 1_000_000))
    }

    /// Lets those clients of the load go on that have paused long enough.
    pub(super) fn load_goes_on(&mut self) -> Result<(), StoryError> {
        while self.load_due().is_some_and(|due| due <= self.live.now()) {
            // An operation begins only on a whole millisecond.
            self.live.settle()?;
            self.take_in();
            let Some(running) = &mut self.load else { break };
            let first = running.idle.iter().min_by_key(|(_, due)| **due).map(|(client, _)| *client);
            let Some(client) = first else { break };
            running.idle.remove(&client);
            let load = running.load;
            let key = format!("load-{}", self.live.below(load.keys.into()));
            let drawn = self.live.below(100);
            let pause = Duration::from_millis(self.live.below(load.pause_max.as_millis() as u64 + 1));
            running.writes += 1;
            let value = format!("{client}-{}.", running.writes);
            let operation = match drawn {
                _ if drawn < load.reads_percent => get(&key),
                _ if drawn < load.reads_percent + load.appends_percent => append(&key, &value),
                _ => put(&key, &value),
            };
            let operation = serde_json::to_value(operation).expect("an operation can be written as JSON");
            let request = self.live.invoke(client, &operation)?;
            let now = self.live.now();
            if let Some(running) = &mut self.load {
                running.outstanding.insert(request, (now, pause));
            }
        }
        Ok(())
    }
}
