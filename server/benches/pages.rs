//! What drawing a page costs the server: CPU time of the whole process from the request to the last byte, a real router,
//! SQLite in a file. Beside it the same for `still_signed_in`, so that the ratios hold however busy the machine is.
//!
//! `cargo bench -p server --bench pages -- 100000` measures with that many events in the audit log.

use std::{error::Error, io::Write};

use accounts::{
    audit::{Action, Actor, Event},
    client::Client,
    db::Db,
    instance::Instance,
    invitations::{invite, join},
    keys::Keys,
    operation::Operation,
    passwords::Hasher,
    roles::Role,
    sample::{Seed, seed},
    secret::{Secret, Token},
    sessions::{Found, SignedIn, find},
    time::Moment,
    users::NewUser,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use server::{config::Config, router::router, state::AppState};
use tower::ServiceExt;

type Failed = Box<dyn Error>;

/// Events in the audit log, unless another number is asked for.
const EVENTS: usize = 1_000_000;

/// Events that one operation records.
const AT_ONCE: usize = 10_000;

const MEMBERS: usize = 20;

/// Sessions of the users whose devices are listed.
const DEVICES: [usize; 3] = [5, 500, 10_000];

/// Requests that are measured together, because the system counts a process's time in hundredths of a second.
const REQUESTS: u32 = 300;

/// Turns of each page, of which the middle one is told.
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let events = std::env::args().find_map(|n| n.parse().ok());
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite://{}/bench.db", folder.path().display());
    let config = Config::from(|name| (name == "CURFEW_DATABASE_URL").then(|| url.clone()))?;
    let db = Db::open(&config.database_url).await?;
    let hasher = Hasher::with_cost(64, 1, 2)?;
    let keys = Keys::parse(&Keys::new_line())?;
    let state = AppState::new(config, db, hasher, keys, app::Assets::default());
    let instance = &state.curfew.instance;
    let owner = cookie(instance, 1).await?;
    let mut pages = vec![
        ("a session check".to_owned(), check(&owner)),
        ("/healthz".into(), page(&owner, "/healthz")),
        ("home".into(), page(&owner, "/")),
        ("profile".into(), page(&owner, "/profile")),
        (
            "Security, 1 session".into(),
            page(&owner, "/profile/security"),
        ),
    ];
    for sessions in DEVICES {
        let many = cookie(instance, sessions).await?;
        let name = format!("Security, {sessions} sessions");
        pages.push((name, page(&many, "/profile/security")));
    }
    let me = signed_in(instance, &owner).await?;
    fill(instance, &me, events.unwrap_or(EVENTS)).await?;
    pages.push((
        format!("members, {}", MEMBERS + 1),
        page(&owner, "/settings/members"),
    ));
    let log = |query: &str| page(&owner, &format!("/settings/audit-log{query}"));
    pages.push(("audit log".into(), log("")));
    pages.push((
        "audit log, a rare action".into(),
        log("?action=account.renamed"),
    ));
    let app = router(state);
    let first = measured(&app, &pages[0].1).await?;
    for (name, asked) in &pages {
        tell(name, measured(&app, asked).await?, first)?;
    }
    // Few, because it looks at every event.
    let begun = cpu_seconds()?;
    for _ in 0..ROUNDS {
        answered(&app, &log("?q=nothing+like+it")).await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "five")]
    let each = (cpu_seconds()? - begun) * 1e3 / ROUNDS as f64;
    tell("audit log, a word of no event", each, first)
}

fn tell(name: &str, ms: f64, first: f64) -> Result<(), Failed> {
    let times = ms / first;
    writeln!(
        std::io::stdout(),
        "{name:<32}: {ms:>8.3} ms of CPU, {times:>7.1} session checks"
    )?;
    Ok(())
}

/// What is asked for: method, address and cookie.
struct Asked(Method, String, String);

fn page(cookie: &str, address: &str) -> Asked {
    Asked(Method::GET, address.to_owned(), cookie.to_owned())
}

