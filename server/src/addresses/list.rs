//! The list itself, in the order of `docs/ROLES.md`.

use accounts::permissions::Permission::{
    self, AskRemoteLogout, ChangePlan, ChangeRole, ChooseTheme, ConfirmInvitation, CreateApiToken,
    CreateMcpToken, DeleteOwnUser, DisableMember, EnableMember, EndSessionsByApi, InviteMember,
    KeepTwoFactor, ListMembersByApi, ManageApplications, ManageWebhook, OwnProfile, OwnSessions,
    OwnTokens, ReadAuditLog, ReadEventsByApi, RemoteLogout, RemoteLogoutEveryone,
    RemoteLogoutMember, RemoteLogoutMemberByApi, RemoveMember, RenameAccount, RequireSecondFactor,
    ResetTwoFactor, RevokeInvitation, SetAccountCurfew, SetAuditRetention, SetUpTwoFactor, UseApi,
    UseMcp, ViewAccount, ViewApplications, ViewMembers,
};

use super::{Access, Address, CODE, CONFIRM, MCP, StepUp};

const LOGIN: &str = "/profile/login";
const SECURITY: &str = "/profile/security";
const NEW_CODES: &str = "/profile/two-factor/new-codes";
const SETTINGS: &str = "/settings";
const MEMBERS: &str = "/settings/members";
const APPLICATIONS: &str = "/settings/applications";
const API_TOKENS: &str = "/settings/api";
const MCP_TOKENS: &str = "/settings/mcp";
const AUDIT_LOG: &str = "/settings/audit-log";
const WEBHOOK: &str = "/settings/audit-log/webhook";
pub(super) const READS: &str = "changes nothing";
const ONLY_REVOKES: &str = "only revokes";
const WITH_LINK: &str = "with its link";
const WHERE_OPEN: &str = "where sign-up is open";

/// Addresses of browsers that are neither a function nor a page.
pub(super) const NO_PAGES: [&str; 35] = [
    "/sign-out",
    "/profile/two-factor/recovery-codes.txt",
    "/profile/two-factor/qr.svg",
    "/settings/audit-log/export",
    "/.well-known/change-password",
    "/.well-known/security.txt",
    "/api/openapi.json",
    "/api/docs",
    "/profile/api",
    "/profile/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/oauth/authorize",
    "/oauth/resume",
    "/oauth/token",
    "/oauth/userinfo",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/end-session",
    "/oauth/signed-out",
    "/oauth/jwks.json",
    "/events",
    "/healthz",
    "/readyz",
    "/metrics",
    "/pkg/{file}",
    "/favicon.svg",
    "/robots.txt",
    "/gate/verify",
    "/gate/forward",
    "/gate/sign-in",
    "/.curfew/sign-in",
    "/.curfew/finish",
    "/.curfew/pkg/{file}",
    "/.curfew/favicon.svg",
];

const fn public(path: &'static str, what: &'static str) -> Address {
    Address::new(path, what, Access::Public)
}

const fn needs(path: &'static str, what: &'static str, permission: Permission) -> Address {
    Address::new(path, what, Access::Needs(permission))
}

/// A function that asks for a password or a code when the last one was shown more than ten minutes ago: it changes who
/// gets in, what others may do, or what is recorded or sent out.
const fn asks(path: &'static str, what: &'static str, permission: Permission) -> Address {
    Address::function(path, what, permission, StepUp::AsksFor("confirmation"))
}

/// A function that does not ask, and why not.
const fn asks_nothing(
    path: &'static str,
    what: &'static str,
    permission: Permission,
    why: &'static str,
) -> Address {
    Address::function(path, what, permission, StepUp::Never(why))
}

