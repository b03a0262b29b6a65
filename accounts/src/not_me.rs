//! "This wasn't me": the link in a letter about a new device. Whoever reads the letter ends everything
//! with it, on every device and without signing in. It grants nothing else.

use sqlx::FromRow;

use crate::{
    audit::Client,
    db::{Conn, Tx},
    keys::Keys,
    letters::{self, Letter, News},
    limits::Limits,
    mail_links::{self, About, Purpose},
    on,
    plans::Feature,
    secret::Token,
    sessions::{self, By, EndAll, EndAllError, Facts, FromWhere, SessionId},
    time::{Moment, UnixMillis},
    users::{self, Locked, UserId},
};

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum NotMeError {
    /// Used, too old, or everything has been logged out since, and the new device with it.
    #[error("this link is over")]
    Over,
    #[error(transparent)]
    Press(#[from] EndAllError),
    #[error("the store is away")]
    Store(#[from] sqlx::Error),
}

/// The sign-in that a letter told of.
#[derive(Debug, Clone, FromRow)]
pub struct SignIn {
    pub user_agent: String,
    pub ip: Option<String>,
    pub started_at: UnixMillis,
}

/// What whoever opens the link is shown before they decide.
#[derive(Debug, Clone)]
pub struct Asked {
    pub user_id: UserId,
    /// None when the session is gone from the store.
    pub sign_in: Option<SignIn>,
    pub facts: Facts,
}

/// Tells the person of a sign-in on a new device, with the link where their plan has remote logout.
/// The caller holds the person's lock.
pub(crate) async fn tell(
    tx: &mut Tx,
    keys: &Keys,
    (user, locked): (&UserId, &Locked),
    session: &SessionId,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), sqlx::Error> {
    let letter = Letter::new(News::NewDevice, client);
    if !locked.plan.has(Feature::RemoteLogout) {
        return letters::post(tx, &locked.email, &letter, now).await;
    }
    let person = Some((user, locked.epoch));
    let about = About {
        email: None,
        session: Some(session),
    };
    let (token, until) = mail_links::issue(tx, Purpose::NotMe, person, about, limits, now).await?;
    letters::post_with_link(tx, keys, &locked.email, &letter, &token, until, now).await
}

/// What the link is about, while it stands. Looking changes nothing.
///
/// # Errors
/// When the store is away.
pub async fn look_up(
    conn: &mut Conn,
    link: &Token,
    limits: &Limits,
    now: Moment,
) -> Result<Option<Asked>, sqlx::Error> {
    let Some(found) = mail_links::find(conn, Purpose::NotMe, link, now).await? else {
        return Ok(None);
    };
    let sign_in = on!(conn, c => sqlx::query_as("select user_agent, ip, started_at from sessions where id = $1")
        .bind(&found.session_id)
        .fetch_optional(c)
        .await)?;
    let facts = sessions::facts(conn, &found.user_id, limits, now).await?;
    Ok(Some(Asked {
        user_id: found.user_id,
        sign_in,
        facts,
    }))
}

/// Ends every session and remembered device of the person whom the letter went to. Once: the epoch that
/// rises takes the link along, and every other one.
///
/// # Errors
/// See [`NotMeError`]; whatever it is, nothing has changed.
pub async fn press(
    tx: &mut Tx,
    link: &Token,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(UserId, EndAll), NotMeError> {
    let purpose = Purpose::NotMe;
    let found = mail_links::find(tx, purpose, link, now).await?;
    let user = found.ok_or(NotMeError::Over)?.user_id;
    users::lock(tx, &user).await?.ok_or(NotMeError::Over)?;
    // Asked again under the lock: another click, or a press, has either committed or not begun.
    mail_links::find(tx, purpose, link, now)
        .await?
        .ok_or(NotMeError::Over)?;
    mail_links::spend(tx, link, now).await?;
    let (by, from) = (By::Member(&user), FromWhere::Letter);
    let ended = sessions::end_all(tx, &user, by, from, client, limits, now).await?;
    Ok((user, ended))
}
