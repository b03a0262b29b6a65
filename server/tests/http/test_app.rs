//! The service under test.

mod seen;

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use accounts::{
    account,
    audit::{Action, Actor, Event},
    client::Client,
    db::{DatabaseError, Db},
    instance::{Instance, Reader},
    keys::Keys,
    limits::Limits,
    operation::Operation,
    passwords::Hasher,
    plans::Plan,
    setup_code::setup_code,
    time::Moment,
};
use app::{Assets, cookies::Kind};
use axum::Router;
use serde_json::json;
use server::{assets, config::Config, router::router, state::AppState, streams::EVERY};

use crate::browser::Browser;

pub const PASSWORD: &str = "violet tram under seven bridges";
pub const OTHER_PASSWORD: &str = "nine quiet herons over the canal";

pub const FIREFOX_ON_LINUX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
pub const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                                    (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
pub const CHROME_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
                                     (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// The key file of every node of every install under test.
static KEY_FILE: LazyLock<String> = LazyLock::new(|| Keys::new_line().to_string());
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::parse(&KEY_FILE).unwrap());

type Setting = (&'static str, &'static str);

/// The real router over a database. Cheap to clone.
#[derive(Clone)]
pub struct TestApp {
    pub state: AppState,
    pub router: Router,
    /// Where the database is.
    pub url: String,
    settings: Vec<Setting>,
}

impl TestApp {
    pub fn new(db: Db, url: &str) -> Self {
        // A test that fails shows what the service logged.
        let log = tracing_subscriber::fmt()
            .with_env_filter("warn")
            .with_test_writer();
        let _ = log.try_init();
        Self::made(
            db,
            url,
            vec![
                ("CURFEW_PUBLIC_URL", "http://curfew.test"),
                ("CURFEW_SIGN_UP", "open"),
            ],
            |_| {},
        )
    }

    /// The same database behind other settings, as after a restart.
    pub fn with(&self, settings: &[Setting]) -> Self {
        // The first of a name counts.
        let all = settings.iter().chain(&self.settings).copied().collect();
        Self::made(self.db().clone(), &self.url, all, |_| {})
    }

    /// The same database with other limits, those too that are no settings.
    pub fn with_limits(&self, change: impl FnOnce(&mut Limits)) -> Self {
        Self::made(self.db().clone(), &self.url, self.settings.clone(), change)
    }

    /// Begins to end event streams with their sessions, as the program does when it serves.
    pub fn looks_after_streams(&self) -> Looking {
        self.looks_every(EVERY)
    }

    /// The same, but so seldom that only a change notification ends a stream.
    pub fn is_notified(&self) -> Looking {
        self.looks_every(Duration::from_hours(1))
    }

    fn looks_every(&self, every: Duration) -> Looking {
        let looking = self.state.streams.clone();
        let curfew = self.state.curfew.clone();
        Looking(tokio::spawn(looking.keep_looking(curfew, every)))
    }

    /// As another node on the same database: connections of its own.
    pub async fn another_node(&self) -> Self {
        let db = Db::open(&self.url).await.unwrap();
        Self::made(db, &self.url, self.settings.clone(), |_| {})
    }

    fn made(db: Db, url: &str, settings: Vec<Setting>, change: impl FnOnce(&mut Limits)) -> Self {
        let setting = |name| {
            settings
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        let mut config = Config::from(setting).unwrap();
        change(&mut config.limits);
        // A cheap hash, because no story here is about its cost.
        let hasher = Hasher::with_cost(64, 1, 2).unwrap();
        let assets = assets::built().unwrap_or_else(|| Assets {
            js: "/pkg/curfew.js".into(),
            wasm: "/pkg/curfew.wasm".into(),
            css: "/pkg/curfew.css".into(),
            guard: "/pkg/guard.js".into(),
            tabs: "/pkg/tabs.js".into(),
            drafts: "/pkg/drafts.js".into(),
            times: "/pkg/times.js".into(),
            forms: "/pkg/forms.js".into(),
        });
        let state = AppState::new(config, db, hasher, KEYS.clone(), assets);
        Self {
            router: router(state.clone()),
            state,
            url: url.to_owned(),
            settings,
        }
    }

    /// Writes the key that these nodes have into a folder, for a program beside them.
    #[expect(clippy::unused_self, reason = "every app under test has the same keys")]
    pub fn key_in(&self, folder: &Path) -> PathBuf {
        let file = folder.join("shared.key");
        std::fs::write(&file, KEY_FILE.as_bytes()).unwrap();
        file
    }

    pub fn instance(&self) -> &Instance {
        &self.state.curfew.instance
    }

    pub fn db(&self) -> &Db {
        &self.instance().db
    }

    /// What the first user is asked for.
    pub fn setup_code(&self) -> String {
        setup_code(&self.instance().keys)
    }

    /// Reads as things are now.
    pub async fn read(&self) -> Reader {
        self.instance().read(Moment::now()).await.unwrap()
    }

    /// Begins an operation of the operator, who waits longer for their turn than a request may: a machine may be busy with
    /// other tests.
    pub async fn begin(&self) -> Operation {
        let client = Client::default();
        let mut tries = 10;
        loop {
            match Operation::begin(self.instance(), &client, Moment::now()).await {
                Err(DatabaseError::PoolTimedOut) if tries > 0 => tries -= 1,
                begun => return begun.unwrap(),
            }
        }
    }

    /// A browser that has never been here.
    pub fn browser(&self, user_agent: &str) -> Browser {
        Browser::new(self.clone(), user_agent)
    }

    /// The name of a cookie.
    pub fn cookie_name(&self, kind: Kind) -> &'static str {
        self.state.curfew.cookies.name(kind)
    }

    /// Writes that many events into the account of that user, each with this word in its details.
    pub async fn records(&self, name: &str, word: &str, events: usize) {
        let account = self.user(name).await.account_id;
        let mut op = self.begin().await;
        for _ in 0..events {
            let event = Event::of(Action::AccountRenamed, Actor::Operator).in_account(&account);
            op.record(event.with(json!({ "name": word })));
        }
        op.commit().await.unwrap();
    }

    /// The operator puts the user's account on another plan.
    pub async fn put_on(&self, name: &str, plan: Plan) {
        let id = self.user_id(name).await;
        let mut op = self.begin().await;
        let before = account::set_plan(&mut op, &id, plan, Actor::Operator).await;
        before.unwrap().unwrap();
        op.commit().await.unwrap();
    }
}

pub fn email_of(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

/// Streams are looked after until this is dropped.
pub struct Looking(pub tokio::task::JoinHandle<()>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}
