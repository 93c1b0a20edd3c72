//! Handles, in the life of their process and after it.

use std::io::{Read, Seek, Write};
use std::time::Duration;

use super::*;
use crate::os::fs::shim::{std::fs as blocking, tokio::fs};

fn is_stopped<T>(result: io::Result<T>) -> bool {
    result.map(drop).is_err_and(|error| error.to_string() == "the process was stopped")
}

#[test]
fn a_handle_of_a_stopped_process_does_nothing() {
    let machine = Machine::new(0);
    let (mut file, mut directory) = machine.run(async {
        blocking::write("/log", "content").expect("a file");
        let file = blocking::File::options().read(true).write(true).open("/log").expect("the file");
        (file, blocking::read_dir("/").expect("entries"))
    });
    machine.kernel.end_life();
    machine.kernel.volume().process_gone();
    machine.reports();
    machine.run(async {
        // In a destructor of the process, say.
        assert!(is_stopped(blocking::remove_file("/log")));
        assert!(is_stopped(blocking::File::create("/new")));
    });
    assert!(machine.reports().is_empty());
    machine.kernel.begin_life();
    machine.run(async {
        // A handle of the next process, which the old one must not close.
        let next = blocking::File::open("/log").expect("the file");
        assert!(is_stopped(file.read(&mut [0])));
        assert!(is_stopped(file.write(b"x")));
        assert!(is_stopped(file.flush()));
        assert!(is_stopped(file.rewind()));
        assert!(is_stopped(file.set_len(0)));
        assert!(is_stopped(file.metadata()));
        assert!(is_stopped(file.try_clone()));
        assert!(is_stopped(file.sync_all()));
        assert!(is_stopped(fs::File::from_std(file).sync_all().await));
        assert!(is_stopped(directory.next().expect("an entry")));
        blocking::remove_file("/log").expect("a removal");
        blocking::sync_dir("/").expect("a sync");
        assert_eq!(next.metadata().expect("metadata").len(), 7, "it is open");
    });
    assert!(machine.kernel.volume().is_blank());
    assert_eq!(machine.reports().len(), 3, "a removal and a sync");
}

#[test]
fn a_sync_on_its_way_does_not_outlive_its_process() {
    let machine = Machine::new(10_000);
    machine.run(async {
        let file = fs::File::create("/log").await.expect("a file");
        let sync = tokio::spawn(async move { file.sync_all().await });
        tokio::time::sleep(Duration::from_millis(5)).await;
        machine.kernel.end_life();
        assert!(is_stopped(sync.await.expect("the task ends")));
    });
    assert_eq!(machine.reports().len(), 2, "the creation and the beginning of the sync");
}

#[test]
fn a_stall_may_end_when_the_process_that_waited_is_gone() {
    let machine = Machine::new(1_000);
    machine.set_condition(STALLED, 0);
    machine.run(async {
        let file = fs::File::create("/log").await.expect("a file");
        tokio::spawn(async move { file.sync_all().await });
        tokio::time::sleep(Duration::from_millis(5)).await;
    });
    machine.kernel.end_life();
    machine.kernel.volume().process_gone();
    machine.set_condition(GOOD, 0);
    assert!(!machine.reports().iter().any(|report| report.contains("ended")));
}

#[test]
fn a_removed_file_is_used_through_its_handles() {
    let machine = Machine::new(0);
    machine.run(async {
        let mut file = blocking::File::create_new("/tmp").expect("a file");
        blocking::remove_file("/tmp").expect("a removal");
        file.write_all(b"content").expect("a write");
        file.rewind().expect("a seek");
        let mut content = String::new();
        file.read_to_string(&mut content).expect("text");
        assert_eq!(content, "content");
        file.sync_all().expect("a sync");
        blocking::sync_dir("/").expect("a sync");
        let clone = file.try_clone().expect("a clone");
        drop(file);
        assert_eq!(clone.metadata().expect("metadata").len(), 7);
        let held = machine.kernel.volume().held_bytes();
        drop(clone);
        assert!(machine.kernel.volume().held_bytes() < held);
    });
}

#[test]
fn handles_go_from_task_to_task() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    Machine::new(0).run(async {
        let file = fs::File::create("/log").await.expect("a file");
        is_send_and_sync(&file);
        is_send_and_sync(&file.sync_all());
        is_send_and_sync(&fs::read_dir("/").await.expect("entries"));
    });
}