fn check(cookie: &str) -> Asked {
    let address = "/api/fn/still_signed_in".to_owned();
    Asked(Method::POST, address, cookie.to_owned())
}

/// Milliseconds of CPU, the middle of the turns. The first turn warms up what is cold.
async fn measured(app: &Router, asked: &Asked) -> Result<f64, Failed> {
    let mut turns = Vec::new();
    for _ in 0..=ROUNDS {
        let begun = cpu_seconds()?;
        for _ in 0..REQUESTS {
            answered(app, asked).await?;
        }
        turns.push((cpu_seconds()? - begun) * 1e3 / f64::from(REQUESTS));
    }
    turns.remove(0);
    turns.sort_by(f64::total_cmp);
    Ok(turns[turns.len() / 2])
}

async fn answered(app: &Router, Asked(method, address, cookie): &Asked) -> Result<(), Failed> {
    let html = if method == Method::GET {
        "text/html"
    } else {
        "application/json"
    };
    let request = Request::builder()
        .method(method)
        .uri(address)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, html)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    let status = response.status();
    to_bytes(response.into_body(), usize::MAX).await?;
    if status != StatusCode::OK {
        return Err(format!("{address} was answered {status}").into());
    }
    Ok(())
}

/// The cookie of a new user with that many sessions.
async fn cookie(instance: &Instance, sessions: usize) -> Result<String, Failed> {
    let how_many = Seed {
        users: 1,
        sessions_each: sessions,
        cookie: "curfew_session",
    };
    let mut cookie = String::new();
    seed(instance, how_many, Moment::now(), |line| {
        if let Some((_, value)) = line.trim_end().split_once('\t') {
            value.clone_into(&mut cookie);
        }
        Ok(())
    })
    .await?;
    Ok(cookie)
}

async fn signed_in(instance: &Instance, cookie: &str) -> Result<SignedIn, Failed> {
    let token = cookie
        .split_once('=')
        .and_then(|(_, value)| Token::presented(value));
    let mut conn = instance.read(Moment::now()).await?;
    match find(&mut conn, &token.ok_or("no cookie was seeded")?).await? {
        Found::Live(me) => Ok(*me),
        _ => Err("the seeded session is not live".into()),
    }
}

/// Gives the account members and a long log.
async fn fill(instance: &Instance, me: &SignedIn, events: usize) -> Result<(), Failed> {
    let client = Client {
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0".into(),
        ..Client::default()
    };
    let (now, password) = (
        Moment::now(),
        Secret::new("violet tram under bridges".into()),
    );
    for n in 0..MEMBERS {
        let mut op = Operation::begin(instance, &client, now).await?;
        let made = invite(&mut op, me, Role::Member, "").await?;
        op.commit().await?;
        let (name, email) = (format!("Member {n}"), format!("member{n}@example.com"));
        let new = NewUser {
            name: &name,
            email: &email,
            password: &password,
        };
        join(instance, &client, now, &made.token, new).await?;
    }
    let numbers: Vec<usize> = (0..events).collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut op = Operation::begin(instance, &client, Moment::now()).await?;
        for number in some {
            let action = match number % 1_000 {
                0 => Action::AccountRenamed,
                n if n % 3 == 0 => Action::Logout,
                _ => Action::Login,
            };
            op.record(
                Event::of(action, Actor::User(&me.user.id))
                    .in_account(&me.user.account_id)
                    .about(&me.user.id)
                    .with(serde_json::json!({ "how": "password", "number": number })),
            );
        }
        op.commit().await?;
    }
    Ok(())
}

/// CPU seconds that this process has used, in the system too.
fn cpu_seconds() -> Result<f64, Failed> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // After the name, which may hold spaces: state, and the 14th and 15th of all are user and system time.
    let rest = stat.rsplit_once(')').ok_or("no stat")?.1;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|n| n.parse::<f64>().ok()).sum();
    // A hundred a second on every Linux.
    Ok(ticks / 100.0)
}
