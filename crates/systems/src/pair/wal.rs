//! The write-ahead log: in memory, and in one file that only grows.
//!
//! The file begins with the id of its node. A record is a frame, and so is a truncation: records that were cut off
//! still stand in the file, and a reader cuts them off again. The writes of one event are one append; one sync is in
//! flight at a time, and writes made meanwhile share the next one.
//!
//! Always true:
//! - the positions of the log are gapless from 1, and the tokens along it do not go down but across a truncation;
//! - `durable` is at most the last position whose record, as it is now, was written before a sync that has ended well.

use env::{Disk, DiskOp, Effects, FileName, NodeId, Reader, SyncId, Wire};
use parts::frame::{self, Scan};

use super::node::Node;
use super::record::{Lsn, Mark, Record, chained};

const FILE: &str = "wal";

const FOUNDED: u8 = 1;
const RECORD: u8 = 2;
const TRUNCATED: u8 = 3;

/// Why a member does not start on its disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub(super) enum WalError {
    #[error("the write-ahead log cannot be read: {0}")]
    Unreadable(env::DiskError),
    #[error("the disk of a new member holds a write-ahead log of {0} bytes")]
    Occupied(usize),
    #[error("the write-ahead log is gone")]
    Blank,
    #[error("the write-ahead log is damaged at byte {at}: {what}")]
    Damaged { at: usize, what: &'static str },
}

/// The log of one member.
#[derive(Clone, Debug)]
pub(super) struct Wal {
    node: NodeId,
    file: FileName,
    /// How long the file is, as this process has written it.
    len: u64,
    entries: Vec<Entry>,
    /// The bytes to be written at the end of this event.
    batch: Vec<u8>,
    /// A torn tail is to be cut off, to this length; nothing is written before that is durable.
    cut_to: Option<u64>,
    durable: Lsn,
    last_sync: u64,
    in_flight: Option<Sync>,
    needs_sync: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    record: Record,
    chain: u64,
}

#[derive(Clone, Copy, Debug)]
struct Sync {
    id: SyncId,
    through: Lsn,
}

impl Wal {
    fn blank(node: NodeId) -> Wal {
        Wal {
            node,
            file: FileName::from(FILE),
            len: 0,
            entries: Vec::new(),
            batch: Vec::new(),
            cut_to: None,
            durable: Lsn(0),
            last_sync: 0,
            in_flight: None,
            // The page cache may have outlived the process before: nothing is durable before it has been synced.
            needs_sync: true,
        }
    }

    /// The log of a new member, on a blank disk.
    pub(super) fn found(node: NodeId, disk: &dyn Disk) -> Result<Wal, WalError> {
        let bytes = disk.read(FILE).map_err(WalError::Unreadable)?.unwrap_or_default();
        if !bytes.is_empty() {
            return Err(WalError::Occupied(bytes.len()));
        }
        let mut wal = Wal::blank(node);
        wal.write(&[FOUNDED, node.0]);
        Ok(wal)
    }

    /// The log as the disk has it.
    pub(super) fn recover(node: NodeId, disk: &dyn Disk) -> Result<Wal, WalError> {
        let bytes = disk.read(FILE).map_err(WalError::Unreadable)?.unwrap_or_default();
        let mut wal = Wal::blank(node);
        let mut at = 0;
        loop {
            match frame::scan(&bytes, at, node) {
                Scan::Frame { payload, next } => {
                    wal.replay(payload, at)?;
                    at = next;
                }
                Scan::Bad => return Err(WalError::Damaged { at, what: "a checksum is wrong" }),
                Scan::End | Scan::Torn if at == 0 => return Err(WalError::Blank),
                Scan::End => break,
                Scan::Torn => {
                    wal.cut_to = Some(at as u64);
                    break;
                }
            }
        }
        wal.len = at as u64;
        Ok(wal)
    }

