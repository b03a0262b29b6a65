//! `curfew demo` and `curfew seed`.

use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    path::Path,
};

use accounts::{
    instance::Instance,
    sample::{self, PASSWORD},
    time::Moment,
    users,
};
use app::cookies::{Cookies, Kind};

use super::{Failed, Seed, count};
use crate::config::Config;

pub(super) async fn demo(
    instance: &Instance,
    force: bool,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    if !force && users::any_user(&mut conn).await? {
        let why = "there are users here, and the password of the sample users is public: use another database, \
                   or --force";
        return Err(Failed::Message(why.into()));
    }
    drop(conn);
    for user in sample::demo(instance, Moment::now()).await?.users {
        let sessions = count(user.sessions, "session");
        let (email, plan) = (user.email, user.plan.name());
        writeln!(out, "{email:<24} {plan:<10} {sessions}")?;
    }
    writeln!(out, "The password of all of them: {PASSWORD}")?;
    Ok(())
}

pub(super) async fn seed(
    instance: &Instance,
    config: &Config,
    how_many: &Seed,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let file = &how_many.out;
    let cannot = |error| Failed::Message(format!("{}: {error}", file.display()));
    let mut list = BufWriter::new(new_file(file).map_err(cannot)?);
    let seed = sample::Seed {
        users: how_many.users as usize,
        sessions_each: how_many.sessions as usize,
        cookie: Cookies::new(config.https(), config.limits).name(Kind::Session),
    };
    let line = |line: &str| writeln!(list, "{line}");
    sample::seed(instance, seed, Moment::now(), line).await?;
    list.flush().map_err(cannot)?;
    let sessions = u64::from(how_many.users) * u64::from(how_many.sessions);
    writeln!(
        out,
        "{}, {} in {}",
        count(how_many.users, "user"),
        count(sessions, "session"),
        file.display()
    )?;
    Ok(())
}

/// Readable by its owner only, because each line is a key to a user's session.
fn new_file(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
