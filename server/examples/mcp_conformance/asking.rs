//! The tools that ask the client for something by answering with the question: nothing is held open, and any
//! node answers the next request (SEP-2322).

use std::sync::LazyLock;

use accounts::secret::Token;
use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities,
        InputRequiredResult, InputResponses,
    },
};
use serde_json::{Value, json};

use crate::{Context, tools::text, written};

pub const TOOLS: &[&str] = &[
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
];

/// Which state goes with which round; a client cannot know another's.
static STATE: LazyLock<String> = LazyLock::new(|| Token::random().expose().to_owned());

/// Calls one.
pub fn call(
    request: CallToolRequestParams,
    context: &Context,
) -> Result<CallToolResponse, ErrorData> {
    let name = request
        .name
        .trim_start_matches("test_input_required_result_");
    let answers = request.input_responses.unwrap_or_default();
    let state = request.request_state.as_deref();
    if state
        .is_some_and(|state| !state.starts_with(STATE.as_str()) || state.len() != STATE.len() + 2)
    {
        return Err(ErrorData::invalid_params("this state is not ours", None));
    }
    let round = match state.and_then(|state| state.rsplit_once(':')) {
        Some((_, "2")) => 2,
        _ => 1,
    };
    let has = context.client_capabilities().unwrap_or_default();
    let questions = match (name, round) {
        ("elicitation", _) => json!({ "user_name": form("What is your name?", "name") }),
        ("sampling", _) => json!({ "capital_question": sample("What is the capital of France?") }),
        ("list_roots", _) => json!({ "client_roots": roots() }),
        ("multiple_inputs", _) => json!({
            "user_name": form("What is your name?", "name"),
            "greeting": sample("Generate a greeting"),
            "client_roots": roots(),
        }),
        ("multi_round", 1) => json!({ "step1": form("Step 1: What is your name?", "name") }),
        ("multi_round", _) => {
            json!({ "step2": form("Step 2: What is your favorite color?", "color") })
        }
        ("capabilities", _) => only_what_it_has(&has),
        _ => json!({ "confirm": form("Please confirm", "ok") }),
    };
    let stateless = ["elicitation", "sampling", "list_roots", "capabilities"].contains(&name);
    if !answered(&questions, &answers) {
        return Ok(ask(questions, (!stateless).then_some(round))?.into());
    }
    if name == "multi_round" && round == 1 {
        let next = json!({ "step2": form("Step 2: What is your favorite color?", "color") });
        return Ok(ask(next, Some(2))?.into());
    }
    let said = json!([text(&format!("Thank you: {}", json!(answers)))]);
    Ok(CallToolResult::success(written(said)?).into())
}

/// An answer that is a question.
pub fn ask(questions: Value, round: Option<u8>) -> Result<InputRequiredResult, ErrorData> {
    let mut result = json!({ "resultType": "input_required", "inputRequests": questions });
    if let Some(round) = round {
        result["requestState"] = json!(format!("{}:{round}", *STATE));
    }
    written(result)
}

/// Whether every question has an answer; what else was sent does not matter.
pub fn answered(questions: &Value, answers: &InputResponses) -> bool {
    let mut names = questions.as_object().into_iter().flatten();
    names.all(|(name, _)| answers.get(name).is_some_and(Value::is_object))
}

pub fn form(message: &str, field: &str) -> Value {
    let kind = if field == "ok" { "boolean" } else { "string" };
    let schema =
        json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] });
    json!({ "method": "elicitation/create", "params": { "mode": "form", "message": message, "requestedSchema": schema } })
}

pub fn sample(said: &str) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": said } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": 100 } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

fn only_what_it_has(has: &ClientCapabilities) -> Value {
    let mut questions = json!({});
    if has.sampling.is_some() {
        questions["greeting"] = sample("Generate a greeting");
    }
    if has.elicitation.is_some() {
        questions["user_name"] = form("What is your name?", "name");
    }
    questions
}
