//! Serving: open the database, listen, and stop cleanly.

use std::time::Duration;

use accounts::{
    audit_retention,
    cleanup::cleanup,
    curfew,
    db::{DatabaseError, Db},
    denials,
    instance::Instance,
    passwords::Hasher,
    time::Moment,
};
use tokio::{net::TcpListener, signal, sync::watch, task::JoinSet};

use crate::{
    assets,
    audit_marks::{Keeper, MarksFile},
    config::{self, Config},
    connections::{self, SILENT},
    emails::EmailSender,
    key_file,
    router::router,
    state::AppState,
    webhook::Deliveries,
};

/// How long requests may go on after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How often rows that are due are deleted.
const CLEANUP_EVERY: Duration = Duration::from_hours(1);

/// How often what a curfew has ended is marked.
const CURFEWS_EVERY: Duration = Duration::from_mins(1);

/// How often refusals that were counted are recorded. They are due when their minute is over.
const DENIALS_EVERY: Duration = Duration::from_secs(10);

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// One plain sentence: what could not be done, and what to do about it.
pub async fn serve(config: Config) -> Result<(), String> {
    for name in &config.unknown {
        let nearest = config::nearest(name);
        tracing::warn!(
            name,
            nearest,
            "a variable is set, and no setting has that name"
        );
    }
    let db = Db::open(&config.database_url)
        .await
        .map_err(|e| config.cannot_open_database(&e))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let hasher = Hasher::new(cores).map_err(|e| e.to_string())?;
    let keys = key_file::open(&config.secret_key_file)?;
    let sender = EmailSender::new(&config, db.clone(), keys.clone())?;
    let assets = assets::built()
        .ok_or("the browser side is not built: run `make run`, or `cargo xtask web` first")?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|e| format!("CURFEW_LISTEN: cannot listen on {}: {e}", config.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let public = config.public_url.clone();
    let marks = MarksFile::at(config.audit_marks_file());
    let state = AppState::new(config, db.clone(), hasher, keys, assets);

    let instance = state.curfew.instance.clone();
    let webhook_client = state.curfew.webhook_client.clone();
    let deliveries = Deliveries::new(db.clone(), instance.keys.clone(), webhook_client);
    let keeper = || Keeper::new(db.clone(), instance.keys.clone(), marks.clone());
    let mut always = JoinSet::new();
    always.spawn(keeper().keep_writing());
    always.spawn(state.last_seen.clone().keep_writing(db.clone()));
    always.spawn(state.streams.clone().keep_looking(state.curfew.clone()));
    always.spawn(keep_ending_curfews(instance.clone()));
    always.spawn(keep_recording_denials(instance.clone()));
    always.spawn(sender.keep_sending());
    always.spawn(deliveries.keep_sending());
    always.spawn(keep_cleaning_up(instance.clone()));
    let address = format!("http://{address}");
    tracing::info!("Curfew is at {}", public.unwrap_or(address));
    connections::raise_limit();
    run(listener, state.clone()).await;
    always.shutdown().await;
    state.last_seen.write(&db).await;
    keeper().write_last().await;
    db.close().await;
    tracing::info!("Curfew has stopped");
    Ok(())
}

async fn run(listener: TcpListener, state: AppState) {
    let streams = state.streams.clone();
    let (stop, mut stopped) = watch::channel(false);
    let mut draining = stopped.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        streams.stop();
        let _ = stop.send(true);
    });
    let serving = connections::serve(listener, router(state), SILENT, async move {
        let _ = stopped.wait_for(|stop| *stop).await;
    });
    tokio::select! {
        () = serving => {}
        () = async {
            let _ = draining.wait_for(|stop| *stop).await;
            tokio::time::sleep(DRAIN).await;
        } => {
            let seconds = DRAIN.as_secs();
            tracing::warn!(seconds, "timeout: requests were still open when Curfew stopped");
        }
    }
}

async fn asked_to_stop() {
    let interrupt = signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = signal::unix::signal(signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

/// Marks what curfews have ended. They hold without it; lists and counts are tidier with it.
async fn keep_ending_curfews(instance: Instance) {
    let mut tick = tokio::time::interval(CURFEWS_EVERY);
    loop {
        tick.tick().await;
        match curfew::end_due(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "curfews ended sessions and remembered devices"),
            Err(error) => {
                tracing::warn!(%error, "the database is unavailable: curfews are marked later");
            }
        }
    }
}

/// Without it a count would stay out of the audit log until the next start.
async fn keep_recording_denials(instance: Instance) {
    let mut tick = tokio::time::interval(DENIALS_EVERY);
    loop {
        tick.tick().await;
        match denials::record_counted(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(refusals) => tracing::info!(refusals, "refusals that were counted were recorded"),
            Err(error) => {
                tracing::warn!(%error, "the database is unavailable: counted refusals are recorded later");
            }
        }
    }
}

async fn keep_cleaning_up(instance: Instance) {
    let mut tick = tokio::time::interval(CLEANUP_EVERY);
    loop {
        tick.tick().await;
        match clean_up(&instance).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "cleanup deleted old rows"),
            Err(error) => {
                tracing::warn!(%error, "the database is unavailable: cleanup is tried again later");
            }
        }
    }
}

async fn clean_up(instance: &Instance) -> Result<u64, DatabaseError> {
    let now = Moment::now();
    let mut tx = instance.db.write().await?;
    let deleted = cleanup(&mut tx, now).await?;
    tx.commit().await?;
    Ok(deleted + audit_retention::delete_old(instance, now).await?)
}
