//! The parsers of input from strangers, and the laws that hold of each for any bytes.
//!
//! A check takes bytes and panics if the parser does, or if a law is broken. The fuzz targets of `crates/fuzz` and the test
//! `mutated` both call the checks here, so that the fuzzer and CI demand the same. The checks live in this package and not
//! in the fuzz targets' own because that one is no member of the workspace: here the compiler, clippy and every change of a
//! parser's API meet them.
//!
//! Checksums would stop nearly every mutation at the door. Where a format has them, a check reads the bytes twice: as they
//! are, and with the checksums put right.

mod disks;
mod histories;
mod messages;
mod records;
mod repros;

pub use disks::{seal, seeds as disk_seeds, snapshot, wal};
pub use histories::{compressed, history};
pub use messages::wire;
pub use repros::{repro, token};

/// One parser, as the fuzz target and the test of its name try it.
#[derive(Clone, Copy, Debug)]
pub struct Parser {
    /// Its fuzz target, and its folder below `crates/fuzz/corpus`.
    pub name: &'static str,
    /// Demands the laws of these bytes, and answers whether they were read as a value.
    ///
    /// # Panics
    /// If a law is broken.
    pub check: fn(&[u8]) -> bool,
    /// Where more inputs are kept: a folder below `sim-tests` and the ending of the files' names, which may be empty.
    pub inputs: &'static [(&'static str, &'static str)],
}

/// All parsers. Histories are read by one function that tells the formats apart; each format is an entry of its own, and
/// has inputs of its own.
pub const PARSERS: [Parser; 12] = [
    Parser { name: "repro", check: repro, inputs: &[("corpus", ".json")] },
    Parser { name: "token", check: token, inputs: &[("corpus", ".json")] },
    Parser { name: "history_log", check: history, inputs: &[("inputs", ".log"), ("histories/etcd", ".log")] },
    Parser { name: "history_text", check: history, inputs: &[("inputs", ".txt")] },
    Parser { name: "history_edn", check: history, inputs: &[("inputs", ".edn"), ("histories/kv", ".txt")] },
    Parser { name: "history_json_lines", check: history, inputs: &[("inputs", ".jsonl")] },
    Parser { name: "history_json", check: history, inputs: &[("inputs", ".json")] },
    Parser { name: "history_compressed", check: compressed, inputs: &[("inputs", ".gz"), ("inputs", ".zst")] },
    Parser { name: "wire", check: wire, inputs: &[] },
    Parser { name: "wal", check: wal, inputs: &[] },
    Parser { name: "seal", check: seal, inputs: &[] },
    Parser { name: "snapshot", check: snapshot, inputs: &[] },
];
