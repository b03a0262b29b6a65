//! What an event says: the operation, who did it, to whom, from where.

use serde_json::{Value, json};

use crate::{
    client::Client,
    db::{Change, INSTANCE},
    ids::{AccountId, EventId, UserId},
    time::{Moment, UnixMillis},
};

/// Every operation that leaves an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    UserCreated,
    Login,
    LoginFailed,
    Logout,
    /// A remote logout. Stored as `user.session_invalidated`, a name older than the term "remote logout".
    SessionInvalidated,
    PasswordChanged,
    PasswordResetRequested,
    EmailChangeRequested,
    EmailChangeCancelled,
    EmailChanged,
    TwoFactorEnabled,
    TwoFactorDisabled,
    RecoveryCodesReplaced,
    RecoveryCodeUsed,
    AuthenticatorOff,
    Confirmed,
    RememberedDeviceReused,
    ApiTokenCreated,
    ApiTokenDeleted,
    McpTokenCreated,
    McpTokenDeleted,
    PlanChanged,
    AccountRenamed,
    MemberInvited,
    InvitationRevoked,
    InvitationConfirmed,
    MemberJoined,
    MemberRoleChanged,
    MemberDisabled,
    MemberEnabled,
    MemberRemoved,
    /// How long events are kept.
    RetentionChanged,
    /// The oldest events were deleted, as the account's setting says.
    EventsDeleted,
    /// Where events are sent to, which of them, or the secret they are signed with.
    WebhookChanged,
    WebhookRemoved,
    AccessDenied,
    /// One session that ended together with others; its parent says why.
    SessionEnded,
    /// One device, from another session of the same user.
    DeviceEnded,
    OtherDevicesEnded,
    DeviceRenamed,
    CurfewSet,
    AccountCurfewSet,
    /// The account requires a second factor of its members, or does so no longer.
    SecondFactorRequired,
    SecondFactorOptional,
    /// What signs in with Curfew.
    ApplicationRegistered,
    ApplicationChanged,
    ApplicationSecretMade,
    ApplicationSecretRevoked,
    ApplicationRemoved,
    ApplicationSignedIn,
    /// A user's sessions at one application, by the user or at the application.
    ApplicationSignedOut,
    /// One session at an application that ended with something else; the details say why.
    ApplicationSessionEnded,
    /// A code or refresh token was presented again after what it gave was used: theft.
    ApplicationTokenReused,
    /// An application answered a logout notice with a final no.
    ApplicationRefused,
    /// The operator forgot the failures that kept a user from signing in.
    UserUnlocked,
    /// Everything of every user ended.
    InstanceEpochRaised,
}

impl Action {
    /// Every operation, for the audit log's filter.
    pub const ALL: [Self; 56] = [
        Self::UserCreated,
        Self::Login,
        Self::LoginFailed,
        Self::Logout,
        Self::SessionInvalidated,
        Self::PasswordChanged,
        Self::PasswordResetRequested,
        Self::EmailChangeRequested,
        Self::EmailChangeCancelled,
        Self::EmailChanged,
        Self::TwoFactorEnabled,
        Self::TwoFactorDisabled,
        Self::RecoveryCodesReplaced,
        Self::RecoveryCodeUsed,
        Self::AuthenticatorOff,
        Self::Confirmed,
        Self::RememberedDeviceReused,
        Self::SessionEnded,
        Self::DeviceEnded,
        Self::OtherDevicesEnded,
        Self::DeviceRenamed,
        Self::CurfewSet,
        Self::AccountCurfewSet,
        Self::SecondFactorRequired,
        Self::SecondFactorOptional,
        Self::ApiTokenCreated,
        Self::ApiTokenDeleted,
        Self::McpTokenCreated,
        Self::McpTokenDeleted,
        Self::MemberInvited,
        Self::InvitationRevoked,
        Self::InvitationConfirmed,
        Self::MemberJoined,
        Self::MemberRoleChanged,
        Self::MemberDisabled,
        Self::MemberEnabled,
        Self::MemberRemoved,
        Self::AccountRenamed,
        Self::PlanChanged,
        Self::ApplicationRegistered,
        Self::ApplicationChanged,
        Self::ApplicationSecretMade,
        Self::ApplicationSecretRevoked,
        Self::ApplicationRemoved,
        Self::ApplicationSignedIn,
        Self::ApplicationSignedOut,
        Self::ApplicationSessionEnded,
        Self::ApplicationTokenReused,
        Self::ApplicationRefused,
        Self::RetentionChanged,
        Self::EventsDeleted,
        Self::WebhookChanged,
        Self::WebhookRemoved,
        Self::AccessDenied,
        Self::UserUnlocked,
        Self::InstanceEpochRaised,
    ];

