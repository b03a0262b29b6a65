//! The curfew: a daily time at which a user's sessions end by themselves.
//!
//! A session is dead from the first curfew after it started, whatever its row says: that is worked
//! out whenever it is looked up, so it holds on every node and needs no job. [`end_due`] only marks
//! the rows. A remembered device from before goes too, or it would sign its browser in again.

use jiff::{
    Timestamp,
    civil::Time,
    tz::{Disambiguation, TimeZone},
};
use serde_json::json;
use sqlx::FromRow;

use crate::{
    audit::{self, Action, Actor, Client, Event},
    db::{Conn, Db, Tx},
    limits::Limits,
    members, on,
    sessions::{self, EndReason, SignedIn},
    time::{Moment, UnixMillis},
    users::{self, Role, UserId},
};

/// A time of day somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curfew {
    hour: i8,
    minute: i8,
    zone: TimeZone,
}

/// Why a curfew is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CurfewError {
    #[error("{0}")]
    Time(&'static str),
    #[error("{0}")]
    Zone(&'static str),
    /// Only owners and admins set their account's.
    #[error("this takes an owner or an admin")]
    NotAllowed,
    #[error("this session has ended already")]
    AlreadyEnded,
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

impl Curfew {
    /// From what was typed: `22:30` and `Europe/Berlin`.
    ///
    /// # Errors
    /// [`CurfewError::Time`] or [`CurfewError::Zone`].
    pub fn typed(time: &str, zone: &str) -> Result<Self, CurfewError> {
        let time = time.trim();
        let number = |part: &str| {
            let digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i8>().ok().filter(|_| digits)
        };
        let parsed = time
            .split_once(':')
            .and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)))
            .filter(|(hour, minute)| *hour < 24 && *minute < 60);
        let Some((hour, minute)) = parsed else {
            return Err(CurfewError::Time("Enter a time like 22:30."));
        };
        let zone = zone.trim();
        let named = zone.len() <= 64 && zone.bytes().all(|b| b.is_ascii_graphic());
        let zone = TimeZone::get(zone)
            .ok()
            .filter(|_| named && !zone.is_empty());
        let zone = zone.ok_or(CurfewError::Zone("Choose a time zone like Europe/Berlin."))?;
        Ok(Self { hour, minute, zone })
    }

    fn stored(at: i64, zone: &str) -> Option<Self> {
        Some(Self {
            hour: i8::try_from(at / 60).ok()?,
            minute: i8::try_from(at % 60).ok()?,
            zone: TimeZone::get(zone).ok()?,
        })
    }

    /// `22:30`.
    #[must_use]
    pub fn time(&self) -> String {
        format!("{:02}:{:02}", self.hour, self.minute)
    }

    /// `Europe/Berlin`.
    #[must_use]
    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    fn minutes(&self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    /// The curfews of the days around `at`, one a calendar day. On the day on which clocks are put
    /// forward over it, it is as much later as they are; where a clock shows it twice, it is the
    /// first time.
    fn around(&self, at: UnixMillis) -> impl Iterator<Item = UnixMillis> {
        let here = Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned(self.zone.clone());
        let today = here.date();
        let time = Time::new(self.hour, self.minute, 0, 0).unwrap_or_default();
        (-2..=2).filter_map(move |days| {
            let day = today.checked_add(jiff::Span::new().days(days)).ok()?;
            let there = self.zone.to_ambiguous_zoned(day.to_datetime(time));
            let there = there.disambiguate(Disambiguation::Compatible).ok()?;
            Some(UnixMillis(there.timestamp().as_millisecond()))
        })
    }

    /// The first curfew after `at`.
    #[must_use]
    pub fn next(&self, at: UnixMillis) -> Option<UnixMillis> {
        self.around(at).filter(|curfew| *curfew > at).min()
    }

    /// The last curfew up to `at`.
    #[must_use]
    pub fn last(&self, at: UnixMillis) -> Option<UnixMillis> {
        self.around(at).filter(|curfew| *curfew <= at).max()
    }
}

/// The curfews that hold for a user, as a look-up brings them along. Part of a row that joins
/// users `u` and accounts `a`; the names of its columns are [`columns!`].
#[derive(Debug, Clone, Default, FromRow)]
pub(crate) struct Held {
    curfew_at: Option<i64>,
    curfew_zone: Option<String>,
    curfew_since: Option<UnixMillis>,
    account_curfew_at: Option<i64>,
    account_curfew_zone: Option<String>,
    account_curfew_since: Option<UnixMillis>,
}

macro_rules! columns {
    () => {
        "u.curfew_at, u.curfew_zone, u.curfew_since, a.curfew_at as account_curfew_at,
         a.curfew_zone as account_curfew_zone, a.curfew_since as account_curfew_since"
    };
}
pub(crate) use columns;

impl Held {
    /// Each with the time since which it holds.
    fn each(&self) -> impl Iterator<Item = (Curfew, UnixMillis)> {
        [
            (self.curfew_at, &self.curfew_zone, self.curfew_since),
            (
                self.account_curfew_at,
                &self.account_curfew_zone,
                self.account_curfew_since,
            ),
        ]
        .into_iter()
        .filter_map(|(at, zone, since)| Some((Curfew::stored(at?, zone.as_ref()?)?, since?)))
    }

    /// When something that started at `started` ends by curfew.
    pub(crate) fn ends(&self, started: UnixMillis) -> Option<UnixMillis> {
        self.each()
            .filter_map(|(curfew, since)| curfew.next(started.max(since)))
            .min()
    }

    /// What started before this is over at `now`.
    fn cut(&self, now: Moment) -> UnixMillis {
        self.each()
            .filter_map(|(curfew, since)| curfew.last(now.at).filter(|last| *last > since))
            .max()
            .unwrap_or(UnixMillis(0))
    }
}

