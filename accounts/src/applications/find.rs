//! Looking applications up: by client id, by host, and an account's.

use super::{Application, application::application};
use crate::{
    db::Conn,
    ids::{AccountId, ApplicationId, is_id},
    on,
};

/// The application with that client id, if it is registered.
///
/// # Errors
/// When the database is unavailable.
pub async fn find(conn: &mut Conn, id: &ApplicationId) -> Result<Option<Application>, sqlx::Error> {
    if !is_id(&id.0) {
        return Ok(None);
    }
    on!(conn, c => sqlx::query_as(concat!(
        "select ", application!(), " from applications a where a.id = $1 and a.removed_at is null"))
        .bind(id)
        .fetch_optional(c)
        .await)
}

/// The gate's application at that host: `wiki.example.com`, with the port where it is not the scheme's.
///
/// # Errors
/// When the database is unavailable.
pub async fn find_gate(conn: &mut Conn, host: &str) -> Result<Option<Application>, sqlx::Error> {
    if host.contains('\0') {
        return Ok(None);
    }
    on!(conn, c => sqlx::query_as(concat!(
        "select ", application!(), " from application_hosts h join applications a on a.id = h.application_id
         where h.host = $1 and h.kind = 'gate' and a.removed_at is null"))
        .bind(host)
        .fetch_optional(c)
        .await)
}

/// An account's applications by their names.
///
/// # Errors
/// When the database is unavailable.
pub async fn list(conn: &mut Conn, account: &AccountId) -> Result<Vec<Application>, sqlx::Error> {
    on!(conn, c => sqlx::query_as(concat!(
        "select ", application!(), " from applications a
         where a.account_id = $1 and a.removed_at is null order by lower(a.name), a.id limit 500"))
        .bind(account)
        .fetch_all(c)
        .await)
}

/// The redirect addresses of an application.
///
/// # Errors
/// When the database is unavailable.
pub async fn redirects(conn: &mut Conn, id: &ApplicationId) -> Result<Vec<String>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select address from application_redirects where application_id = $1 order by address")
        .bind(id)
        .fetch_all(c)
        .await)
}

/// The hosts that belong to an application.
///
/// # Errors
/// When the database is unavailable.
pub async fn hosts(conn: &mut Conn, id: &ApplicationId) -> Result<Vec<String>, sqlx::Error> {
    on!(conn, c => sqlx::query_scalar(
        "select host from application_hosts where application_id = $1 order by host")
        .bind(id)
        .fetch_all(c)
        .await)
}
