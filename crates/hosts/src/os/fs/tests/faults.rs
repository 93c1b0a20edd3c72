//! Syncs that fail, full disks and flipped bits.

use std::io::ErrorKind;

use env::DiskError;
use sim::world::SyncEnd;

use super::*;

fn ends(rig: &mut Rig) -> Vec<(SyncEnd, bool)> {
    let ended = |report| match report {
        Report::SyncEnded { end, by_fault, .. } => Some((end, by_fault)),
        _ => None,
    };
    rig.0.take_reports().into_iter().filter_map(ended).collect()
}

#[test]
fn a_sync_covers_what_was_written_before_it_was_asked_for() {
    let mut rig = Rig::new();
    rig.durable("/wal", "-");
    rig.append("/wal", "one ");
    let ino = rig.open("/wal", Creates::Never).expect("the file is there");
    let sync = rig.0.begin_sync(ino, Pace::OfDisk, Instant(0));
    rig.append("/wal", "two");
    rig.0.end_sync(&sync).expect("a sync");
    assert_eq!(rig.0.inodes[&ino].contents.durable, b"-one ");
    assert_eq!(rig.content("/wal").as_deref(), Some("-one two"));
    assert!(rig.0.has_unsynced());
}

#[test]
fn a_sync_of_a_file_covers_no_other_file() {
    let mut rig = Rig::new();
    rig.durable("/a", "");
    rig.durable("/b", "");
    rig.append("/a", "a");
    rig.append("/b", "b");
    rig.sync("/a");
    assert_eq!(rig.0.durable_bytes("/a"), 1);
    assert_eq!(rig.0.durable_bytes("/b"), 0);
}

#[test]
fn a_failed_sync_drops_what_was_pending_and_the_next_one_succeeds_for_nothing() {
    let mut rig = Rig::new();
    rig.durable("/wal", "kept ");
    rig.append("/wal", "lost");
    rig.set_condition(GOOD, 1);
    ends(&mut rig);
    assert_eq!(rig.try_sync("/wal").map_err(|error| error.to_string()), Err("input/output error".to_owned()));
    rig.sync("/wal");
    assert_eq!(ends(&mut rig), [(SyncEnd::Failed(DiskError::Io), true), (SyncEnd::Durable, false)]);
    assert_eq!(rig.content("/wal").as_deref(), Some("kept lost"), "the page cache has it");
    assert!(!rig.0.has_unsynced());
    rig.0.process_gone();
    assert_eq!(rig.content("/wal").as_deref(), Some("kept "), "the disk has not");
}

#[test]
fn a_sync_that_fails_drops_later_writes_too_and_the_syncs_on_their_way_end_well() {
    let mut rig = Rig::new();
    rig.durable("/wal", "");
    let ino = rig.open("/wal", Creates::Never).expect("the file is there");
    rig.append("/wal", "one");
    let first = rig.0.begin_sync(ino, Pace::OfDisk, Instant(0));
    rig.append("/wal", "two");
    let second = rig.0.begin_sync(ino, Pace::OfDisk, Instant(0));
    rig.set_condition(GOOD, 1);
    rig.0.end_sync(&first).expect_err("a fault");
    rig.0.end_sync(&second).expect("nothing is left to cover");
    assert_eq!(rig.0.durable_bytes("/wal"), 0);
}

#[test]
fn what_a_process_appends_after_a_failed_sync_stands_behind_a_hole() {
    let mut rig = Rig::new();
    rig.durable("/wal", "");
    rig.append("/wal", "lost");
    rig.set_condition(GOOD, 1);
    rig.try_sync("/wal").expect_err("a fault");
    rig.append("/wal", "on");
    assert_eq!(rig.content("/wal").as_deref(), Some("loston"));
    rig.sync("/wal");
    rig.0.process_gone();
    assert_eq!(rig.content("/wal").as_deref(), Some(r"\x00\x00\x00\x00on"));
    // A process that starts afresh appends at the end of the file.
    rig.append("/wal", "lost");
    rig.set_condition(GOOD, 1);
    rig.try_sync("/wal").expect_err("a fault");
    rig.0.process_gone();
    rig.append("/wal", "!");
    rig.sync("/wal");
    assert_eq!(rig.content("/wal").as_deref(), Some(r"\x00\x00\x00\x00on!"));
}

