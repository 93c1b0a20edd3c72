//! The client: one operation at a time, retried until it is answered or given up, and an honest account of how it ended.
//!
//! Writes belong to a session (thesis section 6.3). A retry carries the id of the first try, and the session makes the
//! cluster execute it once at most.
//!
//! How an operation ends:
//! - `ok`: a node said so.
//! - `fail`: it surely did not happen and never will. A read surely did not, since it changes nothing, nor a write that
//!   was never sent because no session could be opened. A write that every node refused may still happen: the network
//!   may have duplicated a copy, and that one may yet reach a leader.
//! - `info`: anything else. The write may still take effect at any later time, so the session is given up with it and
//!   the next write opens another: no output of the old session is then taken for an answer to a new write.

use std::time::Duration;

use env::{ClientEffects, ClientId, Completion, Instant, NodeId, NodeSet, Random, Ratio, RequestId};
use kv_types::{Operation, Output};

use crate::request::{Request, Response, ResponseBody, SessionId};

/// How a client is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    /// The nodes that may be members of the cluster.
    pub nodes: NodeSet,
    /// The share of reads that are asked of a node drawn at random instead of the leader.
    pub follower_reads: Ratio,
    /// After so long without an answer it tries another node.
    pub retry: Duration,
    /// After so long it gives the operation up.
    pub timeout: Duration,
}

/// A client.
#[derive(Clone, Debug)]
pub struct Client {
    id: ClientId,
    config: ClientConfig,
    /// How many operations have been invoked.
    seq: u64,
    session: Option<Session>,
    /// The node that last answered as a leader does, or was named as leader.
    leader: Option<NodeId>,
    /// The last node of the round over all nodes. The round goes on in spite of hints, since a hint may be stale: a
    /// removed member names the leader it last heard of for ever, dead or not.
    tried: NodeId,
    outstanding: Option<Outstanding>,
}

#[derive(Clone, Copy, Debug)]
struct Session {
    id: SessionId,
    /// When the last answer came that shows it alive, by this client's clock.
    used: Instant,
    ttl: Duration,
}

/// The operation that is under way.
#[derive(Clone, Debug)]
struct Outstanding {
    operation: Operation,
    stage: Stage,
    /// The node asked last; its refusals count, others' are late.
    target: NodeId,
    /// How many times it was sent on at once, because a node named the leader.
    redirects: u32,
    /// How many times it was sent again after a wait.
    waits: u32,
    /// When to send it again.
    again_at: Instant,
    /// True if that is because no answer has come, rather than because of the answer that has.
    unanswered: bool,
    give_up_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// A session is being opened; the write itself has not been sent.
    Registering,
    /// A write has been sent, within this session.
    Writing(SessionId),
    Reading,
}

type Effects = ClientEffects<Request, Output>;

impl Client {
    /// A client that has invoked nothing yet.
    ///
    /// # Panics
    /// If there is no node to ask.
    pub fn new(id: ClientId, config: ClientConfig) -> Client {
        let first = config.nodes.iter().next();
        let tried = first.unwrap_or_else(|| panic!("{id} has no node to ask"));
        Client { id, config, seq: 0, session: None, leader: None, tried, outstanding: None }
    }

    /// The session in which a write may be sent. One that has lain unused for half its lifetime may be gone by the time it
    /// arrives, and then it is unknown whether the write was executed: rather open another.
    fn live_session(&self, now: Instant) -> Option<SessionId> {
        let session = self.session?;
        (now.saturating_since(session.used) <= session.ttl / 2).then_some(session.id)
    }

    fn random_node(&self, random: &mut dyn Random) -> NodeId {
        let nodes = self.config.nodes;
        let drawn = random.below(nodes.len() as u64) as usize;
        nodes.iter().nth(drawn).expect("an index below the number of nodes")
    }

    /// The next node of the round over all of them, but for the one just `asked`.
    fn next_node(&mut self, asked: NodeId) -> NodeId {
        let nodes = self.config.nodes;
        let after = |node| nodes.iter().find(|other| *other > node).or_else(|| nodes.iter().next());
        let next = after(self.tried).filter(|node| *node != asked).or_else(|| after(asked));
        self.tried = next.expect("there is a node to ask");
        self.tried
    }

    /// Sends the outstanding operation to its target and sets when to do so again.
    fn send(&mut self, now: Instant, effects: &mut Effects) {
        let from = RequestId { client: self.id, seq: self.seq };
        let Some(outstanding) = &mut self.outstanding else {
            return;
        };
        let request = match outstanding.stage {
            Stage::Registering => Request::register(from),
            Stage::Writing(session) => Request::write(from, session, outstanding.operation.clone()),
            Stage::Reading => Request::read(from, outstanding.operation.clone()),
        };
        effects.sends.push((outstanding.target, request));
        outstanding.again_at = now + self.config.retry;
        outstanding.unanswered = true;
        effects.wake_at = Some(outstanding.again_at.min(outstanding.give_up_at));
    }

    fn send_to(&mut self, target: NodeId, now: Instant, effects: &mut Effects) {
        if let Some(outstanding) = &mut self.outstanding {
            outstanding.target = target;
        }
        self.send(now, effects);
    }

