//! The tools that say something on the way, or ask the client by a request of their own, as it was before 2026-07-28.

use std::time::Duration;

use rmcp::{
    ErrorData,
    model::{CallToolRequestParams, ClientCapabilities, ProgressNotificationParam},
};
use serde_json::{Value, json};

use crate::{Context, asking, written};

/// Those that take nothing.
pub const TOOLS: &[&str] = &[
    "test_tool_with_logging",
    "test_tool_with_progress",
    "test_logging_tool",
    "test_streaming_elicitation",
    "test_missing_capability",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
];

const BETWEEN: Duration = Duration::from_millis(50);

/// Calls one; what it says in the end.
pub async fn call(request: &CallToolRequestParams, context: &Context) -> Result<String, ErrorData> {
    match request.name.as_ref() {
        "test_tool_with_logging" => {
            for said in [
                "Tool execution started",
                "Tool processing data",
                "Tool execution completed",
            ] {
                log(context, said).await?;
                tokio::time::sleep(BETWEEN).await;
            }
        }
        // Only a client that has asked for a log gets one.
        "test_logging_tool" => {
            if context.meta.log_level().is_some() {
                log(context, "Asked for").await?;
            }
        }
        "test_tool_with_progress" | "test_streaming_elicitation" => progress(context).await?,
        "test_missing_capability" => {
            let has = context.client_capabilities().unwrap_or_default();
            if has.sampling.is_none() {
                let lacks: ClientCapabilities = written(json!({ "sampling": {} }))?;
                return Err(ErrorData::missing_required_client_capability(lacks));
            }
        }
        "test_sampling" => {
            let said = request
                .arguments
                .as_ref()
                .and_then(|a| a.get("prompt")?.as_str());
            let answer = ask(context, asking::sample(said.unwrap_or_default())).await?;
            return Ok(format!("LLM response: {answer}"));
        }
        "test_elicitation"
        | "test_elicitation_sep1034_defaults"
        | "test_elicitation_sep1330_enums" => {
            let answer = ask(context, asking::form("Who?", "username")).await?;
            return Ok(format!("User response: {answer}"));
        }
        other => {
            return Err(ErrorData::invalid_params(
                format!("no tool {other:?}"),
                None,
            ));
        }
    }
    Ok("Done.".into())
}

/// A request of the server's own, on the stream of the one that is being answered.
async fn ask(context: &Context, question: Value) -> Result<Value, ErrorData> {
    let answer = context.peer.send_request(written(question)?).await;
    Ok(json!(answer.map_err(broken)?))
}

async fn log(context: &Context, said: &str) -> Result<(), ErrorData> {
    let message =
        json!({ "method": "notifications/message", "params": { "level": "info", "data": said } });
    let sent = context.peer.send_notification(written(message)?).await;
    sent.map_err(broken)
}

async fn progress(context: &Context) -> Result<(), ErrorData> {
    let Some(token) = context.meta.get_progress_token() else {
        return Ok(());
    };
    for done in [0.0, 50.0, 100.0] {
        let said = ProgressNotificationParam::new(token.clone(), done).with_total(100.0);
        context.peer.notify_progress(said).await.map_err(broken)?;
        tokio::time::sleep(BETWEEN).await;
    }
    Ok(())
}

fn broken(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
