//! Events and the fields of spans as text on one line.

use std::fmt::{Debug, Write};

use tracing_core::Event;
use tracing_core::field::{Field, Visit};

/// A bridge from the crate `log` puts the target and the place of a record into fields of these names.
const LOG_TARGET: &str = "log.target";
const LOG_PLACE: &[&str] = &["log.module_path", "log.file", "log.line"];

/// An event in these spans: `INFO  put{key="x"}: vault::keeper: written bytes=3`.
pub(super) fn event_line(event: &Event<'_>, context: &str) -> String {
    let mut fields = Fields::default();
    event.record(&mut fields);
    let metadata = event.metadata();
    let target = fields.target.as_deref().unwrap_or(metadata.target());
    let message = if fields.message.is_empty() { "" } else { " " };
    let values = if fields.values.is_empty() { "" } else { " " };
    let Fields { message: said, values: named, .. } = &fields;
    escaped(&format!("{:<5} {context}{target}:{message}{said}{values}{named}", metadata.level().as_str()))
}

/// The fields of a span that `record` shows.
pub(super) fn span_fields(record: impl FnOnce(&mut Fields)) -> String {
    let mut fields = Fields::default();
    record(&mut fields);
    match (fields.message.is_empty(), fields.values.is_empty()) {
        (true, _) => fields.values,
        (false, true) => fields.message,
        (false, false) => format!("{} {}", fields.message, fields.values),
    }
}

/// The fields of an event or a span.
#[derive(Default)]
pub(super) struct Fields {
    message: String,
    /// `key="x" bytes=3`.
    values: String,
    /// The target of a record of the crate `log`.
    target: Option<String>,
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            LOG_TARGET => self.target = Some(value.into()),
            "message" => self.message.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        // A `String` takes all that is written to it.
        let _ = match name {
            "message" => write!(self.message, "{value:?}"),
            name if LOG_PLACE.contains(&name) => Ok(()),
            name => {
                let space = if self.values.is_empty() { "" } else { " " };
                write!(self.values, "{space}{}={value:?}", name.strip_prefix("r#").unwrap_or(name))
            }
        };
    }
}

/// The text with every control character spelled out: `\n`, `\u{1b}`.
fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}
