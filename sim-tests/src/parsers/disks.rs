//! A node's files: segments of its log, seals, snapshots. A node that boots from them is the parser.

use env::{ClientId, Disk, Effects, Event, FileName, Instant, NodeId, NodeSet};
use env::{Process, Random, RequestId, SyncId, mix};
use kv::{BootError, Config, MemoryDisk, Node, Paper, Request, Response, ResponseBody, SessionId, Start};
use kv_types::Operation;
use raft_types::{Membership, Observation};

use super::histories::assert_plain;
use super::records::{file_of, payloads};

const ONE: NodeId = NodeId(1);

/// An entry in a log of a few dozen may ask for so many wake-ups until it is applied.
const WAKES: usize = 4;

/// A node that begins in a higher term may come to one that its files cannot hold.
const TERM_MAX: u64 = (1 << 62) - 1 - WAKES as u64;

/// The bytes are the last segment of a node's log, without its seal; then the same with its checksums put right.
pub fn wal(bytes: &[u8]) -> bool {
    let Used { mut disk, names, number, .. } = Used::new();
    disk.file_mut(&names.seal).clear();
    let sealed = file_of(&payloads(bytes), segment_salt(number));
    boots_with(&disk, &names.segment, bytes) | boots_with(&disk, &names.segment, &sealed)
}

/// The bytes are the seal of the last segment; then the same with its checksums put right.
pub fn seal(bytes: &[u8]) -> bool {
    let Used { disk, names, number, .. } = Used::new();
    let sealed = file_of(&payloads(bytes), mix(0x5ea1, number));
    boots_with(&disk, &names.seal, bytes) | boots_with(&disk, &names.seal, &sealed)
}

/// The bytes are the snapshot that the log begins behind; then the same with the checksums of its records put right, and
/// then with those of the state in it as well.
pub fn snapshot(bytes: &[u8]) -> bool {
    let Used { disk, names, last: (index, term), .. } = Used::new();
    let salt = mix(mix(0x5a9, index), term);
    let mut records = payloads(bytes);
    let sealed = file_of(&records, salt);
    if let [head, state @ .., trailer] = records.as_mut_slice() {
        let state = state.concat();
        if let Some(len) = head.last_chunk_mut::<8>() {
            *len = (state.len() as u64).to_le_bytes();
        }
        *trailer = crc32fast::hash(&state).to_le_bytes().to_vec();
    }
    let consistent = file_of(&records, salt);
    [bytes, &sealed, &consistent].iter().fold(false, |is_read, file| is_read | boots_with(&disk, &names.snapshot, file))
}

/// Files to begin with, by parser: those of the disk that the checks put others' bytes on, and of a younger one.
pub fn seeds() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let mut used = Used::new();
    let mut young = Machine::founded();
    young.elect();
    let file = |disk: &mut MemoryDisk, name: &FileName| disk.file_mut(name).clone();
    let young_segment = FileName::from("wal-0000000000000001");
    vec![
        ("wal", "behind-a-snapshot", file(&mut used.disk, &used.names.segment)),
        ("wal", "before-any-snapshot", file(&mut young.disk, &young_segment)),
        ("seal", "of-two-syncs", file(&mut used.disk, &used.names.seal)),
        ("snapshot", "with-sessions", file(&mut used.disk, &used.names.snapshot)),
    ]
}

fn segment_salt(number: u64) -> u64 {
    mix(0x5e6, number)
}

/// Boots a node from a disk with that file in place of its own. It starts or refuses to, and if it starts, then the
/// next boot finds the files that it writes.
fn boots_with(disk: &MemoryDisk, file: &FileName, bytes: &[u8]) -> bool {
    let mut disk = disk.clone();
    *disk.file_mut(file) = bytes.to_vec();
    let (mut machine, recovered) = match Machine::boot(disk, Start::Again) {
        Ok(booted) => booted,
        Err(error) => {
            assert_plain(&error.to_string());
            return false;
        }
    };
    match Machine::boot(machine.disk.clone(), Start::Again) {
        Ok((_, again)) => assert_eq!(again, recovered, "the log was written anew as another one"),
        Err(error) => panic!("the log was written anew and is refused: {error}"),
    }
    // A node counts on from the term that it found, and a file holds no term from 2^62 on.
    if machine.node.raft().term().0 >= TERM_MAX {
        return true;
    }
    machine.elect();
    if let Err(error) = Machine::boot(machine.disk, Start::Again) {
        panic!("the node's own files are refused: {error}");
    }
    true
}

/// The disk of a node that has taken a snapshot and written on behind it, and the names of its files.
struct Used {
    disk: MemoryDisk,
    names: Names,
    /// The segment's number.
    number: u64,
    /// Index and term of the last entry in the snapshot.
    last: (u64, u64),
}

