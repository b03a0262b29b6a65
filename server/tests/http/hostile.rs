//! What strangers, other sites, broken clients and curious users send.

mod addresses;
mod cookies;
mod cross_site;
mod headers;
mod https;
mod malformed;
mod text;

/// Every server function, with fields that would do something.
pub const FUNCTIONS: [(&str, &[(&str, &str)]); 73] = [
    ("continue_to_application", &[("request", "client_id=x")]),
    (
        "continue_behind_gate",
        &[("request", "host=x"), ("confirmation", "123456")],
    ),
    (
        "sign_up",
        &[
            ("name", "Eve"),
            ("email", "eve@example.com"),
            ("password", crate::test_app::PASSWORD),
        ],
    ),
    (
        "sign_in",
        &[
            ("email", "ada@example.com"),
            ("password", crate::test_app::PASSWORD),
        ],
    ),
    ("sign_out", &[]),
    ("still_signed_in", &[]),
    ("remote_logout", &[("from", "security")]),
    ("remote_logout_facts", &[]),
    (
        "change_password",
        &[
            ("current_password", crate::test_app::PASSWORD),
            ("new_password", crate::test_app::OTHER_PASSWORD),
        ],
    ),
    ("update_profile", &[("name", "Eve"), ("username", "eve")]),
    ("set_theme", &[("theme", "dark")]),
    ("sessions", &[]),
    ("standing", &[]),
    ("tokens", &[("kind", "api")]),
    ("rename_account", &[("name", "Eve’s")]),
    ("change_plan", &[("plan", "free")]),
    ("invite_member", &[("role", "owner")]),
    ("confirm_invitation", &[("invitation", "x")]),
    ("revoke_invitation", &[("invitation", "x")]),
    ("change_role", &[("member", "x"), ("role", "owner")]),
    ("disable_member", &[("member", "x")]),
    ("enable_member", &[("member", "x")]),
    ("remove_member", &[("member", "x")]),
    ("reset_two_factor", &[("member", "x")]),
    ("remote_logout_member", &[("member", "x")]),
    ("require_second_factor", &[("required", "yes")]),
    ("remote_logout_everyone", &[]),
    ("delete_account", &[("confirmation", "ada@example.com")]),
    (
        "register_application",
        &[("name", "Wiki"), ("redirects", "http://127.0.0.1/callback")],
    ),
    (
        "change_application",
        &[
            ("application", "x"),
            ("name", "Wiki"),
            ("redirects", "http://127.0.0.1/callback"),
        ],
    ),
    (
        "add_redirect_address",
        &[("application", "x"), ("address", "https://evil.example/")],
    ),
    ("end_application_session", &[("session", "x")]),
    ("new_application_secret", &[("application", "x")]),
    ("revoke_old_application_secret", &[("application", "x")]),
    ("test_application", &[("application", "x")]),
    ("remove_application", &[("application", "x")]),
    ("verify_audit", &[]),
    ("set_audit_retention", &[("days", "30")]),
    (
        "set_webhook",
        &[("url", "https://8.8.8.8/"), ("severity", "info")],
    ),
    ("new_webhook_secret", &[]),
    ("test_webhook", &[]),
    ("send_webhook_again", &[("event", "x")]),
    ("remove_webhook", &[]),
    ("verify_code", &[("code", "123456")]),
    ("request_password_reset", &[("email", "ada@example.com")]),
    (
        "reset_password",
        &[
            ("token", "0000000000000000000000000000000000000000000"),
            ("new_password", crate::test_app::OTHER_PASSWORD),
        ],
    ),
    (
        "check_email_link",
        &[("purpose", "reset_password"), ("token", "nonsense")],
    ),
    (
        "confirm_email",
        &[("token", "0000000000000000000000000000000000000000000")],
    ),
    (
        "confirm_sign_up",
        &[
            ("token", "0000000000000000000000000000000000000000000"),
            ("password", crate::test_app::PASSWORD),
        ],
    ),
    (
        "not_me",
        &[("token", "0000000000000000000000000000000000000000000")],
    ),
    ("change_email", &[("email", "eve@example.com")]),
    ("cancel_email_change", &[]),
    ("begin_two_factor", &[]),
    ("two_factor_draft", &[]),
    ("turn_on_two_factor", &[("code", "123456")]),
    ("turn_off_two_factor", &[]),
    ("new_recovery_codes", &[]),
    ("use_recovery_codes", &[]),
    ("two_factor_status", &[]),
    ("devices", &[]),
    ("recent_activity", &[]),
    ("end_session", &[("id", "x")]),
    ("end_other_sessions", &[]),
    ("rename_device", &[("id", "x"), ("label", "Eve’s")]),
    ("set_curfew", &[("time", "22:00"), ("zone", "UTC")]),
    ("set_account_curfew", &[("time", "22:00"), ("zone", "UTC")]),
    ("abandon_two_factor", &[]),
    ("token", &[("kind", "api"), ("token", "x")]),
    ("create_api_token", &[("name", "Backup")]),
    ("create_mcp_token", &[("name", "Notebook")]),
    ("revoke_api_token", &[("token", "x")]),
    ("revoke_mcp_token", &[("token", "x")]),
    // Without a good invitation there is nothing here.
    ("join", &[("name", "Eve"), ("email", "eve@example.com")]),
];
