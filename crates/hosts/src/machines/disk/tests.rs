use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

use env::{DiskError, DiskOp, SyncId};
use sim::world::Pick;
use turmoil::fs::shim::std::fs;
use turmoil::{Builder, Sim};

use super::*;

mod model;
mod turmoil_fs;

const MODEL: DiskModel = DiskModel::new(100, 2_000);

type Program = Rc<RefCell<Option<Box<dyn FnOnce()>>>>;

/// One machine; the tests use its disk as a node does.
struct Machine {
    sim: Sim<'static>,
    program: Program,
    disk: Disk,
    syncs: u64,
}

impl Machine {
    fn new() -> Machine {
        let mut builder = Builder::new();
        builder.rng_seed(7).epoch(UNIX_EPOCH).simulation_duration(Duration::MAX);
        let mut sim = builder.build();
        let program = Program::default();
        let next = Rc::clone(&program);
        sim.host("n1", move || {
            let program = next.take();
            async {
                if let Some(program) = program {
                    program();
                }
                Ok(())
            }
        });
        let mut machine = Machine { sim, program, disk: Disk::new(&MODEL), syncs: 0 };
        machine.boot();
        machine
    }

    /// Runs this within the host.
    fn within<R: 'static>(&mut self, act: impl FnOnce() -> R + 'static) -> R {
        let result = Rc::new(RefCell::new(None));
        let place = Rc::clone(&result);
        self.program.replace(Some(Box::new(move || {
            place.replace(Some(act()));
        })));
        self.sim.bounce("n1");
        self.sim.step().expect("the program ends well");
        result.take().expect("the program has ended")
    }

    fn on_disk<R: 'static>(&mut self, act: impl FnOnce(&Disk) -> R + 'static) -> R {
        let disk = self.disk.clone();
        self.within(move || act(&disk))
    }

    /// A process starts.
    fn boot(&mut self) {
        self.on_disk(Disk::mount);
    }

    /// The process is killed, and another starts.
    fn kill(&mut self) {
        self.disk.process_gone();
        self.boot();
    }

    fn lose_power(&mut self, tear: bool, pick: u64) -> PowerLoss {
        let loss = self.disk.lose_power(tear, &mut Pick::new(pick));
        self.sim.crash("n1");
        self.boot();
        loss
    }

    fn write(&mut self, ops: impl IntoIterator<Item = DiskOp>) {
        let ops: Vec<DiskOp> = ops.into_iter().collect();
        self.on_disk(move |disk| ops.iter().for_each(|op| disk.write(op)));
    }

    fn begin_sync(&mut self) -> SyncId {
        self.syncs += 1;
        let id = SyncId(self.syncs);
        self.on_disk(move |disk| disk.begin_sync(id));
        id
    }

    fn end_sync(&mut self, id: SyncId, is_full: bool, fails: bool) -> SyncEnd {
        self.on_disk(move |disk| disk.end_sync(id, is_full, fails))
    }

    fn sync(&mut self) -> SyncEnd {
        let id = self.begin_sync();
        self.end_sync(id, false, false)
    }

    /// The files that a booting process reads.
    fn files(&mut self) -> Image {
        self.on_disk(|disk| image(&disk.files()))
    }

    /// The files on turmoil's filesystem.
    fn directory(&mut self) -> Image {
        self.within(|| {
            let entries = fs::read_dir("/node").expect("the directory is there");
            let name = |entry: std::io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string());
            let names = entries.map(|entry| name(entry).expect("it is there").expect("in ASCII"));
            names.map(|name| (FileName::from(&*name), volume::read(&name))).collect()
        })
    }

    fn content(&mut self, file: &str) -> Option<String> {
        let bytes = self.files().remove(&FileName::from(file));
        bytes.map(|bytes| bytes.escape_ascii().to_string())
    }
}

/// All files of a disk.
fn image(files: &impl env::Disk) -> Image {
    let content =
        |name: &FileName| files.read(name).expect("reads do not fail").expect("a file that is named is there");
    files.files().into_iter().map(|name| (name.clone(), content(&name))).collect()
}

fn append(file: &str, bytes: &str) -> DiskOp {
    DiskOp::Append { file: file.into(), bytes: bytes.into() }
}

fn truncate(file: &str, len: u64) -> DiskOp {
    DiskOp::Truncate { file: file.into(), len }
}

fn rename(from: &str, to: &str) -> DiskOp {
    DiskOp::Rename { from: from.into(), to: to.into() }
}

fn remove(file: &str) -> DiskOp {
    DiskOp::Remove { file: file.into() }
}

