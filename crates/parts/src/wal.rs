//! The write-ahead log: one file that grows by records, and hands each out when it is durable.

use env::{Disk, DiskError, DiskOp, Effects, FileName, NodeId, Process, SyncId, Wire, WireError};

use crate::frame::{self, Scan};

/// Why a node refuses to start on its log: the file does not tell which records were in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WalError {
    /// The disk returned an error.
    #[error("the write-ahead log {file} cannot be read: {error}")]
    Unreadable {
        /// The log's file.
        file: FileName,
        /// The disk's error.
        error: DiskError,
    },
    /// The bytes are no frame, and no write that a power loss cut short: a bit has flipped, the file is another node's,
    /// or its beginning is gone.
    #[error("the write-ahead log {file} is damaged at byte {at}: restore it from a copy, or let the node join anew")]
    Damaged {
        /// The log's file.
        file: FileName,
        /// The offset at which the damaged frame begins.
        at: usize,
    },
    /// The frame is whole, but its content is no record of this type: another version has written it.
    #[error("the write-ahead log {file} holds no record of this version at byte {at}: {error}")]
    NotARecord {
        /// The log's file.
        file: FileName,
        /// The offset at which the frame begins.
        at: usize,
        /// The error of the record's decoder.
        error: WireError,
    },
}

/// A write-ahead log of records `R`.
///
/// A node opens the log at boot, appends records while it handles an event, flushes at the end of the event, and acts
/// on a record when [`synced`](Wal::synced) hands it out: only then does it answer a client or a peer by it. Records
/// that were read at boot come the same way, so a node needs one function for both.
///
/// Always true:
/// - a record is handed out once in a life of the process, in the order of the file, and only when it is durable;
/// - one sync is in flight at a time, and covers every record that was appended before it was asked for; the records
///   appended meanwhile share the next one (group commit);
/// - nothing is appended before the first sync of a life has ended. Only then are the records durable that a killed
///   process left in the page cache, and the cut of a torn write;
/// - after a sync that failed, no record is handed out any more: the node halts, and its next life reads the file.
///
/// The log numbers the syncs of its node, so a node has one. A sync covers all files of a node: further files are
/// written before the event's [`flush`](Wal::flush).
///
/// A file that is gone reads as an empty log. A node that must not take a lost disk for a blank one appends a first
/// record when it is founded, and refuses to start again on a log of length 0 ([`len_bytes`](Wal::len_bytes)).
///
/// Left out: compaction. The log grows for as long as the node lives.
///
/// # Example
/// A node that remembers numbers, and acknowledges each when it is durable:
///
/// ```
/// use std::collections::VecDeque;
///
/// use env::{ClientId, Disk, Effects, Event, FileName, Instant, NodeId, Process, Random, SyncId, Traced};
/// use stormglass_parts::{Wal, WalError};
///
/// struct Memory {
///     wal: Wal<u64>,
///     sum: u64,
///     /// The clients of the numbers that are not durable yet.
///     waiting: VecDeque<ClientId>,
/// }
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct Number(u64);
/// impl Traced for Number {}
///
/// impl Memory {
///     fn boot(id: NodeId, disk: &dyn Disk, effects: &mut Effects<Memory>) -> Result<Memory, WalError> {
///         let wal = Wal::open(id, FileName::from("numbers"), disk, effects)?;
///         Ok(Memory { wal, sum: 0, waiting: VecDeque::new() })
///     }
/// }
///
/// impl Process for Memory {
///     type Message = Number;
///     type Request = Number;
///     type Response = Number;
///     type Note = Number;
///
///     fn handle(&mut self, event: Event<Memory>, _: Instant, _: &mut dyn Random, effects: &mut Effects<Memory>) {
///         match event {
///             Event::Request { client, request } if self.wal.is_open() => {
///                 self.wal.append(request.0, effects);
///                 self.waiting.push_back(client);
///             }
///             Event::Synced(sync) => {
///                 for number in self.wal.synced(sync) {
///                     self.sum += number;
///                     // No client waits for the numbers of earlier lives.
///                     if let Some(client) = self.waiting.pop_front() {
///                         effects.reply(client, Number(self.sum));
///                     }
///                 }
///             }
///             Event::SyncFailed(_, error) => effects.halt = Some(format!("a sync failed: {error}")),
///             Event::Request { .. } | Event::Message { .. } | Event::Wake => {}
///         }
///         self.wal.flush(effects);
///     }
/// }
/// # struct Blank;
/// # impl Disk for Blank {
/// #     fn files(&self) -> Vec<FileName> { Vec::new() }
/// #     fn read(&self, _: &str) -> Result<Option<Vec<u8>>, env::DiskError> { Ok(None) }
/// # }
/// # struct Draws;
/// # impl Random for Draws {
/// #     fn next_u64(&mut self) -> u64 { 0 }
/// # }
/// # let (disk, now, random) = (&Blank, Instant::ZERO, &mut Draws);
///
/// let mut effects = Effects::default();
/// let mut node = Memory::boot(NodeId(1), disk, &mut effects)?;
/// node.handle(Event::Synced(SyncId(1)), now, random, &mut effects);
///
/// let mut effects = Effects::default();
/// node.handle(Event::Request { client: ClientId(9), request: Number(5) }, now, random, &mut effects);
/// assert_eq!((effects.disk.len(), effects.sync), (1, Some(SyncId(2))));
/// assert!(effects.replies.is_empty(), "the number is not durable");
/// node.handle(Event::Synced(SyncId(2)), now, random, &mut effects);
/// assert_eq!(effects.replies, [(ClientId(9), Number(5))]);
/// # Ok::<(), WalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Wal<R> {
    /// The node that it belongs to.
    node: NodeId,
    file: FileName,
    /// The file's length in bytes, with all that was appended.
    len_bytes: u64,
    /// How many syncs were asked for.
    syncs: u64,
    /// Appended since the last sync was asked for.
    appended: Vec<R>,
    /// The records that the sync in flight covers.
    syncing: Option<Vec<R>>,
    /// True if the first sync has ended.
    is_open: bool,
}

