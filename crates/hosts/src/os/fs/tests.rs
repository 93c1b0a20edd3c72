//! Tests of the volume, of its faults, and of the interfaces of std and tokio to it.

mod agreement;
mod blocking;
mod faults;
mod handles;
mod model;
mod names;
mod power_loss;
mod tokio_files;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::task::Waker;

use env::{Instant, NodeId};
use sim::world::{Consumer, DiskCondition, Medium, Pick, PowerLoss, Stream};
use sim::{Actor, DiskModel, Seed};

use super::files::{At, Creates, Opening};
use super::names::Ino;
use super::syncs::Pace;
use super::{Report, Volume};
use crate::os::kernel::{Entered, Time};
use crate::os::{Kernel, Outbox};

/// Files by path, their bytes escaped.
type Image = BTreeMap<String, String>;

fn image(files: &[(&str, &str)]) -> Image {
    files.iter().map(|(path, content)| ((*path).to_owned(), (*content).to_owned())).collect()
}

fn latencies() -> Stream {
    Stream::new(Seed(1), Consumer::Disk(NodeId(1)))
}

const GOOD: DiskCondition = DiskCondition { is_full: false, is_stalled: false, slowness: 1 };
const FULL: DiskCondition = DiskCondition { is_full: true, ..GOOD };
const STALLED: DiskCondition = DiskCondition { is_stalled: true, ..GOOD };

/// A volume, used without a kernel.
struct Rig(Volume);

impl Rig {
    fn new() -> Rig {
        Rig(Volume::new(&DiskModel::new(100, 2_000), latencies()))
    }

    fn open(&mut self, path: &str, creates: Creates) -> io::Result<Ino> {
        let opening = Opening { writes: true, truncates: false, creates, mode: 0o644 };
        self.0.open(Path::new(path), opening, Instant(0)).map(|(ino, _)| ino)
    }

    /// Does something with a file that is open for so long.
    fn with<R>(&mut self, path: &str, act: impl FnOnce(&mut Volume, Ino) -> io::Result<R>) -> io::Result<R> {
        let ino = self.open(path, Creates::IfMissing)?;
        let result = act(&mut self.0, ino);
        self.0.close(ino);
        result
    }

    fn append(&mut self, path: &str, bytes: impl AsRef<[u8]>) {
        let append = |volume: &mut Volume, ino| volume.write(ino, At::End, bytes.as_ref(), Path::new(path), Instant(0));
        self.with(path, append).expect("an append");
    }

    fn write(&mut self, path: &str, at: u64, bytes: &str) {
        let write =
            |volume: &mut Volume, ino| volume.write(ino, At::Offset(at), bytes.as_bytes(), Path::new(path), Instant(0));
        self.with(path, write).expect("a write");
    }

    fn set_len(&mut self, path: &str, len: u64) {
        self.with(path, |volume, ino| volume.set_len(ino, len, Path::new(path), Instant(0))).expect("a new length");
    }

    fn create_dir(&mut self, path: &str) {
        self.0.create_dir(Path::new(path), 0o755, Instant(0)).expect("a directory");
    }

    fn rename(&mut self, from: &str, to: &str) {
        self.0.rename(Path::new(from), Path::new(to), Instant(0)).expect("a renaming");
    }

    fn remove(&mut self, path: &str) {
        self.0.remove_file(Path::new(path), Instant(0)).expect("a removal");
    }

    fn try_sync(&mut self, path: &str) -> io::Result<()> {
        let ino = self.0.cached.find(Path::new(path))?.end();
        let sync = self.0.begin_sync(ino, Pace::AtOnce, Instant(0));
        self.0.end_sync(&sync)
    }

    fn sync(&mut self, path: &str) {
        self.try_sync(path).expect("a sync");
    }

    /// A file with this content, content and name durable.
    fn durable(&mut self, path: &str, content: impl AsRef<[u8]>) {
        self.append(path, content);
        self.sync(path);
        self.sync("/");
    }

    fn set_condition(&mut self, condition: DiskCondition, sync_faults: usize) {
        assert!(self.0.set_condition(condition, sync_faults).is_empty(), "no sync is waiting");
    }

    fn bytes(&mut self, ino: Ino) -> Vec<u8> {
        self.0.inode(ino).expect("the file is there").contents.cached().clone()
    }

    /// The content that a process reads.
    fn content(&mut self, path: &str) -> Option<String> {
        let ino = self.0.cached.find(Path::new(path)).ok()?.end();
        Some(self.bytes(ino).escape_ascii().to_string())
    }

    /// The files that a process reads.
    fn image(&mut self) -> Image {
        let files = self.0.cached.files();
        let shown = |path: &Path| path.display().to_string();
        files.into_iter().map(|(path, ino)| (shown(&path), self.bytes(ino).escape_ascii().to_string())).collect()
    }

    fn lose_power(&mut self, tear: bool, pick: u64) -> PowerLoss {
        self.0.lose_power(tear, &mut Pick::new(pick))
    }
}

/// The files after each of many power losses, with the losses.
fn losses(tear: bool, act: impl Fn(&mut Rig)) -> Vec<(Image, PowerLoss)> {
    let lose = |pick| {
        let mut rig = Rig::new();
        act(&mut rig);
        let loss = rig.lose_power(tear, pick);
        assert!(!rig.0.has_unsynced(), "nothing is pending after a power loss");
        (rig.image(), loss)
    };
    (0..600).map(lose).collect()
}

/// A host, with the reports of its programs.
struct Machine {
    kernel: Arc<Kernel>,
    outbox: Arc<Outbox>,
}

impl Machine {
    /// A host whose syncs take so long.
    fn new(sync_us: u64) -> Machine {
        let outbox = Arc::new(Outbox::default());
        let disk = DiskModel::new(sync_us, sync_us);
        let kernel = Kernel::new(Actor::Node(NodeId(1)), "a test".into(), outbox.clone(), &disk, latencies());
        kernel.begin_life();
        Machine { kernel: Arc::new(kernel), outbox }
    }

    /// Runs a program of the host, with a paused clock, for at most an hour.
    fn run<R>(&self, program: impl Future<Output = R>) -> R {
        let hour = 3_600_000_000_000;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            let local_from = Some(tokio::time::Instant::now());
            self.kernel.set_time(Time { from: Instant(0), until: Instant(hour), local_from, local_span: hour });
            let _entered = Entered::into(&self.kernel);
            program.await
        })
    }

    fn set_condition(&self, condition: DiskCondition, sync_faults: usize) {
        let woken = self.kernel.volume().set_condition(condition, sync_faults);
        woken.into_iter().for_each(Waker::wake);
    }

    /// The reports so far, each as a line with its time in milliseconds.
    fn reports(&self) -> Vec<String> {
        let shown = |report| match report {
            Report::Wrote { change, .. } => change,
            Report::SyncBegan { sync, ends } => format!("sync {} began, ends at {} ms", sync.0, ends.0 / 1_000_000),
            Report::SyncEnded { sync, end, by_fault } => format!("sync {} ended, {end:?}, {by_fault}", sync.0),
            report => format!("{report:?}"),
        };
        self.outbox
            .take()
            .into_iter()
            .map(|(at, _, report)| format!("{}: {}", at.0 / 1_000_000, shown(report)))
            .collect()
    }
}
