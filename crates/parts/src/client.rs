//! A client with one operation at a time: it finds the node to ask, asks again, and completes truthfully.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::time::Duration;

use env::{
    ClientEffects, ClientId, Completion, Instant, NodeId, NodeSet, Random, Reader, RequestId, Traced, Wire, WireError,
};

use crate::hash::hash_of;

/// An operation on its way to a node. Its digest needs an encoding of `O`; a system without encodings wraps the request
/// in a type of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<O> {
    /// The client, and the number of its operation; a retry has the same.
    pub id: RequestId,
    /// The operation that is asked for.
    pub operation: O,
}

/// A node's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response<A> {
    /// The request that it answers.
    pub id: RequestId,
    /// The answer to it.
    pub answer: Answer<A>,
}

/// A node's answer. `Done` and `Refused` settle the operation, whichever node gives them; the others are about one copy
/// of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<A> {
    /// It is done, once, with this output.
    Done(A),
    /// It is not done, and no copy of the request ever will be; for this reason. A node that may have passed the
    /// request on, or may find it in its log, must not say so.
    Refused(String),
    /// This node does not do it, or no longer.
    NotHere {
        /// The node that does it, as far as this one knows.
        hint: Option<NodeId>,
    },
    /// This node cannot do it now and may soon.
    Later,
    /// A later request of the same client was done.
    Superseded,
}

impl<O: Wire> Wire for Request<O> {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.id.to_wire(into);
        self.operation.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Request<O>, WireError> {
        Ok(Request { id: Wire::read_wire(reader)?, operation: Wire::read_wire(reader)? })
    }
}

impl<A: Wire> Wire for Response<A> {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.id.to_wire(into);
        self.answer.to_wire(into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Response<A>, WireError> {
        Ok(Response { id: Wire::read_wire(reader)?, answer: Wire::read_wire(reader)? })
    }
}

impl<A: Wire> Wire for Answer<A> {
    fn to_wire(&self, into: &mut Vec<u8>) {
        match self {
            Answer::Done(output) => {
                into.push(1);
                output.to_wire(into);
            }
            Answer::Refused(why) => {
                into.push(2);
                why.to_wire(into);
            }
            Answer::NotHere { hint } => {
                into.push(3);
                hint.to_wire(into);
            }
            Answer::Later => into.push(4),
            Answer::Superseded => into.push(5),
        }
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Answer<A>, WireError> {
        let at = reader.at();
        match reader.u8("answer")? {
            1 => Wire::read_wire(reader).map(Answer::Done),
            2 => Wire::read_wire(reader).map(Answer::Refused),
            3 => Ok(Answer::NotHere { hint: Wire::read_wire(reader)? }),
            4 => Ok(Answer::Later),
            5 => Ok(Answer::Superseded),
            _ => Err(WireError::Invalid { at, what: "answer" }),
        }
    }
}

impl<O: Wire + Debug> Traced for Request<O> {
    fn digest(&self) -> u64 {
        hash_of(self)
    }
}

impl<A: Wire + Debug> Traced for Response<A> {
    fn digest(&self) -> u64 {
        hash_of(self)
    }
}

/// The settings of a [`Client`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientConfig<O> {
    /// The nodes that it may ask, at least one. It draws one of several, and another one after that node has left an
    /// operation without an answer.
    pub nodes: NodeSet,
    /// True if it may turn to another node while an operation is under way: the nodes share one log, or tell retries
    /// apart by [`RequestId`]. False if each node does its operations by itself: the same operation would be done
    /// twice.
    pub moves: bool,
    /// After so long without an answer it asks again, under the same request id.
    pub retry: Duration,
    /// After so long since its invocation it gives the operation up.
    pub timeout: Duration,
    /// True if an operation may change something: given up, it ends as `info`. One that changes nothing ends as `fail`.
    pub changes: fn(&O) -> bool,
}

impl<O> ClientConfig<O> {
    /// A client of these nodes, at least one, which turns from one to another, asks again after 200 ms, and gives up
    /// after two seconds. `changes` is true of an operation that may change something.
    pub fn new(nodes: NodeSet, changes: fn(&O) -> bool) -> ClientConfig<O> {
        let (retry, timeout) = (Duration::from_millis(200), Duration::from_secs(2));
        ClientConfig { nodes, moves: true, retry, timeout, changes }
    }

    /// The same, with [`moves`](field@ClientConfig::moves) so.
    #[must_use]
    pub fn moves(self, moves: bool) -> ClientConfig<O> {
        ClientConfig { moves, ..self }
    }

    /// The same, which asks again after so long.
    #[must_use]
    pub fn retry(self, retry: Duration) -> ClientConfig<O> {
        ClientConfig { retry, ..self }
    }

    /// The same, which gives an operation up after so long.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> ClientConfig<O> {
        ClientConfig { timeout, ..self }
    }
}

