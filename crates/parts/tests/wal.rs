//! The write-ahead log by itself: which records come back from which file, and when a record is handed out.

extern crate stormglass_parts as parts;

mod support;

use env::{DiskError, DiskOp, Effects, FileName, NodeId, SyncId};
use parts::{Wal, WalError};

use support::{Holding, OneFile, Writer};

const NODE: NodeId = NodeId(4);

type Strings = Wal<String>;

fn file() -> FileName {
    FileName::from("records")
}

fn open(bytes: &[u8], effects: &mut Effects<Writer>) -> Result<Strings, WalError> {
    Wal::open(NODE, file(), &Holding(Ok(Some(bytes.to_vec()))), effects)
}

/// Opens the log on these bytes, as they are durable, and ends its first sync: the log, its file, and the records
/// found.
fn booted(bytes: &[u8]) -> (Strings, OneFile, Vec<String>) {
    let mut effects = Effects::default();
    let mut wal = open(bytes, &mut effects).unwrap_or_else(|error| panic!("{error}"));
    let mut on_disk = OneFile { durable: bytes.to_vec(), ..OneFile::default() };
    on_disk.write(&mut effects);
    on_disk.sync();
    let found = wal.synced(effects.sync.expect("a first sync"));
    (wal, on_disk, found)
}

/// Appends these records, one in an event, with a sync after each.
fn write(wal: &mut Strings, on_disk: &mut OneFile, records: &[&str]) {
    for record in records {
        let mut effects = Effects::default();
        wal.append((*record).into(), &mut effects);
        wal.flush(&mut effects);
        on_disk.write(&mut effects);
        on_disk.sync();
        assert_eq!(wal.synced(effects.sync.expect("a sync")), [*record]);
    }
}

const RECORDS: [&str; 3] = ["first", "the second one", ""];

/// The file of [`RECORDS`], and the offset at which each record ends.
fn written() -> (Vec<u8>, Vec<usize>) {
    let (mut wal, mut on_disk, found) = booted(&[]);
    assert!(found.is_empty());
    let mut ends = vec![0];
    for record in RECORDS {
        write(&mut wal, &mut on_disk, &[record]);
        ends.push(on_disk.durable.len());
        assert_eq!(wal.len_bytes(), on_disk.durable.len() as u64);
    }
    (on_disk.durable, ends)
}

#[test]
fn every_prefix_of_a_file_gives_the_records_that_are_whole_in_it_and_can_be_written_on() {
    let (bytes, ends) = written();
    for len in 0..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= len).count() - 1;
        let mut zeroed = bytes.clone();
        zeroed[len..].fill(0);
        for left in [&bytes[..len], &zeroed] {
            let (mut wal, mut on_disk, found) = booted(left);
            assert_eq!(found, RECORDS[..whole], "cut at {len}");
            assert_eq!(on_disk.durable.len(), ends[whole], "the torn write is cut off");
            write(&mut wal, &mut on_disk, &["later"]);
            let (.., found) = booted(&on_disk.durable);
            assert_eq!(found, [&RECORDS[..whole], &["later"]].concat(), "written on after a cut at {len}");
        }
    }
}

#[test]
fn every_flipped_bit_is_damage_and_names_the_frame() {
    let (bytes, ends) = written();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let at = *ends.iter().rev().find(|end| **end <= bit / 8).expect("0 is the first");
        let mut effects = Effects::default();
        assert_eq!(open(&flipped, &mut effects).err(), Some(WalError::Damaged { file: file(), at }), "bit {bit}");
        assert!(effects.disk.is_empty() && effects.sync.is_none(), "a node that refuses to start writes nothing");
    }
}

#[test]
fn files_that_are_refused_say_why() {
    let (bytes, _) = written();
    let mut not_a_text = Vec::new();
    parts::frame::write(&[0xff, 0xff], NODE, 0, &mut not_a_text);
    let boot = |node, disk| {
        let opened: Result<Strings, _> = Wal::open(node, file(), &Holding(disk), &mut Effects::<Writer>::default());
        opened.expect_err("a refusal").to_string()
    };
    for (node, disk, why) in [
        (NODE, Err(DiskError::Io), "the write-ahead log records cannot be read: input/output error"),
        (
            NodeId(5),
            Ok(Some(bytes)),
            "the write-ahead log records is damaged at byte 0: restore it from a copy, or let the node join anew",
        ),
        (NODE, Ok(Some(not_a_text)), "the write-ahead log records holds no record of this version at byte 0: "),
    ] {
        let said = boot(node, disk);
        assert!(said.starts_with(why) && said.len() <= 200, "{said}");
    }
}

