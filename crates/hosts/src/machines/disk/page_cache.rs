//! The files as the process sees them, in part not durable.
//!
//! Bytes are on turmoil's filesystem as soon as they are written, and pending there until they are synced. Names are
//! not: a file that was created, or cut short, has a name of the form `#7` on the filesystem until its real one is
//! synced, and a file that was renamed or removed has its old one. (`#` and a number is fsck's name for a nameless
//! file.) So until a sync every durable file lies untouched under its durable name, followed by its appends.

use std::collections::{BTreeMap, BTreeSet};

use env::{DiskOp, FileName};

use super::volume;

/// By name: the durable length of a file.
pub(super) type Lengths = BTreeMap<FileName, u64>;

/// One change, not yet durable.
pub(super) struct Pending {
    pub(super) op: DiskOp,
    /// An append stands behind so many zeros.
    pub(super) hole: u64,
    /// Carrying it out has made this file, which gets its real name when it is synced.
    nameless: Option<FileName>,
}

impl Pending {
    pub(super) fn new(op: DiskOp, hole: u64) -> Pending {
        Pending { op, hole, nameless: None }
    }
}

/// The files by the names that the process gives them.
#[derive(Default)]
pub(super) struct PageCache {
    files: BTreeMap<FileName, CachedFile>,
    /// The files, by their names on the filesystem, that have been written to, and those that have no name yet.
    dirty: BTreeSet<FileName>,
    /// The number of files that had no name at first.
    nameless: u64,
}

struct CachedFile {
    /// Its name on the filesystem.
    on_disk: FileName,
    len: u64,
}

impl PageCache {
    /// The names, ascending.
    pub(super) fn names(&self) -> Vec<FileName> {
        self.files.keys().cloned().collect()
    }

    /// A file's content.
    pub(super) fn read(&self, name: &FileName) -> Option<Vec<u8>> {
        let file = self.files.get(name)?;
        let bytes = volume::read(&file.on_disk);
        assert_eq!(bytes.len() as u64, file.len, "the length of {name} on turmoil's filesystem, and as it was written");
        Some(bytes)
    }

    /// Carries out a change, so that the process sees it.
    pub(super) fn make(&mut self, change: &mut Pending) {
        let Pending { op, hole, nameless } = change;
        *nameless = None;
        match op {
            DiskOp::Append { file, bytes } => {
                if !self.files.contains_key(file) {
                    let on_disk = self.create();
                    *nameless = Some(on_disk.clone());
                    self.files.insert(file.clone(), CachedFile { on_disk, len: 0 });
                }
                let file = self.files.get_mut(file).expect("it was there, or was created");
                if *hole > 0 {
                    // As bytes: a gap on turmoil's filesystem can show earlier bytes of that place.
                    file.append(&vec![0; *hole as usize]);
                }
                file.append(bytes);
                self.dirty.insert(file.on_disk.clone());
            }
            DiskOp::Truncate { file, len } => {
                let Some(whole) = self.files.get(file).filter(|whole| *len < whole.len) else { return };
                // A copy, so that the durable content is there in full until the sync.
                let bytes = volume::read(&whole.on_disk);
                let mut copy = CachedFile { on_disk: self.create(), len: 0 };
                copy.append(&bytes[..*len as usize]);
                *nameless = Some(copy.on_disk.clone());
                self.files.insert(file.clone(), copy);
            }
            DiskOp::Rename { from, to } => {
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(to.clone(), file);
                }
            }
            DiskOp::Remove { file } => {
                self.files.remove(file);
            }
        }
    }

    fn create(&mut self) -> FileName {
        self.nameless += 1;
        let name = FileName::from(format!("#{}", self.nameless));
        volume::create(&name);
        self.dirty.insert(name.clone());
        name
    }

    /// Makes `changes` durable, which are all that have been carried out: the contents first, since turmoil files
    /// pending writes under the name that the file had at the write, then the names.
    pub(super) fn write_back<'a>(&mut self, changes: impl Iterator<Item = &'a Pending>, durable: &mut Lengths) {
        for name in std::mem::take(&mut self.dirty) {
            volume::sync(&name);
        }
        let mut renamed = false;
        for Pending { op, hole, nameless } in changes {
            if let (Some(on_disk), DiskOp::Append { file, .. } | DiskOp::Truncate { file, .. }) = (nameless, op) {
                volume::rename(on_disk, file);
                renamed = true;
            }
            match op {
                DiskOp::Append { file, bytes } => {
                    *durable.entry(file.clone()).or_default() += hole + bytes.len() as u64;
                }
                DiskOp::Truncate { file, len } => {
                    if let Some(present) = durable.get_mut(file) {
                        *present = (*len).min(*present);
                    }
                }
                op => renamed |= change_name(op, durable),
            }
        }
        if renamed {
            volume::sync_names();
            for (name, file) in &mut self.files {
                file.on_disk = name.clone();
            }
        }
    }

    /// Drops everything that is not durable: the files are as a crash would leave them.
    pub(super) fn drop_dirty_pages(&mut self, durable: &Lengths) {
        for name in std::mem::take(&mut self.dirty) {
            if let Some(len) = durable.get(&name) {
                volume::cut(&name, *len);
                volume::sync(&name);
            } else {
                // Its bytes first: else turmoil keeps them pending, for the next file of this name.
                volume::sync(&name);
                volume::remove(&name);
            }
        }
        volume::sync_names();
        self.show(durable);
    }

    /// Nothing is pending: the files are the durable ones.
    pub(super) fn show(&mut self, durable: &Lengths) {
        assert!(self.dirty.is_empty(), "{} files have been written to", self.dirty.len());
        let cached = |(name, len): (&FileName, &u64)| (name.clone(), CachedFile { on_disk: name.clone(), len: *len });
        self.files = durable.iter().map(cached).collect();
    }
}

/// Renames or removes a durable file. Returns whether there was anything to do; its name is not durable yet.
pub(super) fn change_name(op: &DiskOp, durable: &mut Lengths) -> bool {
    match op {
        DiskOp::Rename { from, to } if from != to => {
            let Some(len) = durable.remove(from) else { return false };
            volume::rename(from, to);
            durable.insert(to.clone(), len);
            true
        }
        DiskOp::Remove { file } if durable.remove(file).is_some() => {
            volume::remove(file);
            true
        }
        _ => false,
    }
}

impl CachedFile {
    fn append(&mut self, bytes: &[u8]) {
        volume::write(&self.on_disk, self.len, bytes);
        self.len += bytes.len() as u64;
    }
}
