//! A disk as the nemesis handles it, the same for every engine.

use env::Random;

use super::PowerLoss;

/// The faults of a disk, and the facts about a disk that they need.
pub trait Medium {
    /// True if a power loss now could lose anything.
    fn has_unsynced(&self) -> bool;

    /// The number of durable bytes in the files with names that begin with `files`.
    fn durable_bytes(&self, files: &str) -> u64;

    /// How many bytes of memory its files take, durable or not, as far as that is known.
    fn held_bytes(&self) -> u64;

    /// True if it holds nothing at all.
    fn is_blank(&self) -> bool;

    /// True if a file holds a bit that was flipped.
    fn is_damaged(&self) -> bool;

    /// The process is gone, and the files are as it left them.
    fn process_gone(&mut self);

    /// The power is lost, and the process with it; if `tear`, one unsynced append, if there is any, survives in part.
    fn lose_power(&mut self, tear: bool, random: &mut dyn Random) -> PowerLoss;

    /// The disk is gone with everything on it.
    fn wipe(&mut self);

    /// Flips any one of the durable bits; false if there are none.
    fn flip_bit(&mut self, random: &mut dyn Random) -> bool;
}
