//! `/api/docs`: the OpenAPI document as a page for readers.

use std::sync::LazyLock;

use app::{
    error::Code,
    pages::reference::{Field, Operation, Reference, Section, page as draw},
};
use axum::{extract::State, response::Html};
use serde_json::Value;

use super::document;
use crate::{problem::code_name, state::AppState};

/// What a program may be told, in the order of the statuses.
const CODES: [Code; 17] = [
    Code::Malformed,
    Code::InvalidToken,
    Code::PlanRequired,
    Code::SecondFactorRequired,
    Code::Forbidden,
    Code::InsufficientScope,
    Code::CrossSite,
    Code::NotFound,
    Code::MethodNotAllowed,
    Code::TooLarge,
    Code::UnsupportedMediaType,
    Code::Misdirected,
    Code::ValidationFailed,
    Code::RateLimited,
    Code::Internal,
    Code::ServiceUnavailable,
    Code::Conflict,
];

/// The page. It is public.
pub async fn page(State(state): State<AppState>) -> Html<String> {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(document()).unwrap_or_default());
    let document = &*DOCUMENT;
    let tags = document["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let reference = Reference {
        title: text(&document["info"]["title"]),
        about: text(&document["info"]["description"]),
        public_url: state.config.public_url(),
        sections: tags.iter().map(|tag| section(document, tag)).collect(),
        problems: CODES.map(|code| (code_name(code), code.status())).to_vec(),
    };
    Html(draw(reference, &state.assets))
}

fn section(document: &Value, tag: &Value) -> Section {
    let mut section = Section {
        title: text(&tag["name"]),
        about: text(&tag["description"]),
        operations: Vec::new(),
    };
    for (path, methods) in entries(&document["paths"]) {
        for (method, operation) in entries(methods) {
            let tags = operation["tags"].as_array();
            if tags.is_some_and(|tags| tags.contains(&tag["name"])) {
                section
                    .operations
                    .push(read(document, path, method, operation));
            }
        }
    }
    section
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let parameters = operation["parameters"].as_array();
    let parameters = parameters.into_iter().flatten().map(|parameter| Field {
        name: text(&parameter["name"]),
        kind: kind(document, &parameter["schema"]),
        about: text(&parameter["description"]),
    });
    let mut answers = Vec::new();
    for (status, answer) in entries(&operation["responses"]) {
        if status.starts_with('2') {
            let schema = &answer["content"]["application/json"]["schema"];
            collect(document, schema, "", &mut answers);
        }
    }
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        title: text(&operation["summary"]),
        about: text(&operation["description"]),
        parameters: parameters.collect(),
        answers,
        statuses: entries(&operation["responses"])
            .map(|(status, answer)| (status.to_owned(), text(&answer["description"])))
            .collect(),
    }
}

/// The fields of a schema and of what is inside them, as `items[].id`.
fn collect(document: &Value, schema: &Value, before: &str, fields: &mut Vec<Field>) {
    for (name, inside) in entries(&resolved(document, schema)["properties"]) {
        let name = format!("{before}{name}");
        let inside_resolved = resolved(document, inside);
        let about = match text(&inside["description"]) {
            about if about.is_empty() => text(&inside_resolved["description"]),
            about => about,
        };
        fields.push(Field {
            name: name.clone(),
            kind: kind(document, inside),
            about,
        });
        if inside_resolved["type"] == "array" {
            collect(
                document,
                &inside_resolved["items"],
                &format!("{name}[]."),
                fields,
            );
        } else {
            collect(document, inside_resolved, &format!("{name}."), fields);
        }
    }
}

/// What a schema is called: "string, time", "integer or null", "array".
fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolved(document, schema);
    let kind = match &schema["type"] {
        Value::Array(kinds) => {
            let kinds: Vec<String> = kinds.iter().map(text).collect();
            kinds.join(" or ")
        }
        one => text(one),
    };
    match schema["format"].as_str() {
        Some("date-time") => format!("{kind}, time"),
        _ => kind,
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|to| document.pointer(to.strip_prefix('#')?))
        .unwrap_or(schema)
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let fields = value.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