    fn replay(&mut self, payload: &[u8], at: usize) -> Result<(), WalError> {
        let damaged = |what| WalError::Damaged { at, what };
        let mut reader = Reader::new(payload);
        let kind = reader.u8("kind").map_err(|_| damaged("an empty frame"))?;
        match kind {
            FOUNDED if at == 0 && payload == [FOUNDED, self.node.0] => Ok(()),
            RECORD if at > 0 => {
                let record = Record::from_wire(&payload[1..]).map_err(|_| damaged("no record"))?;
                if record.at.lsn != self.last().lsn.next() {
                    return Err(damaged("a record out of order"));
                }
                self.push(record);
                Ok(())
            }
            TRUNCATED if at > 0 => {
                let to = Lsn::from_wire(&payload[1..]).map_err(|_| damaged("no truncation"))?;
                self.entries.truncate(to.0 as usize);
                Ok(())
            }
            _ => Err(damaged("a frame that belongs elsewhere")),
        }
    }

    fn push(&mut self, record: Record) {
        let chain = chained(self.chain(), &record);
        self.entries.push(Entry { record, chain });
    }

    fn write(&mut self, payload: &[u8]) {
        frame::write(payload, self.node, self.len, &mut self.batch);
        self.needs_sync = true;
    }

    /// Adds a record at the next position.
    pub(super) fn append(&mut self, record: Record) {
        let last = self.last();
        assert!(record.at.lsn == last.lsn.next(), "{} does not follow {last}", record.at);
        let mut payload = vec![RECORD];
        record.to_wire(&mut payload);
        self.write(&payload);
        self.push(record);
    }

    /// Drops the records behind `to`.
    pub(super) fn truncate_to(&mut self, to: Lsn) {
        assert!(to < self.last().lsn, "there is nothing behind {to} to cut");
        let mut payload = vec![TRUNCATED];
        to.to_wire(&mut payload);
        self.write(&payload);
        self.entries.truncate(to.0 as usize);
        self.durable = self.durable.min(to);
        if let Some(sync) = &mut self.in_flight {
            sync.through = sync.through.min(to);
        }
    }

    /// Hands this event's writes to the disk, and asks for a sync if one is needed and none is in flight.
    pub(super) fn flush(&mut self, effects: &mut Effects<Node>) {
        if let Some(len) = self.cut_to.take() {
            assert!(self.batch.is_empty(), "something was written before a torn tail was cut off");
            effects.disk.push(DiskOp::Truncate { file: self.file.clone(), len });
        }
        if !self.batch.is_empty() {
            self.len += self.batch.len() as u64;
            effects.append(&self.file, std::mem::take(&mut self.batch));
        }
        if self.needs_sync && self.in_flight.is_none() {
            self.needs_sync = false;
            self.last_sync += 1;
            let id = SyncId(self.last_sync);
            self.in_flight = Some(Sync { id, through: self.last().lsn });
            effects.sync = Some(id);
        }
    }

    /// A sync has ended well. Answers whether more is durable by it.
    pub(super) fn synced(&mut self, id: SyncId) -> bool {
        let before = self.durable;
        if let Some(sync) = self.in_flight.take_if(|sync| sync.id == id) {
            self.durable = before.max(sync.through);
        }
        self.durable > before
    }

    /// The last record.
    pub(super) fn last(&self) -> Mark {
        self.entries.last().map_or(Mark::default(), |entry| entry.record.at)
    }

    /// Up to where it is durable.
    pub(super) fn durable(&self) -> Lsn {
        self.durable
    }

    /// Names the whole log: logs with the same chain are the same.
    pub(super) fn chain(&self) -> u64 {
        self.chain_to(self.last().lsn)
    }

    /// Names the log up to a position that it has.
    pub(super) fn chain_to(&self, lsn: Lsn) -> u64 {
        place_of(lsn).map_or(0, |place| self.entries[place].chain)
    }

    /// The record at a position, by its mark; `None` behind the last one.
    pub(super) fn mark(&self, lsn: Lsn) -> Option<Mark> {
        if lsn == Lsn(0) { Some(Mark::default()) } else { self.record(lsn).map(|record| record.at) }
    }

