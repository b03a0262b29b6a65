//! The last step of every sign-in: the session, the remembered device, the known browser, the event.

use serde_json::json;

use super::{CompletedSignIn, SignInOptions};
use crate::{
    audit::{Action, Actor, Event},
    known_devices::{self, Browser},
    not_me,
    operation::{LockedUser, Operation},
    rate_limits, remember_me,
    sessions::{self, AuthMethod, NewSession, SecondFactor},
};

/// Starts the session. The caller has compared the epoch with that of the evidence.
pub(super) async fn complete_sign_in(
    op: &mut Operation,
    user: &LockedUser,
    second_factor: Option<SecondFactor>,
    options: SignInOptions<'_>,
) -> Result<CompletedSignIn, sqlx::Error> {
    let (device, remembered) = if options.remember_me {
        let (device, cookie) = remember_me::issue(op, user).await?;
        (Some(device), Some(cookie))
    } else {
        (None, None)
    };
    let new = NewSession {
        user,
        auth_method: AuthMethod::Password,
        second_factor,
        remembered_device: device.as_deref(),
        given_with: None,
    };
    let session = sessions::start(op, new).await?;
    if Browser::of(op, &user.id).await?.is_new()
        && known_devices::has_signed_in_before(op, &user.id).await?
        && rate_limits::may_tell_of_a_new_device(op, user).await?
    {
        not_me::tell(op, user, &session.id).await?;
    }
    let device = known_devices::know(op, user).await?;
    rate_limits::clear_password_failures(op, &user.id).await?;
    let event = Event::of(Action::Login, Actor::User(&user.id))
        .in_account(&user.account_id)
        .about(&user.id)
        .with(json!({
            "how": "password",
            "second_factor": second_factor.map(SecondFactor::name),
            "remember_me": options.remember_me,
        }));
    op.record(event);
    Ok(CompletedSignIn {
        user: user.id.clone(),
        session,
        remembered,
        device,
        next: options.next.to_owned(),
    })
}
