//! Serving: open the database, listen, and stop cleanly.

use std::future::pending;

use accounts::{
    db::{DatabaseError, Db},
    instance::Instance,
    instance_epoch::raise_if_older,
    passwords::Hasher,
    time::Moment,
};
use sd_notify::NotifyState;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    applications_file, assets,
    audit_marks::{Keeper, MarksFile},
    clock,
    config::{self, Config},
    connections::{self, PATIENCE},
    emails::EmailSender,
    jobs, key_file, metrics, metrics_answer,
    router::router,
    setup,
    state::AppState,
    stopping::{self, REQUESTS, Stop, WITHIN},
    streams::EVERY,
    webhook::Deliveries,
};

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// One plain sentence: what could not be done, and what to do about it.
pub async fn serve(config: Config) -> Result<(), String> {
    let stop = stopping::when_asked().map_err(|e| format!("cannot wait for signals: {e}"))?;
    let ready = tokio::select! {
        ready = start(config) => ready?,
        _ = stopping::asked(stop.clone()) => {
            tracing::info!("Curfew has stopped, before it was ready");
            return Ok(());
        }
    };
    ready.until(stop).await;
    Ok(())
}

/// What serves, once all is open.
struct Ready {
    listener: TcpListener,
    state: AppState,
    /// What runs beside requests, for as long as it serves.
    always: JoinSet<()>,
    keeper: Keeper,
}