impl<R: Wire> Wal<R> {
    /// Reads the file, cuts off a write that a power loss has torn, and asks for the first sync. `node` is part of each
    /// checksum, so that a node does not start on another node's file.
    ///
    /// # Errors
    /// If the file cannot be read, or does not tell which records were in it. The node must not start then: a record
    /// that it has acknowledged may be lost.
    pub fn open<P: Process>(
        node: NodeId,
        file: FileName,
        disk: &dyn Disk,
        effects: &mut Effects<P>,
    ) -> Result<Wal<R>, WalError> {
        let bytes = match disk.read(&file) {
            Ok(found) => found.unwrap_or_default(),
            Err(error) => return Err(WalError::Unreadable { file, error }),
        };
        let (mut appended, mut at) = (Vec::new(), 0);
        loop {
            match frame::scan(&bytes, at, node) {
                Scan::Frame { payload, next } => {
                    match R::from_wire(payload) {
                        Ok(record) => appended.push(record),
                        Err(error) => return Err(WalError::NotARecord { file, at, error }),
                    }
                    at = next;
                }
                Scan::End => break,
                Scan::Torn => {
                    effects.disk.push(DiskOp::Truncate { file: file.clone(), len: at as u64 });
                    break;
                }
                Scan::Bad => return Err(WalError::Damaged { file, at }),
            }
        }
        let mut wal = Wal { node, file, len_bytes: at as u64, syncs: 0, appended, syncing: None, is_open: false };
        wal.ask(effects);
        Ok(wal)
    }

    /// True if the records of the last life are durable and handed out. Before that a node answers no request and
    /// appends nothing.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// The file's length in bytes, with everything that was appended and without a torn write; 0 if the file was blank
    /// or gone.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// Adds a record to the end of the file. [`flush`](Wal::flush) must be called before the event is over.
    ///
    /// # Panics
    /// If the log is not [open](Wal::is_open), or the record's encoding is empty.
    pub fn append<P: Process>(&mut self, record: R, effects: &mut Effects<P>) {
        assert!(self.is_open, "a record is appended to {} before the first sync has ended", self.file);
        let mut payload = Vec::new();
        record.to_wire(&mut payload);
        let mut framed = Vec::new();
        frame::write(&payload, self.node, self.len_bytes, &mut framed);
        self.len_bytes += framed.len() as u64;
        effects.append(&self.file, framed);
        self.appended.push(record);
    }

    /// Asks for a sync of the records appended since the last one, unless a sync is in flight: its end asks for the
    /// next.
    pub fn flush<P: Process>(&mut self, effects: &mut Effects<P>) {
        if self.syncing.is_none() && !self.appended.is_empty() {
            self.ask(effects);
        }
    }

    /// Takes note that a sync has ended well, and hands out the records that are durable by it. The first sync of a
    /// life hands out the records of the earlier lives, perhaps none. [`flush`](Wal::flush) must be called before the
    /// event is over.
    ///
    /// # Panics
    /// If this is not the sync in flight.
    pub fn synced(&mut self, sync: SyncId) -> Vec<R> {
        assert_eq!(sync, SyncId(self.syncs), "another sync has ended than {} asked for last", self.file);
        self.is_open = true;
        self.syncing.take().expect("a sync is in flight")
    }

    fn ask<P: Process>(&mut self, effects: &mut Effects<P>) {
        self.syncs += 1;
        self.syncing = Some(std::mem::take(&mut self.appended));
        effects.sync = Some(SyncId(self.syncs));
    }
}
