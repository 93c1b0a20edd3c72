//! The unsynced writes that survive a power loss.
//!
//! Contents and names are kept apart, as file systems do. Of each file, a prefix of its unsynced appends survives:
//! none, all, or some. Of the changes to names and lengths (creations, renames, removals, truncations), a prefix
//! survives too, as of a journal, independent of the contents: a file may be renamed and empty, or complete under its
//! old name. An append stands where the process put it: if the truncation before it is lost, it overwrites the bytes
//! that the truncation was to cut off.

use std::collections::{BTreeMap, VecDeque};

use env::{DiskOp, FileName, Random};

use super::Image;

/// A disk writes so many bytes at a time, or none of them.
const SECTOR: usize = 512;

/// The losses of a power loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PowerLoss {
    /// How many bytes of unsynced appends are gone.
    pub bytes_lost: u64,
    /// How many unsynced changes of names and lengths are gone.
    pub changes_lost: u64,
    /// An append survived in part.
    pub torn: bool,
}

impl PowerLoss {
    /// True if anything is gone.
    pub fn lost_anything(&self) -> bool {
        self.bytes_lost > 0 || self.changes_lost > 0
    }
}

/// Leaves in `durable` the part of `pending` that survives. If `tear`, one of the appends, if there is any, survives in
/// part.
pub fn survive(durable: &mut Image, pending: VecDeque<DiskOp>, tear: bool, random: &mut dyn Random) -> PowerLoss {
    if pending.is_empty() {
        return PowerLoss::default();
    }
    let mut disk = Remains::of(std::mem::take(durable), &pending);
    // Files in the order of their first mention, so that no draw depends on a name.
    for inode in disk.inodes.iter_mut().filter(|inode| inode.appends > 0) {
        inode.appends_kept = prefix(inode.appends, random);
    }
    disk.changes_kept = prefix(disk.changes, random);
    if tear {
        disk.tear(random);
    }
    for op in pending {
        disk.replay(op, random);
    }
    let (image, loss) = disk.into_image();
    *durable = image;
    loss
}

/// How many of `count` changes in a row survive a power loss: none, all or some, each as likely.
pub fn prefix(count: u64, random: &mut dyn Random) -> u64 {
    let drawn = random.next_u64();
    match drawn % 3 {
        0 => 0,
        1 => count,
        _ => (drawn / 3) % (count + 1),
    }
}

/// A disk on which the operations that were pending are done again, as far as they survive.
#[derive(Default)]
struct Remains {
    /// The contents: those of the image in order, then those of files created since, as they were created.
    inodes: Vec<Inode>,
    /// The next of the files created since.
    created: usize,
    /// The names that the process gives them.
    cached: BTreeMap<FileName, usize>,
    /// The names that the disk gives them.
    kept: BTreeMap<FileName, usize>,
    /// How many changes of names and lengths were pending.
    changes: u64,
    /// How many of them survive.
    changes_kept: u64,
    loss: PowerLoss,
}

#[derive(Default)]
struct Inode {
    content: Vec<u8>,
    /// Its length as the process saw it.
    cached_len: usize,
    /// How many appends were pending.
    appends: u64,
    /// How many of them survive.
    appends_kept: u64,
    /// The append behind those survives in part.
    tears_next: bool,
    /// The append has survived in part.
    is_torn: bool,
    /// How many bytes survive of those that were pending.
    bytes_kept: u64,
}

impl Remains {
    fn of(image: Image, pending: &VecDeque<DiskOp>) -> Remains {
        let mut disk = Remains::default();
        for (number, (name, content)) in image.into_iter().enumerate() {
            disk.cached.insert(name.clone(), number);
            disk.kept.insert(name, number);
            disk.inodes.push(Inode { cached_len: content.len(), content, ..Inode::default() });
        }
        disk.created = disk.inodes.len();
        disk.count(pending);
        disk
    }

    /// Counts the pending operations, by file, and makes room for the files that they create.
    fn count(&mut self, pending: &VecDeque<DiskOp>) {
        let mut names = self.cached.clone();
        for op in pending {
            match op {
                DiskOp::Append { file, .. } => {
                    let number = *names.entry(file.clone()).or_insert_with(|| {
                        self.changes += 1;
                        self.inodes.push(Inode::default());
                        self.inodes.len() - 1
                    });
                    self.inodes[number].appends += 1;
                    continue;
                }
                DiskOp::Rename { from, to } => rename(&mut names, from, to),
                DiskOp::Remove { file } => {
                    names.remove(file);
                }
                DiskOp::Truncate { .. } => {}
            }
            self.changes += 1;
        }
    }

