//! How long a remote logout takes: a real router, SQLite in a file with `synchronous = full`, from the request
//! to the answer. Users with one session and with 10,000 log out in turn, so the ratio holds however
//! fast the machine is.

use std::{
    error::Error,
    io::Write,
    time::{Duration, Instant},
};

use accounts::{
    db::Db,
    instance::Instance,
    keys::Keys,
    passwords::Hasher,
    sample::{Seed, seed},
    time::Moment,
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
};
use server::{config::Config, router::router, state::AppState};
use tower::ServiceExt;

/// Remote logouts of each kind.
const ROUNDS: usize = 15;

/// What a user may wait on a machine that does nothing else, however many sessions there are.
const GOAL: Duration = Duration::from_millis(5);

/// How many times longer the one with 10,000 sessions may wait.
const AT_MOST: f64 = 2.0;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite://{}/bench.db", folder.path().display());
    let config = Config::from(|name| (name == "CURFEW_DATABASE_URL").then(|| url.clone()))?;
    let db = Db::open(&config.database_url).await?;
    let hasher = Hasher::with_cost(64, 1, 2)?;
    let keys = Keys::parse(&Keys::new_line())?;
    let state = AppState::new(config, db, hasher, keys, app::Assets::default());
    let few = users(&state.curfew.instance, 1).await?;
    let many = users(&state.curfew.instance, 10_000).await?;
    let app = router(state);

    let (mut short, mut long) = (Vec::new(), Vec::new());
    for (few, many) in few.iter().zip(&many) {
        short.push(remote_logout(&app, few).await?);
        long.push(remote_logout(&app, many).await?);
    }
    let (short, long) = (median(short), median(long));
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    writeln!(
        std::io::stdout(),
        "remote logout of      1 session : {:>7.1} ms (median of {ROUNDS})\n\
         remote logout of 10,000 sessions: {:>7.1} ms (median of {ROUNDS}), {ratio:.1} times that\n\
         goal                            : {:>7.1} ms, at most {AT_MOST} times",
        short.as_secs_f64() * 1e3,
        long.as_secs_f64() * 1e3,
        GOAL.as_secs_f64() * 1e3,
    )?;
    if ratio > AT_MOST {
        return Err("a remote logout takes the longer the more sessions there are".into());
    }
    Ok(())
}

/// One cookie of each of [`ROUNDS`] users with that many sessions.
async fn users(instance: &Instance, sessions: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let how_many = Seed {
        users: ROUNDS,
        sessions_each: sessions,
        cookie: "curfew_session",
    };
    let mut cookies: Vec<(String, String)> = Vec::new();
    seed(instance, how_many, Moment::now(), |line| {
        let (email, cookie) = line.trim_end().split_once('\t').unwrap_or_default();
        if cookies.last().is_none_or(|(last, _)| last != email) {
            cookies.push((email.to_owned(), cookie.to_owned()));
        }
        Ok(())
    })
    .await?;
    Ok(cookies.into_iter().map(|(_, cookie)| cookie).collect())
}

async fn remote_logout(app: &Router, cookie: &str) -> Result<Duration, Box<dyn Error>> {
    let request = Request::post("/api/fn/remote_logout")
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("from=security"))?;
    let start = Instant::now();
    let response = app.clone().oneshot(request).await?;
    let took = start.elapsed();
    if response.status() != StatusCode::OK {
        return Err(format!("the remote logout was answered {}", response.status()).into());
    }
    Ok(took)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