#[test]
fn a_process_that_boots_reads_what_was_written_synced_or_not() {
    let mut machine = Machine::new();
    assert_eq!(machine.files(), Image::new());
    for synced in [false, true] {
        machine.write([
            append("a.tmp", "snap"),
            rename("a.tmp", "a"),
            append("a", "shot"),
            append("b", "0123456"),
            truncate("b", 3),
            append("b", "x"),
            append("c", "gone"),
            remove("c"),
            append("c", "new"),
            remove("never there"),
        ]);
        if synced {
            machine.sync();
        }
        machine.kill();
        assert_eq!(machine.content("a").as_deref(), Some("snapshot"));
        assert_eq!(machine.content("b").as_deref(), Some("012x"));
        assert_eq!(machine.content("c").as_deref(), Some("new"));
        assert_eq!(machine.disk.has_unsynced(), !synced);
        machine.write([remove("a"), remove("b"), remove("c")]);
        machine.kill();
        assert_eq!(machine.files(), Image::new());
    }
}

#[test]
fn a_crash_of_turmoil_takes_what_is_unsynced_and_leaves_what_is_durable() {
    let mut machine = Machine::new();
    machine.write([append("wal", "kept"), append("tmp", "snapshot"), rename("tmp", "snap")]);
    machine.sync();
    machine.write([
        append("wal", " lost"),
        append("tmp", "next"),
        rename("tmp", "snap"),
        append("more", "lost"),
        rename("wal", "log"),
        truncate("log", 2),
    ]);
    // Without `lose_power`, and so by turmoil's doing alone.
    machine.sim.crash("n1");
    assert_eq!(
        machine.directory(),
        Image::from([("wal".into(), b"kept".to_vec()), ("snap".into(), b"snapshot".to_vec())])
    );
}

#[test]
fn a_sync_covers_what_was_written_before_it_was_asked_for() {
    let mut machine = Machine::new();
    machine.write([append("wal", "one ")]);
    let first = machine.begin_sync();
    machine.write([append("wal", "two "), append("new", "1"), rename("wal", "log")]);
    let second = machine.begin_sync();
    machine.write([append("log", "three")]);
    assert_eq!(machine.end_sync(first, false, false), SyncEnd::Durable);
    assert_eq!(machine.disk.state.borrow().durable, Lengths::from([("wal".into(), 4)]));
    assert_eq!(machine.end_sync(second, false, false), SyncEnd::Durable);
    assert_eq!(machine.disk.state.borrow().durable, Lengths::from([("log".into(), 8), ("new".into(), 1)]));
    assert!(machine.disk.has_unsynced());
    machine.kill();
    assert_eq!(machine.content("log").as_deref(), Some("one two three"));
}

#[test]
fn what_waited_for_a_sync_is_read_by_the_process_that_boots() {
    let mut machine = Machine::new();
    machine.write([append("wal", "one ")]);
    machine.begin_sync();
    machine.write([append("wal", "two")]);
    machine.kill();
    assert_eq!(machine.content("wal").as_deref(), Some("one two"));
}

#[test]
fn a_failed_sync_drops_what_was_pending_and_the_next_one_succeeds_for_nothing() {
    let mut machine = Machine::new();
    machine.write([append("wal", "kept "), append("old", "name")]);
    machine.sync();
    machine.write([append("wal", "lost"), append("new", "lost")]);
    let failing = machine.begin_sync();
    machine.write([append("wal", "lost too"), rename("old", "renamed")]);
    assert_eq!(machine.end_sync(failing, false, true), SyncEnd::Failed(DiskError::Io));
    let left = Image::from([("wal".into(), b"kept ".to_vec()), ("renamed".into(), b"name".to_vec())]);
    assert_eq!(machine.files(), left);
    assert_eq!(machine.sync(), SyncEnd::Durable);
    machine.lose_power(false, 1);
    assert_eq!(machine.files(), left);
}

#[test]
fn what_a_process_appends_after_a_failed_sync_stands_behind_a_hole() {
    let mut machine = Machine::new();
    machine.write([append("wal", "lost")]);
    let failing = machine.begin_sync();
    machine.end_sync(failing, false, true);
    machine.write([append("wal", "on")]);
    assert_eq!(machine.content("wal").as_deref(), Some(r"\x00\x00\x00\x00on"));
    machine.sync();
    machine.lose_power(false, 1);
    assert_eq!(machine.content("wal").as_deref(), Some(r"\x00\x00\x00\x00on"));
    // A process that starts afresh appends where the file ends.
    machine.write([append("wal", "lost")]);
    let failing = machine.begin_sync();
    machine.end_sync(failing, false, true);
    machine.kill();
    machine.write([append("wal", "!")]);
    machine.sync();
    assert_eq!(machine.content("wal").as_deref(), Some(r"\x00\x00\x00\x00on!"));
}

