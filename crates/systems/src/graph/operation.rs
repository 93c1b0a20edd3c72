//! The operations of clients: edits and queries.

use std::fmt;

use env::Traced;
use parts::hash_of;
use serde::{Deserialize, Serialize};
use sim::Op;
use stormglass::Ask;

use super::edit::Edit;
use super::output::Output;
use super::query::Query;

/// An operation of a client. A plan has it as `{"edit":{"set-node":{"id":"a","name":"title","value":"x"}}}` or
/// `{"query":"history"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A change, which any node of the graph takes and the relay refuses. The answer is [`Output::Done`].
    Edit(Edit),
    /// A question, which a node answers from the state that it has.
    Query(Query),
}

impl Operation {
    /// True if it may change something.
    pub(super) fn changes(&self) -> bool {
        matches!(self, Operation::Edit(_))
    }

    /// The edit by which a fresh client proves in the calm phase that clients are served.
    pub(super) fn probe(number: u64) -> Operation {
        Operation::Edit(Edit::Note { name: "probe".into(), value: format!("probe-{number}.") })
    }
}

impl From<Edit> for Operation {
    fn from(edit: Edit) -> Operation {
        Operation::Edit(edit)
    }
}

impl From<Query> for Operation {
    fn from(query: Query) -> Operation {
        Operation::Query(query)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Edit(edit) => edit.fmt(f),
            Operation::Query(query) => query.fmt(f),
        }
    }
}

impl Traced for Operation {
    fn digest(&self) -> u64 {
        hash_of(self)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Op for Operation {
    fn heap_bytes(&self) -> u64 {
        match self {
            Operation::Edit(edit) => edit.heap_bytes(),
            Operation::Query(query) => query.heap_bytes(),
        }
    }

    fn simpler(&self) -> Vec<Operation> {
        let simpler = match self {
            Operation::Edit(edit) => edit.simpler().map(Operation::Edit),
            Operation::Query(query) => query.simpler().map(Operation::Query),
        };
        simpler.into_iter().collect()
    }
}

impl Ask for Operation {
    type Answer = Output;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_back::{is_read_back, is_refused};

    /// Operations with their JSON and as a timeline shows them.
    fn operations() -> Vec<(Operation, &'static str, &'static str)> {
        let text = |text: &str| Some(text.to_owned());
        vec![
            (
                Edit::node("a/b", "agent", [("name", "Ada\n")]).into(),
                r#"{"edit":{"create-node":{"id":"a/b","type":"agent","properties":{"name":"Ada\n"}}}}"#,
                r"create node a/b of type agent, name=Ada\n",
            ),
            (
                Edit::node("a", "", []).into(),
                r#"{"edit":{"create-node":{"id":"a","type":""}}}"#,
                "create node a of type ",
            ),
            (
                Edit::edge("e", "knows", "a", "b", [("from", "1833")]).into(),
                r#"{"edit":{"create-edge":{"id":"e","type":"knows","from":"a","to":"b","properties":{"from":"1833"}}}}"#,
                "create edge e of type knows from a to b, from=1833",
            ),
            (
                Edit::set_node("a", "name", "50%;").into(),
                r#"{"edit":{"set-node":{"id":"a","name":"name","value":"50%;"}}}"#,
                "set node a name=50%;",
            ),
            (
                Edit::set_edge("e", "since", "").into(),
                r#"{"edit":{"set-edge":{"id":"e","name":"since","value":""}}}"#,
                "set edge e since=",
            ),
            (Edit::remove_node("a").into(), r#"{"edit":{"remove-node":{"id":"a"}}}"#, "remove node a"),
            (Edit::remove_edge("e").into(), r#"{"edit":{"remove-edge":{"id":"e"}}}"#, "remove edge e"),
            (Operation::probe(1), r#"{"edit":{"note":{"name":"probe","value":"probe-1."}}}"#, "note probe=probe-1."),
            (Edit::ClearHistory.into(), r#"{"edit":"clear-history"}"#, "clear history"),
            (Query::nodes().into(), r#"{"query":{"nodes":{}}}"#, "get nodes"),
            (
                Query::Nodes { kind: text("agent") }.into(),
                r#"{"query":{"nodes":{"type":"agent"}}}"#,
                "get nodes of type agent",
            ),
            (Query::node("a").into(), r#"{"query":{"node":{"id":"a"}}}"#, "get node a"),
            (Query::edges().into(), r#"{"query":{"edges":{}}}"#, "get edges"),
            (
                Query::Edges { kind: text("knows"), from: text("a") }.into(),
                r#"{"query":{"edges":{"type":"knows","from":"a"}}}"#,
                "get edges of type knows from a",
            ),
            (Query::History.into(), r#"{"query":"history"}"#, "get history"),
            (Query::Stats.into(), r#"{"query":"stats"}"#, "get stats"),
            (Query::Health.into(), r#"{"query":"health"}"#, "get health"),
            (Query::Note { name: "probe".into() }.into(), r#"{"query":{"note":{"name":"probe"}}}"#, "get note probe"),
        ]
    }

    #[test]
    fn every_operation_is_read_back_from_a_plan_and_from_a_wire() {
        for (operation, json, shown) in operations() {
            is_read_back(&operation, json, shown);
        }
    }

    #[test]
    fn what_is_no_operation_is_refused_with_what_would_be_right() {
        for (json, right) in [
            (r#"{"put":{"key":"nodes/a","value":"type=agent"}}"#, "expected `edit` or `query`"),
            (r#"{"edit":{"paint-node":{"id":"a"}}}"#, "expected one of `create-node`, `create-edge`, `set-node`"),
            (r#"{"edit":{"create-node":{"id":"","type":"agent"}}}"#, "expected a name of one character or more"),
            (r#"{"edit":{"create-node":{"id":"a"}}}"#, "missing field `type`"),
            (r#"{"edit":{"create-edge":{"id":"e","type":"knows","from":"a","to":""}}}"#, "a name of one character"),
            (r#"{"edit":{"create-node":{"id":"a","type":"t","properties":{"":"x"}}}}"#, "a name of one character"),
            (r#"{"edit":{"set-node":{"id":"a","name":"n","value":7}}}"#, "expected a string"),
            (r#"{"query":{"nodes":{"age":"7"}}}"#, "unknown field `age`, expected `type`"),
            (r#"{"query":"weather"}"#, "expected one of `nodes`, `node`, `edges`, `history`, `stats`"),
        ] {
            is_refused::<Operation>(json, right);
        }
    }

    #[test]
    fn simpler_operations_come_to_an_end_and_take_less_memory() {
        for (operation, ..) in operations() {
            let mut simplest = operation.clone();
            while let Some(simpler) = simplest.simpler().pop() {
                assert!(simpler.heap_bytes() < simplest.heap_bytes(), "{simpler} is no simpler than {simplest}");
                simplest = simpler;
            }
        }
        let bytes = |operation: Operation| operation.heap_bytes();
        assert_eq!(bytes(Edit::set_node("a", "name", "Ada").into()), 8);
        assert_eq!(bytes(Edit::node("a", "agent", [("name", "Ada")]).into()), 6 + 7 + 48);
        assert_eq!(bytes(Query::History.into()), 0);
    }
}
