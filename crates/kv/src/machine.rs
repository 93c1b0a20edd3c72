//! The replicated state machine: the store, the client sessions, and log time.
//!
//! *Log time* is the highest clock reading that any applied command was stamped with by the leader that proposed it. It
//! never goes back, under any leader and with any clocks; it stands still while a leader's clock lags behind. Sessions
//! expire by it (thesis section 6.3).
//!
//! Always true: two machines that applied the same entries are equal, and so are their digests. The digest costs a few
//! multiplications an entry.

use std::time::Duration;

use env::{Bytes, Instant, Reader, RequestId, WireError, mix};
use kv_types::Output;
use raft::{Entry, Payload};
use raft_types::EntryId;

use crate::codec::Write;
use crate::command::{Change, Command, CommandBody};
use crate::request::SessionId;
use crate::rules::Rules;
use crate::sessions::{Executed, Sessions, Verdict};
use crate::store::Store;

/// The state that clients' commands act on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    store: Store,
    sessions: Sessions,
    log_time: Instant,
}

/// The result of applying an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It asks nothing of the state machine.
    Nothing,
    /// It opened a session.
    Registered { session: SessionId, ttl: Duration },
    /// Its write was executed.
    Executed(Output),
    /// Its write had been executed before, by this entry, with this output.
    Repeated { output: Output, first: EntryId },
    /// Its session has executed a later write.
    Superseded,
    /// It has no live session.
    SessionExpired,
}

