//! `curfew demo` and `curfew seed`.

use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    path::Path,
};

use accounts::{
    db::Db,
    passwords::Hasher,
    sample::{self, Seed},
    time::Moment,
    users,
};
use app::cookies::{Cookies, Kind};

use super::{Failed, away, count, failed};
use crate::config::Config;

pub(super) async fn demo(
    db: &Db,
    config: &Config,
    force: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = db.read().await.map_err(away)?;
    if !force && users::any_user(&mut conn).await.map_err(away)? {
        let why = "there are people here, and everybody can read the sample people's password: \
                   use another database, or --force";
        return Err(Failed::Message(why.into()));
    }
    drop(conn);
    let hasher = Hasher::new(1).map_err(failed)?;
    let demo = sample::demo(db, &hasher, &config.limits, Moment::now()).await;
    for person in demo.map_err(failed)?.users {
        let sessions = count(person.sessions, "session");
        writeln!(
            out,
            "{:<24} {:<10} {sessions}",
            person.email,
            person.plan.name()
        )?;
    }
    writeln!(out, "The password of all of them: {}", sample::PASSWORD)?;
    Ok(())
}

pub(super) async fn seed(
    db: &Db,
    config: &Config,
    users: u32,
    sessions: u32,
    file: &Path,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let hasher = Hasher::new(1).map_err(failed)?;
    let cannot = |error| Failed::Message(format!("{}: {error}", file.display()));
    let mut list = BufWriter::new(new_file(file).map_err(cannot)?);
    let how_many = Seed {
        users: users as usize,
        sessions_each: sessions as usize,
        cookie: Cookies::new(config.https(), config.limits).name(Kind::Session),
    };
    let line = |line: &str| writeln!(list, "{line}");
    sample::seed(db, &hasher, &config.limits, how_many, Moment::now(), line)
        .await
        .map_err(failed)?;
    list.flush().map_err(cannot)?;
    let (users, sessions) = (u64::from(users), u64::from(users) * u64::from(sessions));
    writeln!(
        out,
        "{} people, {} in {}",
        users,
        count(sessions, "session"),
        file.display()
    )?;
    Ok(())
}

/// For the owner's eyes only: each line is a key to somebody's session.
fn new_file(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