    /// As stored, exported and filtered by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::Login => "user.login",
            Self::LoginFailed => "user.login_failed",
            Self::Logout => "user.logout",
            Self::SessionInvalidated => "user.session_invalidated",
            Self::PasswordChanged => "user.password_changed",
            Self::PasswordResetRequested => "user.password_reset_requested",
            Self::EmailChangeRequested => "user.email_change_requested",
            Self::EmailChangeCancelled => "user.email_change_cancelled",
            Self::EmailChanged => "user.email_changed",
            Self::TwoFactorEnabled => "user.two_factor_enabled",
            Self::TwoFactorDisabled => "user.two_factor_disabled",
            Self::RecoveryCodesReplaced => "user.recovery_codes_replaced",
            Self::RecoveryCodeUsed => "user.recovery_code_used",
            Self::AuthenticatorOff => "user.authenticator_off",
            Self::Confirmed => "user.confirmed",
            Self::RememberedDeviceReused => "user.remembered_device_reused",
            Self::ApiTokenCreated => "user.api_token_created",
            Self::ApiTokenDeleted => "user.api_token_deleted",
            Self::McpTokenCreated => "user.mcp_token_created",
            Self::McpTokenDeleted => "user.mcp_token_deleted",
            Self::PlanChanged => "account.plan_changed",
            Self::AccountRenamed => "account.renamed",
            Self::MemberInvited => "member.invited",
            Self::InvitationRevoked => "member.invitation_revoked",
            Self::InvitationConfirmed => "member.invitation_confirmed",
            Self::MemberJoined => "member.joined",
            Self::MemberRoleChanged => "member.role_changed",
            Self::MemberDisabled => "member.disabled",
            Self::MemberEnabled => "member.enabled",
            Self::MemberRemoved => "member.removed",
            Self::RetentionChanged => "audit.retention_changed",
            Self::EventsDeleted => "audit.events_deleted",
            Self::WebhookChanged => "account.webhook_changed",
            Self::WebhookRemoved => "account.webhook_removed",
            Self::AccessDenied => "access.denied",
            Self::SessionEnded => "user.session_ended",
            Self::DeviceEnded => "user.device_ended",
            Self::OtherDevicesEnded => "user.other_devices_ended",
            Self::DeviceRenamed => "user.device_renamed",
            Self::CurfewSet => "user.curfew_set",
            Self::AccountCurfewSet => "account.curfew_set",
            Self::SecondFactorRequired => "account.second_factor_required",
            Self::SecondFactorOptional => "account.second_factor_optional",
            Self::ApplicationRegistered => "application.registered",
            Self::ApplicationChanged => "application.changed",
            Self::ApplicationSecretMade => "application.secret_made",
            Self::ApplicationSecretRevoked => "application.secret_revoked",
            Self::ApplicationRemoved => "application.removed",
            Self::ApplicationSignedIn => "application.signed_in",
            Self::ApplicationSignedOut => "application.signed_out",
            Self::ApplicationSessionEnded => "application.session_ended",
            Self::ApplicationTokenReused => "application.token_reused",
            Self::ApplicationRefused => "application.logout_refused",
            Self::UserUnlocked => "user.unlocked",
            Self::InstanceEpochRaised => "instance.epoch_raised",
        }
    }

    /// The operation of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }

    pub fn category(self) -> &'static str {
        match self {
            Self::UserCreated => "users",
            Self::Login
            | Self::LoginFailed
            | Self::Logout
            | Self::Confirmed
            | Self::UserUnlocked => "sign_in",
            Self::SessionInvalidated
            | Self::RememberedDeviceReused
            | Self::SessionEnded
            | Self::DeviceEnded
            | Self::OtherDevicesEnded
            | Self::DeviceRenamed
            | Self::CurfewSet
            | Self::InstanceEpochRaised => "sessions",
            Self::PasswordChanged
            | Self::PasswordResetRequested
            | Self::EmailChangeRequested
            | Self::EmailChangeCancelled
            | Self::EmailChanged
            | Self::TwoFactorEnabled
            | Self::TwoFactorDisabled
            | Self::RecoveryCodesReplaced
            | Self::RecoveryCodeUsed
            | Self::AuthenticatorOff
            | Self::ApiTokenCreated
            | Self::ApiTokenDeleted
            | Self::McpTokenCreated
            | Self::McpTokenDeleted => "credentials",
            Self::PlanChanged
            | Self::AccountRenamed
            | Self::AccountCurfewSet
            | Self::SecondFactorRequired
            | Self::SecondFactorOptional
            | Self::WebhookChanged
            | Self::WebhookRemoved => "account",
            Self::MemberInvited
            | Self::InvitationRevoked
            | Self::InvitationConfirmed
            | Self::MemberJoined
            | Self::MemberRoleChanged
            | Self::MemberDisabled
            | Self::MemberEnabled
            | Self::MemberRemoved => "members",
            Self::ApplicationRegistered
            | Self::ApplicationChanged
            | Self::ApplicationSecretMade
            | Self::ApplicationSecretRevoked
            | Self::ApplicationRemoved
            | Self::ApplicationSignedIn
            | Self::ApplicationSignedOut
            | Self::ApplicationSessionEnded
            | Self::ApplicationTokenReused
            | Self::ApplicationRefused => "applications",
            Self::RetentionChanged | Self::EventsDeleted => "audit",
            Self::AccessDenied => "access",
        }
    }

    /// How much it matters: one of [`SEVERITIES`].
    #[must_use]
    pub fn severity(self) -> &'static str {
        match self {
            Self::UserCreated
            | Self::Login
            | Self::Logout
            | Self::PlanChanged
            | Self::Confirmed
            | Self::DeviceRenamed
            | Self::AccountRenamed
            | Self::MemberInvited
            | Self::InvitationRevoked
            | Self::InvitationConfirmed
            | Self::ApplicationSignedIn => "info",
            Self::LoginFailed
            | Self::PasswordChanged
            | Self::PasswordResetRequested
            | Self::EmailChangeRequested
            | Self::EmailChangeCancelled
            | Self::TwoFactorEnabled
            | Self::RecoveryCodesReplaced
            | Self::MemberJoined
            | Self::MemberRoleChanged
            | Self::MemberEnabled
            | Self::EventsDeleted
            | Self::SessionEnded
            | Self::DeviceEnded
            | Self::OtherDevicesEnded
            | Self::CurfewSet
            | Self::AccountCurfewSet
            | Self::ApiTokenCreated
            | Self::ApiTokenDeleted
            | Self::McpTokenCreated
            | Self::McpTokenDeleted
            | Self::ApplicationSignedOut
            | Self::ApplicationSessionEnded
            | Self::UserUnlocked
            | Self::AccessDenied => "notice",
            Self::SessionInvalidated
            | Self::EmailChanged
            | Self::TwoFactorDisabled
            | Self::RecoveryCodeUsed
            | Self::MemberDisabled
            | Self::MemberRemoved
            | Self::RetentionChanged
            | Self::SecondFactorRequired
            | Self::SecondFactorOptional
            | Self::WebhookChanged
            | Self::WebhookRemoved
            | Self::ApplicationRegistered
            | Self::ApplicationChanged
            | Self::ApplicationSecretMade
            | Self::ApplicationSecretRevoked
            | Self::ApplicationRemoved
            | Self::ApplicationRefused
            | Self::InstanceEpochRaised => "warning",
            Self::RememberedDeviceReused
            | Self::AuthenticatorOff
            | Self::ApplicationTokenReused => "alert",
        }
    }
}

