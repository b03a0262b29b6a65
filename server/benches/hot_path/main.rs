//! What a session check (`still_signed_in`) costs: the CPU time of a server of its own process, in turn with a bare axum
//! route that looks a cookie up in a hash map. All of them answer the same requests over 64 connections in one run, so the
//! ratios hold however busy the machine is. Then the same for a rush of sign-ins beside bare Argon2.
//!
//! `cargo bench -p server --bench hot_path -- 1000 300000` measures with that many sessions. With a PostgreSQL, as
//! `ci/with-postgres.sh` starts one, the first two sizes are measured on it too.

mod load;
mod rush;
mod servers;

use std::{error::Error, io::Write, sync::Arc};

use accounts::{
    db::Db,
    instance::Instance,
    keys::Keys,
    limits::Limits,
    passwords::Hasher,
    sample::{Seed, seed},
    time::Moment,
};
use load::Measured;
use servers::{Data, Kind, Server};
use sqlx::{Connection, PgConnection};
use testing::databases::run_on_server;

type Failed = Box<dyn Error + Send + Sync>;

/// Rounds, in which every server has its turn.
const ROUNDS: usize = 7;

/// Requests in a turn.
const REQUESTS: usize = 15_000;

/// As many sessions as users have in the mean.
const SESSIONS_EACH: usize = 10;

/// How many different sessions are asked for.
const ASKED_FOR: usize = 100_000;

fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, kind, url, cookies] = &arguments[..]
        && serve == "serve"
    {
        let (url, cookies) = (url.clone(), cookies.into());
        return servers::serve(kind, &Data { url, cookies });
    }
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 300_000, 1_000_000];
    }
    // One thread for the client, so that it leaves a core to the server.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&sizes))
}

struct Subject {
    name: String,
    server: Server,
    cookies: Arc<Vec<String>>,
    rounds: Vec<Measured>,
}

async fn measure(sizes: &[usize]) -> Result<(), Failed> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let mut subjects: Vec<Subject> = Vec::new();
    let mut out = std::io::stdout();
    let file = |size: usize| {
        format!(
            "sqlite://{}",
            folder.path().join(size.to_string()).display()
        )
    };
    let of = |kind: Kind, size: usize, url: String| {
        let cookies = folder.path().join(format!("{size}.{kind:?}.cookies"));
        (kind, size, Data { url, cookies })
    };
    let mut measured = Vec::new();
    for size in sizes {
        measured.push(of(Kind::Curfew, *size, file(*size)));
    }
    if let Ok(server) = std::env::var("CURFEW_TEST_POSTGRES_URL") {
        for size in sizes.iter().take(2) {
            let url = database(&server, *size).await?;
            measured.push(of(Kind::Postgres, *size, url));
        }
    }
    for (kind, size, data) in measured {
        let cookies = Arc::new(seeded(&data, size).await?);
        let floor: &[Kind] = if subjects.is_empty() {
            &Kind::FLOOR
        } else {
            &[]
        };
        for kind in floor.iter().copied().chain([kind]) {
            subjects.push(Subject {
                name: kind.name(size),
                server: Server::start(kind, &data)?,
                cookies: cookies.clone(),
                rounds: Vec::new(),
            });
        }
    }
    // The first round warms up what is cold, and does not count.
    for round in 0..=ROUNDS {
        for subject in &mut subjects {
            let measured = load::run(&subject.server, &subject.cookies, REQUESTS).await?;
            if round > 0 {
                subject.rounds.push(measured);
            }
        }
    }
    let floor = subjects
        .first()
        .map_or(1.0, |bare| median(&bare.rounds, |m| m.cpu));
    for subject in &subjects {
        let cpu = median(&subject.rounds, |m| m.cpu);
        writeln!(
            out,
            "{:<46}: {cpu:>6.1} µs of CPU, {:>5.2} times the first; median {:>5.2} ms, p99 {:>6.2} ms; {:>4.0} MB",
            subject.name,
            cpu / floor,
            median(&subject.rounds, |m| m.half),
            median(&subject.rounds, |m| m.p99),
            subject.server.resident()?,
        )?;
    }
    let Some((first, size)) = subjects.first().zip(sizes.first()) else {
        return Ok(());
    };
    let (_, _, data) = of(Kind::SignIns, *size, file(*size));
    for line in rush::measure(&data, &first.cookies.clone()).await? {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn median(rounds: &[Measured], of: fn(&Measured) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Creates a database with that many sessions. The cookies of some of them.
async fn seeded(data: &Data, sessions: usize) -> Result<Vec<String>, Failed> {
    let instance = Instance {
        db: Db::open(&data.url).await?,
        hasher: Hasher::with_cost(64, 1, 2)?,
        keys: Keys::parse(&Keys::new_line())?,
        limits: Limits::default(),
    };
    let how_many = Seed {
        users: sessions / SESSIONS_EACH,
        sessions_each: SESSIONS_EACH,
        cookie: "curfew_session",
    };
    let every = (sessions / ASKED_FOR).max(1);
    let (mut seen, mut cookies) = (0, Vec::new());
    seed(&instance, how_many, Moment::now(), |line| {
        if seen % every == 0 {
            cookies.extend(
                line.trim_end()
                    .split_once('\t')
                    .map(|(_, cookie)| cookie.to_owned()),
            );
        }
        seen += 1;
        Ok(())
    })
    .await?;
    instance.db.close().await;
    std::fs::write(&data.cookies, cookies.join("\n"))?;
    Ok(cookies)
}

/// Creates a database there. Its address.
async fn database(server: &str, sessions: usize) -> Result<String, Failed> {
    let name = format!("hot_path_{sessions}");
    let mut admin = PgConnection::connect(server).await?;
    run_on_server(&mut admin, &format!("create database {name}")).await;
    let (host, _) = server.rsplit_once('/').ok_or("no address")?;
    Ok(format!("{host}/{name}"))
}