/// A client that asks `O` and is answered `A`. Its requests go out as `Q` and its answers come in as `R`: types of the
/// system's own, if its nodes have other requests and answers as well.
///
/// An operation ends
/// - as `ok`: a node said that it is done;
/// - as `fail`: it surely did not happen and never will. A node refused it, or it would have changed nothing;
/// - as `info`: it was given up and may have happened; a copy may still be on its way.
///
/// Always true:
/// - a retry has the request id of the first copy, and no two operations have one id;
/// - a hint is followed at once, but once only until the next pause: nodes that name one another are not chased;
/// - the pause after [`Answer::Later`], or after [`Answer::NotHere`] without a hint to follow, grows from try to try,
///   half of it is drawn, and it is no longer than [`retry`](field@ClientConfig::retry);
/// - with [`moves`](field@ClientConfig::moves) off, all copies of an operation go to one node;
/// - an answer to an earlier operation changes nothing, nor does an answer that settles nothing from another node than
///   the one asked last.
///
/// # Example
/// A counter, and one client of its three nodes, of which one at a time leads:
///
/// ```
/// use std::time::Duration;
///
/// use env::{Client as _, ClientEffects, ClientId, Completion, Instant, NodeId, NodeSet, Random};
/// use stormglass_parts::{Answer, Client, ClientConfig, Response};
///
/// #[derive(Clone, Debug)]
/// enum Operation {
///     Add(u64),
///     Read,
/// }
/// # struct Draws;
/// # impl Random for Draws {
/// #     fn next_u64(&mut self) -> u64 { 0 }
/// # }
/// # let random = &mut Draws;
/// let mut client: Client<Operation, u64> = Client::new(
///     ClientId(1),
///     ClientConfig::new(NodeSet::first(3), |operation| matches!(operation, Operation::Add(_)))
///         .timeout(Duration::from_secs(5)),
/// );
/// let now = Instant::ZERO;
/// let mut effects = ClientEffects::default();
/// client.invoke(Operation::Add(5), now, random, &mut effects);
/// let (asked, request) = effects.sends[0].clone();
///
/// // That node follows another one, and says so: the client asks the leader at once, under the same id.
/// let leader = NodeId(3);
/// let answer = Answer::NotHere { hint: Some(leader) };
/// let mut effects = ClientEffects::default();
/// client.receive(asked, Response { id: request.id, answer }, now, random, &mut effects);
/// assert_eq!((effects.sends[0].0, effects.sends[0].1.id), (leader, request.id));
///
/// let mut effects = ClientEffects::default();
/// client.receive(leader, Response { id: request.id, answer: Answer::Done(5) }, now, random, &mut effects);
/// assert_eq!(effects.completion, Some(Completion::Ok(5)));
/// ```
#[derive(Clone, Debug)]
pub struct Client<O, A, Q = Request<O>, R = Response<A>> {
    id: ClientId,
    config: ClientConfig<O>,
    /// How many operations have been invoked.
    seq: u64,
    /// The node that it asks first: the one that last answered, or was named. `None` if it is to draw one.
    node: Option<NodeId>,
    /// The node that left the last operation without an answer until it was given up; `None` if a node has answered
    /// since.
    silent: Option<NodeId>,
    outstanding: Option<Outstanding<O>>,
    speaks: PhantomData<fn(R, A) -> Q>,
}

/// The operation that is under way.
#[derive(Clone, Debug)]
struct Outstanding<O> {
    request: Request<O>,
    /// The node asked last; of other nodes, only an answer that settles the operation counts.
    target: NodeId,
    /// It was sent on at once, because a node named another.
    is_redirected: bool,
    /// How many times it was sent again after a pause.
    pauses: u32,
    again_at: Instant,
    /// True if the client asks again then for want of an answer, and not after a pause that an answer brought on.
    is_unanswered: bool,
    give_up_at: Instant,
}

impl<O> Outstanding<O> {
    fn due(&self) -> Option<Instant> {
        Some(self.again_at.min(self.give_up_at))
    }
}

impl<O: Clone, A, Q: From<Request<O>>, R> Client<O, A, Q, R> {
    /// A client without an operation.
    ///
    /// # Panics
    /// If there is no node to ask.
    pub fn new(id: ClientId, config: ClientConfig<O>) -> Client<O, A, Q, R> {
        assert!(!config.nodes.is_empty(), "{id} has no node to ask");
        Client { id, config, seq: 0, node: None, silent: None, outstanding: None, speaks: PhantomData }
    }

    fn draw(&self, random: &mut dyn Random) -> NodeId {
        let mut nodes = self.config.nodes;
        if let Some(silent) = self.silent.filter(|_| nodes.len() > 1) {
            nodes.remove(silent);
        }
        let drawn = random.below(nodes.len() as u64) as usize;
        nodes.iter().nth(drawn).expect("an index below the number of nodes")
    }

