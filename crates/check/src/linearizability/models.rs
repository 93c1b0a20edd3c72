//! The objects whose histories people bring: a register, a key-value store.

pub(super) mod cell;
mod key_value;
mod register;

pub use key_value::{Held, KeyValue, WholeStore};
pub use register::Register;
