//! The names that almost every test needs: `use stormglass::prelude::*`.
//!
//! A name that a test imports itself goes before one of here.

pub use env::{
    Bytes, Client, ClientEffects, ClientId, Completion, Disk, DiskOp, Effects, Event, FileName, Instant, Networked,
    NodeId, NodeSet, Process, Random, Ratio, Reader, RequestId, SyncId, Traced, Wire, WireError,
};
#[cfg(feature = "turmoil")]
pub use hosts::{AsyncSystem, Host, HostsNet, User, event_and_turmoil};
pub use kv_types::{Operation, Output};
pub use sim::{
    Actor, AtMostOneHolder, Boot, Checked, Checks, Converges, Engine, Engines, Fault, FaultKind, Generator,
    IntoSubject, Invariant, Linearizable, LinearizableStore, Mix, Moment, Net, NothingLost, Op, OperatorAction,
    Outcome, Overrides, Plan, PlanError, Profile, Quorum, Seed, Seen, SetOperation, StoreOperations, Subject,
    SubjectId, System, Target, TimedFault, Verdict, Violation, broken, expand,
};

pub use crate::story::{Cluster, Story, StoryError, append, cas, delete, expect, expect_eq, get, millis, put, secs};
pub use crate::{Property, each_seed};
