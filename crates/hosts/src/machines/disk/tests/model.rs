//! The disk against the event engine's: after equal acts on both, a process reads the same from both.

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;
use sim::world::Disk as Model;

use super::*;

/// An act on a disk.
#[derive(Clone, Debug)]
enum Act {
    Write(DiskOp),
    BeginSync,
    /// Ends the oldest sync, if there is one.
    EndSync {
        is_full: bool,
        fails: bool,
    },
    Kill,
    LosePower {
        tear: bool,
        pick: u64,
    },
    FlipBit(u64),
    Wipe,
}

fn name() -> impl Strategy<Value = FileName> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(FileName::from)
}

fn act() -> impl Strategy<Value = Act> {
    let append = (name(), vec(1..=255_u8, 0..6), 0..8_u8).prop_map(|(file, bytes, long)| {
        // Of several sectors, sometimes: a tear is different then.
        let bytes = if long == 0 { bytes.repeat(300) } else { bytes };
        DiskOp::Append { file, bytes }
    });
    let op = prop_oneof![
        6 => append,
        1 => (name(), 0..12_u64).prop_map(|(file, len)| DiskOp::Truncate { file, len }),
        2 => (name(), name()).prop_map(|(from, to)| DiskOp::Rename { from, to }),
        1 => name().prop_map(|file| DiskOp::Remove { file }),
    ];
    prop_oneof![
        20 => op.prop_map(Act::Write),
        6 => Just(Act::BeginSync),
        5 => Just(Act::EndSync { is_full: false, fails: false }),
        1 => any::<bool>().prop_map(|fails| Act::EndSync { is_full: !fails, fails }),
        2 => Just(Act::Kill),
        2 => any::<(bool, u64)>().prop_map(|(tear, pick)| Act::LosePower { tear, pick }),
        1 => any::<u64>().prop_map(Act::FlipBit),
        1 => (0..8_u8).prop_map(|drawn| if drawn == 0 { Act::Wipe } else { Act::Kill }),
    ]
}

/// Both disks.
struct Pair {
    machine: Machine,
    model: Model,
    syncs: VecDeque<SyncId>,
    /// A sync has failed, and something may since have been written behind a hole, which the model does not show before
    /// the next good sync.
    has_holes: bool,
}

impl Pair {
    fn act(&mut self, act: Act) {
        match act {
            Act::Write(op) => {
                self.machine.write([op.clone()]);
                self.model.write(op);
            }
            Act::BeginSync => self.begin_sync(),
            Act::EndSync { is_full, fails } => self.end_sync(is_full, fails),
            Act::Kill => {
                self.show_holes();
                self.syncs.clear();
                self.model.process_gone();
                self.machine.kill();
                self.compare();
            }
            Act::LosePower { tear, pick } => {
                self.show_holes();
                self.syncs.clear();
                let loss = self.model.lose_power(tear, &mut Pick::new(pick));
                assert_eq!(self.machine.lose_power(tear, pick), loss);
                self.compare();
                assert_eq!(self.machine.directory(), image(&self.model.files()), "and nothing else is on the disk");
            }
            Act::FlipBit(pick) => {
                let flipped = self.model.flip_bit(&mut Pick::new(pick));
                assert_eq!(self.machine.disk.flip_bit(&mut Pick::new(pick)), flipped);
            }
            Act::Wipe => {
                self.syncs.clear();
                self.has_holes = false;
                self.model.wipe();
                self.machine.disk.wipe();
                self.machine.sim.crash("n1");
                self.machine.boot();
                self.compare();
            }
        }
        assert_eq!(self.machine.disk.has_unsynced(), self.model.has_unsynced());
        assert_eq!(self.machine.disk.is_blank(), self.model.is_blank());
        assert_eq!(self.machine.disk.is_damaged(), self.model.is_damaged());
    }

    fn begin_sync(&mut self) {
        let id = self.machine.begin_sync();
        self.model.sync(id, env::Instant::ZERO, 0, 1);
        self.syncs.push_back(id);
    }

    fn end_sync(&mut self, is_full: bool, fails: bool) {
        let Some(id) = self.syncs.pop_front() else { return };
        let end = self.model.end_sync(id, fails, is_full);
        assert_eq!(self.machine.end_sync(id, is_full, fails), end);
        self.has_holes |= end != SyncEnd::Durable;
    }

    fn show_holes(&mut self) {
        if std::mem::take(&mut self.has_holes) {
            self.begin_sync();
            while !self.syncs.is_empty() {
                self.end_sync(false, false);
            }
        }
    }

    fn compare(&mut self) {
        assert_eq!(self.machine.files(), image(&self.model.files()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_disks_hold_the_same_whatever_is_done(acts in vec(act(), 1..60)) {
        let mut pair =
            Pair { machine: Machine::new(), model: Model::new(&MODEL), syncs: VecDeque::new(), has_holes: false };
        for act in acts.into_iter().chain([Act::Kill, Act::LosePower { tear: false, pick: 5 }]) {
            pair.act(act);
        }
    }
}
