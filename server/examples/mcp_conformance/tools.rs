//! The tools that answer at once, and which tool is answered where.

use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, Tool},
};
use serde_json::{Value, json};

use crate::{Context, PICTURE, asking, telling, written};

/// Every tool.
pub fn all() -> Result<Vec<Tool>, ErrorData> {
    let without_arguments = PLAIN
        .iter()
        .chain(telling::TOOLS)
        .chain(asking::TOOLS)
        .map(|name| tool(name, json!({ "type": "object" })));
    let text = |argument: &str| json!({ "type": "object", "properties": { argument: { "type": "string" } }, "required": [argument] });
    let region = json!({
        "type": "object",
        "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        "required": ["region"],
    });
    without_arguments
        .chain([
            tool("test_sampling", text("prompt")),
            tool("test_elicitation", text("message")),
            tool("test_headers", region),
            tool("json_schema_2020_12_tool", every_keyword()),
        ])
        .collect()
}

const PLAIN: &[&str] = &[
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_error_handling",
];

fn tool(name: &str, input: Value) -> Result<Tool, ErrorData> {
    written(json!({ "name": name, "description": "For the suite.", "inputSchema": input }))
}

/// Calls one.
pub async fn call(
    request: CallToolRequestParams,
    context: Context,
) -> Result<CallToolResponse, ErrorData> {
    let name = request.name.clone();
    if asking::TOOLS.contains(&name.as_ref()) {
        return asking::call(request, &context);
    }
    let said = match name.as_ref() {
        "test_image_content" => json!([image()]),
        "test_audio_content" => {
            json!([{ "type": "audio", "data": SOUND, "mimeType": "audio/wav" }])
        }
        "test_embedded_resource" => {
            json!([resource(
                "test://embedded-resource",
                "text/plain",
                "This is an embedded resource content."
            )])
        }
        "test_multiple_content_types" => json!([
            text("Multiple content types test:"),
            image(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                "{\"test\":\"data\",\"value\":123}"
            ),
        ]),
        "test_error_handling" => {
            let said = json!([text("This tool intentionally returns an error for testing")]);
            return Ok(CallToolResult::error(written(said)?).into());
        }
        "test_simple_text" => json!([text("This is a simple text response for testing.")]),
        "test_headers" | "json_schema_2020_12_tool" => json!([text("As it was sent.")]),
        _ => json!([text(&telling::call(&request, &context).await?)]),
    };
    Ok(CallToolResult::success(written(said)?).into())
}

pub fn text(said: &str) -> Value {
    json!({ "type": "text", "text": said })
}

pub fn image() -> Value {
    json!({ "type": "image", "data": PICTURE, "mimeType": "image/png" })
}

pub fn resource(uri: &str, mime: &str, said: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": said } })
}

/// A WAV without a single sample.
const SOUND: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// The keywords of JSON Schema 2020-12 that must come through untouched.
fn every_keyword() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    })
}