#[test]
fn dropped_bytes_that_are_written_again_are_durable() {
    let mut rig = Rig::new();
    rig.durable("/page", "0123");
    rig.write("/page", 0, "abcd");
    rig.set_condition(GOOD, 1);
    rig.try_sync("/page").expect_err("a fault");
    rig.write("/page", 1, "bc");
    rig.sync("/page");
    rig.0.process_gone();
    assert_eq!(rig.content("/page").as_deref(), Some("0bc3"));
}

#[test]
fn a_failed_sync_of_a_directory_keeps_the_names_for_the_next() {
    let mut rig = Rig::new();
    rig.append("/log", "");
    rig.set_condition(GOOD, 1);
    rig.try_sync("/").expect_err("a fault");
    assert!(rig.0.has_unsynced() && rig.0.durable.is_blank());
    rig.sync("/");
    assert!(!rig.0.has_unsynced() && !rig.0.durable.is_blank());
}

#[test]
fn a_full_disk_takes_nothing_but_reads_and_syncs_of_nothing() {
    let mut rig = Rig::new();
    rig.durable("/wal", "kept");
    rig.set_condition(FULL, 0);
    rig.sync("/wal");
    rig.sync("/");
    rig.0.take_reports();
    for refused in [
        rig.with("/wal", |volume, ino| volume.write(ino, At::End, b"!", Path::new("/wal"), Instant(0))).map(drop),
        rig.open("/new", Creates::IfMissing).map(drop),
        rig.0.create_dir(Path::new("/d"), 0o755, Instant(0)),
    ] {
        assert_eq!(refused.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
    }
    let reports = rig.0.take_reports();
    assert!(matches!(reports[..], [Report::WriteRefused, Report::WriteRefused, Report::WriteRefused]), "{reports:?}");
    rig.write("/wal", 0, "lost");
    assert_eq!(rig.try_sync("/wal").map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
    assert_eq!(ends(&mut rig), [(SyncEnd::Failed(DiskError::Full), false)]);
    rig.0.process_gone();
    assert_eq!(rig.image(), image(&[("/wal", "kept")]));
}

#[test]
fn syncs_take_as_long_as_drawn_times_the_slowness() {
    let mut rig = Rig::new();
    let mut drawn = |slowness| {
        rig.set_condition(DiskCondition { slowness, ..GOOD }, 0);
        let root = crate::os::fs::names::ROOT;
        (0..50).map(|_| rig.0.begin_sync(root, Pace::OfDisk, Instant(0)).latency.as_micros()).collect::<Vec<_>>()
    };
    assert!(drawn(1).iter().all(|micros| (100..=2_000).contains(micros)));
    assert!(drawn(10).iter().all(|micros| (1_000..=20_000).contains(micros) && micros % 10 == 0));
}

#[test]
fn a_flipped_bit_is_remembered_while_it_is_there() {
    let mut rig = Rig::new();
    assert!(!rig.0.flip_bit(&mut Pick::new(1)), "there is no bit to flip");
    rig.append("/wal", "01234567");
    rig.sync("/wal");
    assert!(!rig.0.flip_bit(&mut Pick::new(1)), "the file has no durable name");
    rig.sync("/");
    assert!(rig.0.flip_bit(&mut Pick::new(1)));
    assert_eq!(rig.content("/wal").as_deref(), Some("01234567"), "the page cache has no flip");
    rig.0.process_gone();
    let ino = rig.open("/wal", Creates::Never).expect("the file is there");
    let bits: u32 = rig.bytes(ino).iter().zip(b"01234567").map(|(is, was)| (is ^ was).count_ones()).sum();
    assert_eq!(bits, 1);
    rig.0.close(ino);
    rig.rename("/wal", "/old");
    rig.sync("/");
    assert!(rig.0.is_damaged());
    rig.remove("/old");
    assert!(rig.0.is_damaged(), "the removal is not durable");
    rig.sync("/");
    assert!(!rig.0.is_damaged());
}

#[test]
fn a_flipped_bit_is_forgotten_when_it_is_written_over_or_cut_off() {
    for by in [|rig: &mut Rig| rig.write("/wal", 0, "abcdefgh"), |rig: &mut Rig| rig.set_len("/wal", 0)] {
        let mut rig = Rig::new();
        rig.durable("/wal", "01234567");
        rig.0.flip_bit(&mut Pick::new(3));
        by(&mut rig);
        assert!(rig.0.is_damaged(), "it is not durable");
        rig.sync("/wal");
        assert!(!rig.0.is_damaged());
    }
}
