//! The operations of the story's clients.

use std::marker::PhantomData;

use env::{Bytes, ClientId, Completion, NodeId, RequestId, Shown};
use kv_types::{Operation, Output};
use serde::de::DeserializeOwned;
use sim::{Answer, Op, Value};

use super::cluster::Begun;
use super::{Cluster, StoryError};

/// An operation that a story's clients can ask for, with its answer.
pub trait Ask: Op {
    /// The answer of a successful one.
    type Answer: Answer + DeserializeOwned;
}

impl Ask for Operation {
    type Answer = Output;
}

/// Reads a key.
pub fn get(key: &str) -> Operation {
    Operation::Get { key: key.into() }
}

/// Sets a key.
pub fn put(key: &str, value: &str) -> Operation {
    Operation::Put { key: key.into(), value: value.into() }
}

/// Adds to the end of a key's value.
pub fn append(key: &str, value: &str) -> Operation {
    Operation::Append { key: key.into(), value: value.into() }
}

/// Removes a key.
pub fn delete(key: &str) -> Operation {
    Operation::Delete { key: key.into() }
}

/// Sets a key if it has this value; `None` if it must be absent.
pub fn cas(key: &str, expected: Option<&str>, value: &str) -> Operation {
    Operation::Cas { key: key.into(), expected: expected.map(Bytes::from), value: Some(value.into()) }
}

/// An operation that was begun, with an `A` for its answer.
#[derive(Debug)]
pub struct Pending<A = Output>(RequestId, PhantomData<fn() -> A>);

impl<A> Clone for Pending<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Pending<A> {}

/// The clients of one node. They ask no other, even if it refuses.
#[derive(Debug)]
pub struct At<'c, 'a> {
    cluster: &'c mut Cluster<'a>,
    node: NodeId,
}

impl std::fmt::Debug for Cluster<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cluster({} at {:?})", self.nodes(), self.now())
    }
}

impl<'a> Cluster<'a> {
    /// The clients of `node`, which ask it and no other.
    pub fn at(&mut self, node: NodeId) -> At<'_, 'a> {
        At { cluster: self, node }
    }

    /// A client begins an operation, of whichever node takes it up.
    ///
    /// # Errors
    /// All clients that rove wait for answers, or an invariant was broken.
    #[expect(clippy::needless_pass_by_value, reason = "a story makes its operations where it asks for them")]
    pub fn begin<O: Ask>(&mut self, operation: O) -> Result<Pending<O::Answer>, StoryError> {
        let roving = self.cast.roving.clone();
        self.begin_by(&roving, "that rove".into(), &operation)
    }

    /// Waits until an operation has ended, and says how.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn finish<A: DeserializeOwned>(&mut self, pending: Pending<A>) -> Result<Completion<A>, StoryError> {
        // A client must give up by itself; the limit checks that it does.
        self.wait_for("the end of an operation", super::secs(60), |c| !c.is_pending(pending))?;
        Ok(self.completion(pending).expect("it has ended"))
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn ask<O: Ask>(&mut self, operation: O) -> Result<O::Answer, StoryError> {
        let pending = self.begin(operation)?;
        self.finish_ok(pending)
    }

