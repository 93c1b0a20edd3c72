//! The volume as the nemesis handles it.

use std::path::Path;

use env::{Instant, Random};
use sim::world::{Medium, PowerLoss};

use super::Volume;
use super::inode::Inode;
use super::names::{Ino, Names, ROOT};

impl Medium for Volume {
    fn has_unsynced(&self) -> bool {
        !self.journal.is_empty() || self.inodes.values().any(|inode| !inode.contents.pending.is_empty())
    }

    /// Names are compared without the `/` in front.
    fn durable_bytes(&self, files: &str) -> u64 {
        let prefix = files.trim_start_matches('/').as_bytes();
        let begins = |path: &Path| path.as_os_str().as_encoded_bytes()[1..].starts_with(prefix);
        let named = self.durable.files().into_iter().filter(|(path, _)| begins(path));
        named.map(|(_, ino)| self.inodes[&ino].contents.durable.len() as u64).sum()
    }

    fn held_bytes(&self) -> u64 {
        self.inodes.values().map(|inode| size_of::<Inode>() as u64 + inode.contents.held_bytes()).sum()
    }

    fn is_blank(&self) -> bool {
        self.cached.is_blank() && self.durable.is_blank() && self.journal.is_empty()
    }

    fn is_damaged(&self) -> bool {
        self.inodes.values().any(|inode| inode.contents.is_damaged())
    }

    fn process_gone(&mut self) {
        self.forget_process();
    }

    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss {
        self.survive(tear, random)
    }

    fn wipe(&mut self) {
        self.inodes.clear();
        self.inodes.insert(ROOT, Inode::directory(0o755, Instant::ZERO));
        self.cached = Names::blank();
        self.durable = Names::blank();
        self.journal.clear();
    }

    /// The running process does not see the flip in a file that it has used: it reads the page cache.
    fn flip_bit(&mut self, random: &mut dyn Random) -> bool {
        // In order of their creation, and one with several names once.
        let named = self.durable.inodes();
        let files: Vec<(Ino, u64)> =
            named.into_iter().map(|ino| (ino, self.inodes[&ino].contents.durable.len() as u64)).collect();
        let len: u64 = files.iter().map(|(_, len)| len).sum();
        if len == 0 {
            return false;
        }
        let mut bit = random.below(len * 8);
        for (ino, len) in files {
            if bit < len * 8 {
                self.inodes.get_mut(&ino).expect("a file with a name is there").contents.flip(bit);
                return true;
            }
            bit -= len * 8;
        }
        unreachable!("{bit} bits are left of {len} bytes");
    }
}
