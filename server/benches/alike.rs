//! Whether the time of an answer tells that a user has an address: a known and an unknown one ask in
//! turn, 2,000 pairs each, through the real router over SQLite with `synchronous = full`.

use std::{
    error::Error,
    io::Write,
    time::{Duration, Instant},
};

use accounts::{
    client::Client,
    db::Db,
    keys::Keys,
    passwords::Hasher,
    plans::Plan,
    secret::Secret,
    sign_up::{FirstUser, Policy, SignUp, sign_up},
    time::Moment,
    users::NewUser,
};
use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use server::{config::Config, router::router, state::AppState};
use tower::ServiceExt;

const PAIRS: usize = 2_000;

/// How far the medians may lie apart.
const BUDGET: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let url = format!("sqlite://{}/bench.db", folder.path().display());
    let mut config = Config::from(|name| (name == "CURFEW_DATABASE_URL").then(|| url.clone()))?;
    // The limits are the same for both, and would end this at once.
    config.limits.attempts_per_user = 1_000_000;
    config.limits.attempts_per_address = 1_000_000;
    config.limits.sign_ups_per_address = 1_000_000;
    config.sign_up = SignUp::Open;
    config.confirm_sign_up = true;
    let db = Db::open(&config.database_url).await?;
    // A cheap hash: what the dear one takes would hide what is looked for.
    let hasher = Hasher::with_cost(64, 1, 2)?;
    let password = Secret::new("violet tram under seven bridges".into());
    let ada = NewUser {
        name: "Ada",
        email: "known@example.com",
        password: &password,
    };
    let policy = Policy {
        sign_up: SignUp::Open,
        plan: Plan::Enterprise,
        first: FirstUser::AtTheMachine,
    };
    let keys = Keys::parse(&Keys::new_line())?;
    let state = AppState::new(config, db, hasher, keys, app::Assets::default());
    let instance = &state.curfew.instance;
    sign_up(instance, &Client::default(), Moment::now(), &policy, ada).await?;
    let app = router(state);

    let mut out = std::io::stdout();
    let mut worst = Duration::ZERO;
    for function in ["sign_in", "request_password_reset", "sign_up"] {
        let [known, unknown] = pairs(&app, function).await?;
        let apart = known.abs_diff(unknown);
        worst = worst.max(apart);
        writeln!(
            out,
            "{function:<23}: known {:6.3} ms, unknown {:6.3} ms, {:.3} ms apart (medians of {PAIRS} pairs)",
            millis(known),
            millis(unknown),
            millis(apart)
        )?;
    }
    writeln!(out, "budget                 : {:.3} ms", millis(BUDGET))?;
    if worst > BUDGET {
        return Err("the time of an answer tells who has an account".into());
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The medians for a known and an unknown address of the same length.
async fn pairs(app: &Router, function: &str) -> Result<[Duration; 2], Box<dyn Error>> {
    let mut times = [Vec::new(), Vec::new()];
    for n in 0..PAIRS {
        // Who goes first changes, so that neither always pays for the other.
        for turn in 0..2 {
            let who = (n + turn) % 2;
            let email = ["known@example.com", "never@example.com"][who];
            let request = Request::post(format!("/api/fn/{function}"))
                .header(header::HOST, "127.0.0.1:3000")
                .header(header::ACCEPT, "application/json")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(format!(
                    "name=Stranger&email={email}&password=nine+quiet+herons+over+it"
                )))?;
            let begun = Instant::now();
            let response = app.clone().oneshot(request).await?;
            times[who].push(begun.elapsed());
            // A wrong password is refused; everything else must have gone its way.
            let expected = if function == "sign_in" { 401 } else { 200 };
            if response.status() != expected {
                return Err(format!("{function} answered {}", response.status()).into());
            }
        }
    }
    Ok(times.map(|mut times| {
        times.sort();
        times[times.len() / 2]
    }))
}
