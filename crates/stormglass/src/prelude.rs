//! The names that almost every test needs: `use stormglass::prelude::*`.
//!
//! A name that a test imports itself goes before one of here.

pub use env::{
    Bytes, Client, ClientEffects, ClientId, Completion, DiskOp, Effects, Event, FileName, Instant, NodeId, NodeSet,
    Process, Random, RequestId, SyncId, Traced,
};
#[cfg(feature = "turmoil")]
pub use hosts::{AsyncSystem, Host, HostsNet, User, event_and_turmoil};
pub use kv_types::{Operation, Output};
pub use sim::{
    Actor, Boot, Checked, Engine, Engines, Fault, FaultKind, Generator, IntoSubject, Invariant, LinearizableStore, Mix,
    Moment, Net, OperatorAction, Outcome, Overrides, Plan, PlanError, Profile, Seed, StoreOperations, Subject,
    SubjectId, System, Target, TimedFault, Verdict, expand,
};

pub use crate::story::{Cluster, Story, StoryError, append, cas, delete, expect, expect_eq, get, millis, put, secs};
pub use crate::{Property, each_seed};
