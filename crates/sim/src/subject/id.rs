//! The identity of a subject: name, settings, planted bug.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// The identity of a subject: its name, the settings that differ from its usual ones, and the bug that was planted in
/// it.
///
/// Its text is `lease-pair`, `lease-pair(ttl_ms=2000)` or `raft-kv with ack-before-fsync`, and is read back as it was.
/// Equal identities make equal subjects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubjectId {
    name: String,
    settings: BTreeMap<String, String>,
    bug: Option<String>,
}

/// A text that is no identity of a subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' names no system: give NAME, NAME(SETTING=VALUE), or either with BUG, as in raft-kv with ack-before-fsync"
)]
pub struct SubjectIdError(String);

/// The words before the name of a bug.
const WITH: &str = " with ";

impl SubjectId {
    /// The identity of a subject with its usual settings and without a planted bug.
    ///
    /// # Panics
    /// If the name is empty, or has characters other than letters, digits, `-`, `_`, `.` and `:`.
    pub fn new(name: impl Into<String>) -> SubjectId {
        let name = name.into();
        assert!(is_word(&name), "'{name}' is no name of a system: use letters, digits, '-', '_', '.' and ':'");
        SubjectId { name, settings: BTreeMap::new(), bug: None }
    }

    /// The same with a setting.
    ///
    /// # Panics
    /// As [`new`](SubjectId::new), of the setting's name or value.
    #[must_use]
    pub fn with_setting(mut self, setting: &str, value: impl fmt::Display) -> SubjectId {
        let value = value.to_string();
        assert!(is_word(setting) && is_word(&value), "'{setting}={value}' is no setting");
        self.settings.insert(setting.into(), value);
        self
    }

    /// The same with a planted bug.
    ///
    /// # Panics
    /// As [`new`](SubjectId::new), of the bug's name.
    #[must_use]
    pub fn with_bug(mut self, bug: impl fmt::Display) -> SubjectId {
        let bug = bug.to_string();
        assert!(is_word(&bug), "'{bug}' is no name of a bug");
        self.bug = Some(bug);
        self
    }

    /// The same without a planted bug.
    #[must_use]
    pub fn without_bug(self) -> SubjectId {
        SubjectId { bug: None, ..self }
    }

    /// The name that all variants have in common.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The settings that differ from the usual ones, by their names.
    pub fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    /// The name of the planted bug, if there is one.
    pub fn bug(&self) -> Option<&str> {
        self.bug.as_deref()
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SubjectId { name, settings, bug } = self;
        let settings: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let settings = if settings.is_empty() { String::new() } else { format!("({})", settings.join(",")) };
        let bug = bug.as_ref().map_or(String::new(), |bug| format!("{WITH}{bug}"));
        f.pad(&format!("{name}{settings}{bug}"))
    }
}

impl FromStr for SubjectId {
    type Err = SubjectIdError;

    fn from_str(text: &str) -> Result<SubjectId, SubjectIdError> {
        let error = || SubjectIdError(text.escape_debug().to_string());
        let (rest, bug) = match text.split_once(WITH) {
            Some((rest, bug)) => (rest, Some(bug)),
            None => (text, None),
        };
        let (name, settings) = match rest.split_once('(') {
            Some((name, settings)) => (name, Some(settings.strip_suffix(')').ok_or_else(error)?)),
            None => (rest, None),
        };
        let settings = settings.into_iter().flat_map(|settings| settings.split(','));
        let settings = settings.map(|setting| setting.split_once('=').ok_or_else(error));
        let settings = settings.collect::<Result<Vec<(&str, &str)>, SubjectIdError>>()?;
        let words = settings.iter().flat_map(|(name, value)| [*name, *value]).chain([name]).chain(bug);
        if !words.into_iter().all(is_word) {
            return Err(error());
        }
        let id = SubjectId {
            name: name.into(),
            settings: settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            bug: bug.map(Into::into),
        };
        if id.settings.len() == settings.len() { Ok(id) } else { Err(error()) }
    }
}

impl From<&str> for SubjectId {
    /// As [`SubjectId::new`].
    fn from(name: &str) -> SubjectId {
        SubjectId::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_back_as_it_was() {
        let pair = SubjectId::new("lease-pair");
        let short = pair.clone().with_setting("ttl_ms", 2_000).with_setting("members", 2);
        let ids = [pair.clone(), pair.with_bug("unfenced"), short.clone(), short.with_bug("unfenced")];
        let texts = ids.each_ref().map(SubjectId::to_string);
        assert_eq!(texts[3], "lease-pair(members=2,ttl_ms=2000) with unfenced");
        for (id, text) in ids.into_iter().zip(texts) {
            assert_eq!(text.parse(), Ok(id));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in ["", " ", "a b", "a with ", "a()", "a(b)", "a(b=)", "a(b=1", "a(b=1,b=2)", "a(b=1) with c d", "a\n"]
        {
            let error = text.parse::<SubjectId>().expect_err(text).to_string();
            assert!(error.contains("names no system"), "{error}");
        }
    }
}
