//! `curfew user …`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
};

use accounts::{
    client::Client,
    db::DatabaseError,
    instance::Instance,
    members::{self, MemberError},
    passwords,
    roles::Role,
    secret::Secret,
    sign_up::{self, FirstUser, Policy, SignUp},
    text::visible,
    time::Moment,
    users::{self, NewUser, UserError},
};

use app::time::Time;

use super::{CreateUser, Failed, count, operation, user_with};
use crate::config::Config;

pub(super) async fn create(
    instance: &Instance,
    config: &Config,
    new: &CreateUser,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let password = match &new.password_file {
        Some(file) => {
            let read = File::open(file).and_then(first_line);
            read.map_err(|e| Failed::Message(format!("{}: {e}", file.display())))?
        }
        None => first_line(io::stdin().lock())
            .map_err(|e| Failed::Message(format!("the password on standard input: {e}")))?,
    };
    // The operator may, whatever CURFEW_SIGN_UP says.
    let policy = Policy {
        sign_up: SignUp::Open,
        plan: config.default_plan,
        first: FirstUser::AtTheMachine,
    };
    let user = NewUser {
        name: &new.name,
        email: &new.email,
        password: &password,
    };
    let client = Client::default();
    let created = sign_up::sign_up(instance, &client, Moment::now(), &policy, user).await;
    match created {
        Ok(created) => writeln!(out, "{}", created.0)?,
        Err(UserError::Fields(wrong)) => {
            return Err(not_created(instance, &new.email, wrong).await?);
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

/// Which fields are wrong and why. A user who is there already is named, with the way on where they are disabled.
async fn not_created(
    instance: &Instance,
    email: &str,
    wrong: Vec<(&'static str, String)>,
) -> Result<Failed, DatabaseError> {
    let mut conn = instance.read(Moment::now()).await?;
    let why = match users::id_of_email(&mut conn, email).await? {
        None => UserError::Fields(wrong).to_string(),
        Some(id) if users::find(&mut conn, &id).await?.is_none() => format!(
            "email: {email} is a user here already, who is disabled. `curfew user enable {email}` lets them sign in again"
        ),
        Some(_) => {
            format!("email: {email} is a user here already. `curfew user list` shows every user")
        }
    };
    Ok(Failed::Message(format!("no user was created: {why}")))
}

/// Thousand by thousand, so that it needs no more memory for many users than for few.
pub(super) async fn list(instance: &Instance, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    let mut last = String::new();
    writeln!(
        out,
        "{:<32}  {:<24}  {:<10}  {:<10}  {:<8}  ACCOUNT",
        "EMAIL", "NAME", "ROLE", "PLAN", "STATE"
    )?;
    loop {
        let users = members::everyone(&mut conn, &last).await?;
        let Some(end) = users.last() else {
            return Ok(());
        };
        last.clone_from(&end.email);
        for user in &users {
            let state = if user.disabled_at.is_some() {
                "disabled"
            } else {
                "active"
            };
            writeln!(
                out,
                "{:<32}  {:<24}  {:<10}  {:<10}  {state:<8}  {}",
                user.email,
                visible(&user.name),
                user.role.name(),
                user.plan.name(),
                visible(&user.account_name)
            )?;
        }
    }
}

pub(super) async fn disable(
    instance: &Instance,
    email: &str,
    last_owner: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let ended = match members::disable_by_operator(&mut op, &user, last_owner).await {
        Err(MemberError::LastOwner) => {
            let rest =
                format!("`curfew user disable --last-owner {email}` disables them all the same");
            return Err(last_owner_stays(email, &rest));
        }
        ended => ended?,
    };
    op.commit().await?;
    let sessions = count(ended.sessions, "session");
    let devices = count(ended.remembered_devices, "remembered device");
    let tokens = count(ended.tokens, "token");
    writeln!(
        out,
        "Disabled {email}: {sessions}, {devices} and {tokens} ended."
    )?;
    Ok(())
}

pub(super) async fn enable(
    instance: &Instance,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let enabled = members::enable_by_operator(&mut op, &user).await?;
    op.commit().await?;
    let said = if enabled {
        "Enabled"
    } else {
        "Nothing was changed: there was no need to enable"
    };
    writeln!(out, "{said} {email}.")?;
    Ok(())
}

pub(super) async fn change_role(
    instance: &Instance,
    email: &str,
    role: Role,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let had = match members::change_role_by_operator(&mut op, &user, role).await {
        Err(MemberError::LastOwner) => {
            return Err(last_owner_stays(email, "the other comes first"));
        }
        had => had?,
    };
    op.commit().await?;
    let (had, has) = (had.name(), role.name());
    writeln!(out, "{email} was {had} and is {has} now.")?;
    Ok(())
}

pub(super) async fn disable_two_factor(
    instance: &Instance,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let was_on = members::disable_two_factor_by_operator(&mut op, &user).await?;
    op.commit().await?;
    let said = if was_on {
        format!(
            "Two-factor authentication of {email} is off, and their sessions ended. They sign in with the password alone."
        )
    } else {
        format!("Nothing was changed: two-factor authentication of {email} is not on.")
    };
    writeln!(out, "{said}")?;
    Ok(())
}

pub(super) async fn reset_password(
    instance: &Instance,
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let (link, expires_at) = members::reset_link_by_operator(&mut op, &user).await?;
    op.commit().await?;
    writeln!(
        out,
        "{}/reset-password?token={}\nGood once, until {}.",
        config.public_url(),
        link.expose(),
        Time::from(expires_at).iso
    )?;
    Ok(())
}

pub(super) async fn unlock(
    instance: &Instance,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let counts = members::unlock_by_operator(&mut op, &user).await?;
    op.commit().await?;
    let counts = count(counts, "count");
    writeln!(
        out,
        "Unlocked {email}: {counts} of wrong passwords and codes forgotten."
    )?;
    Ok(())
}

fn last_owner_stays(email: &str, rest: &str) -> Failed {
    Failed::Message(format!(
        "nothing was changed: {email} is the last owner of their account. `curfew user role OTHER-EMAIL owner` makes \
         another member an owner; {rest}"
    ))
}

/// The first line, without its end. Not more than a password may have.
fn first_line(from: impl Read) -> io::Result<Secret> {
    let most = passwords::LONGEST * 4 + 2;
    let mut line = String::with_capacity(most);
    BufReader::new(from.take(most as u64)).read_line(&mut line)?;
    if line.ends_with('\n') {
        line.pop();
        if line.ends_with('\r') {
            line.pop();
        }
    }
    if line.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is empty"));
    }
    Ok(Secret::new(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_without_its_end() {
        for given in [
            "violet tram",
            "violet tram\n",
            "violet tram\r\n",
            "violet tram\nmore\n",
        ] {
            assert_eq!(
                first_line(given.as_bytes()).unwrap().expose(),
                "violet tram"
            );
        }
        // Spaces are part of it.
        assert_eq!(first_line(" a b \n".as_bytes()).unwrap().expose(), " a b ");
        assert!(first_line(&b"\n"[..]).is_err() && first_line(&b"\xff\n"[..]).is_err());
    }
}
