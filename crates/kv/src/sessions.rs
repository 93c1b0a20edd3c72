//! Client sessions (thesis section 6.3), by which a retried write takes effect once.
//!
//! The table is part of the replicated state: it changes by applying entries alone, is in every snapshot, and counts in
//! the state's digest. A session is opened by an entry of its own, remembers the last write it executed with its output,
//! and expires when it has lain unused for its lifetime of *log time* (see `machine.rs`), on all nodes at the same
//! entry. A full table gives up the session unused for longest.
//!
//! Always true:
//! - a write is executed only within a live session, and only if its number is above that of the last one executed;
//! - the digest is the sum of the hashes of all sessions, expired ones included until they are swept.

use std::collections::BTreeMap;
use std::time::Duration;

use env::{ClientId, Instant, Reader, WireError, mix};
use kv_types::Output;
use raft_types::EntryId;

use crate::codec::{Read, Write};
use crate::request::SessionId;
use crate::rules::Rules;

/// The most sessions that are kept. Not configurable, since all nodes must agree on it.
const SESSIONS_MAX: usize = 4096;

/// The log time between two searches for expired sessions.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// All sessions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    map: BTreeMap<SessionId, Session>,
    digest: u64,
    sweep_at: Instant,
}

/// One client's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    client: ClientId,
    /// Unused for longer, it expires.
    ttl: Duration,
    /// The log time of its last use.
    active: Instant,
    /// The last write executed; `None` before the first.
    last: Option<Executed>,
    /// The hash of all the above, as it is counted in the digest.
    hash: u64,
}

/// A write that was executed in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Executed {
    pub(crate) seq: u64,
    /// Of the entry that carried it.
    pub(crate) entry: EntryId,
    /// Never [`Output::Value`]: reads belong to no session.
    pub(crate) output: Output,
}

/// A session's verdict on a write before it is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// It is new: execute it.
    New,
    /// It has been executed before.
    Repeated(&'a Executed),
    /// A later one has been executed.
    Superseded,
    /// There is no such live session.
    Expired,
}

impl Sessions {
    /// Opens a session.
    pub(crate) fn open(&mut self, id: SessionId, client: ClientId, ttl: Duration, now: Instant) {
        if self.map.len() >= SESSIONS_MAX {
            self.drop_unused_longest();
        }
        let mut session = Session { client, ttl, active: now, last: None, hash: 0 };
        session.hash = session.hash_as(id);
        self.digest = self.digest.wrapping_add(session.hash);
        if let Some(replaced) = self.map.insert(id, session) {
            self.digest = self.digest.wrapping_sub(replaced.hash);
        }
    }

    /// True if this client opened the session. Its id alone is no proof: ids are log indices, which anyone can guess.
    pub(crate) fn belongs_to(&self, id: SessionId, client: ClientId) -> bool {
        self.map.get(&id).is_some_and(|session| session.client == client)
    }

