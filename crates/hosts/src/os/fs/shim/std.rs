//! The names of `std`.

pub mod fs;
