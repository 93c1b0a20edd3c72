//! The name of a document and the version that printed it.

use explore::VERSION;
use serde::Serialize;

/// The fields that every document begins with. Flatten it into one.
#[derive(Serialize)]
pub(crate) struct Envelope {
    /// `stormglass/fuzz/1`: the name of the schema and its version, which counts up when a field goes or changes.
    schema: String,
    version: &'static str,
}

impl Envelope {
    /// The envelope of the document which `docs/schemas/NAME.json` describes.
    pub(crate) fn of(name: &str) -> Envelope {
        Envelope { schema: format!("stormglass/{name}/1"), version: VERSION }
    }
}

/// Nothing came of it, and why.
#[derive(Serialize)]
pub(crate) struct ErrorDocument {
    #[serde(flatten)]
    envelope: Envelope,
    error: ErrorFields,
}

#[derive(Serialize)]
struct ErrorFields {
    message: String,
    /// The exit code.
    code: u8,
}

impl ErrorDocument {
    pub(crate) fn new(message: String, code: u8) -> ErrorDocument {
        ErrorDocument { envelope: Envelope::of("error"), error: ErrorFields { message, code } }
    }
}