#[test]
fn a_file_that_is_gone_is_an_empty_log() {
    let mut effects = Effects::<Writer>::default();
    let wal: Strings = Wal::open(NODE, file(), &Holding(Ok(None)), &mut effects).expect("nothing is damaged");
    assert_eq!((wal.len_bytes(), wal.is_open(), effects.sync), (0, false, Some(SyncId(1))));
}

/// A log with one durable record, then one in a sync that is in flight, then two that wait for the next.
fn in_the_middle() -> (Strings, OneFile) {
    let (mut wal, mut on_disk, _) = booted(&[]);
    write(&mut wal, &mut on_disk, &["durable"]);
    let mut effects = Effects::default();
    wal.append("in flight".into(), &mut effects);
    wal.flush(&mut effects);
    assert_eq!(effects.sync, Some(SyncId(3)));
    on_disk.write(&mut effects);
    for record in ["waiting", "waiting too"] {
        let mut effects = Effects::default();
        wal.append(record.into(), &mut effects);
        wal.flush(&mut effects);
        assert_eq!(effects.sync, None, "one sync is in flight at a time");
        on_disk.write(&mut effects);
    }
    (wal, on_disk)
}

#[test]
fn a_sync_hands_out_the_records_from_before_it_and_the_next_one_covers_the_rest() {
    let (mut wal, _) = in_the_middle();
    assert_eq!(wal.synced(SyncId(3)), ["in flight"]);
    let mut effects = Effects::<Writer>::default();
    wal.flush(&mut effects);
    assert_eq!(effects.sync, Some(SyncId(4)));
    assert_eq!(wal.synced(SyncId(4)), ["waiting", "waiting too"]);
    let mut effects = Effects::<Writer>::default();
    wal.flush(&mut effects);
    assert_eq!(effects.sync, None, "there is nothing to sync");
}

#[test]
fn a_killed_process_finds_all_it_has_written_and_hands_it_out_when_it_is_durable() {
    let (_, on_disk) = in_the_middle();
    let mut effects = Effects::default();
    let mut wal = open(&on_disk.cached(), &mut effects).expect("an intact file");
    assert!(!wal.is_open(), "the page cache is not durable");
    assert!(effects.disk.is_empty());
    assert_eq!(wal.synced(SyncId(1)), ["durable", "in flight", "waiting", "waiting too"]);
    assert!(wal.is_open());
}

#[test]
fn a_power_loss_leaves_every_synced_record_and_no_record_without_its_predecessors() {
    let (_, on_disk) = in_the_middle();
    let all = ["durable", "in flight", "waiting", "waiting too"];
    let mut counts = [0; 5];
    for left in on_disk.after_power_loss() {
        let (.., found) = booted(&left);
        assert!(!found.is_empty(), "a synced record is lost");
        assert_eq!(found, all[..found.len()]);
        counts[found.len()] += 1;
    }
    assert!(counts[1..].iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn a_power_loss_before_the_torn_write_is_durably_gone_leaves_it_torn() {
    let (bytes, ends) = written();
    let torn = &bytes[..ends[2] - 1];
    let mut effects = Effects::default();
    let wal = open(torn, &mut effects).expect("a torn write is no damage");
    assert_eq!(effects.disk, [DiskOp::Truncate { file: file(), len: ends[1] as u64 }]);
    assert!(!wal.is_open(), "nothing is appended behind a cut that is not durable");
    let mut on_disk = OneFile { durable: torn.to_vec(), ..OneFile::default() };
    on_disk.write(&mut effects);
    let left = on_disk.after_power_loss();
    assert_eq!(left.len(), 2, "with the cut and without");
    for bytes in left {
        let (.., found) = booted(&bytes);
        assert_eq!(found, RECORDS[..1]);
    }
}

#[test]
#[should_panic(expected = "a record is appended to records before the first sync has ended")]
fn nothing_is_appended_before_the_first_sync_has_ended() {
    let mut effects = Effects::default();
    let mut wal = open(&[], &mut effects).expect("a blank file");
    wal.append("too early".into(), &mut effects);
}

#[test]
fn after_a_failed_sync_no_record_is_handed_out() {
    let (mut wal, mut on_disk) = in_the_middle();
    // The node is told `SyncFailed`, and should halt. One that goes on gets no further.
    for _ in 0..3 {
        let mut effects = Effects::default();
        wal.append("after the failure".into(), &mut effects);
        wal.flush(&mut effects);
        assert_eq!(effects.sync, None, "another sync would prove nothing");
        on_disk.write(&mut effects);
    }
    // The pages of the failed sync are gone: its next life has the records from before.
    let (.., found) = booted(&on_disk.durable);
    assert_eq!(found, ["durable"]);
}

#[test]
#[should_panic(expected = "another sync has ended than records asked for last")]
fn a_sync_of_another_number_is_a_bug_of_the_node() {
    let (mut wal, _) = in_the_middle();
    wal.synced(SyncId(2));
}