    /// The session's verdict on write `seq` at this log time.
    pub(crate) fn judge<R: Rules>(&self, id: SessionId, seq: u64, now: Instant, rules: &R) -> Verdict<'_> {
        let Some(session) = self.map.get(&id) else {
            return Verdict::Expired;
        };
        if !rules.session_is_live(now.saturating_since(session.active), session.ttl) {
            return Verdict::Expired;
        }
        match &session.last {
            Some(last) if last.seq == seq => Verdict::Repeated(last),
            Some(last) if last.seq > seq => Verdict::Superseded,
            _ => Verdict::New,
        }
    }

    /// Write `seq` of a session, with its output, if it is the last one executed there.
    pub(crate) fn executed(&self, id: SessionId, seq: u64) -> Option<&Executed> {
        self.map.get(&id)?.last.as_ref().filter(|last| last.seq == seq)
    }

    /// Notes that a live session was used, and the write that it executed, if it did.
    ///
    /// # Panics
    /// If there is no such session, or it executes a write whose number is not above that of the last one executed.
    pub(crate) fn note<R: Rules>(&mut self, id: SessionId, now: Instant, executed: Option<Executed>, rules: &R) {
        let Some(session) = self.map.get_mut(&id) else {
            panic!("{id:?} was used, and there is no such session");
        };
        if let (Some(last), Some(next)) = (&session.last, &executed)
            && rules.asserts_invariants()
        {
            assert!(next.seq > last.seq, "{id:?} executed write {} behind write {}", next.seq, last.seq);
        }
        session.active = now;
        if executed.is_some() {
            session.last = executed;
        }
        let hash = session.hash_as(id);
        self.digest = self.digest.wrapping_sub(session.hash).wrapping_add(hash);
        session.hash = hash;
    }

    /// Forgets expired sessions, if it is time to look for them.
    pub(crate) fn sweep<R: Rules>(&mut self, now: Instant, rules: &R) {
        if now < self.sweep_at {
            return;
        }
        self.sweep_at = now + SWEEP_EVERY;
        let digest = &mut self.digest;
        self.map.retain(|_, session| {
            let live = rules.session_is_live(now.saturating_since(session.active), session.ttl);
            if !live {
                *digest = digest.wrapping_sub(session.hash);
            }
            live
        });
        self.assert_digest_fits();
    }

    fn drop_unused_longest(&mut self) {
        let unused_longest = self.map.iter().min_by_key(|(id, session)| (session.active, **id)).map(|(id, _)| *id);
        if let Some(dropped) = unused_longest.and_then(|id| self.map.remove(&id)) {
            self.digest = self.digest.wrapping_sub(dropped.hash);
            self.assert_digest_fits();
        }
    }

    /// A sum of no hashes is zero.
    fn assert_digest_fits(&self) {
        let Sessions { map, digest, .. } = self;
        assert!(!map.is_empty() || *digest == 0, "a table without sessions has the digest {digest:x}");
    }

    /// A digest of all sessions.
    pub(crate) fn digest(&self) -> u64 {
        self.digest.wrapping_add(mix(1, self.sweep_at.0))
    }

    /// Writes all sessions to a snapshot.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.put_u64(self.sweep_at.0);
        out.put_u64(self.map.len() as u64);
        for (id, session) in &self.map {
            out.put_u64(id.0);
            out.put_u32(session.client.0);
            out.put_u64(nanos(session.ttl));
            out.put_u64(session.active.0);
            match &session.last {
                None => out.put_u8(NOTHING),
                Some(last) => {
                    out.put_u8(output_code(&last.output));
                    out.put_u64(last.seq);
                    out.put_entry_id(last.entry);
                }
            }
        }
    }

    /// Reads the sessions of a snapshot.
    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Sessions, WireError> {
        let mut sessions = Sessions { sweep_at: Instant(reader.u64("sweep time")?), ..Sessions::default() };
        for _ in 0..reader.u64("number of sessions")? {
            let begin = reader.at();
            let id = SessionId(reader.u64("session")?);
            let client = ClientId(reader.u32("client")?);
            let ttl = Duration::from_nanos(reader.u64("session lifetime")?);
            let active = Instant(reader.u64("session activity")?);
            let at = reader.at();
            let output = match reader.u8("last output")? {
                NOTHING => None,
                1 => Some(Output::Written),
                2 => Some(Output::Swapped),
                3 => Some(Output::Mismatch),
                _ => return Err(WireError::Invalid { at, what: "last output" }),
            };
            let last = match output {
                None => None,
                Some(output) => {
                    Some(Executed { output, seq: reader.u64("last write")?, entry: reader.entry_id("last entry")? })
                }
            };
            let mut session = Session { client, ttl, active, last, hash: 0 };
            session.hash = session.hash_as(id);
            sessions.digest = sessions.digest.wrapping_add(session.hash);
            if sessions.map.insert(id, session).is_some() {
                return Err(WireError::Invalid { at: begin, what: "session listed twice" });
            }
        }
        Ok(sessions)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }
}

impl Session {
    fn hash_as(&self, id: SessionId) -> u64 {
        let opened = mix(mix(id.0, u64::from(self.client.0)), nanos(self.ttl));
        let used = mix(opened, self.active.0);
        match &self.last {
            None => used,
            Some(last) => {
                let output = u64::from(output_code(&last.output));
                mix(mix(mix(mix(used, last.seq), last.entry.index.0), last.entry.term.0), output)
            }
        }
    }
}

