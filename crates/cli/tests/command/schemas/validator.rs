//! A validator for the part of JSON Schema that `docs/schemas` uses. The crates that know all of it take two CPU minutes to
//! build. A keyword that this one does not know is a mistake of the schema, so that nothing in one goes unchecked.

use serde_json::Value;

/// The faults of a document, each with its place.
///
/// # Panics
/// If the schema has a keyword that is not checked here.
pub(super) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, document, "", &mut found);
    found
}

fn check(schema: &Value, document: &Value, place: &str, found: &mut Vec<String>) {
    let keywords = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
    for (keyword, asked) in keywords {
        let violation = match keyword.as_str() {
            "$schema" | "title" | "description" => None,
            "const" => (document != asked).then(|| format!("is {document}")),
            "enum" => {
                let is_one = asked.as_array().expect("a list").contains(document);
                (!is_one).then(|| format!("is {document}, none of {asked}"))
            }
            "type" => (!is_of_type(document, asked)).then(|| format!("is {document}, no {asked}")),
            "minimum" => below(document, asked).then(|| format!("is {document}, less than {asked}")),
            "maximum" => below(asked, document).then(|| format!("is {document}, more than {asked}")),
            "maxLength" => {
                let is_longer = document.as_str().is_some_and(|text| text.chars().count() as u64 > whole(asked));
                is_longer.then(|| format!("is longer than {asked}"))
            }
            "oneOf" => {
                let schemas = asked.as_array().expect("a list").iter();
                let fitting = schemas.filter(|schema| violations(schema, document).is_empty()).count();
                (fitting != 1).then(|| format!("is {document}, which fits {fitting} of the schemas, not one"))
            }
            "required" => {
                let is_lacking = |name: &&Value| document.is_object() && document.get(text(name)).is_none();
                asked.as_array().expect("a list").iter().find(is_lacking).map(|name| format!("lacks {}", text(name)))
            }
            "properties" | "additionalProperties" | "items" => {
                check_parts(keyword, schema, document, place, found);
                None
            }
            other => panic!("'{other}' is checked by no rule: leave it out of the schema, or check it here"),
        };
        found.extend(violation.map(|violation| format!("{place} {violation}")));
    }
}

/// Checks the parts of a document.
fn check_parts(keyword: &str, schema: &Value, document: &Value, place: &str, found: &mut Vec<String>) {
    let asked = &schema[keyword];
    match (keyword, document) {
        ("items", Value::Array(items)) => {
            for (number, item) in items.iter().enumerate() {
                check(asked, item, &format!("{place}/{number}"), found);
            }
        }
        ("properties", Value::Object(fields)) => {
            for (name, field) in fields {
                if let Some(schema) = asked.get(name) {
                    check(schema, field, &format!("{place}/{name}"), found);
                }
            }
        }
        ("additionalProperties", Value::Object(fields)) => {
            for (name, field) in fields.iter().filter(|(name, _)| schema["properties"].get(name).is_none()) {
                match asked {
                    Value::Bool(true) => {}
                    Value::Bool(false) => found.push(format!("{place}/{name} is no field of it")),
                    schema => check(schema, field, &format!("{place}/{name}"), found),
                }
            }
        }
        _ => {}
    }
}

fn is_of_type(document: &Value, asked: &Value) -> bool {
    if let Value::Array(any) = asked {
        return any.iter().any(|asked| is_of_type(document, asked));
    }
    match text(asked) {
        "null" => document.is_null(),
        "boolean" => document.is_boolean(),
        "integer" => document.is_i64() || document.is_u64(),
        "number" => document.is_number(),
        "string" => document.is_string(),
        "array" => document.is_array(),
        "object" => document.is_object(),
        other => panic!("'{other}' is no type"),
    }
}

/// True if both are numbers and the first one is less.
fn below(number: &Value, than: &Value) -> bool {
    number.as_f64().zip(than.as_f64()).is_some_and(|(number, than)| number < than)
}

fn whole(number: &Value) -> u64 {
    number.as_u64().unwrap_or_else(|| panic!("no whole number: {number}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
