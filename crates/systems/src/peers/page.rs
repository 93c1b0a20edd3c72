//! The pages of a catalogue, as a peer makes them and as the puller joins them.

use std::collections::BTreeSet;

use env::{Bytes, Reader, Wire, WireError};

use super::catalogue::{Counts, Entry};
use super::report::PullError;
use super::rules::Rules;
use crate::lists;

/// So many entries go on a page.
pub(crate) const PAGE_ENTRIES: usize = 2;

/// One page of a catalogue. It is sent as bytes in a message: the puller checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// How many entries the catalogue had when its first page was asked for: the pages are of these.
    pub(crate) len: u64,
    /// How many of these entries there are of each kind.
    pub(crate) counts: Counts,
    /// The page's number, from 0.
    pub(crate) number: u64,
    pub(crate) entries: Vec<Entry>,
}

impl Page {
    /// A page of a catalogue that grows at its end only; of its first `len` entries, or of all that there are.
    pub(crate) fn of(catalogue: &[Entry], len: Option<u64>, number: u64) -> Option<Page> {
        let len = usize::try_from(len.unwrap_or(catalogue.len() as u64)).ok()?;
        let entries = catalogue.get(..len)?;
        let skipped = usize::try_from(number).ok()?.checked_mul(PAGE_ENTRIES)?;
        let on_page = entries.iter().skip(skipped).take(PAGE_ENTRIES).cloned().collect();
        Some(Page { len: len as u64, counts: Counts::of(entries), number, entries: on_page })
    }

    /// The page as bytes.
    pub(crate) fn payload(&self) -> Bytes {
        let mut bytes = Vec::new();
        self.to_wire(&mut bytes);
        Bytes::from(bytes)
    }

    /// How many pages there are of so many entries: an empty catalogue has one, which is empty.
    fn pages(len: u64) -> u64 {
        len.div_ceil(PAGE_ENTRIES as u64).max(1)
    }
}

impl Wire for Page {
    fn to_wire(&self, into: &mut Vec<u8>) {
        self.len.to_wire(into);
        self.counts.to_wire(into);
        self.number.to_wire(into);
        lists::to_wire(&self.entries, into);
    }

    fn read_wire(reader: &mut Reader<'_>) -> Result<Page, WireError> {
        let (len, counts, number) =
            (reader.varint("length of a catalogue")?, Wire::read_wire(reader)?, reader.varint("page")?);
        Ok(Page { len, counts, number, entries: lists::read_wire(reader, 3, "entries")? })
    }
}

/// The pages of one peer's catalogue, as they come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulled {
    /// The length and the counts that the first page announced.
    announced: Option<(u64, Counts)>,
    entries: Vec<Entry>,
    /// How many pages have come in.
    pages: u64,
}

impl Pulled {
    /// How many pages have come in.
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// How many pages there will be; `None` before the first has come in.
    pub(crate) fn pages_announced(&self) -> Option<u64> {
        self.announced.map(|(len, _)| Page::pages(len))
    }

    /// How many entries the pages are of; `None` before the first has come in.
    pub(crate) fn len(&self) -> Option<u64> {
        self.announced.map(|(len, _)| len)
    }

    /// The counts that the first page announced; 0 before it has come in.
    pub(crate) fn counts_announced(&self) -> Counts {
        self.announced.map(|(_, counts)| counts).unwrap_or_default()
    }

    /// Takes the entries that have come in, all of the catalogue or not.
    pub(crate) fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.entries)
    }

    /// Takes the next page. Answers whether the catalogue is complete.
    pub(crate) fn add(&mut self, payload: &[u8], rules: Rules) -> Result<bool, PullError> {
        let page = Page::from_wire(payload).map_err(PullError::Unreadable)?;
        let announced = *self.announced.get_or_insert((page.len, page.counts));
        if announced != (page.len, page.counts) || page.number != self.pages {
            return Err(PullError::Inconsistent("one page contradicts another".into()));
        }
        self.pages += 1;
        self.entries.extend(page.entries);
        if self.pages < Page::pages(page.len) {
            return Ok(false);
        }
        let (len, counts) = announced;
        let found = Counts::of(&self.entries);
        if rules.checks_counts && (found != counts || found.total() != len) {
            return Err(PullError::Inconsistent(format!("{counts} were announced, {found} came")));
        }
        let keys: BTreeSet<(_, &str)> = self.entries.iter().map(|entry| (entry.kind, entry.name.as_str())).collect();
        if keys.len() != self.entries.len() {
            return Err(PullError::Inconsistent("an entry came twice".into()));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bug::Bug;
    use super::super::catalogue::Kind;
    use super::*;

    fn catalogue(len: usize) -> Vec<Entry> {
        let entry =
            |number: usize| Entry { kind: Kind::ALL[number % 3], name: number.to_string(), value: String::new() };
        (0..len).map(entry).collect()
    }

    #[test]
    fn a_catalogue_of_any_length_comes_over_in_pages() {
        for len in 0..7 {
            let (catalogue, mut pulled) = (catalogue(len), Pulled::default());
            let complete = loop {
                let page = Page::of(&catalogue, pulled.len(), pulled.pages()).expect("a page");
                if pulled.add(&page.payload(), Rules::default()).expect("a good page") {
                    break pulled.take_entries();
                }
            };
            assert_eq!(complete, catalogue);
            assert_eq!(pulled.pages_announced(), Some(pulled.pages()));
        }
    }

    #[test]
    fn what_is_added_to_a_catalogue_meanwhile_is_left_for_the_next_time() {
        let mut pulled = Pulled::default();
        let first = Page::of(&catalogue(3), None, 0).expect("a page");
        assert_eq!(pulled.add(&first.payload(), Rules::default()), Ok(false));
        let second = Page::of(&catalogue(6), pulled.len(), 1).expect("a page");
        assert_eq!(pulled.add(&second.payload(), Rules::default()), Ok(true));
        assert_eq!(pulled.take_entries(), catalogue(3));
    }

    #[test]
    fn what_does_not_parse_and_what_does_not_add_up_are_told_apart() {
        let add = |payload: &[u8], rules| Pulled::default().add(payload, rules);
        assert!(matches!(add(b"\xff\xff garbage", Rules::default()), Err(PullError::Unreadable(_))));
        let mut page = Page::of(&catalogue(2), None, 0).expect("a page");
        page.counts.peers += 1;
        assert!(matches!(add(&page.payload(), Rules::default()), Err(PullError::Inconsistent(_))));
        assert_eq!(add(&page.payload(), Rules::with(Some(Bug::BelievesCounts))), Ok(true));
    }

    #[test]
    fn a_peer_that_has_forgotten_entries_has_no_such_page() {
        assert_eq!(Page::of(&catalogue(1), Some(3), 0), None);
    }
}