const NOTHING: u8 = 0;

fn output_code(output: &Output) -> u8 {
    match output {
        Output::Written => 1,
        Output::Swapped => 2,
        Output::Mismatch => 3,
        Output::Value(_) => unreachable!("a session executes writes only"),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Paper;

    const TTL: Duration = Duration::from_secs(10);
    const ONE: SessionId = SessionId(1);

    fn seconds(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn executed(seq: u64) -> Executed {
        Executed { seq, entry: EntryId::new(seq + 5, 2), output: Output::Swapped }
    }

    #[test]
    fn a_session_tells_new_repeated_and_late_writes_apart() {
        let mut sessions = Sessions::default();
        sessions.open(ONE, ClientId(3), TTL, seconds(0));
        assert_eq!(sessions.judge(ONE, 4, seconds(1), &Paper), Verdict::New);
        sessions.note(ONE, seconds(1), Some(executed(4)), &Paper);
        assert_eq!(sessions.judge(ONE, 4, seconds(2), &Paper), Verdict::Repeated(&executed(4)));
        assert_eq!(sessions.judge(ONE, 3, seconds(2), &Paper), Verdict::Superseded);
        assert_eq!(sessions.judge(ONE, 9, seconds(2), &Paper), Verdict::New);
        assert_eq!(sessions.judge(SessionId(2), 9, seconds(2), &Paper), Verdict::Expired);
    }

    #[test]
    fn a_session_lives_while_it_is_used() {
        let mut sessions = Sessions::default();
        sessions.open(ONE, ClientId(3), TTL, seconds(0));
        sessions.note(ONE, seconds(9), None, &Paper);
        assert_eq!(sessions.judge(ONE, 1, seconds(19), &Paper), Verdict::New, "idle for its lifetime, not longer");
        assert_eq!(sessions.judge(ONE, 1, seconds(20), &Paper), Verdict::Expired);
    }

    #[test]
    fn sweeping_forgets_the_expired_alone() {
        let mut sessions = Sessions::default();
        sessions.open(SessionId(2), ClientId(4), TTL, seconds(5));
        let (one_alone, at) = (sessions.digest, seconds(12));
        sessions.open(ONE, ClientId(3), TTL, seconds(0));
        sessions.sweep(at, &Paper);
        assert_eq!((sessions.len(), sessions.digest), (1, one_alone));
    }

    #[test]
    fn a_full_table_gives_up_the_session_unused_for_longest() {
        let mut sessions = Sessions::default();
        for id in 0..SESSIONS_MAX as u64 {
            sessions.open(SessionId(id), ClientId(1), TTL, seconds(1));
        }
        sessions.note(SessionId(0), seconds(2), None, &Paper);
        sessions.open(SessionId(10_000), ClientId(1), TTL, seconds(2));
        assert_eq!(sessions.len(), SESSIONS_MAX);
        assert_eq!(sessions.judge(SessionId(0), 1, seconds(2), &Paper), Verdict::New);
        assert_eq!(sessions.judge(SessionId(1), 1, seconds(2), &Paper), Verdict::Expired);
    }

    #[test]
    fn a_snapshot_holds_the_same_sessions() {
        let mut sessions = Sessions::default();
        sessions.open(ONE, ClientId(3), TTL, seconds(0));
        sessions.open(SessionId(7), ClientId(4), TTL, seconds(3));
        sessions.note(ONE, seconds(4), Some(executed(2)), &Paper);
        sessions.sweep(seconds(4), &Paper);
        let mut bytes = Vec::new();
        sessions.encode(&mut bytes);
        let restored = Sessions::decode(&mut Reader::new(&bytes)).expect("own bytes");
        assert_eq!((restored.digest(), &restored.map), (sessions.digest(), &sessions.map));
        for len in 0..bytes.len() {
            assert!(Sessions::decode(&mut Reader::new(&bytes[..len])).is_err(), "cut to {len}");
        }
    }
}
