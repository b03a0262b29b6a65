//! `/mcp`: the protocol, its authentication, and what an assistant may do.

use accounts::plans::Plan;
use axum::body::Body;
use http::{Method, header};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    databases,
    program::{Program, token_of},
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    an_assistant_begins_lists_tools_and_calls_them,
    remote_logout_is_there_only_for_a_token_made_with_it,
    only_a_valid_mcp_token_is_authenticated,
    wrong_hosts_and_origins_are_refused,
    nothing_is_held_open,
    what_is_no_message_is_refused,
);

async fn with_assistant(
    app: &TestApp,
    name: &str,
    revoke_tokens: Option<&str>,
) -> (Browser, Program) {
    let user = app.browser(FIREFOX_ON_LINUX);
    user.sign_up(name).await;
    let program = Program::new(app, &token_of(&user, "mcp", revoke_tokens).await);
    (user, program)
}

async fn tools(program: &Program) -> Vec<Value> {
    let answer = program.rpc("tools/list", json!({})).await.is(200).json();
    answer["result"]["tools"].as_array().unwrap().clone()
}

async fn an_assistant_begins_lists_tools_and_calls_them(app: TestApp) {
    let (_, program) = with_assistant(&app, "Ada", None).await;
    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    let hello = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" }
    });
    let answer = program.rpc("initialize", hello).await;
    answer.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("mcp-session-id"), "", "stateless");
    assert_eq!(answer.json()["result"]["serverInfo"]["name"], "curfew");

    let tools = tools(&program).await;
    let names: Vec<&str> = tools.iter().map(|t| t["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["get_profile", "list_sessions", "recent_security_events"]
    );
    for tool in &tools {
        assert!(
            tool["title"].is_string() && tool["description"].is_string(),
            "{tool}"
        );
        assert_eq!(tool["inputSchema"]["type"], "object");
        assert_eq!(tool["outputSchema"]["type"], "object");
        assert_eq!(tool["annotations"]["readOnlyHint"], true);
    }
    let profile = program.tool("get_profile", json!({})).await;
    assert_eq!(
        profile["result"]["structuredContent"]["email"],
        "ada@example.com"
    );
    let sessions = program.tool("list_sessions", json!({ "limit": 1 })).await;
    let listed = &sessions["result"]["structuredContent"]["sessions"];
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["device"], "Safari on iPhone");
    let events = program.tool("recent_security_events", json!({})).await;
    let listed = &events["result"]["structuredContent"]["events"];
    assert_eq!(listed[0]["action"], "user.login", "{events}");
    assert!(!events.to_string().contains(&program.token[8..30]));

    for (name, arguments) in [
        ("nothing", json!({})),
        ("list_sessions", json!({ "limit": 0 })),
        ("list_sessions", json!({ "limit": 1_000 })),
        ("list_sessions", json!({ "user_id": "x" })),
        ("get_profile", json!({ "role": "owner" })),
    ] {
        let refused = program.tool(name, arguments.clone()).await;
        assert_eq!(
            refused["error"]["code"], -32602,
            "{name} {arguments} {refused}"
        );
    }
}

