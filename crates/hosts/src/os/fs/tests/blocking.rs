//! The names of std.

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::os::fs::shim::std::fs::{self, DirBuilder, File, OpenOptions};

/// Runs a program of a host that waits for nothing.
fn run(program: impl FnOnce()) -> Vec<String> {
    let machine = Machine::new(1_000);
    machine.run(async { program() });
    machine.reports()
}

fn kind<T>(result: io::Result<T>) -> ErrorKind {
    result.map(drop).expect_err("an error").kind()
}

#[test]
fn a_file_is_read_written_and_sought() {
    run(|| {
        let mut file = File::create_new("/f").expect("a file");
        file.write_all(b"0123456789").expect("a write");
        assert_eq!(file.seek(SeekFrom::End(-4)).expect("a seek"), 6);
        let mut read = [0; 2];
        file.read_exact(&mut read).expect("two bytes");
        assert_eq!(&read, b"67");
        assert_eq!(file.stream_position().expect("a position"), 8);
        file.seek(SeekFrom::Current(-8)).expect("a seek");
        file.write_all(b"ab").expect("a write");
        let mut rest = String::new();
        file.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "23456789");
        assert_eq!(kind(file.seek(SeekFrom::Current(-11))), ErrorKind::InvalidInput);
        // Behind the end there is a gap.
        file.seek(SeekFrom::Start(12)).expect("a seek");
        file.write_all(b"!").expect("a write");
        assert_eq!(fs::read("/f").expect("the content"), b"ab23456789\0\0!");
        file.set_len(2).expect("a cut");
        assert_eq!(fs::read_to_string("/f").expect("the content"), "ab");
        file.set_len(3).expect("an extension");
        assert_eq!(fs::read("/f").expect("the content"), b"ab\0");
    });
}

#[test]
fn offsets_leave_the_position_and_clones_share_it() {
    run(|| {
        let mut file = File::create_new("f").expect("a file");
        file.write_all_at(b"0123", 2).expect("a write");
        assert_eq!(file.stream_position().expect("a position"), 0);
        let mut clone = file.try_clone().expect("a clone");
        clone.write_all(b"ab").expect("a write");
        let mut read = String::new();
        file.read_to_string(&mut read).expect("text");
        assert_eq!(read, "0123");
        let mut at = [0; 3];
        assert_eq!(file.read_at(&mut at, 4).expect("a read"), 2);
        assert_eq!(&at, b"23\0");
    });
}

#[test]
fn appends_go_to_the_end_wherever_the_position_is() {
    run(|| {
        fs::write("/log", "one ").expect("a write");
        let mut file = OpenOptions::new().append(true).read(true).open("/log").expect("the file");
        let mut read = [0; 1];
        file.read_exact(&mut read).expect("a byte");
        file.write_all(b"two ").expect("a write");
        File::options().append(true).open("/log").expect("the file").write_all(b"three ").expect("a write");
        file.rewind().expect("a seek");
        file.write_all(b"four").expect("a write");
        assert_eq!(fs::read_to_string("/log").expect("the content"), "one two three four");
    });
}

#[test]
fn a_file_that_cannot_be_opened_says_why() {
    run(|| {
        fs::create_dir("/d").expect("a directory");
        fs::write("/f", "x").expect("a file");
        assert_eq!(kind(File::open("/missing")), ErrorKind::NotFound);
        assert_eq!(kind(File::create("/missing/f")), ErrorKind::NotFound);
        assert_eq!(kind(File::create_new("/f")), ErrorKind::AlreadyExists);
        assert_eq!(kind(File::create_new("/d")), ErrorKind::AlreadyExists);
        assert_eq!(kind(File::create("/d")), ErrorKind::IsADirectory);
        assert_eq!(kind(fs::read("/d")), ErrorKind::IsADirectory);
        assert_eq!(kind(File::open("/f/g")), ErrorKind::NotADirectory);
        assert_eq!(kind(OpenOptions::new().open("/f")), ErrorKind::InvalidInput);
        assert_eq!(kind(OpenOptions::new().read(true).create(true).open("/f")), ErrorKind::InvalidInput);
        assert_eq!(kind(OpenOptions::new().append(true).truncate(true).open("/f")), ErrorKind::InvalidInput);
        assert_eq!(kind(File::open("/f").expect("a file").write(b"x")), ErrorKind::PermissionDenied);
        assert_eq!(kind(File::create("/g").expect("a file").read(&mut [0])), ErrorKind::PermissionDenied);
        assert_eq!(kind(File::open("/f").expect("a file").set_len(0)), ErrorKind::InvalidInput);
        assert_eq!(File::open("/missing").expect_err("an error").to_string(), "no such file or directory: /missing");
        assert_eq!(fs::read_to_string("/f").expect("the content"), "x");
    });
}

