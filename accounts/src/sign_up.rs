//! Signing up: a new user with an account of their own. Either at once, or when the user has shown with an emailed link
//! that the mailbox is theirs: then no stranger learns from signing up which addresses have a user already.

use sqlx::FromRow;

use crate::{
    audit::{Action, Actor, Event},
    client::Client,
    db::Conn,
    emails::EmailTemplate,
    execute,
    ids::UserId,
    instance::{Instance, Reader},
    on,
    operation::Operation,
    passwords::{HashingFailed, Verdict},
    plans::Plan,
    rate_limits::{self, Permit, RateLimited},
    roles::Role,
    secret::{Secret, Token},
    setup_code,
    time::Moment,
    users::{
        CleanUser, NewUser, UserError, id_of_email, insert_account, insert_user, is_claimed,
        is_without_users, note_email_verified, taken,
    },
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

/// The link from the email, and the password that was typed when signing up.
#[derive(Debug, Clone, Copy)]
pub struct Confirmation<'a> {
    pub link: &'a Token,
    pub password: &'a Secret,
}

/// Why a link created no user.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// Used, too old, or another user has the address meanwhile.
    #[error("the link has expired")]
    Expired,
    /// It is not the password that was typed when signing up.
    #[error("wrong password")]
    Wrong,
    /// Too many passwords were tried with this link.
    #[error("too many attempts")]
    RateLimited(RateLimited),
    #[error("sign-up is closed")]
    Closed,
    /// The last user was deleted since the link was sent: who gets the install signs up anew, with the setup code.
    #[error("the install has no user any more")]
    SetupCode,
    #[error(transparent)]
    Hashing(#[from] HashingFailed),
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
}

/// The field of the form.
const SETUP_CODE: &str = "setup_code";

const EMAIL_TAKEN: &str = "There is already an account with this email address.";

/// Creates a user and a new account they own. Signs no user in.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn sign_up(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<UserId, UserError> {
    let (op, ready, opening) = begun(instance, client, now, policy, new).await?;
    if opening == Opening::Closed {
        return Err(UserError::Closed);
    }
    create(op, ready, policy.plan).await
}

