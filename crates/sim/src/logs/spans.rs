//! The spans of one run: which are open, and in which the code under test is.

use std::collections::BTreeMap;

use tracing_core::Metadata;

/// All open spans, by numbers from 1 that are never used again.
#[derive(Debug, Default)]
pub(super) struct Spans {
    opened: u64,
    open: BTreeMap<u64, Span>,
    /// The spans that were entered and not left, innermost last.
    entered: Vec<u64>,
}

#[derive(Debug)]
struct Span {
    metadata: &'static Metadata<'static>,
    /// `key="x" bytes=3`; empty if it has none.
    fields: String,
    parent: Option<u64>,
    /// The handles on it, and the open spans in it.
    holders: usize,
}

impl Spans {
    /// Opens a span, with one handle on it, and gives its number.
    pub(super) fn open(&mut self, metadata: &'static Metadata<'static>, fields: String, parent: Option<u64>) -> u64 {
        if let Some(parent) = parent {
            self.hold(parent);
        }
        self.opened += 1;
        self.open.insert(self.opened, Span { metadata, fields, parent, holders: 1 });
        self.opened
    }

    /// Adds fields to a span.
    pub(super) fn add(&mut self, span: u64, fields: &str) {
        let Some(span) = self.open.get_mut(&span) else { return };
        if !span.fields.is_empty() && !fields.is_empty() {
            span.fields.push(' ');
        }
        span.fields.push_str(fields);
    }

    /// One more holder of a span.
    pub(super) fn hold(&mut self, span: u64) {
        if let Some(span) = self.open.get_mut(&span) {
            span.holders += 1;
        }
    }

    /// One holder less; true if it was the last, and the span is closed. So is each span around it that nothing else
    /// holds.
    pub(super) fn let_go(&mut self, span: u64) -> bool {
        let mut next = Some(span);
        while let Some(number) = next {
            let Some(held) = self.open.get_mut(&number) else { break };
            held.holders -= 1;
            if held.holders > 0 {
                break;
            }
            next = held.parent;
            self.open.remove(&number);
        }
        !self.open.contains_key(&span)
    }

    pub(super) fn enter(&mut self, span: u64) {
        self.entered.push(span);
    }

    /// Guards need not be dropped in the order of their making.
    pub(super) fn exit(&mut self, span: u64) {
        if let Some(last) = self.entered.iter().rposition(|entered| *entered == span) {
            self.entered.remove(last);
        }
    }

    pub(super) fn leave_all(&mut self) {
        self.entered.clear();
    }

    /// The innermost span that was entered.
    pub(super) fn current(&self) -> Option<u64> {
        self.entered.last().copied()
    }

    pub(super) fn metadata(&self, span: u64) -> Option<&'static Metadata<'static>> {
        self.open.get(&span).map(|span| span.metadata)
    }

    /// The spans around an event in this one, outermost first: `put{key="x"}:sync: `; empty if there are none.
    pub(super) fn context(&self, within: Option<u64>) -> String {
        let mut around = Vec::new();
        let mut next = within;
        while let Some(span) = next.and_then(|number| self.open.get(&number)) {
            around.push(span);
            next = span.parent;
        }
        let named = around.iter().rev().map(|span| match span.fields.as_str() {
            "" => format!("{}:", span.metadata.name()),
            fields => format!("{}{{{fields}}}:", span.metadata.name()),
        });
        let context: String = named.collect();
        if context.is_empty() { context } else { context + " " }
    }
}
