//! The service under test, and what its database says.

use std::sync::LazyLock;

use accounts::{
    account,
    audit::{self, Actor, Cut, Filter, Stored},
    client::Client,
    db::Db,
    ids::UserId,
    instance::{Instance, Reader},
    keys::Keys,
    limits::Limits,
    members,
    operation::Operation,
    passwords::Hasher,
    plans::Plan,
    sessions,
    time::Moment,
    users::{self, User},
};
use app::{Assets, cookies::Kind};
use axum::Router;
use server::{assets, config::Config, router::router, state::AppState};

use crate::{browser::Browser, databases};

pub const PASSWORD: &str = "violet tram under seven bridges";
pub const OTHER_PASSWORD: &str = "nine quiet herons over the canal";

pub const FIREFOX_ON_LINUX: &str =
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
pub const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                                    (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
pub const CHROME_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 \
                                     (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// The keys of every node of every install under test.
static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys::parse(&Keys::new_line()).unwrap());

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
            vec![("CURFEW_PUBLIC_URL", "http://curfew.test")],
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
        let looking = self.state.streams.clone();
        Looking(tokio::spawn(
            looking.keep_looking(self.state.curfew.clone()),
        ))
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
            live: "/pkg/live.js".into(),
            drafts: "/pkg/drafts.js".into(),
            times: "/pkg/times.js".into(),
            plain: "/pkg/plain.js".into(),
        });
        let state = AppState::new(config, db, hasher, KEYS.clone(), assets);
        Self {
            router: router(state.clone()),
            state,
            url: url.to_owned(),
            settings,
        }
    }

    pub fn instance(&self) -> &Instance {
        &self.state.curfew.instance
    }

    pub fn db(&self) -> &Db {
        &self.instance().db
    }

    /// Reads as things are now.
    pub async fn read(&self) -> Reader {
        self.instance().read(Moment::now()).await.unwrap()
    }

    /// Begins an operation of the operator.
    pub async fn begin(&self) -> Operation {
        let client = Client::default();
        let begun = Operation::begin(self.instance(), &client, Moment::now()).await;
        begun.unwrap()
    }

    /// A browser that has never been here.
    pub fn browser(&self, user_agent: &str) -> Browser {
        Browser::new(self.clone(), user_agent)
    }

    /// The name of a cookie.
    pub fn cookie_name(&self, kind: Kind) -> &'static str {
        self.state.curfew.cookies.name(kind)
    }

    /// The id of the user with that name's email.
    pub async fn user_id(&self, name: &str) -> UserId {
        let mut conn = self.read().await;
        let id = users::id_of_email(&mut conn, &email_of(name)).await;
        id.unwrap().unwrap()
    }

    /// The same as text.
    pub async fn id_of(&self, name: &str) -> String {
        self.user_id(name).await.0
    }

    /// The user and their account, as they are now.
    pub async fn user(&self, name: &str) -> User {
        let id = self.user_id(name).await;
        let mut conn = self.read().await;
        users::find(&mut conn, &id).await.unwrap().unwrap()
    }

    /// How many users there are, the removed ones left out.
    pub async fn user_count(&self) -> usize {
        let mut conn = self.read().await;
        members::everyone(&mut conn, "").await.unwrap().len()
    }

    /// The operator puts the user's account on another plan.
    pub async fn put_on(&self, name: &str, plan: Plan) {
        let id = self.user_id(name).await;
        let mut op = self.begin().await;
        let before = account::set_plan(&mut op, &id, plan, Actor::Operator).await;
        before.unwrap().unwrap();
        op.commit().await.unwrap();
    }

    /// How many API tokens and MCP tokens of that user are valid.
    pub async fn token_counts(&self, name: &str) -> (i64, i64) {
        let id = self.user_id(name).await;
        let facts = sessions::facts(&mut self.read().await, &id).await.unwrap();
        (facts.api_tokens, facts.mcp_tokens)
    }

    /// How many events of that action tell of that user.
    pub async fn events(&self, name: &str, action: &str) -> i64 {
        let id = self.user_id(name).await;
        let mut conn = self.read().await;
        audit::recorded(&mut conn, &id, action).await.unwrap()
    }

    /// The newest event of that action in the account of that user.
    pub async fn newest_event(&self, name: &str, action: &str) -> Stored {
        let account = self.user(name).await.account_id;
        let filter = Filter {
            action: Some(action.to_owned()),
            ..Filter::default()
        };
        let mut conn = self.read().await;
        let cut = Cut::Before(i64::MAX);
        let found = audit::search(&mut conn, &account, &filter, cut, 1).await;
        found.unwrap().remove(0).event
    }

    /// Remote logouts of that user, as the audit log has them.
    pub async fn remote_logouts(&self, name: &str) -> i64 {
        self.events(name, "user.session_invalidated").await
    }

    pub async fn open_sessions(&self, name: &str) -> i64 {
        let sql = "select count(*) from sessions where ended_at is null and user_id";
        databases::number(self.db(), &format!("{sql} = ({})", user_of(name))).await
    }

    pub async fn open_devices(&self, name: &str) -> i64 {
        let sql = "select count(*) from remembered_devices where ended_at is null and user_id";
        databases::number(self.db(), &format!("{sql} = ({})", user_of(name))).await
    }

    pub async fn epoch(&self, name: &str) -> i64 {
        let sql = format!("select epoch from users where email = '{}'", email_of(name));
        databases::number(self.db(), &sql).await
    }

    /// Everything that an operation could have changed, to compare with later.
    pub async fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "select 'user ' || id || ' ' || name || ' ' || coalesce(username, '') || ' ' || email || ' '
                    || password_hash || ' ' || role || ' ' || coalesce(cast(disabled_at as text), '') || ' '
                    || cast(epoch as text) from users order by id",
            "select 'account ' || id || ' ' || name || ' ' || plan from accounts order by id",
            "select 'session ' || id || ' ' || token_hash || ' ' || coalesce(end_reason, 'open')
             from sessions order by id",
            "select 'device ' || id || ' ' || coalesce(end_reason, 'open') from remembered_devices order by id",
            "select 'cookie ' || token_hash || ' ' || coalesce(cast(exchanged_at as text), 'fresh')
             from remember_tokens order by token_hash",
            "select 'token ' || id || ' ' || coalesce(cast(revoked_at as text), 'good') from tokens order by id",
            "select 'invitation ' || id || ' ' || coalesce(cast(used_at as text), '') || ' '
                    || coalesce(cast(revoked_at as text), 'good') from invitations order by id",
            "select 'webhook ' || account_id || ' ' || url || ' ' || categories || ' ' || secret from webhooks",
            // Being refused changes nothing but that it is recorded.
            "select 'event ' || id || ' ' || action from audit_events where action <> 'access.denied' order by id",
        ] {
            all.extend(databases::texts(self.db(), sql).await);
        }
        all
    }

    /// The audit log's chains are whole.
    pub async fn chains_are_whole(&self) {
        let mut conn = self.read().await;
        audit::verify(&mut conn).await.unwrap().unwrap();
    }
}

pub fn email_of(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

fn user_of(name: &str) -> String {
    format!("select id from users where email = '{}'", email_of(name))
}

/// Streams are looked after until this is dropped.
pub struct Looking(tokio::task::JoinHandle<()>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}
