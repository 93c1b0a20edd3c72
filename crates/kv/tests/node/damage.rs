//! A node that starts from a damaged disk has the state it promised, or refuses to start.

use std::time::Duration;

use env::{Completion, Disk, Effects, Event, FileName, Instant, NodeId, NodeSet};
use env::{DiskOp, Process};
use kv::{BootError, Config, MemoryDisk, Node, Paper, Start};
use kv_types::Operation;
use kv_types::Output;
use proptest::prelude::*;
use raft_types::{EntryId, Membership, Observation};

use crate::support::{Dice, World};

const ONE: NodeId = NodeId(1);

/// The disk of a node that has taken a snapshot and written on behind it; `rest` later, and so with its last sync sealed or
/// not.
fn used_disk(rest: Duration) -> MemoryDisk {
    let mut world = World::new(7, 1, 1, |config| config.snapshot_every = 8);
    for i in 0..12 {
        let append = Operation::Append { key: "k".into(), value: format!("{i}").as_str().into() };
        assert_eq!(world.call(1, append), Completion::Ok(Output::Written));
    }
    world.run_for(rest);
    world.disk_mut(ONE).cache.clone()
}

fn sealed_disk() -> MemoryDisk {
    used_disk(Duration::from_secs(1))
}

fn boot_as(node: NodeId, start: Start, disk: &MemoryDisk) -> Result<Observation, BootError> {
    let mut effects: Effects<Node> = Effects::default();
    Node::boot(Config::new(node), start, disk, Paper, Instant::ZERO, &mut Dice(1), &mut effects)?;
    Ok(effects.notes[0])
}

fn boot(disk: &MemoryDisk) -> Result<Observation, BootError> {
    boot_as(ONE, Start::Again, disk)
}

fn file(disk: &MemoryDisk, prefix: &str) -> FileName {
    let files = disk.files();
    let mut matching = files.iter().filter(|file| file.starts_with(prefix));
    let file = matching.next().unwrap_or_else(|| panic!("no {prefix} among {files:?}")).clone();
    assert_eq!(matching.next(), None, "more than one {prefix}");
    file
}

fn len(disk: &MemoryDisk, file: &FileName) -> usize {
    disk.read(file).expect("memory").expect("it is there").len()
}

fn last(recovered: &Observation) -> EntryId {
    match recovered {
        Observation::Recovered { last, .. } => *last,
        other => panic!("the first thing a node says is {other}"),
    }
}

#[test]
fn every_flipped_bit_is_refused_by_file_and_place() {
    let disk = sealed_disk();
    assert!(boot(&disk).is_ok());
    let mut flips = 0;
    for name in disk.files() {
        for bit in 0..len(&disk, &name) * 8 {
            let mut flipped = disk.clone();
            flipped.file_mut(&name)[bit / 8] ^= 1 << (bit % 8);
            match boot(&flipped) {
                Err(BootError::Corrupt { file, offset, .. }) => {
                    assert_eq!(file, name, "bit {bit}");
                    assert!(offset <= bit as u64 / 8, "bit {bit} of {name} was found at {offset}");
                }
                other => panic!("bit {bit} of {name}: {other:?}"),
            }
            flips += 1;
        }
    }
    assert!(flips > 4_000, "only {flips} bits");
}

#[test]
fn a_sealed_file_that_is_cut_anywhere_is_refused() {
    let disk = sealed_disk();
    for prefix in ["wal-", "snapshot-"] {
        let name = file(&disk, prefix);
        for len in 0..len(&disk, &name) {
            let mut cut = disk.clone();
            cut.file_mut(&name).truncate(len);
            assert!(matches!(boot(&cut), Err(BootError::Corrupt { .. })), "{name} cut to {len}: {:?}", boot(&cut));
            let mut zeroed = disk.clone();
            zeroed.file_mut(&name)[len..].fill(0);
            assert!(matches!(boot(&zeroed), Err(BootError::Corrupt { .. })), "{name} zeroed from {len}");
        }
    }
}

#[test]
fn what_the_last_sync_covered_can_be_lost_unnoticed_and_nothing_else() {
    let disk = used_disk(Duration::ZERO);
    let intact = boot(&disk).expect("an intact disk");
    let name = file(&disk, "wal-");
    let silent: Vec<Observation> = (0..len(&disk, &name))
        .filter_map(|len| {
            let mut cut = disk.clone();
            cut.file_mut(&name).truncate(len);
            boot(&cut).ok()
        })
        .collect();
    assert!(!silent.is_empty(), "the last sync was sealed already: this shows nothing");
    for recovered in silent {
        let missing = last(&intact).index.0 - last(&recovered).index.0;
        assert_eq!(missing, 1, "each sync covered one entry here");
    }
}

#[test]
fn a_cut_seal_costs_nothing_but_itself() {
    let disk = sealed_disk();
    let intact = boot(&disk).expect("an intact disk");
    let name = file(&disk, "seal-");
    for len in 0..len(&disk, &name) {
        let mut cut = disk.clone();
        cut.file_mut(&name).truncate(len);
        assert_eq!(boot(&cut), Ok(intact), "cut to {len}");
    }
    let mut without = disk;
    without.apply(&DiskOp::Remove { file: name });
    assert_eq!(boot(&without), Ok(intact));
}

