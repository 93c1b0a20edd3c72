//! One run: a plan, a system under test, an engine that injects faults and feeds the checkers, an outcome.
//!
//! A [`Plan`] says everything about a run but the code under test. [`expand`] grows one from a [`Seed`] under a
//! [`Profile`]; [`validate`] names the error in one that was made otherwise. [`Engine::run`] takes a plan and a
//! [`System`] and answers with an [`Outcome`]: the verdict, a digest of all events, the counts.
//!
//! The files:
//! - before the run: `plan` (its nouns), `profile`, `expand` and `draw` (from seed to plan), `nemesis` (the schedule of
//!   faults), `settings` (the system's own), `generator` (the clients' operations), `standard` (the plans that figures
//!   are quoted under), `validate`; `bounds` (the resources that a run may take) and `foresight` (those that a plan
//!   surely takes);
//! - the run: `run` (its faults, its events, its verdict), which is the same on both engines; `live`, a run that is
//!   driven from outside; `net`, the rules and milestones that a system brings along;
//! - `event`, the engine for volume, a world that such a run happens in; `world`, the parts that the engine of another
//!   crate is built from; `engine`, the names of the engines;
//! - the parts of worlds: `cuts`, `disturbance`, `disk`, `clock`, each a model of one thing that can go wrong,
//!   `client`, `queue` and `alarm`, and `rng`, a stream of randomness for each of its consumers;
//! - the results: `outcome`, `digest`, `ledger` (the effective faults), `trace`, with the `logs` of the code under
//!   test.
//!
//! Always true:
//! - equal plan, system, engine and version give an equal outcome, digest included, on any machine and in any build
//!   profile;
//! - nothing in here reads a clock, the environment or the order of a hash map, starts a thread, or keeps anything
//!   global;
//! - the system is known by its [`Process`](env::Process), its [`Client`](env::Client) and its [`Net`], and by nothing
//!   else.
//!
//! Left out: more than one run (`explore`), and the printed report (the command, in `stormglass`). The tests of the run
//! and of the event engine are in `hosts/src/tests.rs`, which runs both engines.
#![forbid(unsafe_code)]

mod alarm;
mod blank;
mod bounds;
mod client;
mod clock;
mod cuts;
mod digest;
mod disk;
mod disturbance;
mod draw;
mod engine;
mod event;
mod expand;
mod foresight;
mod generator;
mod ledger;
mod live;
mod logs;
mod nemesis;
mod net;
mod outcome;
mod panics;
mod plan;
mod profile;
mod queue;
mod rng;
mod run;
mod settings;
mod standard;
mod subject;
mod system;
mod trace;
mod trail;
mod validate;
pub mod world;

pub use blank::blank;
pub use bounds::{Bounds, Cut, Exceeded, Held, Limits};
pub use draw::Draw;
pub use engine::{Engine, EngineError};
pub use expand::{Overrides, expand};
pub use foresight::Foreseen;
pub use generator::{Generator, OperationRead, StoreOperations};
pub use ledger::{FaultCount, Ledger};
pub use live::{Injected, Live, RunEnded};
pub use logs::{LogLevel, LogLevelError};
pub use nemesis::{Aim, Nemesis, aims};
pub use net::{
    Answer, AtMostOneHolder, Beside, Checked, Checks, Converges, Demand, Holding, Invariant, InvariantKind, Lack,
    Linearizable, LinearizableStore, Milestone, Milestones, Moment, Net, Note, NothingLost, Op, Owed, Quorum, Reach,
    Seen, SetOperation, Standing, Stopped, Tally, Unwatched, Violation, broken,
};
pub use outcome::{Operations, Outcome, Stats, Verdict};
pub use plan::{
    Calm, Cluster, Direction, DiskModel, Fault, FaultKind, LinkModel, Mix, Plan, Seed, SeedError, Target, TimedFault,
    TimedOperation, Value, Workload,
};
pub use profile::{Profile, ProfileError};
pub use settings::{Settings, SettingsRead};
pub use standard::{Standard, StandardError};
pub use subject::{Engines, IntoSubject, Machines, Subject, SubjectId, SubjectIdError};
pub use system::{Boot, OperatorAction, Start, System};
pub use trace::{Actor, Ended, HistoryRecorder, Line, RecordedHistory, Recorder, What};
pub use trail::Trail;
pub use validate::{PlanError, validate};
