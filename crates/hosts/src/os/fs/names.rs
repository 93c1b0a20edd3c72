//! The names of files: a tree of directories.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::error;

/// The number of a file or a directory. No two of a volume have the same, at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ino(pub(super) u64);

/// The directory `/`.
pub(super) const ROOT: Ino = Ino(1);

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) directory: Ino,
    pub(super) name: OsString,
}

/// One change of names. It was valid in the tree that all changes before it have made.
#[derive(Clone, Debug)]
pub(super) enum NameChange {
    /// A file gets a name, its first or a further one.
    File(Place, Ino),
    /// A directory gets its name.
    Directory(Place, Ino),
    /// A file loses a name, or an empty directory goes.
    Remove(Place),
    /// A file or a directory gets another name; a file or a directory that bore it loses it.
    Rename { from: Place, to: Place },
}

impl NameChange {
    /// The file or the directory that gets a name by this change.
    pub(super) fn creates(&self) -> Option<Ino> {
        match self {
            NameChange::File(_, ino) | NameChange::Directory(_, ino) => Some(*ino),
            NameChange::Remove(_) | NameChange::Rename { .. } => None,
        }
    }
}

/// A tree of directories.
#[derive(Clone, Debug)]
pub(super) struct Names {
    directories: BTreeMap<Ino, BTreeMap<OsString, Ino>>,
}

/// The way from `/` to a file or a directory.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The directories on the way and the end of it, each with the path to it.
    steps: Vec<(Ino, PathBuf)>,
}

impl Walk {
    /// The end of the way.
    pub(super) fn end(&self) -> Ino {
        self.steps[self.steps.len() - 1].0
    }

    /// The path, absolute and without detours.
    pub(super) fn path(&self) -> &Path {
        &self.steps[self.steps.len() - 1].1
    }

    /// True if the way leads through this directory, or ends there.
    pub(super) fn passes(&self, directory: Ino) -> bool {
        self.steps.iter().any(|(ino, _)| *ino == directory)
    }
}

/// A place that a path names, whether or not it is taken.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) place: Place,
    /// The path of the place, absolute and without detours.
    pub(super) path: PathBuf,
    /// The way to the directory.
    pub(super) walk: Walk,
}

impl Names {
    /// Only the directory `/`.
    pub(super) fn blank() -> Names {
        Names { directories: BTreeMap::from([(ROOT, BTreeMap::new())]) }
    }

    /// True if there is nothing but `/`.
    pub(super) fn is_blank(&self) -> bool {
        self.directories[&ROOT].is_empty()
    }

    /// The names in a directory.
    pub(super) fn entries(&self, directory: Ino) -> Option<&BTreeMap<OsString, Ino>> {
        self.directories.get(&directory)
    }

    pub(super) fn is_directory(&self, ino: Ino) -> bool {
        self.directories.contains_key(&ino)
    }

    /// The file or the directory at a place.
    pub(super) fn at(&self, place: &Place) -> Option<Ino> {
        self.directories.get(&place.directory)?.get(&place.name).copied()
    }

    /// All that have a name, and `/`.
    pub(super) fn inodes(&self) -> BTreeSet<Ino> {
        let named = self.directories.values().flat_map(BTreeMap::values);
        named.copied().chain([ROOT]).collect()
    }

    /// The files in order of their paths; one with several names comes several times.
    pub(super) fn files(&self) -> Vec<(PathBuf, Ino)> {
        let mut files = Vec::new();
        let mut left = vec![(PathBuf::from("/"), ROOT)];
        while let Some((path, ino)) = left.pop() {
            match self.directories.get(&ino) {
                Some(entries) => left.extend(entries.iter().rev().map(|(name, ino)| (path.join(name), *ino))),
                None => files.push((path, ino)),
            }
        }
        files
    }

    /// Goes to the file or the directory that a path names. A relative path begins at `/`, and so does an empty one.
    pub(super) fn walk(&self, path: &Path) -> io::Result<Walk> {
        let mut steps = vec![(ROOT, PathBuf::from("/"))];
        for component in path.components() {
            let (here, way) = &steps[steps.len() - 1];
            let next = match component {
                Component::Prefix(_) | Component::RootDir | Component::CurDir => continue,
                Component::ParentDir => {
                    self.entries(*here).ok_or_else(|| error::at(ErrorKind::NotADirectory, path))?;
                    // The directory above `/` is `/`.
                    if steps.len() > 1 {
                        steps.pop();
                    }
                    continue;
                }
                Component::Normal(name) => {
                    let entries = self.entries(*here).ok_or_else(|| error::at(ErrorKind::NotADirectory, path))?;
                    let ino = entries.get(name).ok_or_else(|| error::at(ErrorKind::NotFound, path))?;
                    (*ino, way.join(name))
                }
            };
            steps.push(next);
        }
        Ok(Walk { steps })
    }

    /// Goes to the file or the directory that a path names; an empty path names none.
    pub(super) fn find(&self, path: &Path) -> io::Result<Walk> {
        if path.as_os_str().is_empty() { Err(error::at(ErrorKind::NotFound, path)) } else { self.walk(path) }
    }

    /// Goes to the directory that has, or is to have, the last name of a path. `None` if the path ends with no name,
    /// as `/` does: it names a directory then.
    pub(super) fn spot(&self, path: &Path) -> io::Result<Option<Spot>> {
        let walk = self.find(path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("/")));
        let Some(name) = path.file_name() else {
            return self.find(path).map(|_| None);
        };
        let walk = walk.map_err(|error| error::at(error.kind(), path))?;
        if !self.is_directory(walk.end()) {
            return Err(error::at(ErrorKind::NotADirectory, path));
        }
        let place = Place { directory: walk.end(), name: name.to_owned() };
        Ok(Some(Spot { place, path: walk.path().join(name), walk }))
    }

    /// Makes a change.
    pub(super) fn apply(&mut self, change: &NameChange) {
        match change {
            NameChange::File(place, ino) => self.put(place, *ino),
            NameChange::Directory(place, ino) => {
                self.put(place, *ino);
                self.directories.insert(*ino, BTreeMap::new());
            }
            NameChange::Remove(place) => {
                let gone = self.take(place);
                self.directories.remove(&gone);
            }
            NameChange::Rename { from, to } => {
                let moved = self.take(from);
                if let Some(replaced) = self.at(to) {
                    self.directories.remove(&replaced);
                }
                self.put(to, moved);
            }
        }
    }

    fn put(&mut self, place: &Place, ino: Ino) {
        let directory = self.directories.get_mut(&place.directory).expect("a name is given in a directory");
        directory.insert(place.name.clone(), ino);
    }

    fn take(&mut self, place: &Place) -> Ino {
        let directory = self.directories.get_mut(&place.directory).expect("a name is taken from a directory");
        directory.remove(&place.name).expect("a name that is taken was given")
    }
}
