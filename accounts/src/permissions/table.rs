//! The table. Sorted as users meet the addresses: pages, then the functions behind them, then the rest.

use super::{Row, Who};
use crate::{plans::Feature, users::Role};

const OWNER: Who = Who::Only(&[Role::Owner]);
const MANAGERS: Who = Who::Only(&[Role::Owner, Role::Admin]);
const TOKEN_HOLDERS: Who = Who::Only(&[Role::Owner, Role::Admin, Role::Editor, Role::Member]);

const NOT_ON_OWNERS: &str = "an admin not to an owner";
const WITH_SCOPE: &str = "with the scope that ends sessions";

const fn row(address: &'static str, what: &'static str, who: Who) -> Row {
    Row {
        address,
        what,
        who,
        needs: None,
        but: "",
    }
}

impl Row {
    const fn needs(mut self, feature: Feature) -> Self {
        self.needs = Some(feature);
        self
    }

    const fn but(mut self, but: &'static str) -> Self {
        self.but = but;
        self
    }
}

/// Every address of the service.
pub const TABLE: &[Row] = &[
    // Pages
    row("/", "see how things stand", Who::Everyone),
    row("/profile", "see one's profile", Who::Everyone),
    row("/profile/login", "see what one signs in with", Who::Everyone),
    row("/profile/password", "see the password page", Who::Everyone),
    row("/profile/security", "see one's devices", Who::Everyone),
    row("/profile/two-factor", "set two-factor authentication up", Who::Everyone),
    row("/profile/two-factor/app", "show the first code", Who::Everyone),
    row("/profile/two-factor/new-codes", "see new recovery codes", Who::Everyone),
    row("/profile/two-factor/off", "be asked before turning it off", Who::Everyone),
    row("/profile/two-factor/recovery-codes.txt", "download one's recovery codes", Who::Everyone),
    row("/profile/two-factor/qr.svg", "see the secret as a picture", Who::Everyone),
    row("/profile/remote-logout", "be asked before a remote logout", Who::Everyone)
        .but("the page says so where the plan lacks it"),
    row("/profile/delete", "be asked before deleting one's account", Who::Everyone),
    row("/settings", "see the account", MANAGERS),
    row("/settings/plan", "be asked before another plan", OWNER),
    row("/settings/members", "see the members", MANAGERS),
    row("/settings/members/confirm", "be asked before a operation to a member", MANAGERS),
    row("/settings/members/everyone", "be asked before everyone is logged out", OWNER)
        .needs(Feature::RemoteLogout),
    row("/settings/api", "see one's API tokens", TOKEN_HOLDERS)
        .but("shown on every plan, so that tokens from before a downgrade can be seen and revoked"),
    row("/settings/mcp", "see one's MCP tokens", TOKEN_HOLDERS)
        .but("shown on every plan, so that tokens from before a downgrade can be seen and revoked"),
    row("/settings/api/revoke", "be asked before an API token is revoked", TOKEN_HOLDERS),
    row("/settings/mcp/revoke", "be asked before an MCP token is revoked", TOKEN_HOLDERS),
    row("/settings/audit-log", "read the audit log", MANAGERS).needs(Feature::AuditLog),
    row("/settings/audit-log/export", "export the audit log", MANAGERS).needs(Feature::AuditLog),
    row("/settings/audit-log/webhook", "see where events are sent", MANAGERS).needs(Feature::AuditLog),
    // Oneself
    row("/api/fn/standing", "count one's sessions", Who::Everyone),
    row("/api/fn/sessions", "list one's sessions", Who::Everyone),
    row("/api/fn/remote_logout_facts", "count what a remote logout ends", Who::Everyone),
    row("/api/fn/remote_logout", "log oneself out from all devices", Who::Everyone)
        .needs(Feature::RemoteLogout),
    row("/api/fn/change_password", "change one's password", Who::Everyone),
    row("/api/fn/update_profile", "change one's name", Who::Everyone),
    row("/api/fn/change_email", "change one's email", Who::Everyone),
    row("/api/fn/begin_two_factor", "begin to set two-factor authentication up", Who::Everyone)
        .needs(Feature::TwoFactor),
    row("/api/fn/turn_on_two_factor", "turn two-factor authentication on", Who::Everyone)
        .needs(Feature::TwoFactor),
    row("/api/fn/turn_off_two_factor", "turn two-factor authentication off", Who::Everyone),
    row("/api/fn/abandon_two_factor", "abandon its set-up", Who::Everyone),
    row("/api/fn/new_recovery_codes", "make new recovery codes", Who::Everyone),
    row("/api/fn/use_recovery_codes", "use the new recovery codes", Who::Everyone),
    row("/api/fn/recovery_codes_left", "count one's recovery codes", Who::Everyone),
    row(
        "/api/fn/two_factor_draft",
        "see what is being set up",
        Who::Everyone,
    ),
    row("/api/fn/delete_account", "delete one's account", Who::Everyone).but("not the last owner of others"),
    row("/api/fn/end_session", "end one of one's sessions", Who::Everyone),
    row("/api/fn/end_other_sessions", "end one's other sessions", Who::Everyone),
    row("/api/fn/rename_device", "name one of one's devices", Who::Everyone),
    row("/api/fn/set_curfew", "set one's curfew", Who::Everyone),
    row("/api/fn/set_account_curfew", "set everybody's curfew", MANAGERS),
    row("/api/fn/token", "see one of one's tokens", TOKEN_HOLDERS),
    row("/api/fn/create_api_token", "make an API token", TOKEN_HOLDERS).needs(Feature::ApiTokens),
    row("/api/fn/create_mcp_token", "make an MCP token", TOKEN_HOLDERS).needs(Feature::McpTokens),
    row("/api/fn/revoke_api_token", "revoke an API token", TOKEN_HOLDERS),
    row("/api/fn/revoke_mcp_token", "revoke an MCP token", TOKEN_HOLDERS),
    row("/api/fn/tokens", "list one's tokens", TOKEN_HOLDERS),
    // The account
    row("/api/fn/rename_account", "rename the account", MANAGERS),
    row("/api/fn/change_plan", "change the plan", OWNER),
    // Members
    row("/api/fn/invite_member", "invite somebody", MANAGERS)
        .but("an admin not as an owner; editor and watch-only on Pro and Enterprise"),
    row("/api/fn/revoke_invitation", "take an invitation back", MANAGERS),
    row("/api/fn/change_role", "change a member's role", MANAGERS)
        .but("an admin not of or to an owner; editor and watch-only on Pro and Enterprise; not the last owner"),
    row("/api/fn/disable_member", "disable a member", MANAGERS).but(NOT_ON_OWNERS),
    row("/api/fn/enable_member", "enable a member", MANAGERS).but(NOT_ON_OWNERS),
    row("/api/fn/remove_member", "remove a member", MANAGERS).but(NOT_ON_OWNERS),
    row("/api/fn/remote_logout_member", "log a member out from all devices", MANAGERS)
        .needs(Feature::RemoteLogout)
        .but(NOT_ON_OWNERS),
    row("/api/fn/remote_logout_everyone", "log everyone out from all devices", OWNER)
        .needs(Feature::RemoteLogout),
    // The audit log
    row("/api/fn/verify_audit", "verify the audit log", MANAGERS).needs(Feature::AuditLog),
    row("/api/fn/set_audit_retention", "say how long events are kept", OWNER).needs(Feature::AuditLog),
    row("/api/fn/set_webhook", "say where events are sent", MANAGERS).needs(Feature::AuditLog),
    row("/api/fn/new_webhook_secret", "make a new secret for the webhook", MANAGERS).needs(Feature::AuditLog),
    row("/api/fn/test_webhook", "test the webhook", MANAGERS).needs(Feature::AuditLog),
    row("/api/fn/remove_webhook", "remove the webhook", MANAGERS).needs(Feature::AuditLog),
    // Programs
    row("/api/v1/me", "see whose token it is", TOKEN_HOLDERS).needs(Feature::ApiTokens),
    row("/api/v1/sessions", "list one's sessions", TOKEN_HOLDERS).needs(Feature::ApiTokens),
    row("/api/v1/sessions/{id}", "end one of one's sessions", TOKEN_HOLDERS)
        .needs(Feature::ApiTokens)
        .but(WITH_SCOPE),
    row("/api/v1/remote-logout", "log oneself out from all devices", TOKEN_HOLDERS)
        .needs(Feature::ApiTokens)
        .but(WITH_SCOPE),
    row("/api/v1/audit-events", "read the audit log", TOKEN_HOLDERS)
        .needs(Feature::AuditLog)
        .but("all of it for owners and admins, one's own events for others"),
    row("/api/v1/members", "list the members", MANAGERS).needs(Feature::ApiTokens),
    row("/api/v1/members/{id}/remote-logout", "log a member out from all devices", MANAGERS)
        .needs(Feature::ApiTokens)
        .but("with the scope that ends sessions; an admin not to an owner"),
    row("/mcp", "act through an assistant", TOKEN_HOLDERS).needs(Feature::McpTokens),
    // Anybody
    row("/sign-in", "sign in", Who::Anyone),
    row("/sign-in/resume", "look again after another tab was signed in", Who::Anyone),
    row("/sign-up", "sign up", Who::Anyone).but("where sign-up is open"),
    row("/sign-out", "sign out", Who::Anyone),
    row("/sign-in/code", "show a second factor", Who::Anyone),
    row("/forgot-password", "ask for a new password", Who::Anyone),
    row("/reset-password", "choose a new password", Who::Anyone).but("with its link"),
    row("/confirm-email", "confirm a new email", Who::Anyone).but("with its link"),
    row("/confirm-sign-up", "finish signing up", Who::Anyone).but("with its link"),
    row("/not-me", "be asked about a new device", Who::Anyone).but("with its link"),
    row("/join", "accept an invitation", Who::Anyone).but("with its link"),
    row("/api/fn/sign_in", "sign in", Who::Anyone),
    row("/api/fn/sign_up", "sign up", Who::Anyone).but("where sign-up is open"),
    row("/api/fn/sign_out", "sign out", Who::Anyone),
    row("/api/fn/mail_link_stands", "ask whether a link is good", Who::Anyone),
    row("/api/fn/verify_code", "show a second factor", Who::Anyone),
    row("/api/fn/request_password_reset", "ask for a new password", Who::Anyone),
    row("/api/fn/reset_password", "choose a new password", Who::Anyone).but("with its link"),
    row("/api/fn/confirm_email", "confirm a new email", Who::Anyone).but("with its link"),
    row("/api/fn/confirm_sign_up", "finish signing up", Who::Anyone).but("with its link"),
    row("/api/fn/not_me", "log out everywhere after somebody else signed in", Who::Anyone)
        .but("with its link, where the plan has remote logout"),
    row("/api/fn/still_signed_in", "ask whether one is signed in", Who::Anyone),
    row("/api/fn/join", "accept an invitation", Who::Anyone).but("with its link"),
    row("/.well-known/change-password", "find the password page", Who::Anyone),
    row("/api/openapi.json", "fetch the description of the interface", Who::Anyone),
    row("/api/docs", "read about the interface", Who::Anyone),
    row("/profile/api", "find one's API tokens", Who::Anyone),
    row("/profile/mcp", "find one's MCP tokens", Who::Anyone),
    row("/events", "hear that one's session has ended", Who::Anyone),
    row("/healthz", "ask whether it is alive", Who::Anyone),
    row("/readyz", "ask whether it can serve", Who::Anyone),
    row("/pkg/{file}", "fetch a built file", Who::Anyone),
    row("/favicon.svg", "fetch the icon", Who::Anyone),
    row("/robots.txt", "fetch the word to crawlers", Who::Anyone),
];
