//! The tests are in `tests/`: determinism first, since without it no other result means anything.
#![forbid(unsafe_code)]
