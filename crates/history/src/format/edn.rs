//! EDN, the format of Jepsen's `history.edn` and of the histories that labs on replicated stores write.
//!
//! ```text
//! {:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//! #jepsen.history.Op{:index 1, :time 3291485317, :type :ok, :process 0, :f :read, :value 3}
//! ```
//!
//! The reader is our own, since those at hand build a tree of a whole text. This one reads the one form that is next, in
//! one pass over its bytes, and keeps only the fields of an operation: the rest of a map (an error, the moves of the
//! nemesis with floats, sets and tagged forms in them) is passed over by its brackets. Its files: `reader` (spaces,
//! comments, atoms, strings), `form` (values and maps).
//!
//! Always true:
//! - a form is whole, or `Stop::More` says that its end has not been read yet: a caller reads on and begins it again;
//! - brackets nest at most `DEPTH_MAX` deep, and no deeper does the reader's own stack;
//! - the text of a value is taken as it stands, or its escapes are undone: no number is rounded.
//!
//! Left out: a form that is passed over is checked for its brackets and strings only, not for its words, and a map may
//! have a key twice if it is none of an operation.

use super::error::{FormatError, ReadError, unexpected};
use super::text::Text;

mod form;
mod reader;

pub(super) use form::{Found, next, value};
pub(super) use reader::{Reader, Stop};

/// Something wrong at a byte of the rest of a text.
pub(super) fn refused(text: &Text<'_>, at: usize, found: &str) -> ReadError {
    let before = &text.rest()[..at];
    let lines = before.bytes().filter(|byte| *byte == b'\n').count() as u64;
    let column = match before.rsplit_once('\n') {
        None => text.column() + before.chars().count(),
        Some((_, line)) => line.chars().count(),
    };
    let problem = unexpected("an EDN map", format_args!("{found} at column {}", column + 1));
    FormatError { line: text.line_number() + lines, problem }.into()
}