    /// Waits until an operation has ended, which must be well.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn finish_ok<A: DeserializeOwned>(&mut self, pending: Pending<A>) -> Result<A, StoryError> {
        match self.finish(pending)? {
            Completion::Ok(output) => Ok(output),
            Completion::Fail => Err(self.not_ok(pending.0, "fail")),
            Completion::Info => Err(self.not_ok(pending.0, "info")),
        }
    }

    /// Sets a key, and waits until that is acknowledged.
    ///
    /// # Errors
    /// As [`ask`](Cluster::ask).
    pub fn put(&mut self, key: &str, value: &str) -> Result<(), StoryError> {
        self.ask(put(key, value)).map(|_| ())
    }

    /// Reads a key; `None` if it is absent.
    ///
    /// # Errors
    /// As [`ask`](Cluster::ask).
    pub fn get(&mut self, key: &str) -> Result<Option<String>, StoryError> {
        self.ask(get(key)).map(text)
    }

    /// True if an operation has not ended.
    pub fn is_pending<A>(&self, pending: Pending<A>) -> bool {
        self.operations[&pending.0].ended.is_none()
    }

    /// How an operation has ended; `None` if it has not.
    ///
    /// # Panics
    /// If the system has answered something that is no `A`.
    pub fn completion<A: DeserializeOwned>(&self, pending: Pending<A>) -> Option<Completion<A>> {
        let (completion, _) = self.operations[&pending.0].ended.as_ref()?;
        Some(match completion {
            Completion::Ok(answer) => Completion::Ok(read(answer)),
            Completion::Fail => Completion::Fail,
            Completion::Info => Completion::Info,
        })
    }

    fn not_ok(&self, request: RequestId, ended: &'static str) -> StoryError {
        StoryError::NotOk { operation: self.operations[&request].operation.clone(), ended }
    }

    /// How long an operation took; `None` if it has not ended.
    pub fn latency<A>(&self, pending: Pending<A>) -> Option<std::time::Duration> {
        let begun = &self.operations[&pending.0];
        begun.ended.as_ref().map(|(_, at)| *at - begun.at)
    }

    /// Asks a node that is online, drawn at random. A write goes on to the leader that this node knows of, if it does.
    ///
    /// # Errors
    /// All are offline; or as [`ask`](Cluster::ask).
    pub fn ask_random(&mut self, operation: Operation) -> Result<Output, StoryError> {
        let online: Vec<NodeId> = self.online().intersection(self.nodes()).iter().collect();
        let node = self.pick(&online).ok_or(StoryError::AllOffline)?;
        let leader = self.node(node).leader.filter(|leader| self.is_online(*leader) && !operation.is_read());
        self.at(leader.unwrap_or(node)).ask(operation)
    }

    /// Reads from every node that is online, one after the other, and returns the answer of each. Those that are
    /// offline are skipped.
    ///
    /// # Errors
    /// All are offline; or as [`ask`](Cluster::ask).
    pub fn ask_all<O: Ask>(&mut self, operation: &O) -> Result<Vec<(NodeId, O::Answer)>, StoryError> {
        let online = self.online().intersection(self.nodes());
        if online.is_empty() {
            return Err(StoryError::AllOffline);
        }
        online.iter().map(|node| self.at(node).ask(operation.clone()).map(|output| (node, output))).collect()
    }

    fn begin_by<O: Ask>(
        &mut self,
        clients: &[ClientId],
        whose: String,
        operation: &O,
    ) -> Result<Pending<O::Answer>, StoryError> {
        self.live.settle()?;
        self.take_in();
        let is_busy = |client: &ClientId| {
            let of_client = RequestId { client: *client, seq: 0 }..=RequestId { client: *client, seq: u64::MAX };
            self.operations.range(of_client).next_back().is_some_and(|(_, begun)| begun.ended.is_none())
        };
        let Some(client) = clients.iter().copied().find(|client| !is_busy(client)) else {
            return Err(StoryError::ClientsBusy { clients: clients.len(), whose });
        };
        let at = self.live.now();
        let value = serde_json::to_value(operation).expect("an operation can be written as JSON");
        let request = self.live.invoke(client, &value)?;
        self.operations.insert(request, Begun { operation: Shown(operation).to_string(), at, ended: None });
        Ok(Pending(request, PhantomData))
    }
}

impl At<'_, '_> {
    /// A client begins an operation.
    ///
    /// # Errors
    /// All clients of this node wait for answers, or an invariant was broken.
    #[expect(clippy::needless_pass_by_value, reason = "a story makes its operations where it asks for them")]
    pub fn begin<O: Ask>(&mut self, operation: O) -> Result<Pending<O::Answer>, StoryError> {
        let node = self.node;
        let at_home = self.cluster.cast.at_home(node);
        self.cluster.begin_by(&at_home, format!("of {node}"), &operation)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn ask<O: Ask>(&mut self, operation: O) -> Result<O::Answer, StoryError> {
        let pending = self.begin(operation)?;
        self.cluster.finish_ok(pending)
    }

    /// Sets a key, and waits until that is acknowledged.
    ///
    /// # Errors
    /// As [`ask`](At::ask).
    pub fn put(&mut self, key: &str, value: &str) -> Result<(), StoryError> {
        self.ask(put(key, value)).map(|_| ())
    }

    /// Demands that the node answers a read of this key with this value.
    ///
    /// # Errors
    /// It answers otherwise; or as [`ask`](At::ask).
    pub fn verify_data(&mut self, key: &str, value: Option<&str>) -> Result<(), StoryError> {
        let read = self.get(key)?;
        super::expect_eq(read.as_deref(), value, &format!("{key} on {}", self.node))
    }

    /// Reads a key; `None` if it is absent.
    ///
    /// # Errors
    /// As [`ask`](At::ask).
    pub fn get(&mut self, key: &str) -> Result<Option<String>, StoryError> {
        self.ask(get(key)).map(text)
    }
}

fn read<A: DeserializeOwned>(answer: &Value) -> A {
    let read = A::deserialize(answer);
    read.unwrap_or_else(|error| panic!("the answer {answer} is not of the operation's type: {error}"))
}

fn text(output: Output) -> Option<String> {
    match output {
        Output::Value(value) => value.map(|value| String::from_utf8_lossy(&value).into_owned()),
        Output::Written | Output::Swapped | Output::Mismatch => None,
    }
}