    /// Chooses an append that survives in part; for it to be seen, the names survive as they are.
    fn tear(&mut self, random: &mut dyn Random) {
        let written: Vec<usize> = (0..self.inodes.len()).filter(|inode| self.inodes[*inode].appends > 0).collect();
        if written.is_empty() {
            return;
        }
        let inode = &mut self.inodes[written[random.below(written.len() as u64) as usize]];
        inode.appends_kept = inode.appends_kept.min(inode.appends - 1);
        inode.tears_next = true;
        self.changes_kept = self.changes;
    }

    fn replay(&mut self, op: DiskOp, random: &mut dyn Random) {
        match op {
            DiskOp::Append { file, bytes } => {
                let number = match self.cached.get(&file) {
                    Some(number) => *number,
                    None => self.create(file),
                };
                self.inodes[number].append(&bytes, random);
                self.loss.bytes_lost += bytes.len() as u64;
            }
            DiskOp::Truncate { file, len } => {
                let survives = self.next_change_survives();
                let Some(number) = self.cached.get(&file) else { return };
                let inode = &mut self.inodes[*number];
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                inode.cached_len = inode.cached_len.min(len);
                if survives {
                    inode.content.truncate(len);
                }
            }
            DiskOp::Rename { from, to } => {
                rename(&mut self.cached, &from, &to);
                if self.next_change_survives() {
                    rename(&mut self.kept, &from, &to);
                }
            }
            DiskOp::Remove { file } => {
                self.cached.remove(&file);
                if self.next_change_survives() {
                    self.kept.remove(&file);
                }
            }
        }
    }

    /// The next of the files that the process created.
    fn create(&mut self, file: FileName) -> usize {
        let number = self.created;
        self.created += 1;
        if self.next_change_survives() {
            self.kept.insert(file.clone(), number);
        }
        self.cached.insert(file, number);
        number
    }

    fn next_change_survives(&mut self) -> bool {
        let survives = self.changes_kept > 0;
        self.changes_kept = self.changes_kept.saturating_sub(1);
        self.loss.changes_lost += u64::from(!survives);
        survives
    }

    fn into_image(self) -> (Image, PowerLoss) {
        let Remains { mut inodes, kept, mut loss, .. } = self;
        let mut image = Image::new();
        for (name, number) in kept {
            let inode = std::mem::take(&mut inodes[number]);
            loss.bytes_lost -= inode.bytes_kept;
            loss.torn |= inode.is_torn;
            image.insert(name, inode.content);
        }
        (image, loss)
    }
}

fn rename(names: &mut BTreeMap<FileName, usize>, from: &FileName, to: &FileName) {
    if let Some(inode) = names.remove(from) {
        names.insert(to.clone(), inode);
    }
}

impl Inode {
    fn append(&mut self, bytes: &[u8], random: &mut dyn Random) {
        let at = self.cached_len;
        self.cached_len += bytes.len();
        if self.appends_kept > 0 {
            self.appends_kept -= 1;
            self.write(at, bytes, bytes.len());
        } else if self.tears_next {
            self.tears_next = false;
            self.is_torn = self.write_torn(at, bytes, random);
        }
    }

    /// Cuts the append short, behind its first byte at the earliest; or its first sectors were written, and the rest of
    /// the file's new length is zeros. Returns whether anything is left of it: there is no half of one byte.
    fn write_torn(&mut self, at: usize, bytes: &[u8], random: &mut dyn Random) -> bool {
        let cut = if bytes.len() > 1 { random.between(1, bytes.len() as u64 - 1) as usize } else { 0 };
        if random.next_u64() & 1 == 0 {
            self.write(at, &bytes[..cut], cut);
            return cut > 0;
        }
        let whole_sectors = ((at + cut) / SECTOR * SECTOR).saturating_sub(at);
        let mut zeroed = bytes.to_vec();
        zeroed[whole_sectors..].fill(0);
        self.write(at, &zeroed, whole_sectors);
        !bytes.is_empty()
    }

