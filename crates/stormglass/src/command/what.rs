//! The argument of `replay` and `shrink`: a seed, a file, a token or standard input, told apart by how it looks.

use std::path::PathBuf;

use explore::artefacts::repro_at;
use sim::Seed;

/// The argument of `replay` and `shrink`: the run to be repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The plan that a seed expands to.
    Seed(Seed),
    /// The repro, the plan or the token that a file holds.
    File(PathBuf),
    /// The same of standard input: `-`.
    Input,
    /// A token that was pasted.
    Token(String),
}

impl What {
    /// A number is a seed even if a file has that name: a line that was printed must mean the same everywhere.
    pub(crate) fn read(text: &str) -> Result<What, String> {
        if text == "-" {
            return Ok(What::Input);
        }
        if explore::looks_like_token(text) {
            return Ok(What::Token(text.into()));
        }
        if let Ok(seed) = text.parse() {
            return Ok(What::Seed(seed));
        }
        let path = repro_at(text.into());
        let is_json = path.extension().is_some_and(|extension| extension == "json");
        if is_json || path.exists() || text.contains('/') {
            return Ok(What::File(path));
        }
        let error = text.parse::<Seed>().expect_err("tried above");
        Err(format!("{error}; or a repro file (repro.json), or a token (sg2-...)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_files_tokens_and_standard_input_are_told_apart() {
        assert_eq!(What::read("0x1f3a"), Ok(What::Seed(Seed(0x1f3a))));
        assert_eq!(What::read("7994"), Ok(What::Seed(Seed(0x1f3a))));
        assert_eq!(What::read("sg2-AA \nAA"), Ok(What::Token("sg2-AA \nAA".into())));
        for file in ["missing.json", "some/where", "Cargo.toml"] {
            assert_eq!(What::read(file), Ok(What::File(file.into())));
        }
        assert_eq!(What::read("-"), Ok(What::Input));
        assert_eq!(What::read("src"), Ok(What::File("src/repro.json".into())));
        let error = What::read("seven").expect_err("nothing of it");
        assert!(
            error.contains("'seven' is no seed") && error.contains("repro.json") && error.contains("sg2-"),
            "{error}"
        );
    }
}
