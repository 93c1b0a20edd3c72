//! What the story's clients ask.

use env::{Bytes, ClientId, Completion, NodeId, Operation, Output, RequestId};

use super::cluster::Begun;
use super::{Cluster, StoryError};

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

/// An operation that was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pending(RequestId);

/// The clients of one node: they ask it and no other, whatever it answers.
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
    /// What is asked through this is asked of `node`, and of no other.
    pub fn at(&mut self, node: NodeId) -> At<'_, 'a> {
        At { cluster: self, node }
    }

    /// A client begins an operation, of whichever node takes it up.
    ///
    /// # Errors
    /// All clients that rove wait for answers, or an invariant was broken.
    pub fn begin(&mut self, operation: Operation) -> Result<Pending, StoryError> {
        let roving = self.cast.roving.clone();
        self.begin_by(&roving, "that rove".into(), operation)
    }

    /// Waits until an operation has ended, and says how.
    ///
    /// # Errors
    /// An invariant was broken.
    pub fn finish(&mut self, pending: Pending) -> Result<Completion, StoryError> {
        // A client gives up by itself; that it does is the client's promise, and checked here.
        self.wait_for("the end of an operation", super::secs(60), |c| !c.is_pending(pending))?;
        Ok(self.completion(pending).expect("it has ended").clone())
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn ask(&mut self, operation: Operation) -> Result<Output, StoryError> {
        let pending = self.begin(operation)?;
        self.finish_ok(pending)
    }

    /// Waits until an operation has ended, which must be well.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn finish_ok(&mut self, pending: Pending) -> Result<Output, StoryError> {
        match self.finish(pending)? {
            Completion::Ok(output) => Ok(output),
            completion => {
                Err(StoryError::NotOk { operation: self.operations[&pending.0].operation.to_string(), completion })
            }
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

    /// Whether an operation has not ended.
    pub fn is_pending(&self, pending: Pending) -> bool {
        self.completion(pending).is_none()
    }

    /// How an operation has ended; `None` if it has not.
    pub fn completion(&self, pending: Pending) -> Option<&Completion> {
        self.operations[&pending.0].ended.as_ref().map(|(completion, _)| completion)
    }

    /// How long an operation took; `None` if it has not ended.
    pub fn latency(&self, pending: Pending) -> Option<std::time::Duration> {
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

    /// Reads from every node that is online, one after the other, and says what each answered. Those that are offline are
    /// skipped.
    ///
    /// # Errors
    /// All are offline; or as [`ask`](Cluster::ask).
    pub fn ask_all(&mut self, operation: &Operation) -> Result<Vec<(NodeId, Output)>, StoryError> {
        let online = self.online().intersection(self.nodes());
        if online.is_empty() {
            return Err(StoryError::AllOffline);
        }
        online.iter().map(|node| self.at(node).ask(operation.clone()).map(|output| (node, output))).collect()
    }

    fn begin_by(&mut self, clients: &[ClientId], whose: String, operation: Operation) -> Result<Pending, StoryError> {
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
        let request = self.live.invoke(client, &operation)?;
        self.operations.insert(request, Begun { operation, at, ended: None });
        Ok(Pending(request))
    }
}

impl At<'_, '_> {
    /// A client begins an operation.
    ///
    /// # Errors
    /// All clients of this node wait for answers, or an invariant was broken.
    pub fn begin(&mut self, operation: Operation) -> Result<Pending, StoryError> {
        let node = self.node;
        let at_home = self.cluster.cast.at_home(node);
        self.cluster.begin_by(&at_home, format!("of {node}"), operation)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// It did not happen, or may not have; or an invariant was broken.
    pub fn ask(&mut self, operation: Operation) -> Result<Output, StoryError> {
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

fn text(output: Output) -> Option<String> {
    match output {
        Output::Value(value) => value.map(|value| String::from_utf8_lossy(&value).into_owned()),
        Output::Written | Output::Swapped | Output::Mismatch => None,
    }
}
