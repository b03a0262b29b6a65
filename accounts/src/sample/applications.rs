//! The sample applications: one that can be told and one behind a gate, with a sign-in at each.

use crate::{
    applications::{
        Details, Kind, OwnHost, Scope, register_by_operator,
        sessions::{NewApplicationSession, start},
    },
    client::Client,
    ids::{SessionId, UserId},
    instance::Instance,
    on,
    operation::Operation,
    time::Moment,
};

use super::error::DemoError;

/// Registers them in the account of that user, who is signed in at both from their newest session.
pub(super) async fn add_applications(
    instance: &Instance,
    user: &UserId,
    now: Moment,
) -> Result<(), DemoError> {
    let cloud = Details {
        preset: Some("nextcloud".into()),
        redirects: vec!["https://cloud.demo.example/apps/user_oidc/code".into()],
        logout_address:
            "https://cloud.demo.example/index.php/apps/user_oidc/backchannel-logout/Curfew".into(),
        ..Details::new(Kind::OpenId, "Cloud")
    };
    let wiki = Details {
        address: "https://wiki.demo.example".into(),
        open_paths: vec!["/public".into()],
        ..Details::new(Kind::Gate, "Wiki")
    };
    let mut op = Operation::begin(instance, &Client::default(), now).await?;
    let account = crate::users::find(&mut op, user)
        .await?
        .map(|user| user.account_id);
    let Some(account) = account else {
        return Ok(());
    };
    // The sample accounts may not be the first of the install.
    op.limits.applications_for = crate::limits::ApplicationsFor::AllAccounts;
    let mut registered = Vec::new();
    for details in [cloud, wiki] {
        let made =
            register_by_operator(&mut op, &account, &details, &OwnHost(String::new())).await?;
        registered.push(made.application.id);
    }
    let newest: Option<SessionId> = on!(&mut op, c => sqlx::query_scalar(
        "select s.id from sessions s join users u on u.id = s.user_id
         where u.id = $1 and s.ended_at is null and s.epoch = u.epoch order by s.last_active_at desc limit 1")
        .bind(user)
        .fetch_optional(c)
        .await)?;
    if let (Some(session), Some(user)) = (newest, op.lock_user(user).await?) {
        for application in &registered {
            let new = NewApplicationSession {
                user: &user,
                session: &session,
                application,
                scope: &Scope::parse("openid profile email"),
                is_offline: false,
                authenticated_at: now.at,
                second_factor: None,
            };
            start(&mut op, new).await?;
        }
    }
    op.commit().await?;
    Ok(())
}
