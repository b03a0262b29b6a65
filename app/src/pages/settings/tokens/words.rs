//! The words and addresses of the two pages of tokens.

/// What differs between the two pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub kind: &'static str,
    pub here: &'static str,
    pub heading: &'static str,
    pub one: &'static str,
    pub lead: &'static str,
    pub form: &'static str,
    pub action: &'static str,
    pub revoke: &'static str,
    pub box_name: &'static str,
    pub box_label: &'static str,
    pub box_hint: &'static str,
}

pub(crate) const API: Words = Words {
    kind: "api",
    here: "/settings/api",
    heading: "API tokens",
    one: "API token",
    lead: "For scripts and programs that use the REST API on your behalf. Remote logout doesn’t affect them.",
    form: "create_api_token",
    action: "/api/fn/create_api_token",
    revoke: "/settings/api/revoke",
    box_name: "sessions",
    box_label: "Can end sessions",
    box_hint: "Lets the program log you out everywhere and end single sessions. Without this, it can only read.",
};

pub(crate) const MCP: Words = Words {
    kind: "mcp",
    here: "/settings/mcp",
    heading: "MCP tokens",
    one: "MCP token",
    lead: "For assistants that use the Model Context Protocol. Remote logout doesn’t affect them.",
    form: "create_mcp_token",
    action: "/api/fn/create_mcp_token",
    revoke: "/settings/mcp/revoke",
    box_name: "remote_logout",
    box_label: "Can use Remote logout",
    box_hint: "Lets the assistant log you out everywhere. Without this, it can only read.",
};
