//! The fields of documents about a failed run and its files.

use std::path::PathBuf;

use explore::artefacts::Folder;
use explore::{Failure, Fingerprint};
use serde::Serialize;

use crate::command::kept::Kept;

/// The identity of a failure and the place where its run is kept. Null of a run that passed.
#[derive(Default, Serialize)]
pub(crate) struct FailedDocument {
    fingerprint: Option<Fingerprint>,
    /// The smallest run that shows it, in a word; null if it was not gathered.
    token: Option<String>,
    files: Option<FilesDocument>,
}

/// The files of a failed run. Null if nothing was saved.
#[derive(Serialize)]
struct FilesDocument {
    repro: String,
    /// Null if it was not shrunk.
    shrunk: Option<String>,
    history: String,
    token: String,
}

impl FailedDocument {
    pub(crate) fn new(failure: &Failure, kept: Option<&Kept>) -> FailedDocument {
        FailedDocument {
            fingerprint: Some(Fingerprint::of(failure)),
            token: kept.map(|kept| kept.evidence.token(kept.saved.as_ref())),
            files: kept.and_then(folder).map(FilesDocument::new),
        }
    }

    /// The file of its run, and the file of its history.
    pub(super) fn repro_and_history(&self) -> (Option<String>, Option<String>) {
        self.files.as_ref().map(|files| (files.repro.clone(), files.history.clone())).unzip()
    }

    /// The file of the smallest run that shows it.
    pub(super) fn smallest(&self) -> Option<String> {
        self.files.as_ref().map(|files| files.shrunk.as_ref().unwrap_or(&files.repro).clone())
    }
}

impl FilesDocument {
    fn new(folder: &Folder) -> FilesDocument {
        let text = |path: PathBuf| path.display().to_string();
        FilesDocument {
            repro: text(folder.repro()),
            shrunk: folder.shrunk().map(text),
            history: text(folder.history()),
            token: text(folder.token_file()),
        }
    }
}

fn folder(kept: &Kept) -> Option<&Folder> {
    kept.saved.as_ref()?.as_ref().ok()
}
