//! The transport on turmoil: what arrives, what is reported, under partitions, crashes, pauses and nonsense.

mod clients;
mod damage;
mod faults;
mod rig;
mod traffic;
