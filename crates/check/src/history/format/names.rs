//! The words that texts have for fields and functions, and the tools that judge the functions that are not judged here.

use super::fields::{Fields, Role};
use super::times;

/// The role of a field in EDN.
pub(super) fn edn_role(name: &str) -> Option<Role> {
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

/// The role of a field in JSON, and its rank: our own name before those of others.
pub(super) fn json_role(name: &str) -> Option<(Role, u8)> {
    let role = match name {
        "order" => Role::Order,
        "swapped" => Role::Swapped,
        name => match edn_role(name) {
            Some(role) => role,
            None => return foreign_role(name),
        },
    };
    Some((role, Fields::NAMED))
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
        _ => return None,
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