#[test]
fn a_name_that_cannot_be_changed_says_why() {
    run(|| {
        fs::create_dir_all("/d/e").expect("directories");
        fs::create_dir_all("/d/e").expect("they are there");
        fs::write("/f", "x").expect("a file");
        assert_eq!(kind(fs::create_dir("/d")), ErrorKind::AlreadyExists);
        assert_eq!(kind(fs::create_dir("/x/y")), ErrorKind::NotFound);
        assert_eq!(kind(fs::create_dir_all("/f")), ErrorKind::AlreadyExists);
        assert_eq!(kind(fs::create_dir_all("/f/g")), ErrorKind::NotADirectory);
        assert_eq!(kind(fs::remove_file("/x")), ErrorKind::NotFound);
        assert_eq!(kind(fs::remove_file("/d")), ErrorKind::IsADirectory);
        assert_eq!(kind(fs::remove_dir("/d")), ErrorKind::DirectoryNotEmpty);
        assert_eq!(kind(fs::remove_dir("/f")), ErrorKind::NotADirectory);
        assert_eq!(kind(fs::rename("/x", "/y")), ErrorKind::NotFound);
        assert_eq!(kind(fs::rename("/f", "/d")), ErrorKind::IsADirectory);
        assert_eq!(kind(fs::rename("/d", "/f")), ErrorKind::NotADirectory);
        assert_eq!(kind(fs::rename("/d", "/d/e/g")), ErrorKind::InvalidInput);
        assert_eq!(kind(fs::hard_link("/f", "/d")), ErrorKind::AlreadyExists);
        assert_eq!(kind(fs::hard_link("/d", "/g")), ErrorKind::PermissionDenied);
        assert_eq!(kind(fs::copy("/d", "/g")), ErrorKind::InvalidInput);
        assert_eq!(kind(fs::read_dir("/f")), ErrorKind::NotADirectory);
        assert_eq!(kind(fs::sync_dir("/f")), ErrorKind::NotADirectory);
        assert_eq!(kind(fs::symlink("/f", "/g")), ErrorKind::Unsupported);
        assert_eq!(kind(fs::read_link("/f")), ErrorKind::Unsupported);
        fs::remove_dir_all("/d").expect("a removal");
        assert!(!fs::exists("/d").expect("an answer") && fs::exists("/f").expect("an answer"));
    });
}

#[test]
fn a_directory_is_read_in_order_of_names() {
    run(|| {
        fs::create_dir("/d").expect("a directory");
        for name in ["b", "a", "10", "9"] {
            fs::write(Path::new("/d").join(name), "x").expect("a file");
        }
        DirBuilder::new().create("/d/c").expect("a directory");
        let entries: Vec<_> = fs::read_dir("/d").expect("entries").map(|entry| entry.expect("an entry")).collect();
        let shown = |entry: &fs::DirEntry| (entry.path(), entry.file_type().expect("a type").is_dir());
        let expected = [("/d/10", false), ("/d/9", false), ("/d/a", false), ("/d/b", false), ("/d/c", true)];
        assert!(entries.iter().map(shown).eq(expected.map(|(path, is_dir)| (path.into(), is_dir))));
        assert_eq!(entries[0].file_name(), "10");
        assert_eq!(entries[0].metadata().expect("metadata").len(), 1);
        fs::remove_file("/d/10").expect("a removal");
        assert_eq!(kind(entries[0].metadata()), ErrorKind::NotFound);
    });
}