#[rustfmt::skip]
pub(super) const LIST: &[Address] = &[
    needs("/", "see who you are here", OwnProfile),
    // Pages: profile
    needs("/profile", "see your profile", OwnProfile),
    needs("/profile/login", "see what you sign in with", OwnProfile),
    needs("/profile/password", "see the password page", OwnProfile),
    needs("/profile/security", "see your devices", OwnSessions),
    needs("/profile/two-factor", "set up two-factor authentication", KeepTwoFactor),
    needs("/profile/two-factor/app", "enter the first code", KeepTwoFactor),
    needs("/profile/two-factor/new-codes", "see new recovery codes", KeepTwoFactor),
    needs("/profile/two-factor/off", "confirm turning it off", KeepTwoFactor),
    needs("/profile/two-factor/recovery-codes.txt", "download your recovery codes", KeepTwoFactor),
    needs("/profile/two-factor/qr.svg", "see the secret as a QR code", KeepTwoFactor),
    needs("/profile/remote-logout", "confirm a remote logout", AskRemoteLogout),
    needs(CONFIRM, "confirm that it is you", OwnSessions),
    needs("/profile/delete", "confirm deleting your user", DeleteOwnUser),
    needs("/oauth/confirm", "say whether you continue to an application", OwnSessions),
    needs("/gate/confirm", "show a second factor to an application behind the gate", OwnProfile),
    needs("/oauth/sign-out", "say whether you sign out here too", OwnSessions),
    // Pages: account settings
    needs("/settings", "see the account", ViewAccount),
    needs("/settings/plan", "confirm another plan", ChangePlan),
    needs("/settings/members", "see the members", ViewMembers),
    needs("/settings/members/confirm", "confirm what is done to a member", ViewMembers),
    needs("/settings/members/everyone", "confirm a remote logout of everyone", RemoteLogoutEveryone),
    needs("/settings/applications", "see the applications", ViewApplications),
    needs("/settings/applications/new", "register an application", ViewApplications),
    needs("/settings/applications/one", "see one application", ViewApplications),
    needs("/settings/applications/remove", "confirm removing an application", ManageApplications),
    needs("/settings/api", "see your API tokens", OwnTokens),
    needs("/settings/api/revoke", "confirm revoking an API token", OwnTokens),
    needs("/settings/mcp", "see your MCP tokens", OwnTokens),
    needs("/settings/mcp/revoke", "confirm revoking an MCP token", OwnTokens),
    needs("/settings/members/second-factor", "confirm that a second factor is required of everyone", RequireSecondFactor),
    needs("/settings/audit-log", "read the audit log", ReadAuditLog),
    needs("/settings/audit-log/export", "export the audit log", ReadAuditLog),
    needs("/settings/audit-log/webhook", "see where events are sent", ManageWebhook),
    // Functions: the user's own
    asks_nothing("/api/fn/standing", "count your sessions", OwnProfile, READS),
    asks_nothing("/api/fn/sessions", "list your sessions", OwnSessions, READS),
    asks_nothing("/api/fn/devices", "list your devices", OwnSessions, READS),
    asks_nothing("/api/fn/recent_activity", "see what you did and what was done to you", OwnSessions, READS),
    asks_nothing("/api/fn/remote_logout_facts", "count what a remote logout ends", OwnSessions, READS),
    asks_nothing("/api/fn/remote_logout", "log yourself out from all devices", RemoteLogout, "must be within reach of a user who is frightened")
        .home("/profile/remote-logout"),
    asks_nothing("/api/fn/change_password", "change your password", OwnProfile, "asks for the current password itself").home("/profile/password"),
    asks_nothing("/api/fn/update_profile", "change your name", OwnProfile, "only what you are called").home("/profile"),
    asks_nothing("/api/fn/set_theme", "choose light or dark", ChooseTheme, "only how this browser draws").home("/profile"),
    asks("/api/fn/change_email", "change your email", OwnProfile).home(LOGIN),
    asks_nothing("/api/fn/cancel_email_change", "cancel a change of your email", OwnProfile, "only takes back what was asked for").home(LOGIN),
    asks("/api/fn/begin_two_factor", "set up two-factor authentication", SetUpTwoFactor)
        .home("/profile/two-factor"),
    asks("/api/fn/turn_on_two_factor", "turn two-factor authentication on", SetUpTwoFactor)
        .home("/profile/two-factor/app"),
    asks("/api/fn/turn_off_two_factor", "turn two-factor authentication off", KeepTwoFactor)
        .home("/profile/two-factor/off"),
    asks_nothing("/api/fn/abandon_two_factor", "abandon setting it up", KeepTwoFactor, READS),
    asks("/api/fn/new_recovery_codes", "create new recovery codes", KeepTwoFactor).home(NEW_CODES),
    asks("/api/fn/use_recovery_codes", "use the new recovery codes", KeepTwoFactor).home(NEW_CODES),
    asks_nothing("/api/fn/two_factor_status", "see whether two-factor authentication is on", OwnSessions, READS),
    asks_nothing("/api/fn/two_factor_draft", "see what is being set up", KeepTwoFactor, READS),
    asks("/api/fn/delete_account", "delete your user", DeleteOwnUser)
        .home("/profile/delete")
        .shown_as("password"),
    asks("/api/fn/end_session", "end one of your sessions", OwnSessions).home(SECURITY),
    asks("/api/fn/end_other_sessions", "end your other sessions", OwnSessions).home(SECURITY),
    asks_nothing("/api/fn/end_application_session", "sign out of an application", OwnSessions, "only signs out of one application").home(SECURITY),
    asks_nothing("/api/fn/rename_device", "name one of your devices", OwnProfile, "only what you call it").home(SECURITY),
    asks_nothing("/api/fn/continue_to_application", "continue to an application", OwnProfile, "asks itself where the application wants it")
        .home("/oauth/confirm"),
    asks_nothing("/api/fn/continue_behind_gate", "continue to an application behind the gate", OwnProfile, "asks for a code itself")
        .home("/gate/confirm"),
    asks("/api/fn/set_curfew", "set your curfew", OwnProfile).home(SECURITY),
    asks("/api/fn/set_account_curfew", "set every member's curfew", SetAccountCurfew).home(SECURITY),
    asks_nothing("/api/fn/token", "see one of your tokens", OwnTokens, READS),
    asks_nothing("/api/fn/tokens", "list your tokens", OwnTokens, READS),
    asks("/api/fn/create_api_token", "create an API token", CreateApiToken).home(API_TOKENS),
    asks("/api/fn/create_mcp_token", "create an MCP token", CreateMcpToken).home(MCP_TOKENS),
    asks_nothing("/api/fn/revoke_api_token", "revoke an API token", OwnTokens, ONLY_REVOKES).home(API_TOKENS),
    asks_nothing("/api/fn/revoke_mcp_token", "revoke an MCP token", OwnTokens, ONLY_REVOKES).home(MCP_TOKENS),
    // Functions: the account
    asks("/api/fn/rename_account", "rename the account", RenameAccount).home(SETTINGS),
    asks("/api/fn/change_plan", "change the plan", ChangePlan).home(SETTINGS),
    // Functions: members
    asks("/api/fn/invite_member", "invite a member", InviteMember).home(MEMBERS),
    asks("/api/fn/confirm_invitation", "confirm an invitation", ConfirmInvitation).home(MEMBERS),
    asks_nothing("/api/fn/revoke_invitation", "revoke an invitation", RevokeInvitation, ONLY_REVOKES).home(MEMBERS),
    asks("/api/fn/change_role", "change a member's role", ChangeRole).home(MEMBERS),
    asks("/api/fn/disable_member", "disable a member", DisableMember).home(MEMBERS),
    asks("/api/fn/enable_member", "enable a member", EnableMember).home(MEMBERS),
    asks("/api/fn/remove_member", "remove a member", RemoveMember).home(MEMBERS),
    asks("/api/fn/reset_two_factor", "reset a member’s second factor", ResetTwoFactor).home(MEMBERS),
    asks("/api/fn/require_second_factor", "require a second factor of every member", RequireSecondFactor)
        .home("/settings/members/second-factor"),
    asks("/api/fn/remote_logout_member", "log a member out from all devices", RemoteLogoutMember)
        .home(MEMBERS),
    asks("/api/fn/remote_logout_everyone", "log everyone out from all devices", RemoteLogoutEveryone)
        .home(MEMBERS),
    // Functions: applications
    asks("/api/fn/register_application", "register an application", ManageApplications).home(APPLICATIONS),
    asks("/api/fn/change_application", "change an application", ManageApplications).home(APPLICATIONS),
    asks("/api/fn/add_redirect_address", "add a redirect address to an application", ManageApplications).home(APPLICATIONS),
    asks("/api/fn/new_application_secret", "make a new secret for an application", ManageApplications).home(APPLICATIONS),
    asks("/api/fn/revoke_old_application_secret", "revoke the old secret of an application", ManageApplications).home(APPLICATIONS),
    asks_nothing("/api/fn/test_application", "test an application", ManageApplications, "sends a notice of no session to where notices go already, or opens a gate’s own address").home(APPLICATIONS),
    asks("/api/fn/remove_application", "remove an application", ManageApplications).home(APPLICATIONS),
    // Functions: the audit log
    asks_nothing("/api/fn/verify_audit", "verify the audit log", ReadAuditLog, READS).home(AUDIT_LOG),
    asks("/api/fn/set_audit_retention", "set how long events are kept", SetAuditRetention).home(AUDIT_LOG),
    asks("/api/fn/set_webhook", "set where events are sent", ManageWebhook).home(WEBHOOK),
    asks("/api/fn/new_webhook_secret", "create a new secret for the webhook", ManageWebhook).home(WEBHOOK),
    asks_nothing("/api/fn/test_webhook", "test the webhook", ManageWebhook, "sends a test to where events go already").home(WEBHOOK),
    asks_nothing("/api/fn/send_webhook_again", "send a delivery again", ManageWebhook, "sends what was sent before to where events go already").home(WEBHOOK),
    asks("/api/fn/remove_webhook", "remove the webhook", ManageWebhook).home(WEBHOOK),
    // Programs, with a token
    needs("/api/v1/me", "see whose token it is", UseApi),
    needs("/api/v1/sessions", "list your sessions", UseApi),
    needs("/api/v1/sessions/{id}", "end one of your sessions", EndSessionsByApi),
    needs("/api/v1/remote-logout", "log yourself out from all devices", EndSessionsByApi),
    needs("/api/v1/audit-events", "read the audit log", ReadEventsByApi),
    needs("/api/v1/members", "list the members", ListMembersByApi),
    needs("/api/v1/members/{id}/remote-logout", "log a member out from all devices", RemoteLogoutMemberByApi),
    needs(MCP, "act through an assistant", UseMcp),
    // Public pages
    public("/sign-in", "sign in"),
    public("/sign-up", "sign up").but(WHERE_OPEN),
    public("/sign-out", "sign out"),
    public(CODE, "enter a second factor"),
    public("/forgot-password", "ask for a new password"),
    public("/reset-password", "choose a new password").but(WITH_LINK),
    public("/confirm-email", "confirm a new email").but(WITH_LINK),
    public("/confirm-sign-up", "finish signing up").but(WITH_LINK),
    public("/receipt", "see what a remote logout did").but("in the browser that did it, for an hour, or its user"),
    public("/not-me", "be asked about a new device").but(WITH_LINK),
    public("/join", "accept an invitation").but(WITH_LINK),
    // Public functions
    public("/api/fn/sign_in", "sign in").home("/sign-in"),
    public("/api/fn/sign_up", "sign up").home("/sign-up").but(WHERE_OPEN),
    public("/api/fn/sign_out", "sign out").home("/"),
    public("/api/fn/check_email_link", "ask whether a link is good"),
    public("/api/fn/verify_code", "enter a second factor").home(CODE),
    public("/api/fn/request_password_reset", "ask for a new password").home("/forgot-password"),
    public("/api/fn/reset_password", "choose a new password").home("/reset-password?token=").but(WITH_LINK),
    public("/api/fn/confirm_email", "confirm a new email").home("/confirm-email?token=").but(WITH_LINK),
    public("/api/fn/confirm_sign_up", "finish signing up").home("/confirm-sign-up?token=").but(WITH_LINK),
    public("/api/fn/not_me", "log out everywhere after a sign-in that was not yours")
        .home("/not-me?token=")
        .but(WITH_LINK),
    public("/api/fn/still_signed_in", "ask whether you are signed in"),
    public("/api/fn/join", "accept an invitation").home("/join?invite=").but(WITH_LINK),
    // What programs and browsers look for
    public("/.well-known/change-password", "find the password page"),
    public("/.well-known/security.txt", "find out where to report a vulnerability"),
    public("/api/openapi.json", "fetch the description of the API"),
    public("/api/docs", "read about the API"),
    public("/profile/api", "find your API tokens"),
    public("/profile/mcp", "find your MCP tokens"),
    public("/.well-known/openid-configuration", "find the OpenID provider"),
    public("/.well-known/oauth-authorization-server", "find the OAuth server"),
    public("/oauth/authorize", "sign in to an application").but("with a session"),
    public("/oauth/resume", "continue to an application after signing in"),
    public("/oauth/token", "exchange a code or a refresh token").but("with the application’s secret, or PKCE"),
    public("/oauth/userinfo", "learn who signed in").but("with an access token"),
    public("/oauth/introspect", "ask whether a token is good").but("with the application’s secret"),
    public("/oauth/revoke", "give a token up").but("with the application’s secret, or of a public one with the token"),
    public("/oauth/end-session", "sign out at an application").but("with a session"),
    public("/oauth/signed-out", "continue to an application after signing out"),
    public("/oauth/jwks.json", "fetch the keys that tokens are signed with"),
    public("/events", "receive live notices").but("with a session"),
    public("/healthz", "ask whether the program is alive"),
    public("/readyz", "ask whether the program can serve"),
    public("/metrics", "read the metrics").but("with their token, where the operator has set one"),
    public("/pkg/{file}", "fetch a built file"),
    public("/favicon.svg", "fetch the icon"),
    public("/robots.txt", "fetch the rules for crawlers"),
    // Applications behind the gate
    public("/gate/verify", "ask whether a request is let through").but("a trusted proxy"),
    public("/gate/forward", "ask whether a request is let through").but("a trusted proxy"),
    public("/gate/sign-in", "sign in to an application behind the gate").but("with a session"),
    public("/.curfew/sign-in", "begin to sign in to an application").but("on the application’s host"),
    public("/.curfew/finish", "finish signing in to an application").but("on the application’s host"),
    public("/.curfew/pkg/{file}", "fetch a built file").but("on the application’s host"),
    public("/.curfew/favicon.svg", "fetch the icon").but("on the application’s host"),
];
