//! How long the audit log's page takes with 100,000 events, and what an export of them needs: a real router,
//! SQLite in a file.

use std::{
    error::Error,
    fs,
    io::Write,
    time::{Duration, Instant},
};

use accounts::{
    audit::{Action, Actor, Event},
    client::Client,
    db::Db,
    instance::Instance,
    keys::Keys,
    operation::Operation,
    passwords::Hasher,
    sample::{Seed, seed},
    time::Moment,
    users,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use server::{config::Config, router::router, state::AppState};
use tower::ServiceExt;

const EVENTS: i64 = 100_000;

/// How often each page is opened.
const ROUNDS: usize = 15;

/// What a user may wait for the page.
const BUDGET: Duration = Duration::from_millis(200);

/// How much the memory of the process may grow by an export.
const GROWTH: u64 = 32;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite://{}/bench.db", folder.path().display());
    let config = Config::from(|name| (name == "CURFEW_DATABASE_URL").then(|| url.clone()))?;
    let db = Db::open(&config.database_url).await?;
    let hasher = Hasher::with_cost(64, 1, 2)?;
    let keys = Keys::parse(&Keys::new_line())?;
    let state = AppState::new(config, db, hasher, keys, app::Assets::default());
    let cookie = fill(&state.curfew.instance).await?;
    let app = router(state);

    let mut slowest = Duration::ZERO;
    for (what, query) in [
        ("newest page", ""),
        ("a page in the middle", "?before=50000"),
        ("a rare action", "?action=account.renamed"),
        ("a word of no event", "?q=nothing+like+it"),
    ] {
        let took = page(&app, &cookie, query).await?;
        if query.len() < 15 {
            slowest = slowest.max(took);
        }
        let ms = took.as_secs_f64() * 1e3;
        writeln!(
            std::io::stdout(),
            "{what:<24}: {ms:>7.1} ms (median of {ROUNDS})"
        )?;
    }
    let before = peak()?;
    let start = Instant::now();
    let bytes = export(&app, &cookie).await?;
    let (took, grown) = (start.elapsed(), peak()?.saturating_sub(before));
    writeln!(
        std::io::stdout(),
        "export                  : {} MB in {:.1} s, peak memory grew by {grown} MB",
        bytes / 1_000_000,
        took.as_secs_f64(),
    )?;
    if slowest > BUDGET {
        return Err("the audit log's page is over its budget of 200 ms".into());
    }
    if grown > GROWTH {
        return Err(format!("an export needs more than {GROWTH} MB").into());
    }
    Ok(())
}

/// Fills one account's log, and gives the cookie of its owner.
async fn fill(instance: &Instance) -> Result<String, Box<dyn Error>> {
    let how_many = Seed {
        users: 1,
        sessions_each: 1,
        cookie: "curfew_session",
    };
    let now = Moment::now();
    let mut line = String::new();
    seed(instance, how_many, now, |seeded| {
        seeded.trim_end().clone_into(&mut line);
        Ok(())
    })
    .await?;
    let (email, cookie) = line.split_once('\t').ok_or("no user was seeded")?;
    let mut conn = instance.read(now).await?;
    let id = users::id_of_email(&mut conn, email)
        .await?
        .ok_or("the seeded user is missing")?;
    let user = users::find(&mut conn, &id)
        .await?
        .ok_or("the seeded user is missing")?;
    drop(conn);
    let client = Client {
        ip: Some([192, 0, 2, 7].into()),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
        request_id: None,
        known_devices: Vec::new(),
    };
    let mut op = Operation::begin(instance, &client, now).await?;
    for number in 0..EVENTS {
        let action = match number % 1_000 {
            0 => Action::AccountRenamed,
            n if n % 3 == 0 => Action::Logout,
            _ => Action::Login,
        };
        let event = Event::of(action, Actor::User(&id))
            .in_account(&user.account_id)
            .about(&id)
            .with(serde_json::json!({ "how": "password", "number": number }));
        op.record(event);
    }
    op.commit().await?;
    Ok(cookie.to_owned())
}

fn get(cookie: &str, path: &str) -> Result<Request<Body>, Box<dyn Error>> {
    Ok(Request::get(path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "text/html")
        .body(Body::empty())?)
}

async fn page(app: &Router, cookie: &str, query: &str) -> Result<Duration, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let request = get(cookie, &format!("/settings/audit-log{query}"))?;
        let start = Instant::now();
        let response = app.clone().oneshot(request).await?;
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await?;
        times.push(start.elapsed());
        if status != StatusCode::OK || body.is_empty() {
            return Err(format!("the page was answered {status}").into());
        }
    }
    times.sort();
    Ok(times[times.len() / 2])
}

/// Reads the whole export and throws it away piece by piece.
async fn export(app: &Router, cookie: &str) -> Result<usize, Box<dyn Error>> {
    let request = get(cookie, "/settings/audit-log/export?format=jsonl")?;
    let response = app.clone().oneshot(request).await?;
    let mut pieces = response.into_body().into_data_stream();
    let mut bytes = 0;
    while let Some(piece) = futures::StreamExt::next(&mut pieces).await {
        bytes += piece?.len();
    }
    Ok(bytes)
}

/// The most memory this process has ever held, in megabytes. 0 where the system does not say.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.unwrap_or("0").parse::<u64>()? / 1_000)
}
