//! `curfew user create`, `curfew user list` and `curfew user disable`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
};

use accounts::{
    client::Client,
    instance::Instance,
    members::{self, MemberError},
    passwords,
    secret::Secret,
    sign_up::{self, Policy, SignUp},
    time::Moment,
    users::NewUser,
};

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
    };
    let user = NewUser {
        name: &new.name,
        email: &new.email,
        password: &password,
    };
    let client = Client::default();
    let created = sign_up::sign_up(instance, &client, Moment::now(), &policy, user).await?;
    writeln!(out, "{}", created.0)?;
    Ok(())
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
                user.name,
                user.role.name(),
                user.plan.name(),
                user.account_name
            )?;
        }
    }
}

pub(super) async fn disable(
    instance: &Instance,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, email).await?;
    let ended = match members::disable_by_operator(&mut op, &user).await {
        Err(MemberError::LastOwner) => {
            return Err(Failed::Message(format!(
                "nothing was changed: {email} is the last owner of their account. Make another member an owner \
                 first; `curfew remote-logout {email}` ends their sessions"
            )));
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