    /// Another node than the one just asked, if there is one that it may turn to.
    fn other_than(&self, asked: NodeId) -> NodeId {
        let other = self.config.nodes.iter().find(|node| *node != asked);
        other.filter(|_| self.config.moves).unwrap_or(asked)
    }

    fn send_to(&mut self, target: NodeId, now: Instant, effects: &mut ClientEffects<Q, A>) {
        let Some(outstanding) = &mut self.outstanding else { return };
        outstanding.target = target;
        outstanding.again_at = now + self.config.retry;
        outstanding.is_unanswered = true;
        effects.sends.push((target, outstanding.request.clone().into()));
        effects.wake_at = outstanding.due();
    }

    /// Sends to `target` after a pause that grows from try to try, half of it drawn, and stays below a retry's.
    fn send_later(&mut self, target: NodeId, now: Instant, random: &mut dyn Random, effects: &mut ClientEffects<Q, A>) {
        let Some(outstanding) = &mut self.outstanding else { return };
        let longest = (self.config.retry / 16).saturating_mul(1 << outstanding.pauses.min(4)).as_nanos() as u64;
        outstanding.target = target;
        outstanding.is_redirected = false;
        outstanding.pauses += 1;
        outstanding.is_unanswered = false;
        outstanding.again_at = now + Duration::from_nanos(random.between(longest / 2, longest));
        effects.wake_at = outstanding.due();
    }

    /// The node asked last does not do it.
    fn not_here(
        &mut self,
        from: NodeId,
        hint: Option<NodeId>,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut ClientEffects<Q, A>,
    ) {
        self.node = None;
        let named = hint.filter(|node| *node != from && self.config.moves && self.config.nodes.contains(*node));
        let Some(outstanding) = &mut self.outstanding else { return };
        match named {
            Some(node) if !outstanding.is_redirected => {
                outstanding.is_redirected = true;
                self.node = named;
                self.send_to(node, now, effects);
            }
            // No node is named, or nodes name one another: wait until they have sorted it out rather than chase it.
            _ => self.send_later(self.other_than(from), now, random, effects),
        }
    }

    fn complete(&mut self, completion: Completion<A>, effects: &mut ClientEffects<Q, A>) {
        self.outstanding = None;
        effects.completion = Some(completion);
    }
}

impl<O, A, Q, R> env::Client for Client<O, A, Q, R>
where
    O: Clone,
    Q: From<Request<O>>,
    R: Into<Option<Response<A>>>,
{
    type Op = O;
    type Output = A;
    type Request = Q;
    type Response = R;

    fn invoke(&mut self, operation: O, now: Instant, random: &mut dyn Random, effects: &mut ClientEffects<Q, A>) {
        assert!(self.outstanding.is_none(), "{} has an operation outstanding", self.id);
        self.seq += 1;
        let target = self.node.unwrap_or_else(|| self.draw(random));
        self.node = Some(target);
        self.outstanding = Some(Outstanding {
            request: Request { id: RequestId { client: self.id, seq: self.seq }, operation },
            target,
            is_redirected: false,
            pauses: 0,
            again_at: now,
            is_unanswered: false,
            give_up_at: now + self.config.timeout,
        });
        self.send_to(target, now, effects);
    }

    fn receive(
        &mut self,
        from: NodeId,
        response: R,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut ClientEffects<Q, A>,
    ) {
        let Some(Response { id, answer }) = response.into() else { return };
        let Some(outstanding) = self.outstanding.as_ref().filter(|outstanding| outstanding.request.id == id) else {
            return;
        };
        self.silent = None;
        let is_asked = outstanding.target == from;
        match answer {
            Answer::Done(output) => {
                self.node = Some(from);
                self.complete(Completion::Ok(output), effects);
            }
            Answer::Refused(_) => self.complete(Completion::Fail, effects),
            Answer::NotHere { hint } if is_asked => self.not_here(from, hint, now, random, effects),
            Answer::Later if is_asked => self.send_later(from, now, random, effects),
            // Late answers; and a client begins no later operation before this one has ended.
            Answer::NotHere { .. } | Answer::Later | Answer::Superseded => {}
        }
    }

    fn wake(&mut self, now: Instant, _random: &mut dyn Random, effects: &mut ClientEffects<Q, A>) {
        let Some(outstanding) = &self.outstanding else { return };
        if now >= outstanding.give_up_at {
            let changes = (self.config.changes)(&outstanding.request.operation);
            (self.node, self.silent) = (None, Some(outstanding.target));
            self.complete(if changes { Completion::Info } else { Completion::Fail }, effects);
        } else if now < outstanding.again_at {
            effects.wake_at = outstanding.due();
        } else {
            let (asked, is_unanswered) = (outstanding.target, outstanding.is_unanswered);
            let next = if is_unanswered { self.other_than(asked) } else { asked };
            self.node = self.node.filter(|node| !is_unanswered || *node != asked);
            self.send_to(next, now, effects);
        }
    }
}
