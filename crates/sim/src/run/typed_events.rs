//! The events of a run in which the words of the system play a part: operations, answers and notes.
//!
//! Both engines call these methods, as those of `happened.rs`; each is compiled once for each world.

use env::{ClientId, Completion, NodeId, RequestId, Shown, Traced};

use super::world::{NoteOf, OpOf, OutputOf, TypedWorld};
use super::{Run, Step, Stop};
use crate::digest::Tag;
use crate::net::{Net, Op, Seen};
use crate::run::reached;
use crate::trace::{Actor, What};

impl Run<'_> {
    /// A client begins an operation. Returns the operation's id.
    pub fn invoked<W: TypedWorld>(
        &mut self,
        world: &mut W,
        id: ClientId,
        operation: &OpOf<W>,
    ) -> Result<RequestId, Stop> {
        let at = self.moment();
        let client = self.clients.of(id);
        assert!(!client.is_outstanding, "{id} invokes an operation while another is outstanding");
        client.seq += 1;
        client.is_outstanding = true;
        let request = RequestId { client: id, seq: client.seq };
        self.meter.invoked(operation.heap_bytes());
        self.digest.event(Tag::Invocation, self.now, id.0.into(), request.seq);
        self.digest.fold(operation.digest());
        tell!(self, Actor::Client(id), What::Invocation, "{request} {}", Shown(operation));
        self.trace.invoked(at, request, operation);
        self.show_words(world.typed_net(), Seen::Invoked(request, operation))?;
        Ok(request)
    }

    /// A client's operation has ended.
    pub fn completed<W: TypedWorld>(
        &mut self,
        world: &mut W,
        id: ClientId,
        completion: &Completion<OutputOf<W>>,
    ) -> Step {
        let at = self.moment();
        let client = self.clients.of(id);
        assert!(client.is_outstanding, "an operation of {id} ends, and none is outstanding");
        client.is_outstanding = false;
        let request = RequestId { client: id, seq: client.seq };
        self.digest.event(Tag::Completion, self.now, id.0.into(), request.seq);
        self.digest.completion(completion);
        tell!(self, Actor::Client(id), What::Completion, "{request} {}", CompletionText(completion));
        self.trace.completed(at, request, completion);
        self.calm.something_changed();
        self.show_words(world.typed_net(), Seen::Completed(request, completion))?;
        if id == self.probe_id() {
            return self.probe_ended(world, matches!(completion, Completion::Ok(_)));
        }
        let operations = &mut self.stats.operations;
        match completion {
            Completion::Ok(_) => operations.ok += 1,
            Completion::Fail => operations.fail += 1,
            Completion::Info => {
                operations.info += 1;
                self.reached.reach(reached::OPERATION_IN_DOUBT);
            }
        }
        Ok(())
    }

    /// A node notes something that it did.
    #[inline]
    pub fn noted<W: TypedWorld>(&mut self, world: &mut W, node: NodeId, note: &NoteOf<W>) -> Step {
        if !self.is_watched() {
            return Ok(());
        }
        self.digest.fold(note.digest() ^ u64::from(node.0) << 56);
        tell!(self, Actor::Node(node), What::Note, "{}", Shown(note));
        self.calm.something_changed();
        if let Err(violation) = world.typed_net().see(self.moment(), Seen::Noted(node, note)) {
            return self.broken(world, violation);
        }
        while let Some((node, action)) = world.typed_net().performed() {
            self.operator.performed(node, action, &mut self.faults);
        }
        Ok(())
    }

    /// A client that is a program notes something.
    pub fn client_noted<W: TypedWorld>(&mut self, world: &mut W, id: ClientId, note: &NoteOf<W>) -> Step {
        self.digest.event(Tag::Note, self.now, 1 << 8 | u64::from(id.0), note.digest());
        tell!(self, Actor::Client(id), What::Note, "{}", Shown(note));
        self.calm.something_changed();
        self.show_words(world.typed_net(), Seen::ClientNoted(id, note))
    }

    /// Shows `seen` to the net, unless the outcome is settled.
    #[inline]
    fn show_words<N: Net>(&mut self, net: &mut N, seen: Seen<'_, N::Op, N::Output, N::Note>) -> Step {
        if self.is_watched() { Ok(net.see(self.moment(), seen)?) } else { Ok(()) }
    }
}

struct CompletionText<'a, A>(&'a Completion<A>);

impl<A: Traced> std::fmt::Display for CompletionText<'_, A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Completion::Ok(output) => write!(f, "ok: {}", Shown(output)),
            Completion::Fail => f.write_str("fail: it did not happen"),
            Completion::Info => f.write_str("info: it may have happened"),
        }
    }
}
