//! Who may use an application: looked up at each use, so that a lost role counts at once.

use sqlx::FromRow;

use super::{Access, Application};
use crate::{
    db::Conn,
    execute,
    ids::{ApplicationId, SessionId, UserId},
    live::{may_use_application, second_factor_shown},
    on,
    operation::Operation,
    roles::Role,
};

/// Whether the user may use the application now. A second factor that it requires is a matter of the session.
///
/// # Errors
/// When the database is unavailable.
pub async fn may_use(
    conn: &mut Conn,
    application: &ApplicationId,
    user: &UserId,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(concat!(
        "select count(*) from applications a, users u where a.id = $1 and u.id = $2 and ", may_use_application!()))
        .bind(application)
        .bind(user)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

/// Whether the session has shown the second factor that the application requires; true where it requires none.
///
/// # Errors
/// When the database is unavailable.
pub async fn has_shown_second_factor(
    conn: &mut Conn,
    application: &ApplicationId,
    session: &SessionId,
) -> Result<bool, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar::<_, i64>(concat!(
        "select count(*) from applications a, sessions s where a.id = $1 and s.id = $2 and ", second_factor_shown!()))
        .bind(application)
        .bind(session)
        .fetch_one(c)
        .await)
    .map(|n| n > 0)
}

#[derive(FromRow)]
struct Row {
    kind: String,
    subject: String,
}

/// Who may use it, as it is set.
///
/// # Errors
/// When the database is unavailable.
pub async fn access(conn: &mut Conn, application: &Application) -> Result<Access, sqlx::Error> {
    if !application.is_for_chosen() {
        return Ok(Access::All);
    }
    let rows: Vec<Row> = on!(conn, c => sqlx::query_as(
        "select kind, subject from application_access where application_id = $1 order by kind, subject")
        .bind(&application.id)
        .fetch_all(c)
        .await)?;
    let (mut roles, mut users) = (Vec::new(), Vec::new());
    for row in rows {
        match (row.kind.as_str(), Role::of_key(&row.subject)) {
            ("role", Some(role)) => roles.push(role),
            _ => users.push(UserId(row.subject)),
        }
    }
    Ok(Access::Chosen { roles, users })
}

/// Writes down who may use it, in place of what was.
pub(super) async fn set_access(
    op: &mut Operation,
    application: &ApplicationId,
    access: &Access,
) -> Result<(), sqlx::Error> {
    execute!(
        op,
        "delete from application_access where application_id = $1",
        application
    )?;
    let Access::Chosen { roles, users } = access else {
        return Ok(());
    };
    let roles = roles.iter().map(|role| ("role", role.key()));
    let users = users.iter().map(|user| ("user", user.as_str()));
    for (kind, subject) in roles.chain(users) {
        execute!(
            op,
            "insert into application_access (application_id, kind, subject) values ($1, $2, $3)
             on conflict do nothing",
            application,
            kind,
            subject
        )?;
    }
    Ok(())
}