/// Opens all, and says where Curfew is.
async fn start(config: Config) -> Result<Ready, String> {
    for name in &config.unknown {
        let nearest = config::nearest(name);
        tracing::warn!(
            name,
            nearest,
            "a variable is set, and no setting has that name"
        );
    }
    let file = applications_file::read(&config)?;
    let db = Db::open(&config.database_url)
        .await
        .map_err(|e| config.cannot_open_database(&e))?;
    clock::measure_first(&db)
        .await
        .map_err(|e| config.cannot_open_database(&e))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let hasher = Hasher::new(cores).map_err(|e| e.to_string())?;
    let keys = key_file::open(&config.secret_key_file, &db).await?;
    let marks = MarksFile::at(config.audit_marks_file());
    let started = Instance {
        db: db.clone(),
        hasher: hasher.clone(),
        keys: keys.clone(),
        limits: config.limits,
    };
    refuse_what_is_older(&started, &marks)
        .await
        .map_err(|e| config.cannot_open_database(&db.explain(&e)))?;
    let waiting = applications_file::at_start(file, &started, &config).await?;
    let sender = EmailSender::new(&config, db.clone(), keys.clone())?;
    let assets = assets::built()
        .ok_or("the browser side is not built: run `make run`, or `cargo xtask web` first")?;
    let listener = connections::listen(config.listen)
        .map_err(|e| format!("CURFEW_LISTEN: cannot listen on {}: {e}", config.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let metrics_listener = listen_for_metrics(&config)?;
    let public = config.public_url.clone();
    let state = AppState::new(config, db.clone(), hasher, keys, assets);

    let instance = state.curfew.instance.clone();
    let webhook_client = state.curfew.webhook_client.clone();
    let deliveries = Deliveries::new(db.clone(), instance.keys.clone(), webhook_client);
    let keeper = || Keeper::new(db.clone(), instance.keys.clone(), marks.clone());
    let mut always = JoinSet::new();
    always.spawn(clock::keep_measuring(db.clone()));
    always.spawn(keeper().keep_writing());
    always.spawn(state.last_seen.clone().keep_writing(db.clone()));
    always.spawn(
        state
            .streams
            .clone()
            .keep_looking(state.curfew.clone(), EVERY),
    );
    always.spawn(sender.keep_sending());
    always.spawn(deliveries.keep_sending());
    always.spawn(state.notices.clone().keep_sending());
    jobs::spawn(&mut always, &instance, &state.notices);
    if let Some(listener) = metrics_listener {
        let router = metrics_answer::router_of_its_own(state.clone());
        // It ends with the jobs, and holds up no stop.
        always.spawn(connections::serve(listener, router, PATIENCE, pending()));
    }
    always.spawn(metrics::keep_up());
    if let Some(waiting) = waiting {
        always.spawn(waiting.keep_trying());
    }
    let address = format!("http://{address}");
    setup::log_code(&instance, state.curfew.sign_up)
        .await
        .map_err(|e| state.config.cannot_open_database(&db.explain(&e)))?;
    tracing::info!("Curfew is at {}", public.unwrap_or(address));
    tell_systemd(NotifyState::Ready);
    connections::raise_limit();
    Ok(Ready {
        listener,
        state,
        always,
        keeper: keeper(),
    })
}

impl Ready {
    /// Serves until asked to stop, and then to the end of what goes on.
    async fn until(mut self, stop: Stop) {
        let db = self.state.curfew.instance.db.clone();
        let asked = run(self.listener, self.state.clone(), stop).await;
        // What is under way in the outboxes is broken off, and done again by the next start or by another node.
        let rest = async {
            self.always.shutdown().await;
            self.state.last_seen.write(&db).await;
            self.keeper.write_last().await;
            self.state.checks.close().await;
            db.close().await;
        };
        if timeout_at(asked + WITHIN, rest).await.is_err() {
            tracing::warn!("timeout: the database did not answer when Curfew stopped");
        }
        tracing::info!("Curfew has stopped");
    }
}

/// Begins to count, where the operator has said who may read metrics.
fn listen_for_metrics(config: &Config) -> Result<Option<TcpListener>, String> {
    if config.metrics_listen.is_some() || config.metrics_token.is_some() {
        metrics::begin();
    }
    let Some(address) = config.metrics_listen else {
        return Ok(None);
    };
    let listener = connections::listen(address)
        .map_err(|e| format!("CURFEW_METRICS_LISTEN: cannot listen on {address}: {e}"))?;
    tracing::info!("metrics are at http://{address}{}", metrics_answer::METRICS);
    Ok(Some(listener))
}

/// A database that is older than the audit log's high-water marks beside it is a copy that was put in its place. What had
/// ended after the copy was taken must not be live again.
async fn refuse_what_is_older(instance: &Instance, file: &MarksFile) -> Result<(), DatabaseError> {
    let now = Moment::now();
    // Marks that cannot be read are told of where they are written.
    if let Ok(Some(mut marks)) = file.read(&instance.keys)
        && let Some(raised) = raise_if_older(instance, &mut marks, now).await?
    {
        // Not kept, it is raised once more at the next start.
        if let Err(error) = file.write(&marks, &instance.keys) {
            tracing::warn!(%error, "the audit log's high-water marks are not written");
        }
        tracing::error!(
            users = raised.users,
            sessions = raised.sessions,
            "the database is older than the audit log's high-water marks, or was altered: everything that was signed in ended"
        );
    }
    jobs::record_raises(instance, now).await
}

/// Says how the service stands, where systemd has started it (`Type=notify`); elsewhere nothing.
fn tell_systemd(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "systemd was not told how the service stands");
    }
}

/// Serves until asked to stop, and a while longer. When it was asked.
async fn run(listener: TcpListener, state: AppState, stop: Stop) -> Instant {
    let streams = state.streams.clone();
    let ending = stop.clone();
    let serving = connections::serve(listener, router(state), PATIENCE, async move {
        stopping::asked(ending).await;
        tell_systemd(NotifyState::Stopping);
        // They would hold up a clean stop.
        streams.stop();
    });
    tokio::select! {
        () = serving => {}
        () = async {
            let asked = stopping::asked(stop.clone()).await;
            tokio::time::sleep_until(asked + REQUESTS).await;
        } => {
            let seconds = REQUESTS.as_secs();
            tracing::warn!(seconds, "timeout: requests were still open when Curfew stopped");
        }
    }
    stopping::asked(stop).await
}
