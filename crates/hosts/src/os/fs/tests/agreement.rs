//! A volume and the disk of state machines leave the same, by the same draws, of the same changes.

use env::{Disk as _, DiskOp, FileName};
use proptest::prelude::*;
use sim::world::Disk;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Append(usize, Vec<u8>),
    Truncate(usize, u64),
    Rename(usize, usize),
    Remove(usize),
}

const FILES: [&str; 4] = ["a", "b", "c", "d"];

fn act() -> impl Strategy<Value = Act> {
    let file = 0..FILES.len();
    prop_oneof![
        6 => (file.clone(), prop::collection::vec(1_u8.., 1..1_500)).prop_map(|(file, bytes)| Act::Append(file, bytes)),
        1 => (file.clone(), 0_u64..1_000).prop_map(|(file, len)| Act::Truncate(file, len)),
        1 => (file.clone(), file.clone()).prop_map(|(from, to)| Act::Rename(from, to)),
        1 => file.prop_map(Act::Remove),
    ]
}

/// Does the same to both, if the disk of state machines has a meaning for it.
fn act_on(rig: &mut Rig, disk: &mut Disk, act: Act) {
    let path = |file: usize| format!("/{}", FILES[file]);
    let len = |rig: &mut Rig, file: usize| rig.0.stat_at(Path::new(FILES[file])).ok().map(|stat| stat.len);
    let name = |file: usize| FileName::from(FILES[file]);
    match act {
        Act::Append(file, bytes) => {
            rig.append(&path(file), &bytes);
            disk.write(DiskOp::Append { file: name(file), bytes });
        }
        Act::Truncate(file, to) if len(rig, file).is_some_and(|len| to < len) => {
            rig.set_len(&path(file), to);
            disk.write(DiskOp::Truncate { file: name(file), len: to });
        }
        Act::Rename(from, to) if from != to && len(rig, from).is_some() => {
            rig.rename(&path(from), &path(to));
            disk.write(DiskOp::Rename { from: name(from), to: name(to) });
        }
        Act::Remove(file) if len(rig, file).is_some() => {
            rig.remove(&path(file));
            disk.write(DiskOp::Remove { file: name(file) });
        }
        _ => {}
    }
}

fn of_disk(disk: &Disk) -> Image {
    let files = disk.files();
    let read = |name: &FileName| files.read(name).expect("reads do not fail").expect("the file is there");
    files.files().iter().map(|name| (format!("/{name}"), read(name).escape_ascii().to_string())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_is_left_of_the_same_changes(
        acts in prop::collection::vec(act(), 0..20),
        pick in any::<u64>(),
        tear in any::<bool>(),
    ) {
        let (mut rig, mut disk) = (Rig::new(), Disk::new(&DiskModel::new(0, 0)));
        for act in acts {
            act_on(&mut rig, &mut disk, act);
        }
        prop_assert_eq!(rig.image(), of_disk(&disk));
        let losses = (rig.lose_power(tear, pick), disk.lose_power(tear, &mut Pick::new(pick)));
        prop_assert_eq!(losses.0, losses.1);
        prop_assert_eq!(rig.image(), of_disk(&disk));
    }
}