#[test]
fn a_hole_is_lost_with_what_stands_behind_it() {
    let left: Vec<Option<String>> = (0..20)
        .map(|pick| {
            let mut machine = Machine::new();
            machine.write([append("wal", "lost")]);
            let failing = machine.begin_sync();
            machine.end_sync(failing, false, true);
            machine.write([append("wal", "on")]);
            machine.lose_power(false, pick);
            machine.content("wal")
        })
        .collect();
    let possible = [None, Some(String::new()), Some(r"\x00\x00\x00\x00on".to_owned())];
    assert!(possible.iter().all(|content| left.contains(content)), "{left:?}");
    assert!(left.iter().all(|content| possible.contains(content)), "{left:?}");
}

#[test]
fn a_full_disk_takes_nothing_but_reads_and_syncs_of_nothing() {
    let mut machine = Machine::new();
    machine.write([append("wal", "kept")]);
    machine.sync();
    let empty = machine.begin_sync();
    assert_eq!(machine.end_sync(empty, true, false), SyncEnd::Durable);
    machine.write([append("wal", "lost")]);
    let refused = machine.begin_sync();
    assert_eq!(machine.end_sync(refused, true, false), SyncEnd::Failed(DiskError::Full));
    assert_eq!(machine.content("wal").as_deref(), Some("kept"));
}

#[test]
fn a_power_loss_leaves_any_prefix_and_equal_randomness_leaves_the_same() {
    let lose = |pick: u64| {
        let mut machine = Machine::new();
        machine.write([append("wal", "-")]);
        machine.sync();
        machine.write([append("wal", "a"), append("wal", "b")]);
        let loss = machine.lose_power(false, pick);
        (machine.content("wal").expect("it is durable"), loss.bytes_lost)
    };
    let left: Vec<(String, u64)> = (0..60).map(lose).collect();
    for (content, bytes_lost) in [("-", 2), ("-a", 1), ("-ab", 0)] {
        assert!(left.contains(&(content.to_owned(), bytes_lost)), "{content} never survived");
    }
    assert_eq!(left[..5], (0..5).map(lose).collect::<Vec<_>>());
}

#[test]
fn a_torn_append_is_there_in_part() {
    let mut machine = Machine::new();
    machine.write([append("wal", "whole"), append("wal", "torn")]);
    let loss = machine.lose_power(true, 3);
    assert!(loss.torn && loss.bytes_lost > 0, "{loss:?}");
    let left = machine.content("wal").expect("the name survives for the tear to be seen");
    assert!(!["", "whole", "wholetorn"].contains(&&*left), "{left} is whole appends");
}

#[test]
fn a_flipped_bit_is_remembered_while_it_is_there() {
    let mut machine = Machine::new();
    assert!(!machine.disk.flip_bit(&mut Pick::new(1)), "there is no bit to flip");
    machine.write([append("wal", "01234567")]);
    machine.sync();
    machine.write([append("wal", "unsynced")]);
    assert!(machine.disk.flip_bit(&mut Pick::new(1)));
    assert!(machine.disk.has_unsynced(), "the flip does not sync what it does not touch");
    let damaged = machine.files().remove(&"wal".into()).expect("the file is there");
    let bits: u32 = damaged.iter().zip(b"01234567unsynced").map(|(is, was)| (is ^ was).count_ones()).sum();
    assert_eq!((bits, &damaged[8..]), (1, &b"unsynced"[..]));
    machine.write([rename("wal", "old")]);
    machine.sync();
    assert!(machine.disk.is_damaged());
    machine.write([remove("old")]);
    machine.sync();
    assert!(!machine.disk.is_damaged());
}

#[test]
fn a_wiped_disk_is_blank() {
    let mut machine = Machine::new();
    machine.write([append("wal", "durable")]);
    machine.sync();
    machine.disk.flip_bit(&mut Pick::new(1));
    machine.write([append("wal", "not"), append("new", "not")]);
    machine.disk.wipe();
    assert!(machine.disk.is_blank() && !machine.disk.is_damaged() && !machine.disk.has_unsynced());
    machine.boot();
    assert_eq!(machine.files(), Image::new());
    machine.write([append("wal", "anew"), append("new", "2")]);
    assert_eq!(machine.content("wal").as_deref(), Some("anew"));
    assert_eq!(machine.content("new").as_deref(), Some("2"));
}

#[test]
fn syncs_take_as_long_as_drawn() {
    let disk = Disk::new(&MODEL);
    assert_eq!(disk.sync_latency(0, 1), Duration::from_micros(100));
    assert_eq!(disk.sync_latency(u64::MAX, 10), Duration::from_micros(20_000));
}
