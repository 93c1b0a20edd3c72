//! The objects whose histories people bring: a register, a key-value store, a mutex.

pub(super) mod cell;
mod key_value;
mod mutex;
mod register;

pub use key_value::{Held, KeyValue, WholeStore};
pub use mutex::Mutex;
pub use register::Register;
