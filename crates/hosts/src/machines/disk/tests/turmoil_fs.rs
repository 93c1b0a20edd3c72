//! The behaviour of turmoil's filesystem that the disk relies on, and the reasons to rely on no more.

use super::*;

/// The content read after these calls, and the content left of it by a crash.
fn read_and_left(calls: impl FnOnce() + 'static) -> [String; 2] {
    let mut machine = Machine::new();
    machine.within(calls);
    let read = machine.directory();
    machine.sim.crash("n1");
    [read, machine.directory()].map(|image| {
        let file = |(name, bytes): (FileName, Vec<u8>)| format!("{name}={}", bytes.escape_ascii());
        image.into_iter().map(file).collect::<Vec<_>>().join(" ")
    })
}

/// A file with this content.
fn file(name: &str, content: &str) {
    volume::create(name);
    volume::write(name, 0, content.as_bytes());
}

/// It, durably.
fn durable_file(name: &str, content: &str) {
    file(name, content);
    volume::sync(name);
    volume::sync_names();
}

#[test]
fn a_file_is_durable_when_it_and_its_name_are_synced() {
    assert_eq!(read_and_left(|| durable_file("a", "1")), ["a=1", "a=1"]);
    let contents_alone = || {
        file("a", "1");
        volume::sync("a");
    };
    assert_eq!(read_and_left(contents_alone), ["a=1", ""]);
    let name_alone = || {
        file("a", "1");
        volume::sync_names();
    };
    assert_eq!(read_and_left(name_alone), ["a=1", "a="]);
}

#[test]
fn writes_are_pending_until_their_file_is_synced() {
    let writes = |is_synced: bool| {
        move || {
            durable_file("a", "0123");
            durable_file("b", "-");
            volume::write("a", 4, b"45");
            volume::cut("a", 5);
            volume::write("a", 5, b"xyz");
            volume::sync(if is_synced { "a" } else { "b" });
        }
    };
    assert_eq!(read_and_left(writes(false)), ["a=01234xyz b=-", "a=0123 b=-"]);
    assert_eq!(read_and_left(writes(true)), ["a=01234xyz b=-", "a=01234xyz b=-"]);
}

#[test]
fn what_is_dropped_by_cutting_and_syncing_stays_dropped() {
    let drop_pages = || {
        durable_file("a", "0123");
        volume::write("a", 4, b"lost");
        volume::cut("a", 4);
        volume::sync("a");
        volume::write("a", 4, &[0, 0]);
        volume::write("a", 6, b"on");
    };
    assert_eq!(read_and_left(drop_pages), [r"a=0123\x00\x00on", "a=0123"]);
}

#[test]
fn names_are_durable_when_the_directory_is_synced() {
    let changes = |is_synced: bool| {
        move || {
            durable_file("a", "new");
            durable_file("b", "old");
            durable_file("c", "gone");
            volume::rename("a", "b");
            volume::remove("c");
            if is_synced {
                volume::sync_names();
            }
        }
    };
    assert_eq!(read_and_left(changes(false)), ["b=new", "a=new b=old c=gone"]);
    assert_eq!(read_and_left(changes(true)), ["b=new", "b=new"]);
}

#[test]
fn renames_and_removals_of_synced_files_are_done_in_order_by_one_sync() {
    let changes = || {
        durable_file("a", "1");
        durable_file("b", "2");
        file("#1", "3");
        file("#2", "4");
        volume::sync("#1");
        volume::sync("#2");
        // Swapped, replaced, removed, and made again.
        volume::rename("a", "t");
        volume::rename("b", "a");
        volume::rename("t", "b");
        volume::rename("#1", "b");
        volume::remove("a");
        volume::rename("#2", "a");
        volume::sync_names();
    };
    assert_eq!(read_and_left(changes), ["a=4 b=3", "a=4 b=3"]);
}

#[test]
fn a_killed_process_leaves_what_is_pending() {
    let mut machine = Machine::new();
    machine.within(|| file("a", "pending"));
    machine.sim.bounce("n1");
    machine.sim.step().expect("there is no program");
    assert_eq!(machine.directory(), Image::from([("a".into(), b"pending".to_vec())]));
}

/// If this fails, turmoil has mended it, and the file could be renamed when the process renames it.
#[test]
fn turmoil_loses_what_was_written_before_an_unsynced_rename_when_it_syncs_it() {
    let changes = || {
        file("a", "1");
        volume::rename("a", "b");
        volume::sync("b");
        volume::sync_names();
    };
    assert_eq!(read_and_left(changes), ["b=", "b="]);
}

/// As above.
#[test]
fn turmoil_does_not_read_what_was_written_after_an_unsynced_rename() {
    let changes = || {
        durable_file("a", "1");
        volume::rename("a", "b");
        volume::write("b", 1, b"2");
    };
    assert_eq!(read_and_left(changes)[0], "b=1");
}

/// If this fails, turmoil has mended it, and the file could be removed when the process removes it.
#[test]
fn turmoil_shows_what_was_removed_in_a_file_made_in_its_place() {
    let changes = || {
        durable_file("a", "12");
        volume::remove("a");
        file("a", "3");
    };
    assert_eq!(read_and_left(changes)[0], "a=32");
}
