//! The last step of every way in: the session, the remembered device, the known browser, the event.

use serde_json::json;

use super::{CompletedSignIn, SignInOptions};
use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    keys::Keys,
    limits::Limits,
    not_me,
    rate_limits::{self, Browser},
    remember_me,
    secret::Token,
    sessions::{self, AuthMethod, SecondFactor},
    time::Moment,
    users::{Locked, UserId},
};

/// Somebody who has shown all that was owed.
pub(super) struct CompletingSignIn<'a> {
    pub user: &'a UserId,
    pub locked: &'a Locked,
    pub second_factor: Option<SecondFactor>,
    pub options: SignInOptions<'a>,
}

/// Starts the session. The caller holds the user's lock and has compared the epoch.
pub(super) async fn complete_sign_in(
    tx: &mut Tx,
    keys: &Keys,
    completing: CompletingSignIn<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<CompletedSignIn, sqlx::Error> {
    let CompletingSignIn {
        user,
        locked,
        second_factor,
        options,
    } = completing;
    let (device, remembered) = if options.remember_me {
        let (device, cookie) =
            remember_me::issue(tx, user, locked.epoch, client, limits, now).await?;
        (Some(device), Some(cookie))
    } else {
        (None, None)
    };
    let from = sessions::NewSession {
        user,
        epoch: locked.epoch,
        how: AuthMethod::Password,
        second_factor,
        remembered_device: device.as_deref(),
    };
    let session = sessions::start(tx, from, client, limits, now).await?;
    let from = Browser::of(tx, user, options.known_device, client).await?;
    if !from.is_known()
        && rate_limits::has_signed_in_before(tx, user).await?
        && rate_limits::may_tell_of_a_new_device(tx, user, limits, now).await?
    {
        not_me::tell(tx, keys, (user, locked), &session.id, client, limits, now).await?;
    }
    let known_device = options.known_device.cloned().unwrap_or_else(Token::random);
    rate_limits::know_device(tx, user, &known_device, now).await?;
    rate_limits::clear_password_failures(tx, user).await?;
    let event = Event::of(Action::Login, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({
            "how": "password",
            "second_factor": second_factor.map(SecondFactor::name),
            "remember_me": options.remember_me,
        }));
    audit::record(tx, event, now).await?;
    Ok(CompletedSignIn {
        user: user.clone(),
        session,
        remembered,
        known_device,
        next: options.next.to_owned(),
    })
}