/// What started before this is over: the user's last curfew, or 0.
pub(crate) async fn cut(
    conn: &mut Conn,
    user: &UserId,
    now: Moment,
) -> Result<UnixMillis, sqlx::Error> {
    let held = held(conn, user).await?;
    Ok(held.map_or(UnixMillis(0), |held| held.cut(now)))
}

async fn held(conn: &mut Conn, user: &UserId) -> Result<Option<Held>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(concat!(
        "select ", columns!(), " from users u join accounts a on a.id = u.account_id where u.id = $1"))
        .bind(user)
        .fetch_optional(c)
        .await)
}

/// The user's own curfew and their account's.
///
/// # Errors
/// When the database is unavailable.
pub async fn of(
    conn: &mut Conn,
    user: &UserId,
) -> Result<(Option<Curfew>, Option<Curfew>), sqlx::Error> {
    let held = held(conn, user).await?.unwrap_or_default();
    let curfew = |at: Option<i64>, zone: Option<&String>| Curfew::stored(at?, zone?);
    Ok((
        curfew(held.curfew_at, held.curfew_zone.as_ref()),
        curfew(held.account_curfew_at, held.account_curfew_zone.as_ref()),
    ))
}

/// Whose curfew is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Mine,
    /// Everybody's in the account.
    Account,
}

/// Sets or removes a curfew. It holds from the next time on: nobody is signed out by setting it.
///
/// # Errors
/// [`CurfewError::NotAllowed`], [`CurfewError::AlreadyEnded`]; nothing has changed then.
pub async fn set(
    tx: &mut Tx,
    me: &SignedIn,
    whose: Whose,
    curfew: Option<&Curfew>,
    client: &Client,
    limits: &Limits,
    now: Moment,
) -> Result<(), CurfewError> {
    // The account before its users, and they before the audit chain, as everywhere.
    let users = match whose {
        Whose::Mine => vec![me.user.id.clone()],
        Whose::Account => members::lock_with_users(tx, &me.user.account_id).await?,
    };
    let locked = sessions::lock_live(tx, me, limits, now)
        .await?
        .ok_or(CurfewError::AlreadyEnded)?;
    let (sql, id, action) = match whose {
        Whose::Mine => (
            "update users set curfew_at = $2, curfew_zone = $3, curfew_since = $4 where id = $1",
            me.user.id.0.as_str(),
            Action::CurfewSet,
        ),
        Whose::Account => (
            "update accounts set curfew_at = $2, curfew_zone = $3, curfew_since = $4 where id = $1",
            locked.account_id.0.as_str(),
            Action::AccountCurfewSet,
        ),
    };
    if whose == Whose::Account {
        // Asked under the lock: the role may have changed since the door.
        let user = users::find(tx, &me.user.id).await?;
        if !user.is_some_and(|u| matches!(u.role, Role::Owner | Role::Admin)) {
            return Err(CurfewError::NotAllowed);
        }
    }
    // What the curfew that goes has ended is dead for good, marked or not.
    for person in &users {
        end_cut(tx, person, now).await?;
    }
    on!(tx, c => sqlx::query(sql)
        .bind(id)
        .bind(curfew.map(Curfew::minutes))
        .bind(curfew.map(Curfew::zone))
        .bind(curfew.map(|_| now.at))
        .execute(c)
        .await
        .map(|_| ()))?;
    let details = match curfew {
        Some(curfew) => json!({ "time": curfew.time(), "zone": curfew.zone() }),
        None => json!({ "time": null }),
    };
    let mut event = Event::of(action, Actor::User(&me.user.id), client)
        .in_account(&locked.account_id)
        .with(details);
    if whose == Whose::Mine {
        event = event.about(&me.user.id);
    }
    audit::record(tx, event, now).await?;
    Ok(())
}

/// Marks what a curfew has ended, for whoever reads the rows. Safe on several nodes at once.
///
/// # Errors
/// When the database is unavailable. Those marked before stay so.
pub async fn end_due(db: &Db, now: Moment) -> Result<u64, sqlx::Error> {
    let users: Vec<UserId> = on!(&mut db.read().await?, c => sqlx::query_scalar(
        "select u.id from users u join accounts a on a.id = u.account_id
         where (u.curfew_at is not null or a.curfew_at is not null)
           and (exists (select 1 from sessions s where s.user_id = u.id and s.ended_at is null)
                or exists (select 1 from remembered_devices d where d.user_id = u.id and d.ended_at is null))")
        .fetch_all(c)
        .await)?;
    let mut ended = 0;
    for user in users {
        let mut tx = db.write().await?;
        users::lock(&mut tx, &user).await?;
        ended += end_cut(&mut tx, &user, now).await?;
        tx.commit().await?;
    }
    Ok(ended)
}

/// Marks what a user's curfew has ended. The caller holds the user's lock.
pub(crate) async fn end_cut(tx: &mut Tx, user: &UserId, now: Moment) -> Result<u64, sqlx::Error> {
    let cut = cut(tx, user, now).await?;
    if cut == UnixMillis(0) {
        return Ok(0);
    }
    let mut ended = 0;
    for sql in [
        "update sessions set ended_at = $2, end_reason = $3
         where user_id = $1 and ended_at is null and started_at < $2",
        "update remembered_devices set ended_at = $2, end_reason = $3
         where user_id = $1 and ended_at is null and created_at < $2",
    ] {
        ended += on!(tx, c => sqlx::query(sql)
            .bind(user)
            .bind(cut)
            .bind(EndReason::Curfew)
            .execute(c)
            .await
            .map(|done| done.rows_affected()))?;
    }
    Ok(ended)
}