/// What an event's category may be, for filters.
pub const CATEGORIES: [&str; 9] = [
    "users",
    "sign_in",
    "sessions",
    "credentials",
    "account",
    "members",
    "applications",
    "audit",
    "access",
];

/// What an event's severity may be, the least first.
pub const SEVERITIES: [&str; 4] = ["info", "notice", "warning", "alert"];

/// The place of a severity among them: 0 for info.
pub(crate) fn severity_rank(severity: &str) -> Option<i64> {
    let at = SEVERITIES.iter().position(|s| *s == severity)?;
    i64::try_from(at).ok()
}

/// Who did it.
#[derive(Debug, Clone, Copy)]
pub enum Actor<'a> {
    User(&'a UserId),
    /// An anonymous visitor.
    Anonymous,
    /// The operator, with the `curfew` command on the machine.
    Operator,
    /// Curfew itself, by what an account has set.
    System,
}

impl Actor<'_> {
    pub(super) fn stored(self) -> String {
        match self {
            Self::User(id) => format!("user:{}", id.0),
            Self::Anonymous => "anonymous".into(),
            Self::Operator => "operator".into(),
            Self::System => "system".into(),
        }
    }
}

/// An event to be recorded.
#[derive(Debug, Clone)]
pub struct Event<'a> {
    pub(super) action: Action,
    pub(super) actor: Actor<'a>,
    pub(super) account: Option<&'a AccountId>,
    pub(super) subject: Option<&'a UserId>,
    pub(super) parent: Option<&'a EventId>,
    pub(super) details: Value,
    id: Option<&'a EventId>,
}

