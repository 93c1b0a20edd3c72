//! The names of tokio: reads and writes, and syncs that take time.

use std::io::{ErrorKind, SeekFrom};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use super::*;
use crate::os::fs::shim::tokio::fs::{self, DirBuilder, DirEntry, File, OpenOptions};

#[test]
fn a_file_is_read_written_and_sought() {
    Machine::new(0).run(async {
        let mut file = OpenOptions::new().read(true).write(true).create(true).open("/f").await.expect("a file");
        file.write_all(b"0123456789").await.expect("a write");
        file.flush().await.expect("a flush");
        assert_eq!(file.seek(SeekFrom::Start(8)).await.expect("a seek"), 8);
        let mut rest = String::new();
        file.read_to_string(&mut rest).await.expect("text");
        assert_eq!(rest, "89");
        let mut at = [0; 2];
        assert_eq!(file.read_at(&mut at, 1).await.expect("a read"), 2);
        assert_eq!(&at, b"12");
        file.write_at(b"ab", 0).await.expect("a write");
        assert_eq!(file.stream_position().await.expect("a position"), 10);
        file.shutdown().await.expect("a shutdown");
        assert_eq!(fs::read_to_string("/f").await.expect("text"), "ab23456789");
        let file = File::from_std(file.into_std().await);
        assert_eq!(file.metadata().await.expect("metadata").len(), 10);
    });
}

#[test]
fn a_buffered_line_at_a_time() {
    use tokio::io::{AsyncBufReadExt, BufReader, BufWriter};
    Machine::new(0).run(async {
        let mut writer = BufWriter::new(File::create("/f").await.expect("a file"));
        writer.write_all(b"one\ntwo\n").await.expect("a write");
        writer.flush().await.expect("a flush");
        let mut lines = BufReader::new(File::open("/f").await.expect("the file")).lines();
        assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("one"));
        assert_eq!(lines.next_line().await.expect("a line").as_deref(), Some("two"));
        assert_eq!(lines.next_line().await.expect("the end"), None);
    });
}

#[test]
fn directories_are_made_read_and_removed() {
    Machine::new(0).run(async {
        DirBuilder::new().recursive(true).create("/a/b").await.expect("directories");
        for name in ["/a/z", "/a/c"] {
            fs::write(name, name).await.expect("a file");
        }
        let mut directory = fs::read_dir("/a").await.expect("entries");
        let mut names = Vec::new();
        while let Some(entry) = directory.next_entry().await.expect("an entry") {
            let entry: DirEntry = entry;
            names.push((entry.file_name(), entry.metadata().await.expect("metadata").is_dir()));
        }
        assert_eq!(names, [("b".into(), true), ("c".into(), false), ("z".into(), false)]);
        fs::rename("/a", "/y").await.expect("a renaming");
        assert_eq!(fs::read("/y/z").await.expect("the content"), b"/a/z");
        assert_eq!(fs::remove_dir("/y").await.map_err(|error| error.kind()), Err(ErrorKind::DirectoryNotEmpty));
        fs::remove_dir_all("/y").await.expect("a removal");
        assert!(!fs::try_exists("/y").await.expect("an answer"));
        assert_eq!(fs::File::open("/y").await.map_err(|error| error.kind()).map(drop), Err(ErrorKind::NotFound));
    });
}

/// A file with pending bytes.
async fn written() -> File {
    let mut file = File::create("/log").await.expect("a file");
    file.write_all(b"pending").await.expect("a write");
    file
}

#[test]
fn a_sync_takes_as_long_as_the_disk() {
    let machine = Machine::new(20_000);
    machine.run(async {
        let file = written().await;
        file.sync_all().await.expect("a sync");
        assert_eq!(machine.kernel.now(), Instant(20_000_000));
        machine.set_condition(DiskCondition { slowness: 5, ..GOOD }, 0);
        fs::sync_dir("/").await.expect("a sync");
        assert_eq!(machine.kernel.now(), Instant(120_000_000));
    });
    let expected = [
        "0: sync 1 began, ends at 20 ms",
        "20: sync 1 ended, Durable, false",
        "20: sync 2 began, ends at 120 ms",
        "120: sync 2 ended, Durable, false",
    ];
    assert_eq!(machine.reports()[2..], expected);
    assert!(!machine.kernel.volume().has_unsynced());
}

#[test]
fn a_sync_does_not_end_while_the_disk_is_stalled() {
    let machine = Machine::new(10_000);
    machine.set_condition(STALLED, 0);
    machine.run(async {
        let file = written().await;
        let sync = tokio::spawn(async move { file.sync_data().await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!sync.is_finished());
        // A change of the condition that leaves the stall wakes no sync.
        machine.set_condition(DiskCondition { slowness: 2, ..STALLED }, 0);
        tokio::time::sleep(Duration::from_secs(1)).await;
        machine.set_condition(GOOD, 0);
        sync.await.expect("the task ends").expect("a sync");
    });
    let expected = ["0: sync 1 began, ends at 10 ms", "10: SyncStalled", "2000: sync 1 ended, Durable, false"];
    assert_eq!(machine.reports()[2..], expected);
}

#[test]
fn a_sync_that_is_dropped_never_ends() {
    let machine = Machine::new(10_000);
    machine.run(async {
        let file = written().await;
        let timeout = tokio::time::timeout(Duration::from_millis(5), file.sync_all()).await;
        timeout.expect_err("the sync takes longer");
        tokio::time::sleep(Duration::from_secs(1)).await;
    });
    assert_eq!(machine.reports()[2..], ["0: sync 1 began, ends at 10 ms"]);
    assert!(machine.kernel.volume().has_unsynced());
}

#[test]
fn the_faults_at_the_end_of_a_sync_decide_on_it() {
    let machine = Machine::new(10_000);
    machine.run(async {
        let file = written().await;
        let fault_comes = async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            machine.set_condition(GOOD, 1);
        };
        let (synced, ()) = tokio::join!(file.sync_all(), fault_comes);
        assert_eq!(synced.map_err(|error| error.to_string()), Err("input/output error".to_owned()));
        file.sync_all().await.expect("the fault is over, and the bytes are gone");
        assert_eq!(fs::read("/log").await.expect("the content"), b"pending");
    });
    assert_eq!(machine.reports()[3], "10: sync 1 ended, Failed(Io), true");
    machine.kernel.volume().process_gone();
    machine.run(async { assert_eq!(fs::read("/log").await.expect("the content"), b"") });
}

#[test]
fn a_write_to_a_full_disk_is_refused_and_reported() {
    let machine = Machine::new(0);
    machine.set_condition(FULL, 0);
    machine.run(async {
        assert_eq!(fs::write("/f", "x").await.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
        assert!(!fs::try_exists("/f").await.expect("an answer"));
    });
    assert_eq!(machine.reports(), ["0: WriteRefused"]);
}
