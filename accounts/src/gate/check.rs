//! Whether a request for an application behind a proxy is let through, and as which user.

use sqlx::FromRow;

use crate::{
    applications::OpenPaths,
    ids::{SessionId, UserId},
    instance::Reader,
    live::{live_session, owes_second_factor},
    on,
    roles::Role,
    secret::Token,
    time::UnixMillis,
};

/// What a proxy asks about.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The host that the browser named, as applications are registered: lower case, with the port where that is not
    /// the scheme's.
    pub host: &'a str,
    /// The path as it was sent.
    pub path: &'a str,
    /// Whether it is a CORS preflight, which carries no cookie (Fetch standard, 3.3.5).
    pub is_preflight: bool,
    /// The gate's cookie on that host.
    pub cookie: Option<&'a Token>,
}

/// The user whom a request is let through as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    pub user: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub session: SessionId,
    pub last_active_at: UnixMillis,
}

/// What the proxy is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No application is at that host.
    UnknownHost,
    /// Let it through as this user.
    Admitted(Admitted),
    /// Let it through as no user: it is open to all.
    Open,
    /// A sign-in is needed.
    SignIn,
    /// The user may not use the application.
    NotAllowed,
    /// The user's account requires a second factor, and they have none.
    SecondFactorRequired,
}

#[derive(FromRow)]
struct Row {
    open_paths: String,
    passes_preflights: bool,
    user_id: Option<UserId>,
    email: Option<String>,
    name: Option<String>,
    role: Option<Role>,
    session: Option<SessionId>,
    last_active_at: Option<UnixMillis>,
    allowed: bool,
    owes_second_factor: bool,
}

/// Checks one request. One read, nothing written, nothing cached.
///
/// # Errors
/// When the database is unavailable. That is never "sign in".
pub async fn check(conn: &mut Reader, asked: Asked<'_>) -> Result<Verdict, sqlx::Error> {
    let (now, idle) = (conn.now.at, conn.idle_since());
    let row: Option<Row> = on!(conn, c => sqlx::query_as(concat!(
        "select a.open_paths, a.passes_preflights, u.id as user_id, u.email, u.name, u.role, s.id as session,
                s.last_active_at, coalesce(", admits!(), ", false) as allowed, coalesce(", owes_second_factor!(), ", false) as owes_second_factor
         from application_hosts h join applications a on a.id = h.application_id
         left join gate_cookies c on c.token_hash = $4
         left join application_sessions x on x.id = c.application_session_id and x.application_id = a.id
              and x.ended_at is null
         left join users u on u.id = x.user_id and u.epoch = x.epoch
         left join sessions s on s.id = x.session_id and s.user_id = u.id and ", live_session!("$1", "$2"), "
         where h.host = $3 and h.kind = 'gate' and a.removed_at is null"))
        .bind(now)
        .bind(idle)
        .bind(asked.host)
        // Null without a cookie: then the same statement finds no session.
        .bind(asked.cookie.map(Token::hash))
        .fetch_optional(c)
        .await)?;
    Ok(row.map_or(Verdict::UnknownHost, |row| row.judge(&asked)))
}

impl Row {
    fn judge(self, asked: &Asked<'_>) -> Verdict {
        let is_open = OpenPaths::stored(&self.open_paths).open(asked.path)
            || (asked.is_preflight && self.passes_preflights);
        let (allowed, owes) = (self.allowed, self.owes_second_factor);
        match self.admitted() {
            Some(admitted) if allowed => Verdict::Admitted(admitted),
            _ if is_open => Verdict::Open,
            Some(_) if owes => Verdict::SecondFactorRequired,
            Some(_) => Verdict::NotAllowed,
            None => Verdict::SignIn,
        }
    }

    fn admitted(self) -> Option<Admitted> {
        Some(Admitted {
            user: self.user_id?,
            email: self.email?,
            name: self.name?,
            role: self.role?,
            session: self.session?,
            last_active_at: self.last_active_at?,
        })
    }
}