struct Names {
    segment: FileName,
    seal: FileName,
    snapshot: FileName,
}

impl Used {
    fn new() -> Used {
        let mut machine = Machine::founded();
        machine.elect();
        let session = machine.register();
        for seq in 2..14 {
            machine.write(seq, session);
        }
        let names =
            Names { segment: machine.only("wal-"), seal: machine.only("seal-"), snapshot: machine.only("snapshot-") };
        let parts: Vec<u64> = numbers(&names.snapshot);
        let number = numbers(&names.segment)[0];
        Used { disk: machine.disk, number, last: (parts[0], parts[1]), names }
    }
}

/// The numbers in a file's name.
fn numbers(name: &FileName) -> Vec<u64> {
    name.split('-').skip(1).map(|digits| u64::from_str_radix(digits, 16).expect("hexadecimal digits")).collect()
}

/// A cluster of one, on a disk in memory that syncs at once.
struct Machine {
    node: Node,
    disk: MemoryDisk,
    now: Instant,
    wake_at: Option<Instant>,
}

/// The node that boots draws nothing but its election timeouts.
struct Always;

impl Random for Always {
    fn next_u64(&mut self) -> u64 {
        4
    }
}

impl Machine {
    fn founded() -> Machine {
        let founders = Membership::of(NodeSet::first(1));
        Machine::boot(MemoryDisk::default(), Start::New(founders)).expect("a blank disk").0
    }

    /// Boots a node and lets it sync its log. Returns the recovered state too.
    fn boot(disk: MemoryDisk, start: Start) -> Result<(Machine, Observation), BootError> {
        let mut config = Config::new(ONE);
        config.snapshot_every = 8;
        let mut effects = Effects::default();
        let node = Node::boot(config, start, &disk, Paper, Instant::ZERO, &mut Always, &mut effects)?;
        let recovered = effects.notes[0];
        let mut machine = Machine { node, disk, now: Instant::ZERO, wake_at: None };
        machine.carry_out(effects);
        Ok((machine, recovered))
    }

    fn handle(&mut self, event: Event<Node>) -> Vec<Response> {
        let mut effects = Effects::default();
        self.node.handle(event, self.now, &mut Always, &mut effects);
        self.carry_out(effects)
    }

    /// Carries out effects, and those of the syncs that they ask for.
    fn carry_out(&mut self, effects: Effects<Node>) -> Vec<Response> {
        effects.disk.iter().for_each(|op| self.disk.apply(op));
        self.wake_at = effects.wake_at.or(self.wake_at);
        let mut answers: Vec<Response> = effects.replies.into_iter().map(|(_, response)| response).collect();
        if let Some(sync) = effects.sync {
            answers.extend(self.synced(sync));
        }
        answers
    }

    fn synced(&mut self, sync: SyncId) -> Vec<Response> {
        self.handle(Event::Synced(sync))
    }

    /// Lets time go on until the node has had its say: alone in its cluster, it leads and applies its log.
    fn elect(&mut self) {
        for _ in 0..WAKES {
            if let Some(at) = self.wake_at.take() {
                self.now = self.now.max(at);
                self.handle(Event::Wake);
            }
        }
    }

    fn register(&mut self) -> SessionId {
        match self.ask(Request::register(id(1))) {
            ResponseBody::Registered { session, .. } => session,
            other => panic!("no session: {other:?}"),
        }
    }

    fn write(&mut self, seq: u64, session: SessionId) {
        let key = || "k".into();
        let operation = match seq % 4 {
            0 => Operation::Put { key: "other".into(), value: "v".into() },
            1 => Operation::Cas { key: key(), expected: None, value: Some("w".into()) },
            2 => Operation::Append { key: key(), value: format!("{seq}.").as_str().into() },
            _ => Operation::Delete { key: "other".into() },
        };
        self.ask(Request::write(id(seq), session, operation));
    }

    fn ask(&mut self, request: Request) -> ResponseBody {
        let answers = self.handle(Event::Request { client: request.from.client, request });
        let answer = answers.into_iter().next().expect("a leader that is alone answers at once");
        answer.body
    }

    /// The one file of that kind.
    fn only(&self, prefix: &str) -> FileName {
        let mut files = self.disk.files().into_iter().filter(|file| file.starts_with(prefix));
        let file = files.next().unwrap_or_else(|| panic!("no {prefix} on the disk"));
        assert_eq!(files.next(), None, "more than one {prefix}");
        file
    }
}

fn id(seq: u64) -> RequestId {
    RequestId { client: ClientId(1), seq }
}
