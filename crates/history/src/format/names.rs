//! The words that texts have for fields and functions, and the tools that judge the functions that are not judged here.

use super::fields::{Fields, Role};
use super::times;

/// Names of fields that may be of a key, from the least to the most certain. The rank of a field is its place, from 1.
const OBJECTS: [&str; 9] = ["id", "args", "params", "arguments", "account", "account_id", "item", "obj", "object"];

/// The name of a field of a rank among those that may be of a key.
pub(super) fn object(rank: u8) -> &'static str {
    usize::from(rank).checked_sub(1).and_then(|place| OBJECTS.get(place)).copied().unwrap_or("key")
}

/// The role of a field in EDN, and its rank: the format's own name before those of others.
pub(super) fn edn_role(name: &str) -> Option<(Role, u8)> {
    match own_role(name) {
        Some(role) => Some((role, Fields::NAMED)),
        None if matches!(name, "k" | "register") => Some((Role::Key, 1)),
        None => object_role(name),
    }
}

fn object_role(name: &str) -> Option<(Role, u8)> {
    let place = OBJECTS.iter().position(|object| *object == name)?;
    Some((Role::Object, place as u8 + 1))
}

/// The role of a field that Jepsen has.
fn own_role(name: &str) -> Option<Role> {
    Some(match name {
        "process" => Role::Process,
        "type" => Role::Event,
        "f" => Role::Function,
        "key" => Role::Key,
        "value" => Role::Value,
        "time" => Role::Time,
        "index" => Role::Index,
        "error" => Role::Error,
        _ => return None,
    })
}

/// The role of a field in JSON, and its rank: our own name before those of others, in small letters or as Go writes them.
pub(super) fn json_role(name: &str) -> Option<(Role, u8)> {
    match name {
        "order" => return Some((Role::Order, Fields::NAMED)),
        "swapped" => return Some((Role::Swapped, Fields::NAMED)),
        _ => {}
    }
    if let Some(role) = own_role(name) {
        return Some((role, Fields::NAMED));
    }
    foreign_role(name).or_else(|| {
        let small = small(name)?;
        match own_role(&small) {
            Some(Role::Time) => Some((Role::Time, times::UNKNOWN)),
            Some(role) => Some((role, 1)),
            None => foreign_role(&small),
        }
    })
}

/// A name that begins with a capital, or has no other letters, in the letters that it has elsewhere.
fn small(name: &str) -> Option<String> {
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    if !name.contains(|c: char| c.is_ascii_lowercase()) {
        return Some(name.to_ascii_lowercase());
    }
    Some(name[..1].to_ascii_lowercase() + &name[1..])
}

/// Roles that are of one meaning under any of these names. Names of one rank exclude each other.
fn foreign_role(name: &str) -> Option<(Role, u8)> {
    Some(match name {
        "client" | "client_id" | "clientId" | "proc" | "process_id" | "processId" | "thread" | "thread_id"
        | "threadId" | "worker" | "worker_id" | "workerId" => (Role::Process, 1),
        "event" | "event_type" | "eventType" | "kind" | "phase" | "op" | "operation" | "function" | "func" | "fn"
        | "method" | "action" | "command" | "cmd" => (Role::Word, 1),
        "status" | "outcome" => (Role::Status, 1),
        "err" | "exception" => (Role::Error, 1),
        "ok" | "success" => (Role::Success, 1),
        "k" | "register" => (Role::Key, 1),
        "v" | "val" => (Role::Value, 1),
        "input" | "arg" | "argument" => (Role::Input, 1),
        "output" | "result" | "response" | "ret" => (Role::Output, 1),
        "t_ns" | "time_ns" | "ts_ns" | "timestamp_ns" | "timeNs" => (Role::Time, times::NANOSECONDS),
        "ts" | "t" | "timestamp" | "at" => (Role::Time, times::UNKNOWN),
        "t_us" | "time_us" | "ts_us" | "timestamp_us" => (Role::Time, times::MICROSECONDS),
        "t_ms" | "time_ms" | "ts_ms" | "timestamp_ms" => (Role::Time, times::MILLISECONDS),
        "idx" => (Role::Index, 1),
        "call" | "call_time" | "callTime" | "start" | "start_time" | "startTime" | "invoke_time" | "invokeTime"
        | "invoked" | "begin" => (Role::Begin, 1),
        "return" | "return_time" | "returnTime" | "end" | "end_time" | "endTime" | "complete_time" | "completeTime"
        | "completed" | "finish" => (Role::End, 1),
        name => return object_role(name),
    })
}

/// A function that is not judged here: the kind of operation, and the tool that judges it.
pub(super) fn not_judged(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name.trim_start_matches(':') {
        "txn" | "w-txn" | "r-txn" | "rw-txn" => ("a transaction", "Elle"),
        "insert" | "update" | "upsert" | "group" | "select" => {
            ("an operation on a table", "Elle or a checker of jepsen.tests")
        }
        "add" | "add-element" | "remove" => {
            ("an operation on a set or a counter", "Jepsen's checker/set-full or checker/counter")
        }
        "inc" | "dec" | "incr" | "decr" | "increment" | "decrement" => {
            ("an operation on a counter", "Jepsen's checker/counter")
        }
        "enqueue" | "dequeue" | "drain" | "push" | "pop" => ("an operation on a queue", "Jepsen's checker/total-queue"),
        "send" | "poll" | "subscribe" | "assign" | "commit_offsets" | "list_committed_offsets" => {
            ("an operation on a log", "jepsen.tests.kafka")
        }
        "transfer" | "deposit" | "withdraw" => ("an operation on a bank", "jepsen.tests.bank"),
        "broadcast" => ("a broadcast", "Maelstrom's broadcast checker"),
        "echo" => ("an echo", "Maelstrom's echo checker"),
        "generate" => ("a request for a unique id", "Jepsen's checker/unique-ids"),
        "lock" | "unlock" | "hold" => ("an operation on a lock", "Knossos"),
        _ => return None,
    })
}
