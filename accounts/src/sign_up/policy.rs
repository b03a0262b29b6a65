//! Who may sign up, and what an install asks of who gets it.

use crate::{
    db::Conn,
    plans::Plan,
    secret::Secret,
    users::{is_claimed, is_without_users},
};

/// Who may sign up (`CURFEW_SIGN_UP`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUp {
    Open,
    /// Only the first user of a fresh install.
    First,
    Closed,
}

/// What a visitor may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Closed,
    Open,
    /// There is no user: who signs up now gets the install.
    First,
}

/// What a user shows who signs up while the install has none. It is not asked of the others.
#[derive(Debug, Clone, Copy)]
pub enum FirstUser<'a> {
    /// Nothing: they are at the machine itself, or its operator.
    AtTheMachine,
    /// The setup code, as it was typed.
    Shows(&'a Secret),
}

/// Who may sign up, and the plan of the account they get.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    pub sign_up: SignUp,
    pub plan: Plan,
    pub first: FirstUser<'a>,
}

/// What a visitor may do now. An install whose last user was deleted stays closed by default, and where all may sign up it
/// asks the next one for the setup code again: they get what the operator set up, and not only an account among others.
///
/// # Errors
/// When the database is unavailable.
pub async fn opening(conn: &mut Conn, policy: SignUp) -> Result<Opening, sqlx::Error> {
    Ok(match policy {
        SignUp::Closed => Opening::Closed,
        SignUp::First if is_claimed(conn).await? => Opening::Closed,
        SignUp::Open if !is_without_users(conn).await? => Opening::Open,
        SignUp::First | SignUp::Open => Opening::First,
    })
}

/// Two first sign-ups at once would both find no user. SQLite has one writer anyway.
pub(super) async fn one_sign_up_at_a_time(conn: &mut Conn) -> Result<(), sqlx::Error> {
    if let Conn::Postgres(held) = conn {
        sqlx::query("select pg_advisory_xact_lock(7265811)")
            .execute(&mut **held)
            .await?;
    }
    Ok(())
}
