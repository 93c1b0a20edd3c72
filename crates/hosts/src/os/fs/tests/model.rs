//! A volume and a naive model: a `Vec<u8>` for each name.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Act {
    Write(usize, u64, Vec<u8>),
    Append(usize, Vec<u8>),
    SetLen(usize, u64),
    Rename(usize, usize),
    Remove(usize),
    SyncFile(usize),
    SyncNames,
    Kill,
}

const FILES: [&str; 5] = ["/a", "/b", "/d/a", "/d/b", "/d/c"];

fn act() -> impl Strategy<Value = Act> {
    let file = 0..FILES.len();
    let bytes = prop::collection::vec(1_u8.., 0..20);
    prop_oneof![
        3 => (file.clone(), 0_u64..30, bytes.clone()).prop_map(|(file, at, bytes)| Act::Write(file, at, bytes)),
        3 => (file.clone(), bytes).prop_map(|(file, bytes)| Act::Append(file, bytes)),
        1 => (file.clone(), 0_u64..30).prop_map(|(file, len)| Act::SetLen(file, len)),
        1 => (file.clone(), file.clone()).prop_map(|(from, to)| Act::Rename(from, to)),
        1 => file.clone().prop_map(Act::Remove),
        2 => file.prop_map(Act::SyncFile),
        1 => Just(Act::SyncNames),
        1 => Just(Act::Kill),
    ]
}

#[derive(Clone, Debug, Default)]
struct File {
    content: Vec<u8>,
    content_is_durable: bool,
    name_is_durable: bool,
}

#[derive(Debug, Default)]
struct Model {
    files: BTreeMap<usize, File>,
    /// The names that have become free since the last sync of names: a power loss may bring them back.
    freed: BTreeSet<usize>,
}

impl Model {
    fn file(&mut self, file: usize) -> &mut File {
        self.files.entry(file).or_default()
    }

    fn change(&mut self, file: usize, act: impl FnOnce(&mut Vec<u8>)) {
        let file = self.file(file);
        let before = file.content.clone();
        act(&mut file.content);
        file.content_is_durable &= file.content == before;
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Write(file, at, bytes) => self.change(*file, |content| {
                let end = *at as usize + bytes.len();
                if !bytes.is_empty() {
                    content.resize(content.len().max(end), 0);
                    content[*at as usize..end].copy_from_slice(bytes);
                }
            }),
            Act::Append(file, bytes) => self.change(*file, |content| content.extend_from_slice(bytes)),
            Act::SetLen(file, len) => self.change(*file, |content| content.resize(*len as usize, 0)),
            Act::Rename(from, to) if from != to => {
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(*to, File { name_is_durable: false, ..file });
                    self.freed.insert(*from);
                    self.freed.remove(to);
                }
            }
            Act::Remove(file) => {
                if self.files.remove(file).is_some() {
                    self.freed.insert(*file);
                }
            }
            Act::SyncFile(file) => {
                if let Some(file) = self.files.get_mut(file) {
                    file.content_is_durable = true;
                }
            }
            Act::SyncNames => {
                self.freed.clear();
                self.files.values_mut().for_each(|file| file.name_is_durable = true);
            }
            Act::Rename(..) | Act::Kill => {}
        }
    }

    fn image(&self) -> Image {
        let shown = |(file, of): (&usize, &File)| (FILES[*file].to_owned(), of.content.escape_ascii().to_string());
        self.files.iter().map(shown).collect()
    }
}

fn act_on(rig: &mut Rig, act: &Act) {
    let is_there = |rig: &mut Rig, file: usize| rig.0.stat_at(Path::new(FILES[file])).is_ok();
    match act {
        Act::Write(file, at, bytes) => {
            let path = Path::new(FILES[*file]);
            let write = |volume: &mut Volume, ino| volume.write(ino, At::Offset(*at), bytes, path, Instant(0));
            rig.with(FILES[*file], write).expect("a write");
        }
        Act::Append(file, bytes) => rig.append(FILES[*file], bytes),
        Act::SetLen(file, len) => rig.set_len(FILES[*file], *len),
        Act::Rename(from, to) if is_there(rig, *from) => rig.rename(FILES[*from], FILES[*to]),
        Act::Remove(file) if is_there(rig, *file) => rig.remove(FILES[*file]),
        Act::SyncFile(file) if is_there(rig, *file) => rig.sync(FILES[*file]),
        Act::SyncNames => rig.sync("/d"),
        Act::Kill => rig.0.process_gone(),
        Act::Rename(..) | Act::Remove(_) | Act::SyncFile(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_process_reads_what_it_wrote_and_a_power_loss_leaves_what_was_synced(
        acts in prop::collection::vec(act(), 0..40),
        pick in any::<u64>(),
        tear in any::<bool>(),
    ) {
        let (mut rig, mut model) = (Rig::new(), Model::default());
        rig.create_dir("/d");
        rig.sync("/");
        for act in &acts {
            act_on(&mut rig, act);
            model.act(act);
            prop_assert_eq!(rig.image(), model.image());
        }
        let loss = rig.lose_power(tear, pick);
        let left = rig.image();
        for (file, File { content_is_durable, name_is_durable, .. }) in &model.files {
            if *name_is_durable {
                prop_assert!(left.contains_key(FILES[*file]), "{} is lost", FILES[*file]);
            }
            if *content_is_durable && *name_is_durable {
                prop_assert_eq!(&left[FILES[*file]], &model.image()[FILES[*file]]);
            }
        }
        for path in left.keys() {
            let file = FILES.iter().position(|name| name == path).expect("a name of these");
            prop_assert!(model.files.contains_key(&file) || model.freed.contains(&file), "{} is back", path);
        }
        if model.freed.is_empty() && model.files.values().all(|file| file.content_is_durable && file.name_is_durable) {
            prop_assert_eq!(loss, PowerLoss::default());
            prop_assert_eq!(left, model.image());
        }
    }
}