#[test]
fn metadata_has_the_times_of_the_run() {
    let machine = Machine::new(0);
    machine.run(async {
        fs::write("/f", "12345").expect("a file");
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut file = OpenOptions::new().append(true).open("/f").expect("the file");
        file.write_all(b"6").expect("a write");
        let metadata = fs::metadata("/f").expect("metadata");
        assert_eq!(metadata.created().expect("a time"), UNIX_EPOCH);
        assert_eq!(metadata.modified().expect("a time"), UNIX_EPOCH + Duration::from_secs(5));
        assert!(metadata.is_file() && !metadata.is_dir() && metadata.len() == 6);
        assert_eq!(metadata.ino(), file.metadata().expect("metadata").ino());
        assert_eq!(metadata.mtime(), 5);
        assert!(fs::metadata("/").expect("metadata").is_dir());
    });
}

#[test]
fn permissions_are_kept_and_not_enforced() {
    run(|| {
        let mut file = OpenOptions::new().write(true).create(true).mode(0o600).open("/f").expect("a file");
        let mut permissions = file.metadata().expect("metadata").permissions();
        assert_eq!(permissions.mode(), 0o600);
        permissions.set_readonly(true);
        fs::set_permissions("/f", permissions).expect("permissions");
        file.write_all(b"x").expect("a write");
        fs::copy("/f", "/g").expect("a copy");
        assert!(fs::metadata("/g").expect("metadata").permissions().readonly());
        assert_eq!(PermissionsExt::mode(&fs::metadata("/g").expect("metadata").permissions()), 0o400);
    });
}

#[test]
fn a_change_is_reported_and_a_sync_is_decided_at_once() {
    let reports = run(|| {
        fs::write("/log", "twelve bytes").expect("a write");
        fs::rename("/log", "/wal").expect("a renaming");
        File::open("/wal").expect("the file").sync_all().expect("a sync");
        File::open("/").expect("the directory").sync_all().expect("a sync");
        fs::remove_file("/wal").expect("a removal");
    });
    let expected = [
        "0: creates /log",
        "0: writes 12 bytes at 0 of /log",
        "0: renames /log to /wal",
        "0: sync 1 began, ends at 0 ms",
        "0: sync 1 ended, Durable, false",
        "0: sync 2 began, ends at 0 ms",
        "0: sync 2 ended, Durable, false",
        "0: removes /wal",
    ];
    assert_eq!(reports, expected);
}

#[test]
fn a_sync_at_once_does_not_wait_for_a_stalled_disk() {
    let machine = Machine::new(1_000);
    machine.set_condition(STALLED, 0);
    machine.run(async {
        let mut file = File::create("/log").expect("a file");
        file.write_all(b"x").expect("a write");
        file.sync_all().expect("a sync");
        fs::sync_dir("/").expect("a sync");
    });
    assert!(!machine.kernel.volume().has_unsynced());
}

#[test]
fn the_digest_of_a_write_tells_path_place_and_bytes_apart() {
    let digest = |path: &str, at: u64, bytes: &[u8]| {
        let machine = Machine::new(0);
        machine.run(async { File::create(path).expect("a file").write_all_at(bytes, at).expect("a write") });
        let reports = machine.outbox.take();
        let [.., (_, _, Report::Wrote { digest, bytes: count, .. })] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!(*count, bytes.len() as u64);
        *digest
    };
    assert_eq!(digest("/a", 0, b"x"), digest("/a", 0, b"x"));
    for other in [digest("/b", 0, b"x"), digest("/a", 1, b"x"), digest("/a", 0, b"y"), digest("/a", 0, b"x\0")] {
        assert_ne!(digest("/a", 0, b"x"), other);
    }
}