    /// The record at a position.
    pub(super) fn record(&self, lsn: Lsn) -> Option<&Record> {
        self.entries.get(place_of(lsn)?).map(|entry| &entry.record)
    }

    /// The first position of the records up to `lsn` that have the same token as `lsn`, without a gap.
    pub(super) fn first_of_tenure(&self, lsn: Lsn) -> Lsn {
        let token = self.mark(lsn).map(|mark| mark.token);
        let mut first = lsn;
        while first > Lsn(1) && self.mark(first.prev()).map(|mark| mark.token) == token {
            first = first.prev();
        }
        first
    }
}

/// The index of a position among the entries; `None` for the position before all.
fn place_of(lsn: Lsn) -> Option<usize> {
    usize::try_from(lsn.0.checked_sub(1)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::record::Token;
    use kv::MemoryDisk;

    const NODE: NodeId = NodeId(4);

    fn record(lsn: u64, token: u64) -> Record {
        Record { at: Mark { lsn: Lsn(lsn), token: Token(token) }, write: None }
    }

    /// Lets the log write to `disk`, and syncs.
    fn settle(wal: &mut Wal, disk: &mut MemoryDisk) {
        let mut effects = Effects::default();
        wal.flush(&mut effects);
        effects.disk.iter().for_each(|op| disk.apply(op));
        if let Some(sync) = effects.sync {
            wal.synced(sync);
        }
    }

    fn written() -> (Wal, MemoryDisk) {
        let mut disk = MemoryDisk::default();
        let mut wal = Wal::found(NODE, &disk).expect("a blank disk");
        settle(&mut wal, &mut disk);
        (1..=3).for_each(|lsn| wal.append(record(lsn, 1)));
        settle(&mut wal, &mut disk);
        wal.truncate_to(Lsn(2));
        wal.append(record(3, 2));
        settle(&mut wal, &mut disk);
        (wal, disk)
    }

    #[test]
    fn what_was_written_and_cut_off_is_read_back_as_it_is() {
        let (wal, disk) = written();
        assert_eq!((wal.last(), wal.durable()), (record(3, 2).at, Lsn(3)));
        let again = Wal::recover(NODE, &disk).expect("an intact log");
        assert_eq!((again.last(), again.chain()), (wal.last(), wal.chain()));
        assert_eq!(again.durable(), Lsn(0), "until it is synced again");
    }

    #[test]
    fn a_truncation_takes_back_what_a_sync_in_flight_covers() {
        let (mut wal, _) = written();
        wal.append(record(4, 2));
        let mut effects = Effects::default();
        wal.flush(&mut effects);
        wal.truncate_to(Lsn(2));
        wal.append(record(3, 3));
        wal.synced(effects.sync.expect("something was written"));
        assert_eq!(wal.durable(), Lsn(2));
    }

    #[test]
    fn a_torn_tail_is_cut_off_before_anything_is_written() {
        let (_, mut disk) = written();
        let file = FileName::from(FILE);
        let len = disk.file_mut(&file).len();
        disk.file_mut(&file).truncate(len - 1);
        let mut wal = Wal::recover(NODE, &disk).expect("a torn log");
        assert_eq!(wal.last(), record(2, 1).at);
        settle(&mut wal, &mut disk);
        wal.append(record(3, 3));
        settle(&mut wal, &mut disk);
        assert_eq!(Wal::recover(NODE, &disk).expect("an intact log").last(), record(3, 3).at);
    }

    #[test]
    fn damage_in_the_middle_and_a_log_that_is_gone_are_refused() {
        let (_, mut disk) = written();
        disk.file_mut(&FileName::from(FILE))[40] ^= 1;
        let refused = Wal::recover(NODE, &disk).expect_err("a flipped bit");
        assert!(matches!(refused, WalError::Damaged { .. }), "{refused}");
        assert_eq!(Wal::recover(NODE, &MemoryDisk::default()).expect_err("no log"), WalError::Blank);
    }
}