/// As [`sign_up`], but only while the install has no user: who gets it may have its email to set up yet, and is sent no
/// link.
///
/// # Errors
/// As [`sign_up`]; [`UserError::Closed`] too when another user was first.
pub async fn sign_up_first(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<UserId, UserError> {
    let (op, ready, opening) = begun(instance, client, now, policy, new).await?;
    if opening != Opening::First {
        return Err(UserError::Closed);
    }
    create(op, ready, policy.plan).await
}

/// Checks a user who may be created, and then what a visitor may do while no other sign-up runs.
async fn begun(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<(Operation, Ready, Opening), UserError> {
    let ready = checked(instance, client, now, policy, new).await?;
    let mut op = Operation::begin(instance, client, now).await?;
    one_sign_up_at_a_time(&mut op).await?;
    let opening = opening(&mut op, policy.sign_up).await?;
    Ok((op, ready, opening))
}

async fn create(mut op: Operation, ready: Ready, plan: Plan) -> Result<UserId, UserError> {
    // The last user may have been deleted since it was looked at whether there is one.
    if !ready.may_be_first && is_without_users(&mut op).await? {
        return Err(UserError::field(SETUP_CODE, setup_code::MISSING));
    }
    let user = insert(&mut op, &ready.user, plan)
        .await
        .map_err(|e| taken(e, UserError::field("email", EMAIL_TAKEN)))?;
    op.commit().await?;
    Ok(user)
}

/// Emails a link that finishes the sign-up. When a user has the address already, that user is told instead; the steps
/// and the answer are the same.
///
/// # Errors
/// The field that is wrong, or [`UserError::Closed`].
pub async fn ask(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<(), UserError> {
    // Whether it gets an install without users is asked when the link is used.
    let Ready { user: ready, .. } = checked(instance, client, now, policy, new).await?;
    let mut op = Operation::begin(instance, client, now).await?;
    rate_limits::permit_sign_up_email(&mut op, &ready.email)
        .await?
        .map_err(UserError::RateLimited)?;
    let token = Token::random();
    let expires_at = now.at + instance.limits.email_link;
    execute!(
        &mut op,
        "insert into sign_ups (token_hash, name, email, password_hash, plan, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        token.hash(),
        &ready.name,
        &ready.email,
        &ready.password_hash,
        policy.plan,
        now.at,
        expires_at
    )?;
    // The email to a user who exists already does not show its link.
    let template = match id_of_email(&mut op, &ready.email).await? {
        Some(_) => EmailTemplate::AlreadyHere,
        None => EmailTemplate::ConfirmSignUp,
    };
    op.email_with_link(&ready.email, template, &token, expires_at);
    op.commit().await?;
    Ok(())
}

/// A sign-up that waits for its email to be read.
#[derive(Debug, Clone, FromRow)]
pub struct Waiting {
    pub name: String,
    pub email: String,
    password_hash: String,
    plan: Plan,
}

/// The sign-up behind a link, while the link is valid. Consumes nothing.
///
/// # Errors
/// When the database is unavailable.
pub async fn waiting(conn: &mut Reader, link: &Token) -> Result<Option<Waiting>, sqlx::Error> {
    let now = conn.now;
    on!(conn, c => sqlx::query_as(
        "select name, email, password_hash, plan from sign_ups
         where token_hash = $1 and used_at is null and expires_at > $2
           and not exists (select 1 from users u where u.email = sign_ups.email)")
        .bind(link.hash())
        .bind(now.at)
        .fetch_optional(c)
        .await)
}

/// Creates the user with the link from the email and the password they signed up with. A stranger who only reads the
/// email, or who only typed another user's address, does not have both. Signs no user in.
///
/// # Errors
/// See [`ConfirmError`]; the link is as valid as before, unless it has expired.
pub async fn confirm(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    confirmation: Confirmation<'_>,
) -> Result<UserId, ConfirmError> {
    let Confirmation { link, password } = confirmation;
    let found = waiting(&mut instance.read(now).await?, link).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    let mut op = Operation::begin(instance, client, now).await?;
    let permit = rate_limits::permit_link(&mut op, link)
        .await?
        .map_err(ConfirmError::RateLimited)?;
    op.commit().await?;
    let hash = Some(found.password_hash.as_str());
    let hasher = instance.hasher.known(client);
    match hasher.verify(password, hash).await {
        Ok(Verdict::Wrong) => return Err(ConfirmError::Wrong),
        Ok(Verdict::Right | Verdict::RightButOld) => {}
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            return Err(failed.into());
        }
    }

    let mut op = Operation::begin(instance, client, now).await?;
    one_sign_up_at_a_time(&mut op).await?;
    match (opening(&mut op, policy.sign_up).await?, policy.first) {
        (Opening::Closed, _) => return Err(ConfirmError::Closed),
        (Opening::First, FirstUser::Shows(code)) if !setup_code::is_right(&instance.keys, code) => {
            return Err(ConfirmError::SetupCode);
        }
        (Opening::First | Opening::Open, _) => {}
    }
    // Read again, now that no other sign-up runs: a second click has either committed or not begun.
    let found = waiting(&mut op, link).await?;
    let found = found.ok_or(ConfirmError::Expired)?;
    execute!(
        &mut op,
        "update sign_ups set used_at = $2 where token_hash = $1",
        link.hash(),
        now.at
    )?;
    let ready = CleanUser {
        name: found.name,
        email: found.email,
        password_hash: found.password_hash,
    };
    let user =
        insert(&mut op, &ready, found.plan)
            .await
            .map_err(|e| match e.as_database_error() {
                Some(known) if known.is_unique_violation() => ConfirmError::Expired,
                _ => ConfirmError::Database(e),
            })?;
    note_email_verified(&mut op, &user).await?;
    op.commit().await?;
    Ok(user)
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

/// A user who may be created.
struct Ready {
    user: CleanUser,
    /// They are at the machine, or have shown the setup code.
    may_be_first: bool,
}

async fn checked(
    instance: &Instance,
    client: &Client,
    now: Moment,
    policy: &Policy<'_>,
    new: NewUser<'_>,
) -> Result<Ready, UserError> {
    // Checked before the costly hash; the operation that creates the user checks it again.
    let mut conn = instance.read(now).await?;
    let opening = opening(&mut conn, policy.sign_up).await?;
    drop(conn);
    let refusal = match (opening, policy.first) {
        (Opening::Closed, _) => return Err(UserError::Closed),
        (Opening::First, FirstUser::Shows(code)) => {
            setup_code::refusal(instance, client, now, code).await?
        }
        (Opening::First, FirstUser::AtTheMachine) | (Opening::Open, _) => None,
    };
    let may_be_first = opening == Opening::First || matches!(policy.first, FirstUser::AtTheMachine);
    let hasher = instance.hasher.stranger(client);
    let clean = new.clean(&hasher, instance.limits.password_min).await;
    let (name, email) = and_code(clean, refusal)?;
    let mut permit = Permit::none();
    if client.ip.is_some() {
        // A request, and not an operator on the machine itself, who is not limited.
        let mut op = Operation::begin(instance, client, now).await?;
        permit = rate_limits::permit_sign_up(&mut op)
            .await?
            .map_err(UserError::RateLimited)?;
        op.commit().await?;
    }
    match hasher.hash(new.password).await {
        Ok(password_hash) => {
            let user = CleanUser {
                name,
                email,
                password_hash,
            };
            Ok(Ready { user, may_be_first })
        }
        Err(failed) => {
            rate_limits::return_unchecked(instance, client, now, &permit).await?;
            Err(failed.into())
        }
    }
}

/// Every field that is wrong, the setup code's last.
fn and_code<T>(clean: Result<T, UserError>, refusal: Option<&str>) -> Result<T, UserError> {
    let Some(why) = refusal else {
        return clean;
    };
    Err(match clean {
        Ok(_) => UserError::field(SETUP_CODE, why),
        Err(UserError::Fields(mut wrong)) => {
            wrong.push((SETUP_CODE, why.to_owned()));
            UserError::Fields(wrong)
        }
        Err(other) => other,
    })
}

async fn insert(op: &mut Operation, new: &CleanUser, plan: Plan) -> Result<UserId, sqlx::Error> {
    let account = insert_account(op, &format!("{}’s account", new.name), plan).await?;
    let user = insert_user(op, &account, Role::Owner, new).await?;
    let event = Event::of(Action::UserCreated, Actor::User(&user))
        .in_account(&account)
        .about(&user);
    op.record(event);
    Ok(user)
}

/// Two first sign-ups at once would both find no user. SQLite has one writer anyway.
async fn one_sign_up_at_a_time(conn: &mut Conn) -> Result<(), sqlx::Error> {
    if let Conn::Postgres(held) = conn {
        sqlx::query("select pg_advisory_xact_lock(7265811)")
            .execute(&mut **held)
            .await?;
    }
    Ok(())
}