async fn remote_logout_is_there_only_for_a_token_made_with_it(app: TestApp) {
    let (ada, reads) = with_assistant(&app, "Ada", None).await;
    let refused = reads.tool("remote_logout", json!({})).await;
    assert_eq!(refused["error"]["code"], -32602, "{refused}");
    assert!(ada.is_signed_in().await);

    let ends = Program::new(&app, &token_of(&ada, "mcp", Some("remote_logout")).await);
    let tools = tools(&ends).await;
    let tool = tools.last().unwrap();
    assert_eq!(tool["name"], "remote_logout");
    assert_eq!(tool["annotations"]["destructiveHint"], true);
    assert_eq!(tool["annotations"]["readOnlyHint"], false);
    let logged_out = ends.tool("remote_logout", json!({})).await;
    assert_eq!(
        logged_out["result"]["structuredContent"]["sessions"], 1,
        "{logged_out}"
    );
    assert!(!ada.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ada").await, 1);
    // On a plan that lacks it by now, the tool says so in words.
    app.put_on("Ada", Plan::Pro).await;
    ends.tool("remote_logout", json!({})).await;
    app.chains_are_whole().await;
}

async fn only_a_valid_mcp_token_is_authenticated(app: TestApp) {
    let (ada, good) = with_assistant(&app, "Ada", None).await;
    let api = token_of(&ada, "api", Some("sessions")).await;
    for wrong in ["", "x", &api] {
        let refused = Program::new(&app, wrong).rpc("tools/list", json!({})).await;
        refused.refuses(401, "invalid_token");
        assert!(
            refused
                .header("www-authenticate")
                .starts_with("Bearer realm=")
        );
    }
    // A session is no token.
    let with_cookies = Program {
        browser: ada.clone(),
        token: String::new(),
    };
    with_cookies
        .rpc("tools/list", json!({}))
        .await
        .refuses(401, "invalid_token");
    for (sql, status) in [
        ("update accounts set plan = 'plus'", 403),
        ("update accounts set plan = 'pro'", 200),
        ("update users set disabled_at = 1", 401),
        ("update users set disabled_at = null", 200),
        ("update tokens set revoked_at = 1", 401),
    ] {
        databases::run(app.db(), sql).await;
        let answer = good.rpc("tools/list", json!({})).await;
        assert_eq!(answer.status, status, "{sql} {answer:?}");
    }
}

async fn wrong_hosts_and_origins_are_refused(app: TestApp) {
    let (_, program) = with_assistant(&app, "Ada", None).await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
    for (name, value, status) in [
        ("host", "evil.example", 403),
        ("host", "curfew.test.evil.example", 403),
        ("host", "curfew.test", 200),
        ("origin", "http://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "https://curfew.test", 403),
        ("origin", "http://curfew.test:81", 403),
        ("origin", "http://curfew.test", 200),
    ] {
        let request = program
            .request(Method::POST, "/mcp")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(name, value);
        let answer = program.browser.send(request, message.clone().into()).await;
        assert_eq!(answer.status, status, "{name}: {value} {answer:?}");
    }
}

async fn nothing_is_held_open(app: TestApp) {
    let (_, program) = with_assistant(&app, "Ada", None).await;
    for method in [Method::GET, Method::DELETE, Method::PUT] {
        let request = program
            .request(method.clone(), "/mcp")
            .header(header::ACCEPT, "text/event-stream");
        let answer = program.browser.send(request, Body::empty()).await;
        assert_eq!(answer.status, 405, "{method} {answer:?}");
        assert_eq!(answer.header("allow"), "POST");
    }
    // The newest version's way to keep a stream open is not offered either.
    let listen = json!({ "notifications": {} });
    let answer = program.rpc("subscriptions/listen", listen).await;
    assert!(answer.body.contains("error"), "{answer:?}");
}

async fn what_is_no_message_is_refused(app: TestApp) {
    let (_, program) = with_assistant(&app, "Ada", None).await;
    let before = app.everything().await;
    let huge = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}",
        "x".repeat(70_000)
    );
    let both = "application/json, text/event-stream";
    let (json, said) = ("application/json", "The body is no JSON-RPC message.");
    let accept = "Say in Accept that you take both application/json and text/event-stream.";
    let version = "MCP-Protocol-Version names no version that is spoken here.";
    let list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";
    for (kind, accepts, speaks, body, status, why) in [
        (json, both, "", "{", 400, said),
        (json, both, "", "[]", 400, said),
        (json, both, "", "{\"jsonrpc\":\"2.0\"}", 400, said),
        (
            "text/plain",
            both,
            "",
            list,
            415,
            "Send it as application/json.",
        ),
        (
            json,
            both,
            "",
            huge.as_str(),
            413,
            "This is more than 64 KB.",
        ),
        (json, json, "", list, 406, accept),
        (json, "text/html", "", list, 406, accept),
        (json, both, "1999-01-01", list, 400, version),
    ] {
        let mut request = program
            .request(Method::POST, "/mcp")
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT, accepts);
        if !speaks.is_empty() {
            request = request.header("mcp-protocol-version", speaks);
        }
        let answer = program.browser.send(request, body.to_owned().into()).await;
        answer.is(status);
        assert_eq!(answer.json()["detail"], why, "{kind} {answer:?}");
    }
    assert_eq!(app.everything().await, before);
}