impl<'a> Event<'a> {
    /// An event of the instance, about no user, without details.
    #[must_use]
    pub fn of(action: Action, actor: Actor<'a>) -> Self {
        Self {
            action,
            actor,
            account: None,
            subject: None,
            parent: None,
            details: json!({}),
            id: None,
        }
    }

    /// Puts it in the account's chain.
    #[must_use]
    pub fn in_account(mut self, account: &'a AccountId) -> Self {
        self.account = Some(account);
        self
    }

    /// Says whom it was done to.
    #[must_use]
    pub fn about(mut self, subject: &'a UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says which event it follows from, one of the same account.
    #[must_use]
    pub fn under(mut self, parent: &'a EventId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Sets the details, a JSON object.
    #[must_use]
    pub fn with(mut self, details: Value) -> Self {
        self.details = details;
        self
    }

    /// Gives it the id that was promised for it.
    #[must_use]
    pub(crate) fn with_id(mut self, id: &'a EventId) -> Self {
        self.id = Some(id);
        self
    }

    /// The event as it will be stored, but for its place in the chain.
    pub(crate) fn unchained(self, client: &Client, now: Moment) -> Unchained {
        Unchained {
            id: self.id.cloned().unwrap_or_else(|| EventId(now.id())),
            parent: self.parent.map(|event| event.0.clone()),
            chain: self.account.map_or(INSTANCE, AccountId::as_str).to_owned(),
            at: now.at,
            action: self.action,
            actor: self.actor.stored(),
            subject: self.subject.map(|user| user.0.clone()),
            ip: client.ip.map(|ip| ip.to_string()),
            user_agent: client.user_agent.clone(),
            request_id: client.request_id.clone(),
            details: self.details.to_string(),
        }
    }

    /// Adds to the details.
    pub(crate) fn and(mut self, more: &Value) -> Self {
        if let (Some(details), Some(more)) = (self.details.as_object_mut(), more.as_object()) {
            details.extend(more.clone());
        }
        self
    }
}

/// An event that an operation has recorded and its commit will put into a chain.
#[derive(Debug)]
pub(crate) struct Unchained {
    pub(crate) id: EventId,
    pub(super) parent: Option<String>,
    pub(super) chain: String,
    pub(super) at: UnixMillis,
    pub(super) action: Action,
    pub(super) actor: String,
    pub(super) subject: Option<String>,
    pub(super) ip: Option<String>,
    pub(super) user_agent: String,
    pub(super) request_id: Option<String>,
    pub(super) details: String,
}

impl Unchained {
    /// Whose sessions it may have changed, for the commit to say. None for a sign-in, because PostgreSQL's NOTIFY lets only
    /// one commit run at a time: one that ends another session says so itself, and the rest is told after the commit.
    pub(crate) fn change(&self) -> Option<Change> {
        self.change_later().filter(|_| self.action != Action::Login)
    }

    /// The same, as it is told after the commit: a sign-in shows on the user's open pages.
    pub(crate) fn change_later(&self) -> Option<Change> {
        Change::of_event(self.action.name(), self.subject.as_deref(), &self.chain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own_a_category_and_a_severity() {
        for action in Action::ALL {
            assert!(CATEGORIES.contains(&action.category()), "{action:?}");
            assert!(SEVERITIES.contains(&action.severity()), "{action:?}");
            assert_eq!(Action::named(action.name()), Some(action));
        }
        assert_eq!(Action::named("user.unknown"), None);
        assert_eq!(severity_rank("alert"), Some(3));
        assert_eq!(severity_rank("loud"), None);
    }
}
