//! A node's one file: it grows by records, and tells when they are durable.
//!
//! Always true:
//! - a record is handed out once in a life of the process, in the order of the file, and only when it is durable;
//! - one sync is in flight at a time, and covers all that was written before it was asked for;
//! - nothing is written before the first sync of a life has ended. Only then are the records durable that a killed
//!   process left in the page cache, and the cut of a torn write.

use env::{Disk, DiskError, DiskOp, Effects, FileName, NodeId, Process, SyncId, Wire, WireError};

use crate::frame::{self, Scan};

/// Why a node refuses to start on its file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum WalError {
    #[error("the write-ahead log cannot be read: {0}")]
    Unreadable(DiskError),
    #[error("the log is damaged at byte {at}")]
    Damaged { at: usize },
    #[error("the log's record at byte {at} is none: {error}")]
    NoRecord { at: usize, error: WireError },
}

/// A file of records `R`.
#[derive(Clone, Debug)]
pub struct Wal<R> {
    /// The node that it belongs to.
    node: NodeId,
    file: FileName,
    /// How long the file is, with all that was written.
    len: u64,
    /// How many syncs were asked for.
    syncs: u64,
    /// Written since the last sync was asked for.
    written: Vec<R>,
    /// The records that the sync in flight covers.
    syncing: Option<Vec<R>>,
    /// True if the first sync has ended.
    is_open: bool,
}

impl<R: Wire> Wal<R> {
    /// Reads the file and asks for a sync of it.
    pub fn open<P: Process>(
        node: NodeId,
        file: FileName,
        disk: &dyn Disk,
        effects: &mut Effects<P>,
    ) -> Result<Wal<R>, WalError> {
        let bytes = disk.read(&file).map_err(WalError::Unreadable)?.unwrap_or_default();
        let (mut written, mut at) = (Vec::new(), 0);
        loop {
            match frame::scan(&bytes, at, node) {
                Scan::Frame { payload, next } => {
                    written.push(R::from_wire(payload).map_err(|error| WalError::NoRecord { at, error })?);
                    at = next;
                }
                Scan::End => break,
                Scan::Torn => {
                    effects.disk.push(DiskOp::Truncate { file: file.clone(), len: at as u64 });
                    break;
                }
                Scan::Bad => return Err(WalError::Damaged { at }),
            }
        }
        let mut log = Wal { node, file, len: at as u64, syncs: 0, written, syncing: None, is_open: false };
        log.ask(effects);
        Ok(log)
    }

    /// True if the records of the last life are durable: before that, a node answers no request.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Adds a record to the end of the file. [`flush`](Wal::flush) is called before the event is over.
    pub fn write<P: Process>(&mut self, record: R, effects: &mut Effects<P>) {
        assert!(self.is_open, "a record is written before the log is open");
        let mut payload = Vec::new();
        record.to_wire(&mut payload);
        let mut framed = Vec::new();
        frame::write(&payload, self.node, self.len, &mut framed);
        self.len += framed.len() as u64;
        effects.append(&self.file, framed);
        self.written.push(record);
    }

    /// Asks for a sync of the records written since the last one, unless a sync is in flight: its end asks for the
    /// next.
    pub fn flush<P: Process>(&mut self, effects: &mut Effects<P>) {
        if self.syncing.is_none() && !self.written.is_empty() {
            self.ask(effects);
        }
    }

    /// Takes note that a sync has ended; hands out the records that are durable by it.
    pub fn synced(&mut self, sync: SyncId) -> Vec<R> {
        assert_eq!(sync, SyncId(self.syncs), "another sync has ended than was asked for last");
        self.is_open = true;
        self.syncing.take().expect("a sync is in flight")
    }

    fn ask<P: Process>(&mut self, effects: &mut Effects<P>) {
        self.syncs += 1;
        self.syncing = Some(std::mem::take(&mut self.written));
        effects.sync = Some(SyncId(self.syncs));
    }
}
