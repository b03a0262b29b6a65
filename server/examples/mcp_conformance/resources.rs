//! The resources.

use rmcp::{
    ErrorData,
    model::{ReadResourceResponse, ReadResourceResult, Resource, ResourceTemplate},
};
use serde_json::json;

use crate::{PICTURE, written};

/// Those with an address of their own.
pub fn all() -> Result<Vec<Resource>, ErrorData> {
    written(json!([
        { "uri": "test://static-text", "name": "text", "description": "For the suite.", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "picture", "description": "For the suite.", "mimeType": "image/png" },
    ]))
}

/// The one whose address is filled in.
pub fn templates() -> Result<Vec<ResourceTemplate>, ErrorData> {
    written(json!([{
        "uriTemplate": "test://template/{id}/data", "name": "data", "description": "For the suite.",
        "mimeType": "application/json",
    }]))
}

/// What a URI leads to.
pub fn read(uri: &str) -> Result<ReadResourceResponse, ErrorData> {
    let filled = uri
        .strip_prefix("test://template/")
        .and_then(|rest| rest.strip_suffix("/data"));
    let content = match (uri, filled) {
        ("test://static-text", _) => json!({
            "uri": uri, "mimeType": "text/plain", "text": "This is the content of the static text resource.",
        }),
        ("test://static-binary", _) => {
            json!({ "uri": uri, "mimeType": "image/png", "blob": PICTURE })
        }
        (_, Some(id)) => {
            let said =
                json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            json!({ "uri": uri, "mimeType": "application/json", "text": said.to_string() })
        }
        _ => {
            return Err(ErrorData::resource_not_found(
                "Resource not found",
                Some(json!({ "uri": uri })),
            ));
        }
    };
    Ok(ReadResourceResult::new(written(json!([content]))?).into())
}
