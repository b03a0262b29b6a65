//! The prompts.

use rmcp::{
    ErrorData,
    model::{GetPromptRequestParams, GetPromptResponse, GetPromptResult, Prompt},
};
use serde_json::{Value, json};

use crate::{
    asking,
    tools::{image, resource, text},
    written,
};

/// Every prompt.
pub fn all() -> Result<Vec<Prompt>, ErrorData> {
    let argument =
        |name: &str| json!({ "name": name, "description": "For the suite.", "required": true });
    let prompt = |name: &str, arguments: Value| {
        written(json!({ "name": name, "description": "For the suite.", "arguments": arguments }))
    };
    [
        prompt("test_simple_prompt", json!([])),
        prompt(
            "test_prompt_with_arguments",
            json!([argument("arg1"), argument("arg2")]),
        ),
        prompt(
            "test_prompt_with_embedded_resource",
            json!([argument("resourceUri")]),
        ),
        prompt("test_prompt_with_image", json!([])),
        prompt("test_input_required_result_prompt", json!([])),
    ]
    .into_iter()
    .collect()
}

/// One of them, written out.
pub fn get(request: GetPromptRequestParams) -> Result<GetPromptResponse, ErrorData> {
    let arguments = request.arguments.unwrap_or_default();
    let argument = |name: &str| {
        arguments
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let contents = match request.name.as_str() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, two) = (argument("arg1"), argument("arg2"));
            vec![text(&format!(
                "Prompt with arguments: arg1='{one}', arg2='{two}'"
            ))]
        }
        "test_prompt_with_embedded_resource" => vec![
            resource(
                argument("resourceUri"),
                "text/plain",
                "Embedded resource content for testing.",
            ),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image" => vec![image(), text("Please analyze the image above.")],
        "test_input_required_result_prompt" => {
            let question = json!({ "user_context": asking::form("What context should the prompt use?", "context") });
            if !asking::answered(&question, &request.input_responses.unwrap_or_default()) {
                return Ok(asking::ask(question, None)?.into());
            }
            vec![text("With that context.")]
        }
        other => {
            return Err(ErrorData::invalid_params(
                format!("no prompt {other:?}"),
                None,
            ));
        }
    };
    let messages: Vec<Value> = contents
        .into_iter()
        .map(|content| json!({ "role": "user", "content": content }))
        .collect();
    Ok(GetPromptResult::new(written(json!(messages))?).into())
}
