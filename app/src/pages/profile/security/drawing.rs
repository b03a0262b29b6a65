//! What Profile → Security shows besides remote logout: what its islands begin with, and the picture, which only the
//! server draws.

use accounts::{
    applications::mine, db::DatabaseError, instance::Reader, sessions, sessions::SignedIn,
};
use leptos::prelude::*;

use super::{
    activity::{self, Activity},
    applications,
    asked::Asked,
    curfew_card::{CurfewCard, Curfews, zones},
    devices::{self, Devices},
    timeline,
};
use crate::{
    boot::boot,
    context::{Presence, curfew as install, now, visit},
    error::{AppError, Code},
    flash::{Flash, Refused},
    pages::profile::two_factor::{TwoFactor, TwoFactorState},
    parts::{
        notice::{Notice, Tone},
        plain::said,
    },
};

/// Sessions in the picture.
const IN_PICTURE: i64 = 120;

/// The sections.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
pub(super) fn drawing(
    asked: Asked,
) -> impl Future<Output = Result<AnyView, AppError>> + Send + 'static {
    // The request's context is read here, because the future may run on without it.
    let (install, visit, now) = (install(), visit(), now());
    let notice = notice();
    async move {
        let (install, visit) = (install?, visit?);
        let Presence::SignedIn(me) = visit.presence else {
            return Err(AppError::not_signed_in());
        };
        let mut conn = install.instance.read(now).await?;
        let sections = sections(&mut conn, &me, asked).await?;
        Ok(view! {
            {notice}
            {sections}
        }
        .into_any())
    }
}

async fn sections(
    conn: &mut Reader,
    me: &SignedIn,
    asked: Asked,
) -> Result<AnyView, DatabaseError> {
    let now = conn.now;
    let since = now.at - timeline::SPAN;
    let past = sessions::history(conn, &me.user.id, since, IN_PICTURE).await?;
    let remote_logouts = sessions::remote_logouts(conn, &me.user.id, since).await?;
    let list = devices::read(conn, me, &asked).await?;
    let mine = mine(conn, &me.user.id).await?;
    // It can't be set by a user who owes a second factor.
    let curfews = if me.user.owes_second_factor() {
        None
    } else {
        Some(Curfews::read(conn, me).await?)
    };
    let entries = activity::of(conn, me, asked.before).await?;
    let status = TwoFactorState::read(conn, me).await?;
    Ok(view! {
        <TwoFactor status />
        <Devices list asked=asked.clone() />
        {applications::section(mine)}
        {timeline::section(&past, &remote_logouts, now)}
        {curfews
            .map(|curfews| {
                view! {
                    <CurfewCard curfews />
                    {zones()}
                }
            })}
        <Activity entries asked />
    }
    .into_any())
}

/// What the last operation has to say, also where a form was refused.
fn notice() -> AnyView {
    match boot().flash {
        Some(Flash::Form(refused)) => why(&refused).into_any(),
        _ => said().into_any(),
    }
}

/// Why a form that the browser has sent was refused.
fn why(refused: &Refused) -> impl IntoView + use<> {
    let error = refused.error.clone();
    let text = (error.code != Code::ValidationFailed)
        .then(|| "Nothing was changed.".to_owned())
        .filter(|_| !error.message.contains("Nothing was changed"));
    match text {
        Some(text) => view! { <Notice tone=Tone::Danger title=error.message text /> }.into_any(),
        None => view! { <Notice tone=Tone::Danger title=error.message /> }.into_any(),
    }
}
