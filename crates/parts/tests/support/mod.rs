//! A disk with a page cache, a process that only writes, and draws that are given beforehand.

// Each test binary uses its own part of this.
#![allow(dead_code, unreachable_pub)]

use env::{Disk, DiskError, DiskOp, Effects, Event, FileName, Instant, Process, Random, Traced};

/// One file: its durable bytes, and the changes that no sync has covered.
#[derive(Clone, Debug, Default)]
pub struct OneFile {
    pub durable: Vec<u8>,
    pub unsynced: Vec<DiskOp>,
}

impl OneFile {
    /// The file as the running process sees it, and as a killed one leaves it.
    pub fn cached(&self) -> Vec<u8> {
        self.after(self.unsynced.len())
    }

    /// The file after the first `count` unsynced changes.
    pub fn after(&self, count: usize) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        self.unsynced[..count].iter().for_each(|op| apply(op, &mut bytes));
        bytes
    }

    /// Takes the changes of an event over.
    pub fn write(&mut self, effects: &mut Effects<Writer>) {
        self.unsynced.append(&mut effects.disk);
    }

    /// A sync has covered all changes so far.
    pub fn sync(&mut self) {
        self.durable = self.cached();
        self.unsynced.clear();
    }

    /// Every content that a power loss may leave: some of the appends, the last one of them cut anywhere, with and
    /// without a truncation.
    pub fn after_power_loss(&self) -> Vec<Vec<u8>> {
        let mut left = vec![self.durable.clone()];
        for count in 0..self.unsynced.len() {
            if let DiskOp::Append { bytes, .. } = &self.unsynced[count] {
                let before = self.after(count);
                left.extend((1..=bytes.len()).map(|len| [&before, &bytes[..len]].concat()));
            } else {
                left.push(self.after(count + 1));
            }
        }
        left
    }
}

fn apply(op: &DiskOp, bytes: &mut Vec<u8>) {
    match op {
        DiskOp::Append { bytes: more, .. } => bytes.extend_from_slice(more),
        DiskOp::Truncate { len, .. } => {
            assert!(*len <= bytes.len() as u64, "a file of {} bytes is cut to {len}", bytes.len());
            bytes.truncate(*len as usize);
        }
        other => panic!("a log only grows and is cut, but {other}"),
    }
}

/// A disk that holds one file, or none, or fails.
#[derive(Clone, Debug)]
pub struct Holding(pub Result<Option<Vec<u8>>, DiskError>);

impl Disk for Holding {
    fn files(&self) -> Vec<FileName> {
        Vec::new()
    }

    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, DiskError> {
        self.0.clone()
    }
}

/// A process without behaviour: effects need one.
#[derive(Debug)]
pub struct Writer;

#[derive(Clone, Debug)]
pub struct Nothing;

impl Traced for Nothing {}

impl Process for Writer {
    type Message = Nothing;
    type Request = Nothing;
    type Response = Nothing;
    type Note = Nothing;

    fn handle(&mut self, _: Event<Writer>, _: Instant, _: &mut dyn Random, _: &mut Effects<Writer>) {}
}

/// Draws the same number again and again: 0 is the low end of a range, the largest number its high end.
#[derive(Clone, Copy, Debug)]
pub struct Always(pub u64);

impl Random for Always {
    fn next_u64(&mut self) -> u64 {
        self.0
    }
}
