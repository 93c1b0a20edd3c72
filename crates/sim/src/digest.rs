//! The digest: one word that everything that happens in a run is folded into, in order.
//!
//! Equal seed, plan, engine and version mean an equal digest, on any machine, in any process and in any build profile.
//! Two runs that differ anywhere (in a message, a byte written, an observation, a time) have different digests but for
//! chance. Folding costs a few nanoseconds an event, so that every run has one.

use env::{Completion, DiskOp, Instant, Membership, NodeId, NodeSet, Observation, Operation, Output, RequestId, mix};

/// What a word folded in stands for, so that an event of one kind is not taken for another's.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum Tag {
    Message = 1,
    Request,
    Response,
    Wake,
    ClientWake,
    Sync,
    SyncFailed,
    Dropped,
    Boot,
    Refusal,
    Stop,
    Halt,
    Invocation,
    Completion,
    Fault,
    FaultOver,
    Phase,
    Note,
}

/// The digest so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new() -> Digest {
        Digest(0x5354_4f52_4d47_4c41)
    }

    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// Something happened to `who` (a node's or a client's number) at `now`; `detail` says what in particular.
    pub(crate) fn event(&mut self, tag: Tag, now: Instant, who: u64, detail: u64) {
        // One multiplication less on the hot path: time and place are told apart by position, not by mixing each.
        let place = now.0.rotate_left(20) ^ (tag as u64) << 56 ^ who << 40;
        self.fold(place);
        self.fold(detail);
    }

    pub(crate) fn fold(&mut self, value: u64) {
        self.0 = mix(self.0, value);
    }

    pub(crate) fn disk_op(&mut self, op: &DiskOp) {
        match op {
            DiskOp::Append { file, bytes } => {
                self.fold(1 << 56 | bytes.len() as u64);
                self.bytes(file.as_bytes());
                self.bytes(bytes);
            }
            DiskOp::Truncate { file, len } => {
                self.fold(2 << 56 ^ len);
                self.bytes(file.as_bytes());
            }
            DiskOp::Rename { from, to } => {
                self.fold(3 << 56);
                self.bytes(from.as_bytes());
                self.bytes(to.as_bytes());
            }
            DiskOp::Remove { file } => {
                self.fold(4 << 56);
                self.bytes(file.as_bytes());
            }
        }
    }

    pub(crate) fn operation(&mut self, operation: &Operation) {
        self.bytes(operation.key());
        match operation {
            Operation::Get { .. } => self.fold(1),
            Operation::Put { value, .. } => {
                self.fold(2);
                self.bytes(value);
            }
            Operation::Append { value, .. } => {
                self.fold(3);
                self.bytes(value);
            }
            Operation::Delete { .. } => self.fold(4),
            Operation::Cas { expected, value, .. } => {
                self.fold(match (expected, value) {
                    (Some(_), Some(_)) => 5,
                    (None, Some(_)) => 6,
                    (Some(_), None) => 7,
                    (None, None) => 8,
                });
                self.bytes(expected.as_deref().unwrap_or_default());
                self.bytes(value.as_deref().unwrap_or_default());
            }
        }
    }

    pub(crate) fn completion(&mut self, completion: &Completion) {
        match completion {
            Completion::Ok(Output::Value(Some(value))) => {
                self.fold(1);
                self.bytes(value);
            }
            Completion::Ok(Output::Value(None)) => self.fold(2),
            Completion::Ok(Output::Written) => self.fold(3),
            Completion::Ok(Output::Swapped) => self.fold(4),
            Completion::Ok(Output::Mismatch) => self.fold(5),
            Completion::Fail => self.fold(6),
            Completion::Info => self.fold(7),
        }
    }

    /// Sixteen bytes at a time; the length goes in, so that trailing zeros count.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let (pairs, rest) = bytes.as_chunks::<16>();
        for pair in pairs {
            self.pair(*pair);
        }
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        self.0 ^= (bytes.len() as u64).rotate_left(48);
        self.pair(last);
    }

    fn pair(&mut self, pair: [u8; 16]) {
        let pair = u128::from_le_bytes(pair);
        self.0 = mix(self.0 ^ pair as u64, (pair >> 64) as u64);
    }

    pub(crate) fn observation(&mut self, observation: &Observation) {
        let [one, two] = words(observation);
        self.fold(one);
        self.fold(two);
    }
}

