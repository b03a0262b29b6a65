//! The servers, each in a process of its own.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use accounts::{
    db::Db,
    keys::Keys,
    passwords::Hasher,
    secret::Token,
    sessions::{Found, Unavailable},
};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{Next, from_fn},
    routing::post,
};
use server::{
    authentication::session::{LooksUp, authenticate_by},
    config::Config,
    connections::{self, PATIENCE},
    functions,
    log::Log,
    router::{around, router},
    state::AppState,
};
use tokio::task::spawn_blocking;

use crate::Failed;

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bare axum route that looks the cookie up in a hash map.
    Bare,
    /// Our own router and layers, with a map in place of the database.
    Map,
    Curfew,
    /// The same over PostgreSQL, which is another process: its CPU is not counted.
    Postgres,
    /// The same with passwords hashed as the program does, and without limits on attempts.
    SignIns,
}

impl Kind {
    /// What everything is compared with.
    pub const FLOOR: [Self; 2] = [Self::Bare, Self::Map];

    pub fn name(self, sessions: usize) -> String {
        match self {
            Self::Bare => "a bare axum route with a hash map".into(),
            Self::Map => "our router and layers with a map".into(),
            Self::Curfew => format!("session check, {sessions} sessions"),
            Self::Postgres => format!("session check, {sessions} sessions, PostgreSQL"),
            Self::SignIns => "sign-ins".into(),
        }
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Map => "map",
            Self::Curfew | Self::Postgres => "curfew",
            Self::SignIns => "sign-ins",
        }
    }
}

/// A database with sessions, and the file with the cookies of some of them.
pub struct Data {
    pub url: String,
    pub cookies: PathBuf,
}

/// A server that runs. It ends when this is dropped, because its standard input does.
pub struct Server {
    pub port: u16,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Server {
    pub fn start(kind: Kind, data: &Data) -> Result<Self, Failed> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["serve", kind.argument()])
            .arg(&data.url)
            .arg(&data.cookies)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What it logs is written, and read by nothing.
            .stderr(Stdio::null())
            .spawn()?;
        let out = process.stdout.take().ok_or("no output")?;
        let port = BufReader::new(out).lines().next();
        let port = port.ok_or("the server did not start")??.parse()?;
        Ok(Self { port, process })
    }

    /// CPU seconds that the process has used, in the system too.
    pub fn cpu_seconds(&self) -> Result<f64, Failed> {
        cpu_seconds(self.process.id())
    }

    /// Resident megabytes.
    pub fn resident(&self) -> Result<f64, Failed> {
        let id = self.process.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        Ok(kilobytes.ok_or("no VmRSS")? / 1_024.0)
    }
}

/// CPU seconds that a process has used, in the system too.
pub fn cpu_seconds(process: u32) -> Result<f64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // After the name, which may hold spaces: state, and the 14th and 15th of all are user and system time.
    let rest = stat.rsplit_once(')').ok_or("no stat")?.1;
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: f64 = ticks.filter_map(|n| n.parse::<f64>().ok()).sum();
    // A hundred a second on every Linux.
    Ok(ticks / 100.0)
}

/// Serves until standard input ends.
pub fn serve(kind: &str, data: &Data) -> Result<(), Failed> {
    let runtime = tokio::runtime::Runtime::new()?;
    // As the program does by default.
    let log = Log::begin(false, "info")?;
    runtime.block_on(async {
        let router = match kind {
            "bare" => bare(data)?,
            "map" => map(data).await?,
            "sign-ins" => {
                let cores = std::thread::available_parallelism()?.get();
                router(over(&data.url, Hasher::new(cores)?).await?)
            }
            _ => router(curfew(&data.url).await?),
        };
        let listener = connections::listen("127.0.0.1:0".parse()?)?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
        let ends = spawn_blocking(|| std::io::stdin().read(&mut [0]));
        tokio::select! {
            () = connections::serve(listener, router, PATIENCE, std::future::pending()) => {}
            _ = ends => {}
        }
        Ok::<_, Failed>(())
    })?;
    drop(log);
    runtime.shutdown_background();
    Ok(())
}

async fn curfew(url: &str) -> Result<AppState, Failed> {
    over(url, Hasher::with_cost(64, 1, 2)?).await
}

async fn over(url: &str, hasher: Hasher) -> Result<AppState, Failed> {
    let mut config = Config::from(|name| (name == "CURFEW_DATABASE_URL").then(|| url.to_owned()))?;
    config.limits.attempts_per_user = 1_000_000;
    config.limits.attempts_per_address = 1_000_000;
    let db = Db::open(&config.database_url).await?;
    let keys = Keys::parse(&Keys::new_line())?;
    let state = AppState::new(config, db.clone(), hasher, keys, app::Assets::default());
    tokio::spawn(state.last_seen.clone().keep_writing(db));
    Ok(state)
}

/// The sessions of a database by their cookies.
#[derive(Clone)]
struct Map(Arc<HashMap<String, Found>>);

impl LooksUp for Map {
    async fn look_up(&self, token: &Token) -> Result<Found, Unavailable> {
        let found = self.0.get(token.hash().as_str()).cloned();
        Ok(found.unwrap_or(Found::Unknown))
    }
}

async fn map(data: &Data) -> Result<Router, Failed> {
    let state = curfew(&data.url).await?;
    let mut sessions = HashMap::new();
    for cookie in std::fs::read_to_string(&data.cookies)?.lines() {
        let value = cookie.split_once('=').ok_or("no cookie")?.1;
        let token = Token::presented(value).ok_or("no token")?;
        let found = state.checks.check(&token).await?;
        sessions.insert(token.hash().as_str().to_owned(), found);
    }
    let sessions = Map(Arc::new(sessions));
    let looked_up = {
        let state = state.clone();
        move |request: Request, next: Next| {
            let (sessions, state) = (sessions.clone(), state.clone());
            async move { authenticate_by(&sessions, &state, request, next).await }
        }
    };
    let users = Router::new()
        .route("/api/fn/{name}", post(functions::call))
        .layer(from_fn(looked_up));
    Ok(around(users, state))
}

fn bare(data: &Data) -> Result<Router, Failed> {
    let cookies = std::fs::read_to_string(&data.cookies)?;
    let cookies: HashSet<String> = cookies.lines().map(str::to_owned).collect();
    Ok(Router::new()
        .route("/api/fn/still_signed_in", post(is_known))
        .with_state(Arc::new(cookies)))
}

async fn is_known(
    State(cookies): State<Arc<HashSet<String>>>,
    headers: HeaderMap,
) -> Result<Json<()>, StatusCode> {
    let cookie = headers
        .get(header::COOKIE)
        .and_then(|value| value.to_str().ok());
    match cookie {
        Some(cookie) if cookies.contains(cookie) => Ok(Json(())),
        _ => Err(StatusCode::UNAUTHORIZED),
    }
}
