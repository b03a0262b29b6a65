//! The last step of every way in: the session, the remembered device, the known browser, the event.

use serde_json::json;

use super::{In, Ticket};
use crate::{
    attempts::{self, Browser},
    audit::{self, Action, Actor, Client, Event},
    db::Tx,
    keys::Keys,
    limits::Limits,
    not_me, remember_me,
    secret::Token,
    sessions::{self, How, SecondFactor},
    time::Moment,
    users::{Locked, UserId},
};

/// Somebody who has shown all that was owed.
pub(super) struct Entering<'a> {
    pub user: &'a UserId,
    pub locked: &'a Locked,
    pub second_factor: Option<SecondFactor>,
    pub ticket: Ticket<'a>,
}

/// Starts the session. The caller holds the person's lock and has compared the epoch.
pub(super) async fn let_in(
    tx: &mut Tx,
    keys: &Keys,
    entering: Entering<'_>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<In, sqlx::Error> {
    let Entering {
        user,
        locked,
        second_factor,
        ticket,
    } = entering;
    let (device, remembered) = if ticket.remember_me {
        let (device, cookie) =
            remember_me::issue(tx, user, locked.epoch, client, limits, now).await?;
        (Some(device), Some(cookie))
    } else {
        (None, None)
    };
    let from = sessions::From {
        user,
        epoch: locked.epoch,
        how: How::Password,
        second_factor,
        remembered_device: device.as_deref(),
    };
    let session = sessions::start(tx, from, client, limits, now).await?;
    let from = Browser::of(tx, user, ticket.known_device, client).await?;
    if !from.is_known()
        && attempts::has_signed_in_before(tx, user).await?
        && attempts::may_tell_of_a_new_device(tx, user, limits, now).await?
    {
        not_me::tell(tx, keys, (user, locked), &session.id, client, limits, now).await?;
    }
    let known_device = ticket.known_device.cloned().unwrap_or_else(Token::random);
    attempts::know_device(tx, user, &known_device, now).await?;
    attempts::forget_passwords(tx, user).await?;
    let event = Event::of(Action::Login, Actor::User(user), client)
        .in_account(&locked.account_id)
        .about(user)
        .with(json!({
            "how": "password",
            "second_factor": second_factor.map(SecondFactor::name),
            "remember_me": ticket.remember_me,
        }));
    audit::record(tx, event, now).await?;
    Ok(In {
        user: user.clone(),
        session,
        remembered,
        known_device,
        next: ticket.next.to_owned(),
    })
}
