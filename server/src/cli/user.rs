//! `curfew user create`, `curfew user list` and `curfew user disable`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
};

use accounts::{
    audit::Client,
    db::Db,
    members::{self, MemberError},
    passwords::{self, Hasher},
    secret::Secret,
    sign_up::{self, NewUser, SignUp},
    time::Moment,
};

use super::{Failed, away, count, failed, person};
use crate::config::Config;

pub(super) async fn create(
    db: &Db,
    config: &Config,
    name: &str,
    email: &str,
    password_file: Option<&Path>,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let password = match password_file {
        Some(file) => {
            let read = File::open(file).and_then(first_line);
            read.map_err(|e| Failed::Message(format!("{}: {e}", file.display())))?
        }
        None => first_line(io::stdin().lock())
            .map_err(|e| Failed::Message(format!("the password on standard input: {e}")))?,
    };
    let new = NewUser {
        name,
        email,
        password: &password,
        plan: config.default_plan,
    };
    let hasher = Hasher::new(1).map_err(failed)?;
    let (limits, client) = (&config.limits, Client::default());
    // Whoever runs the command may, whatever CURFEW_SIGN_UP says.
    let made = sign_up::sign_up(
        db,
        &hasher,
        SignUp::Open,
        limits,
        new,
        &client,
        Moment::now(),
    )
    .await;
    writeln!(out, "{}", made.map_err(failed)?.0)?;
    Ok(())
}

/// Thousand by thousand, so that it needs no more memory for many users than for few.
pub(super) async fn list(db: &Db, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = db.read().await.map_err(away)?;
    let mut last = String::new();
    writeln!(
        out,
        "{:<32}  {:<24}  {:<10}  {:<10}  {:<8}  ACCOUNT",
        "EMAIL", "NAME", "ROLE", "PLAN", "STATE"
    )?;
    loop {
        let users = members::everyone(&mut conn, &last).await.map_err(away)?;
        let Some(end) = users.last() else {
            return Ok(());
        };
        last.clone_from(&end.email);
        for person in &users {
            let state = if person.disabled_at.is_some() {
                "disabled"
            } else {
                "active"
            };
            writeln!(
                out,
                "{:<32}  {:<24}  {:<10}  {:<10}  {state:<8}  {}",
                person.email,
                person.name,
                person.role.name(),
                person.plan.name(),
                person.account_name
            )?;
        }
    }
}

pub(super) async fn disable(
    db: &Db,
    config: &Config,
    email: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut tx = db.write().await.map_err(away)?;
    let who = person(&mut tx, email).await?;
    let ended = members::disable_by_operator(&mut tx, &who, &config.limits, Moment::now()).await;
    let ended = match ended {
        Ok(ended) => ended,
        Err(MemberError::LastOwner) => {
            return Err(Failed::Message(format!(
                "nothing was changed: {email} is the last owner of their account. Another owner has to be made \
                 first; `curfew remote-logout {email}` ends their sessions"
            )));
        }
        Err(other) => return Err(failed(other)),
    };
    tx.commit().await.map_err(away)?;
    let (sessions, devices, tokens) = (
        count(ended.sessions, "session"),
        count(ended.remembered_devices, "remembered device"),
        count(ended.tokens, "token"),
    );
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
