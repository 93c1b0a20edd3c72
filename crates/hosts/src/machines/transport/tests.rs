//! The transport on turmoil: arrivals and reports under partitions, crashes, pauses and nonsense.

mod clients;
mod damage;
mod faults;
mod rig;
mod traffic;
