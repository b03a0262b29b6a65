//! What strangers, other sites, broken clients and curious people send.

mod addresses;
mod cookies;
mod cross_site;
mod headers;
mod https;
mod malformed;
mod text;

/// Every server function, with fields that would do something.
const FUNCTIONS: [(&str, &[(&str, &str)]); 16] = [
    (
        "sign_up",
        &[
            ("name", "Eve"),
            ("email", "eve@example.com"),
            ("password", crate::home::PASSWORD),
        ],
    ),
    (
        "sign_in",
        &[
            ("email", "ada@example.com"),
            ("password", crate::home::PASSWORD),
        ],
    ),
    ("sign_out", &[]),
    ("still_signed_in", &[]),
    ("remote_logout", &[("from", "security")]),
    ("remote_logout_facts", &[]),
    (
        "change_password",
        &[
            ("current_password", crate::home::PASSWORD),
            ("new_password", crate::home::OTHER_PASSWORD),
        ],
    ),
    ("update_profile", &[("name", "Eve"), ("username", "eve")]),
    ("sessions", &[]),
    ("standing", &[]),
    ("tokens", &[("kind", "api")]),
    ("token", &[("kind", "api"), ("token", "x")]),
    ("create_api_token", &[("name", "Backup")]),
    ("create_mcp_token", &[("name", "Notebook")]),
    ("revoke_api_token", &[("token", "x")]),
    ("revoke_mcp_token", &[("token", "x")]),
];
