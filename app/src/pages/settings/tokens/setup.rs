//! Ready text for the programs that use a token.

use accounts::tokens::Kind;
use serde_json::json;

use super::Snippet;

/// The page of that kind's tokens.
pub fn page_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Api => super::API.here,
        Kind::Mcp => super::MCP.here,
    }
}

/// The texts, with the value where there is one.
pub fn snippets(kind: Kind, public_url: &str, value: Option<&str>) -> Vec<Snippet> {
    let value = value.unwrap_or("YOUR_TOKEN");
    match kind {
        Kind::Api => vec![Snippet {
            program: "curl".into(),
            place: "In a terminal. The whole API is described at /api/docs.".into(),
            text: format!("curl --header \"Authorization: Bearer {value}\" {public_url}/api/v1/me"),
        }],
        Kind::Mcp => clients(&format!("{public_url}/mcp"), value),
    }
}

fn clients(url: &str, value: &str) -> Vec<Snippet> {
    let bearer = format!("Bearer {value}");
    let plain = json!({ "url": url, "headers": { "Authorization": bearer } });
    let typed = json!({ "type": "http", "url": url, "headers": { "Authorization": bearer } });
    // It starts programs only; this one, from npm, carries the messages over. Some of its versions
    // split arguments at spaces, so the value is in the environment.
    let bridge = json!({
        "command": "npx",
        "args": ["-y", "mcp-remote", url, "--header", "Authorization:${CURFEW_AUTHORIZATION}"],
        "env": { "CURFEW_AUTHORIZATION": bearer }
    });
    let file = |program: &str, place: &str, key: &str, server: &serde_json::Value| Snippet {
        program: program.into(),
        place: place.into(),
        text: serde_json::to_string_pretty(&json!({ key: { "curfew": server } }))
            .unwrap_or_default(),
    };
    vec![
        Snippet {
            program: "Claude Code".into(),
            place: "In a terminal.".into(),
            text: format!(
                "claude mcp add --transport http curfew {url} --header \"Authorization: {bearer}\""
            ),
        },
        file(
            "Claude Desktop",
            "In claude_desktop_config.json: Settings, Developer, Edit Config.",
            "mcpServers",
            &bridge,
        ),
        file("VS Code", "In .vscode/mcp.json.", "servers", &typed),
        file("Cursor", "In ~/.cursor/mcp.json.", "mcpServers", &plain),
        file(
            "Any other client",
            "Streamable HTTP, with the token as a header.",
            "mcpServers",
            &typed,
        ),
    ]
}
