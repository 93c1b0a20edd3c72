//! Names, and the files that have lost theirs.

use std::io::ErrorKind;

use super::*;

#[test]
fn renames_and_removals_are_made_durable_in_order_by_one_sync() {
    let mut rig = Rig::new();
    for (path, content) in [("/a", "1"), ("/b", "2"), ("/#1", "3"), ("/#2", "4")] {
        rig.durable(path, content);
    }
    rig.rename("/a", "/t");
    rig.rename("/b", "/a");
    rig.rename("/t", "/b");
    rig.rename("/#1", "/b");
    rig.remove("/a");
    rig.rename("/#2", "/a");
    rig.sync("/");
    rig.lose_power(false, 1);
    assert_eq!(rig.image(), image(&[("/a", "4"), ("/b", "3")]));
}

#[test]
fn a_renamed_directory_takes_its_files_along() {
    let mut rig = Rig::new();
    rig.create_dir("/a");
    rig.create_dir("/a/b");
    rig.durable("/a/b/c", "1");
    rig.rename("/a", "/z");
    assert_eq!(rig.image(), image(&[("/z/b/c", "1")]));
    let into_itself = rig.0.rename(Path::new("/z"), Path::new("/z/b/z"), Instant(0));
    assert_eq!(into_itself.map_err(|error| error.kind()), Err(ErrorKind::InvalidInput));
    let survived = losses(false, |rig| {
        rig.create_dir("/a");
        rig.durable("/a/c", "1");
        rig.rename("/a", "/z");
    });
    assert!(survived.iter().all(|(image, _)| image.values().eq(["1"])), "the file is somewhere");
}

#[test]
fn a_removed_file_lives_as_long_as_its_handles() {
    let mut rig = Rig::new();
    rig.durable("/wal", "content");
    let ino = rig.open("/wal", Creates::Never).expect("the file is there");
    rig.remove("/wal");
    rig.sync("/");
    rig.0.write(ino, At::End, b"!", Path::new("/wal"), Instant(0)).expect("a write");
    assert_eq!(rig.bytes(ino), b"content!");
    assert_eq!(rig.0.stat(ino).expect("it lives").links, 0);
    rig.0.close(ino);
    assert!(!rig.0.inodes.contains_key(&ino), "the last handle is gone");
}

#[test]
fn a_removed_file_is_freed_with_its_process() {
    let mut rig = Rig::new();
    rig.durable("/wal", "content");
    let ino = rig.open("/wal", Creates::Never).expect("the file is there");
    rig.remove("/wal");
    rig.sync("/");
    rig.0.process_gone();
    assert!(!rig.0.inodes.contains_key(&ino));
    // The handle is dropped late.
    rig.0.close(ino);
}

#[test]
fn a_removed_file_whose_removal_is_lost_is_back() {
    let survived = losses(false, |rig| {
        rig.durable("/wal", "content");
        rig.remove("/wal");
    });
    for left in [image(&[]), image(&[("/wal", "content")])] {
        assert!(survived.iter().any(|(image, _)| *image == left), "never left {left:?}");
    }
}

#[test]
fn a_file_with_two_names_is_one_file() {
    let mut rig = Rig::new();
    rig.durable("/a", "1");
    rig.0.hard_link(Path::new("/a"), Path::new("/b"), Instant(0)).expect("a link");
    rig.append("/b", "2");
    assert_eq!(rig.image(), image(&[("/a", "12"), ("/b", "12")]));
    assert_eq!(rig.0.stat_at(Path::new("/a")).expect("it is there").links, 2);
    rig.rename("/a", "/b");
    assert_eq!(rig.image(), image(&[("/a", "12"), ("/b", "12")]), "both names are of one file: nothing is done");
    rig.remove("/a");
    assert_eq!(rig.0.stat_at(Path::new("/b")).expect("it is there").links, 1);
    rig.sync("/b");
    rig.sync("/");
    rig.lose_power(false, 0);
    assert_eq!(rig.image(), image(&[("/b", "12")]));
    assert_eq!(rig.0.stat_at(Path::new("/b")).expect("it is there").links, 1);
}

#[test]
fn a_path_is_walked_name_by_name() {
    let mut rig = Rig::new();
    rig.create_dir("/a");
    rig.append("/a/f", "");
    for (path, to) in [("/a/../a/./f", "/a/f"), ("a//f", "/a/f"), ("/../..", "/"), ("a/..", "/")] {
        assert_eq!(rig.0.canonicalize(Path::new(path)).expect("it is there"), Path::new(to));
    }
    for (path, kind) in [
        ("", ErrorKind::NotFound),
        ("/b", ErrorKind::NotFound),
        ("/b/../a", ErrorKind::NotFound),
        ("/a/f/..", ErrorKind::NotADirectory),
        ("/a/f/g", ErrorKind::NotADirectory),
    ] {
        assert_eq!(rig.0.canonicalize(Path::new(path)).map_err(|error| error.kind()), Err(kind), "{path:?}");
    }
}