impl Machine {
    /// The value of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.store.get(key).map(Bytes::from)
    }

    /// A digest of everything in here.
    pub(crate) fn digest(&self) -> u64 {
        self.store.digest().wrapping_add(self.sessions.digest()).wrapping_add(mix(2, self.log_time.0))
    }

    /// The last write that a session executed, if it is this request's.
    pub(crate) fn executed(&self, session: SessionId, request: RequestId) -> Option<&Executed> {
        self.sessions.executed(session, request.seq).filter(|_| self.sessions.belongs_to(session, request.client))
    }

    /// Applies one entry. `leads` makes no difference but to a broken rule.
    pub(crate) fn apply<R: Rules>(&mut self, entry: &Entry, leads: bool, rules: &R) -> Outcome {
        let Payload::Command(bytes) = &entry.payload else {
            return Outcome::Nothing;
        };
        // Bytes that are no command are the same bytes on all nodes, and do nothing on any of them.
        let Ok(command) = Command::decode(bytes) else {
            return Outcome::Nothing;
        };
        self.log_time = self.log_time.max(command.stamp);
        self.sessions.sweep(self.log_time, rules);
        match (command.body, entry.request) {
            (CommandBody::Register { client, ttl }, _) => {
                let session = SessionId(entry.id.index.0);
                self.sessions.open(session, client, ttl, self.log_time);
                Outcome::Registered { session, ttl }
            }
            (CommandBody::Change { session, change }, Some(request)) => {
                self.change(session, change, request, entry.id, leads, rules)
            }
            (CommandBody::Change { .. }, None) => Outcome::SessionExpired,
        }
    }

    fn change<R: Rules>(
        &mut self,
        session: SessionId,
        change: Change<'_>,
        request: RequestId,
        entry: EntryId,
        leads: bool,
        rules: &R,
    ) -> Outcome {
        if !self.sessions.belongs_to(session, request.client) {
            return Outcome::SessionExpired;
        }
        let duplicate = match self.sessions.judge(session, request.seq, self.log_time, rules) {
            Verdict::Expired => return Outcome::SessionExpired,
            Verdict::New => None,
            Verdict::Repeated(first) => Some(Outcome::Repeated { output: first.output.clone(), first: first.entry }),
            Verdict::Superseded => Some(Outcome::Superseded),
        };
        if let Some(duplicate) = duplicate
            && rules.detects_duplicates_at_apply()
        {
            self.sessions.note(session, self.log_time, None, rules);
            return duplicate;
        }
        let output = self.store.apply(change);
        let executed = Executed { seq: request.seq, entry, output: output.clone() };
        self.sessions.note(session, self.log_time, rules.session_records_write(leads).then_some(executed), rules);
        Outcome::Executed(output)
    }

    /// Everything in here, as a snapshot's data.
    pub(crate) fn encode<R: Rules>(&self, rules: &R) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_u8(VERSION);
        out.put_u64(self.log_time.0);
        if rules.snapshot_holds_sessions() {
            self.sessions.encode(&mut out);
        } else {
            Sessions::default().encode(&mut out);
        }
        self.store.encode(&mut out);
        out
    }

    /// The machine that a snapshot's data holds.
    pub(crate) fn decode(data: &[u8]) -> Result<Machine, WireError> {
        let mut machine = Machine::default();
        machine.restore(data)?;
        Ok(machine)
    }

    /// Sets the state from a snapshot's data. Keys that it does not hold stay: start from an empty machine.
    pub(crate) fn restore(&mut self, data: &[u8]) -> Result<(), WireError> {
        let mut reader = Reader::new(data);
        if reader.u8("state version")? != VERSION {
            return Err(WireError::Invalid { at: 0, what: "state version" });
        }
        self.log_time = Instant(reader.u64("log time")?);
        self.sessions = Sessions::decode(&mut reader)?;
        self.store.decode_into(&mut reader)?;
        reader.finish("end of the state")
    }
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Paper;
    use env::ClientId;
    use proptest::prelude::*;

    const TTL: Duration = Duration::from_secs(10);

    /// A machine and the log it is fed from.
    #[derive(Clone, Default)]
    struct Fed {
        machine: Machine,
        index: u64,
    }

    impl Fed {
        fn apply(&mut self, stamp_s: u64, body: CommandBody<'_>, request: Option<RequestId>) -> Outcome {
            let stamp = Instant::ZERO + Duration::from_secs(stamp_s);
            let payload = Payload::Command(Command { stamp, body }.encode(&mut Vec::new()));
            self.index += 1;
            self.machine.apply(&Entry { id: EntryId::new(self.index, 1), payload, request }, false, &Paper)
        }

        fn register(&mut self, stamp_s: u64) -> SessionId {
            match self.apply(stamp_s, CommandBody::Register { client: ClientId(1), ttl: TTL }, None) {
                Outcome::Registered { session, .. } => session,
                other => panic!("{other:?}"),
            }
        }

        fn append(&mut self, stamp_s: u64, session: SessionId, seq: u64) -> Outcome {
            let change = Change::Append { key: b"k", value: b"x" };
            let request = RequestId { client: ClientId(1), seq };
            self.apply(stamp_s, CommandBody::Change { session, change }, Some(request))
        }

        fn value(&self) -> Vec<u8> {
            self.machine.get(b"k").map(|value| value.to_vec()).unwrap_or_default()
        }
    }

    #[test]
    fn a_retry_is_answered_and_not_executed() {
        let mut fed = Fed::default();
        let session = fed.register(0);
        assert_eq!(fed.append(0, session, 1), Outcome::Executed(Output::Written));
        assert_eq!(fed.append(1, session, 1), Outcome::Repeated { output: Output::Written, first: EntryId::new(2, 1) });
        assert_eq!(fed.append(1, session, 2), Outcome::Executed(Output::Written));
        assert_eq!(fed.append(1, session, 1), Outcome::Superseded);
        assert_eq!(fed.value(), b"xx");
    }

    #[test]
    fn a_retry_is_recognised_by_a_machine_restored_from_a_snapshot() {
        let mut fed = Fed::default();
        let session = fed.register(0);
        fed.append(0, session, 1);
        let data = fed.machine.encode(&Paper);
        let mut restored = Fed { machine: Machine::decode(&data).expect("own bytes"), index: fed.index };
        assert_eq!(restored.machine.digest(), fed.machine.digest());
        assert!(matches!(restored.append(1, session, 1), Outcome::Repeated { .. }));
        assert_eq!(restored.value(), b"x");
    }

    #[test]
    fn another_clients_session_executes_nothing_and_tells_nothing() {
        let mut fed = Fed::default();
        let session = fed.register(0);
        fed.append(0, session, 1);
        let change = Change::Append { key: b"k", value: b"y" };
        for seq in [1, 2] {
            let request = RequestId { client: ClientId(2), seq };
            let outcome = fed.apply(0, CommandBody::Change { session, change }, Some(request));
            assert_eq!(outcome, Outcome::SessionExpired);
            assert_eq!(fed.machine.executed(session, request), None);
        }
        assert_eq!(fed.value(), b"x");
    }

    #[test]
    fn an_expired_session_executes_nothing() {
        let mut fed = Fed::default();
        let session = fed.register(0);
        let other = fed.register(11);
        let before = fed.value();
        assert_eq!(fed.append(11, session, 1), Outcome::SessionExpired);
        assert_eq!(fed.append(11, SessionId(77), 1), Outcome::SessionExpired);
        assert_eq!(fed.value(), before);
        assert_eq!(fed.append(11, other, 1), Outcome::Executed(Output::Written));
    }

    #[test]
    fn log_time_never_goes_back() {
        let mut fed = Fed::default();
        let session = fed.register(100);
        assert_eq!(fed.append(3, session, 1), Outcome::Executed(Output::Written), "a leader whose clock lags");
        fed.register(111);
        assert_eq!(fed.append(4, session, 2), Outcome::SessionExpired, "expired whatever the next leader's clock says");
    }

    #[test]
    fn entries_without_a_session_or_without_sense_do_nothing() {
        let mut machine = Machine::default();
        let before = machine.digest();
        for payload in [Payload::Empty, Payload::Command(Bytes::from("no command"))] {
            let entry = Entry { id: EntryId::new(1, 1), payload, request: None };
            assert_eq!(machine.apply(&entry, false, &Paper), Outcome::Nothing);
        }
        assert_eq!(machine.digest(), before);
    }

    proptest! {
        #[test]
        fn machines_fed_the_same_log_are_equal_through_any_snapshot(
            steps in prop::collection::vec((0_u64..40, 0_usize..3, 0_u64..6), 1..40),
            snapshot_at in 0_usize..40,
        ) {
            let (mut one, mut other) = (Fed::default(), Fed::default());
            let sessions: Vec<SessionId> = (0..3).map(|_| { other.register(0); one.register(0) }).collect();
            for (step, (stamp, session, seq)) in steps.into_iter().enumerate() {
                if step == snapshot_at {
                    other.machine = Machine::decode(&other.machine.encode(&Paper)).expect("own bytes");
                }
                prop_assert_eq!(
                    one.append(stamp, sessions[session], seq),
                    other.append(stamp, sessions[session], seq)
                );
                prop_assert_eq!(one.machine.digest(), other.machine.digest());
            }
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let mut versioned = vec![VERSION];
            versioned.extend_from_slice(&bytes);
            let _ = (Machine::decode(&bytes), Machine::decode(&versioned));
        }
    }
}