/// An observation in two words, equal for equal observations.
fn words(observation: &Observation) -> [u64; 2] {
    let tag = |tag: u64| tag << 58;
    match *observation {
        Observation::Recovered { term, voted_for, snapshot, last, state } => {
            let logs = mix(mix(snapshot.index.0, snapshot.term.0), mix(last.index.0, last.term.0));
            [tag(1) ^ mix(term.0, node(voted_for)), mix(logs, state)]
        }
        Observation::BecameFollower { term, leader } => [tag(2) ^ term.0, node(leader)],
        Observation::BecamePreCandidate { term } => [tag(3) ^ term.0, 0],
        Observation::BecameCandidate { term } => [tag(4) ^ term.0, 0],
        Observation::BecameLeader { term, last } => [tag(5) ^ term.0, mix(last.index.0, last.term.0)],
        Observation::Voted { term, candidate } => [tag(6) ^ term.0, node(Some(candidate))],
        Observation::Appended { entry, payload, request: carried } => {
            [tag(7) ^ entry.index.0 ^ entry.term.0 << 32, payload ^ request(carried)]
        }
        Observation::Truncated { from } => [tag(8) ^ from.0, 0],
        Observation::Configured { index, membership } => [tag(9) ^ index.0, configuration(&membership)],
        Observation::Committed { entry } => [tag(10) ^ entry.index.0, entry.term.0],
        Observation::Applied { entry, state, request: carried, executed } => {
            [tag(11) ^ entry.index.0 ^ entry.term.0 << 32 ^ u64::from(executed) << 57, state ^ request(carried)]
        }
        Observation::SnapshotTaken { last, state } => [tag(12) ^ last.index.0 ^ last.term.0 << 32, state],
        Observation::SnapshotInstalled { last, state, log_kept } => {
            [tag(13) ^ last.index.0 ^ last.term.0 << 32 ^ u64::from(log_kept) << 57, state]
        }
        Observation::Compacted { through } => [tag(14) ^ through.0, 0],
        Observation::WriteAcknowledged { request: id, entry } => {
            let entry = entry.map_or(0, |entry| entry.index.0 ^ entry.term.0 << 32);
            [tag(15) ^ request(Some(id)), entry]
        }
        Observation::ReadServed { request: id, applied } => [tag(16) ^ request(Some(id)), applied.0],
        Observation::TransferStarted { to } => [tag(17), node(Some(to))],
        Observation::TransferAborted { to } => [tag(18), node(Some(to))],
        Observation::Noted { what, number, of } => {
            [tag(19) ^ what.bytes().fold(0, |hash, byte| mix(hash, byte.into())), mix(number, of)]
        }
    }
}

fn node(node: Option<NodeId>) -> u64 {
    node.map_or(0, |node| node.0.into())
}

fn request(request: Option<RequestId>) -> u64 {
    request.map_or(0, |request| (u64::from(request.client.0) << 40).wrapping_add(request.seq).rotate_left(17))
}

fn configuration(membership: &Membership) -> u64 {
    let set = |hash, nodes: NodeSet| nodes.iter().fold(mix(hash, 0), |hash, node| mix(hash, node.0.into()));
    set(set(set(0, membership.voters), membership.outgoing), membership.learners)
}

#[cfg(test)]
mod tests {
    use env::{EntryId, FileName};

    use super::*;

    fn digest(fold: impl FnOnce(&mut Digest)) -> u64 {
        let mut digest = Digest::new();
        fold(&mut digest);
        digest.value()
    }

    #[test]
    fn every_part_of_an_event_counts() {
        let of = |tag, time, who, detail| digest(|digest| digest.event(tag, Instant(time), who, detail));
        let one = of(Tag::Message, 5, 1, 9);
        for other in [of(Tag::Request, 5, 1, 9), of(Tag::Message, 6, 1, 9), of(Tag::Message, 5, 2, 9)] {
            assert_ne!(one, other);
        }
        assert_ne!(one, of(Tag::Message, 5, 1, 8));
    }

    #[test]
    fn every_byte_written_counts() {
        let of = |bytes: &[u8]| {
            let op = DiskOp::Append { file: FileName::from("wal"), bytes: bytes.to_vec() };
            digest(|digest| digest.disk_op(&op))
        };
        assert_ne!(of(b"0123456789"), of(b"0123456788"));
        assert_ne!(of(b"01234567"), of(b"01234567\0"));
        assert_ne!(of(b""), of(b"\0"));
    }

    #[test]
    fn observations_differ_by_what_they_say() {
        let of = |observation| digest(|digest| digest.observation(&observation));
        let (entry, state) = (EntryId::new(12, 7), 5);
        let applied = |executed| Observation::Applied { entry, state, request: None, executed };
        assert_ne!(of(applied(true)), of(applied(false)));
        assert_ne!(of(Observation::SnapshotTaken { last: entry, state }), of(applied(false)));
        let committed = |index, term| Observation::Committed { entry: EntryId::new(index, term) };
        assert_ne!(of(committed(12, 7)), of(committed(7, 12)));
    }
}