    /// Writes where the process put the bytes: behind the end of the file, or over bytes that a lost truncation was to
    /// cut off. `kept` of the bytes are as the process wrote them.
    fn write(&mut self, at: usize, bytes: &[u8], kept: usize) {
        let end = at + bytes.len();
        if self.content.len() < end {
            self.content.resize(end, 0);
        }
        self.content[at..end].copy_from_slice(bytes);
        self.bytes_kept += kept as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Pick;

    fn append(file: &str, bytes: &[u8]) -> DiskOp {
        DiskOp::Append { file: file.into(), bytes: bytes.to_vec() }
    }

    fn image(files: &[(&str, &[u8])]) -> Image {
        files.iter().map(|(name, bytes)| ((*name).into(), bytes.to_vec())).collect()
    }

    /// The files after each of many power losses, with the losses.
    fn losses(before: &Image, pending: &[DiskOp], tear: bool) -> Vec<(Image, PowerLoss)> {
        let lose = |pick| {
            let mut image = before.clone();
            let loss = survive(&mut image, pending.to_vec().into(), tear, &mut Pick::new(pick));
            (image, loss)
        };
        (0..600).map(lose).collect()
    }

    #[test]
    fn of_each_file_a_prefix_of_whole_appends_survives_and_any_prefix_may() {
        let before = image(&[("wal", b"-")]);
        let pending = [append("wal", b"a"), append("wal", b"b"), append("wal", b"c")];
        let losses = losses(&before, &pending, false);
        for (survived, content) in ["-", "-a", "-ab", "-abc"].iter().enumerate() {
            let found = losses.iter().find(|(image, _)| image[&"wal".into()] == content.as_bytes());
            let (_, loss) = found.unwrap_or_else(|| panic!("{content} never survived"));
            assert_eq!(*loss, PowerLoss { bytes_lost: 3 - survived as u64, ..PowerLoss::default() });
        }
        assert!(losses.iter().all(|(image, _)| b"-abc".starts_with(&image[&"wal".into()])));
    }

    #[test]
    fn names_survive_independently_of_contents() {
        let before = image(&[("snapshot", b"old")]);
        let pending = [append("tmp", b"new"), DiskOp::Rename { from: "tmp".into(), to: "snapshot".into() }];
        let losses = losses(&before, &pending, false);
        for expected in [
            image(&[("snapshot", b"old")]),
            image(&[("snapshot", b"old"), ("tmp", b"")]),
            image(&[("snapshot", b"old"), ("tmp", b"new")]),
            image(&[("snapshot", b"")]),
            image(&[("snapshot", b"new")]),
        ] {
            assert!(losses.iter().any(|(image, _)| *image == expected), "never left {expected:?}");
        }
        assert!(losses.iter().all(|(image, _)| image.contains_key(&FileName::from("snapshot"))), "the old or the new");
    }

    #[test]
    fn a_lost_truncation_is_written_over() {
        let before = image(&[("wal", b"01234567")]);
        let pending = [DiskOp::Truncate { file: "wal".into(), len: 4 }, append("wal", b"ab")];
        let left: Vec<Image> = losses(&before, &pending, false).into_iter().map(|(image, _)| image).collect();
        for content in ["01234567", "0123", "0123ab", "0123ab67"] {
            assert!(left.contains(&image(&[("wal", content.as_bytes())])), "never left {content}");
        }
    }

    #[test]
    fn a_torn_append_is_cut_short_or_ends_in_zeros_and_nothing_follows_it() {
        let before = image(&[("wal", b"--")]);
        let long: Vec<u8> = (0..2_000_u32).map(|n| 1 + (n % 250) as u8).collect();
        let pending = [append("wal", b"first"), append("wal", &long), append("wal", b"last")];
        let mut whole = b"--first".to_vec();
        whole.extend_from_slice(&long);
        whole.extend_from_slice(b"last");
        let ends = [7, 7 + long.len(), whole.len()];
        let (mut cut, mut zeroed) = (0, 0);
        for (image, loss) in losses(&before, &pending, true) {
            let left = &image[&"wal".into()];
            let good = left.iter().zip(&whole).take_while(|(is, was)| is == was).count();
            assert!(loss.torn && good < whole.len());
            assert!(good < left.len() || ![2, 7, 7 + long.len()].contains(&good), "{good} bytes are whole appends");
            if good == left.len() {
                cut += 1;
                continue;
            }
            zeroed += 1;
            assert!(left[good..].iter().all(|byte| *byte == 0), "zeros to the end");
            assert!(ends.contains(&left.len()), "up to the end of an append");
        }
        assert!(cut > 100 && zeroed > 100, "{cut} cut, {zeroed} zeroed");
    }

    #[test]
    fn files_created_removed_and_created_again_are_told_apart() {
        let pending =
            [append("a", b"one"), DiskOp::Remove { file: "a".into() }, append("a", b"two"), append("b", b"three")];
        for (image, loss) in losses(&Image::new(), &pending, false) {
            for (name, content) in &image {
                let may_hold: &[&[u8]] = if &**name == "a" { &[b"", b"one", b"two"] } else { &[b"", b"three"] };
                assert!(may_hold.contains(&&content[..]), "{name} holds {content:?}");
            }
            let left: u64 = image.values().map(|content| content.len() as u64).sum();
            assert_eq!(left + loss.bytes_lost, 11);
        }
    }
}