    /// A node has not taken the operation up, or lost it.
    fn refused(
        &mut self,
        from: NodeId,
        hint: Option<NodeId>,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects,
    ) {
        let Some(outstanding) = &mut self.outstanding else {
            return;
        };
        if from != outstanding.target {
            return;
        }
        if self.leader == Some(from) {
            self.leader = None;
        }
        let known = hint.filter(|node| *node != from && self.config.nodes.contains(*node));
        if let Some(leader) = known
            && outstanding.redirects < self.config.nodes.len() as u32
        {
            outstanding.redirects += 1;
            self.leader = Some(leader);
            self.send_to(leader, now, effects);
            return;
        }
        // No leader, or nodes that name one another: wait for an election rather than chase it.
        let next = self.next_node(from);
        self.send_later(next, now, random, effects);
    }

    /// Sends to `target` after a pause that grows from try to try, half of it drawn, and stays below a retry's.
    fn send_later(&mut self, target: NodeId, now: Instant, random: &mut dyn Random, effects: &mut Effects) {
        let retry = self.config.retry;
        let Some(outstanding) = &mut self.outstanding else {
            return;
        };
        let longest = (retry / 16).saturating_mul(1 << outstanding.waits.min(4)).as_nanos() as u64;
        let pause = Duration::from_nanos(random.between(longest / 2, longest));
        outstanding.target = target;
        outstanding.redirects = 0;
        outstanding.waits += 1;
        outstanding.again_at = now + pause;
        outstanding.unanswered = false;
        effects.wake_at = Some(outstanding.again_at.min(outstanding.give_up_at));
    }

    fn complete(&mut self, completion: Completion<Output>, effects: &mut Effects) {
        if completion == Completion::Info {
            self.session = None;
        }
        self.outstanding = None;
        effects.completion = Some(completion);
    }

    /// How an operation ends that is given up at this stage.
    fn given_up(stage: Stage) -> Completion<Output> {
        match stage {
            Stage::Reading | Stage::Registering => Completion::Fail,
            Stage::Writing(_) => Completion::Info,
        }
    }
}

impl env::Client for Client {
    type Op = Operation;
    type Output = Output;
    type Request = Request;
    type Response = Response;

    fn invoke(&mut self, operation: Operation, now: Instant, random: &mut dyn Random, effects: &mut Effects) {
        assert!(self.outstanding.is_none(), "{} has an operation outstanding", self.id);
        self.seq += 1;
        let stage = match self.live_session(now) {
            _ if operation.is_read() => Stage::Reading,
            Some(session) => Stage::Writing(session),
            None => Stage::Registering,
        };
        let elsewhere = stage == Stage::Reading && random.chance(self.config.follower_reads);
        let target = match self.leader {
            Some(leader) if !elsewhere => leader,
            _ => self.random_node(random),
        };
        self.outstanding = Some(Outstanding {
            operation,
            stage,
            target,
            redirects: 0,
            waits: 0,
            again_at: now,
            unanswered: false,
            give_up_at: now + self.config.timeout,
        });
        self.send(now, effects);
    }

    fn receive(
        &mut self,
        from: NodeId,
        response: Response,
        now: Instant,
        random: &mut dyn Random,
        effects: &mut Effects,
    ) {
        let current = RequestId { client: self.id, seq: self.seq };
        let Some(outstanding) = self.outstanding.as_mut().filter(|_| response.to == current) else {
            return;
        };
        match (response.body, outstanding.stage) {
            (ResponseBody::Registered { session, ttl }, Stage::Registering) => {
                self.session = Some(Session { id: session, used: now, ttl });
                self.leader = Some(from);
                outstanding.stage = Stage::Writing(session);
                outstanding.redirects = 0;
                self.send_to(from, now, effects);
            }
            (ResponseBody::Done(output), Stage::Writing(_)) => {
                if let Some(session) = &mut self.session {
                    session.used = now;
                }
                self.leader = Some(from);
                self.complete(Completion::Ok(output), effects);
            }
            (ResponseBody::Done(output), Stage::Reading) => self.complete(Completion::Ok(output), effects),
            (ResponseBody::NotLeader { hint } | ResponseBody::Deposed { hint }, _) => {
                self.refused(from, hint, now, random, effects);
            }
            (ResponseBody::Unavailable, _) if from == outstanding.target => {
                self.send_later(from, now, random, effects);
            }
            // The session is gone, and with it the memory of whether an earlier copy was executed.
            (ResponseBody::SessionExpired | ResponseBody::Superseded, Stage::Writing(_)) => {
                self.complete(Completion::Info, effects);
            }
            // Late answers to an earlier stage, and answers to requests that this client never sends.
            _ => {}
        }
    }

    fn wake(&mut self, now: Instant, _random: &mut dyn Random, effects: &mut Effects) {
        let Some(outstanding) = &self.outstanding else {
            return;
        };
        let target = outstanding.target;
        if now >= outstanding.give_up_at {
            self.complete(Client::given_up(outstanding.stage), effects);
        } else if now < outstanding.again_at {
            effects.wake_at = Some(outstanding.again_at.min(outstanding.give_up_at));
        } else if outstanding.unanswered {
            if self.leader == Some(target) {
                self.leader = None;
            }
            let next = match self.leader {
                Some(leader) => leader,
                None => self.next_node(target),
            };
            self.send_to(next, now, effects);
        } else {
            self.send_to(target, now, effects);
        }
    }
}
