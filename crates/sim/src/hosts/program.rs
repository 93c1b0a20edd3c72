//! What a run takes a plain program for.
//!
//! A [`Run`](crate::run::Run) is generic over a [`System`], whose nodes and clients are state machines. A program has
//! none of these parts, so they are types without a value: nothing that concerns them can ever be called.

use std::error::Error;

use env::{
    ClientEffects, ClientId, Disk, Effects, Event, Fingerprint, Instant, NodeId, Operation, Process, Random, Reader,
    RequestId, Wire, WireError,
};

use crate::plan::{Cluster, Plan};
use crate::system::{OperatorAction, Start, System};

/// A system that is made of programs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Programs {
    /// Whether its clients are to see one linearizable key-value store.
    pub(super) is_linearizable: bool,
}

/// What does not exist.
#[derive(Clone, Copy, Debug)]
pub(super) enum Never {}

impl Fingerprint for Never {
    fn fingerprint(&self) -> u64 {
        match *self {}
    }
}

impl Wire for Never {
    fn encode(&self, _: &mut Vec<u8>) {
        match *self {}
    }

    fn read(reader: &mut Reader<'_>) -> Result<Never, WireError> {
        Err(WireError::Invalid { at: reader.at(), what: "a message between programs" })
    }
}

impl Process for Never {
    type Message = Never;
    type Request = Never;
    type Response = Never;
    const WIRE_VERSION: u16 = 0;

    fn handle(&mut self, _: Event<Self>, _: Instant, _: &mut dyn Random, _: &mut Effects<Self>) {
        match *self {}
    }
}

impl env::Client for Never {
    type Request = Never;
    type Response = Never;

    fn invoke(&mut self, _: Operation, _: Instant, _: &mut dyn Random, _: &mut ClientEffects<Never>) {
        match *self {}
    }

    fn receive(&mut self, _: NodeId, _: Never, _: Instant, _: &mut dyn Random, _: &mut ClientEffects<Never>) {
        match *self {}
    }

    fn wake(&mut self, _: Instant, _: &mut dyn Random, _: &mut ClientEffects<Never>) {
        match *self {}
    }
}

impl System for Programs {
    type Process = Never;
    type Client = Never;

    fn boot(
        &self,
        _: &Cluster,
        node: NodeId,
        _: Start,
        _: &dyn Disk,
        _: Instant,
        _: &mut dyn Random,
        _: &mut Effects<Never>,
    ) -> Result<Never, Box<dyn Error>> {
        Err(format!("{node} is a program: its world starts it").into())
    }

    fn client(&self, _: &Plan, client: ClientId) -> Never {
        unreachable!("{client} is a program: its world starts it")
    }

    fn is_linearizable(&self) -> bool {
        self.is_linearizable
    }

    fn operator_request(&self, _: RequestId, _: OperatorAction) -> Option<Never> {
        None
    }
}