#[test]
fn a_file_that_is_missing_is_missed() {
    let disk = sealed_disk();
    let without = |prefix| {
        let mut disk = disk.clone();
        disk.apply(&DiskOp::Remove { file: file(&disk, prefix) });
        boot(&disk)
    };
    assert!(matches!(without("wal-"), Err(BootError::Missing { .. })), "{:?}", without("wal-"));
    assert!(matches!(without("snapshot-"), Err(BootError::Gap { .. })), "{:?}", without("snapshot-"));
    let mut snapshot_alone = disk.clone();
    for prefix in ["wal-", "seal-"] {
        let file = file(&snapshot_alone, prefix);
        snapshot_alone.apply(&DiskOp::Remove { file });
    }
    assert!(matches!(boot(&snapshot_alone), Err(BootError::Missing { .. })));
}

#[test]
fn a_name_that_leaves_no_number_for_the_next_segment_is_refused() {
    for name in ["wal-ffffffffffffffff", "wal-4000000000000000", "seal-ffffffffffffffff"] {
        let mut disk = sealed_disk();
        disk.file_mut(&name.into());
        let error = boot(&disk).expect_err("a number that no node comes to");
        assert!(matches!(&error, BootError::Malformed { file, .. } if *file == FileName::from(name)), "{error}");
    }
}

#[test]
fn leftovers_of_a_crash_are_cleaned_up() {
    let disk = sealed_disk();
    let intact = boot(&disk).expect("an intact disk");
    let mut littered = disk.clone();
    let leftovers = [
        "wal-0000000000000001",
        "seal-0000000000000001",
        "wal-00000000000000ff",
        "snapshot-0000000000000001-0000000000000001",
        "snapshot-00000000000000ff-0000000000000001.tmp",
    ];
    for name in leftovers {
        littered.file_mut(&FileName::from(name)).extend_from_slice(b"half");
    }
    littered.file_mut(&FileName::from("notes.txt")).extend_from_slice(b"not ours");
    let mut effects: Effects<Node> = Effects::default();
    let booted =
        Node::boot(Config::new(ONE), Start::Again, &littered, Paper, Instant::ZERO, &mut Dice(1), &mut effects);
    let mut node = booted.expect("litter is no damage");
    assert_eq!(effects.notes[0], intact);
    let removes = |effects: &Effects<Node>| effects.disk.iter().any(|op| matches!(op, DiskOp::Remove { .. }));
    assert!(!removes(&effects), "all of it may yet be needed");
    effects.disk.iter().for_each(|op| littered.apply(op));
    let sync = effects.sync.expect("the log, written anew, is to be durable");
    effects.clear();
    node.handle(Event::Synced(sync), Instant::ZERO, &mut Dice(1), &mut effects);
    effects.disk.iter().for_each(|op| littered.apply(op));
    let left: Vec<String> = littered.files().iter().map(ToString::to_string).collect();
    let snapshot = file(&disk, "snapshot-").to_string();
    assert_eq!(left, ["notes.txt", &snapshot, "wal-0000000000000100"]);
    assert_eq!(boot(&littered), Ok(intact));
}

#[test]
fn a_node_that_has_run_does_not_start_from_a_blank_disk_nor_a_new_one_from_a_used_disk() {
    let founding = Start::New(Membership::of(NodeSet::first(1)));
    let (blank, used) = (MemoryDisk::default(), sealed_disk());
    assert_eq!(boot(&blank), Err(BootError::Blank));
    assert!(boot_as(ONE, founding, &blank).is_ok());
    assert!(boot_as(ONE, Start::Join, &blank).is_ok());
    assert!(matches!(boot_as(ONE, founding, &used), Err(BootError::Occupied { .. })));
    assert!(matches!(boot_as(ONE, Start::Join, &used), Err(BootError::Occupied { .. })));
    let wrong = boot_as(NodeId(2), Start::Again, &used);
    assert!(matches!(wrong, Err(BootError::WrongNode { expected: NodeId(2), found: NodeId(1), .. })), "{wrong:?}");
}

#[test]
fn a_first_boot_that_was_cut_short_can_be_repeated() {
    let mut disk = MemoryDisk::default();
    let mut effects: Effects<Node> = Effects::default();
    let founding = Start::New(Membership::of(NodeSet::first(1)));
    Node::boot(Config::new(ONE), founding, &disk, Paper, Instant::ZERO, &mut Dice(1), &mut effects).expect("blank");
    effects.disk.iter().for_each(|op| disk.apply(op));
    let name = file(&disk, "wal-");
    for len in 0..len(&disk, &name) {
        let mut cut = disk.clone();
        cut.file_mut(&name).truncate(len);
        assert_eq!(boot(&cut), Err(BootError::Blank), "it had promised nothing");
        assert!(boot_as(ONE, founding, &cut).is_ok(), "cut to {len}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_recovery_panic(
        writes in prop::collection::vec((0_usize..4, any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..20)), 1..5),
    ) {
        let mut disk = sealed_disk();
        let files = disk.files();
        for (which, at, bytes) in writes {
            let content = disk.file_mut(&files[which % files.len()]);
            let at = at.index(content.len().max(1)).min(content.len());
            let end = (at + bytes.len()).min(content.len());
            content.splice(at..end, bytes);
        }
        let _ = boot(&disk);
    }
}
