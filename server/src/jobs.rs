//! What runs beside the requests for as long as the program does: marking, recording and deleting rows. Nothing that a
//! user is promised waits for it, and several nodes may do it at once.

use std::time::Duration;

use accounts::{
    applications::signing_keys,
    audit_retention,
    cleanup::cleanup,
    curfew,
    db::DatabaseError,
    denials,
    instance::Instance,
    instance_epoch, sessions,
    time::{Moment, clock_difference},
};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval},
};

use crate::notices::Notices;

/// How often rows that are due are deleted.
const CLEANUP_EVERY: Duration = Duration::from_hours(1);

/// How often what raised epochs have ended is marked, and recorded session by session.
const RAISES_EVERY: Duration = Duration::from_millis(500);

/// How often what a curfew has ended is marked.
const CURFEWS_EVERY: Duration = Duration::from_mins(1);

/// How often refusals that were counted are recorded. They are due when their minute is over.
const DENIALS_EVERY: Duration = Duration::from_secs(10);

/// How often what time has ended at applications is noticed.
const EXPIRED_EVERY: Duration = Duration::from_secs(30);

/// Begins every job.
pub(crate) fn spawn(always: &mut JoinSet<()>, instance: &Instance, notices: &Notices) {
    always.spawn(keep_ending_at_applications(
        instance.clone(),
        notices.clone(),
    ));
    always.spawn(keep_ending_expired(instance.clone(), notices.clone()));
    always.spawn(keep_ending_curfews(instance.clone()));
    always.spawn(keep_expanding_raises(instance.clone()));
    always.spawn(keep_recording_denials(instance.clone()));
    always.spawn(keep_recording_instance_raises(instance.clone()));
    always.spawn(keep_cleaning_up(instance.clone()));
}

/// After a job that took longer than its interval the next one waits that long again.
fn every(time: Duration) -> Interval {
    let mut tick = interval(time);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

/// While the clocks disagree nothing is marked or deleted because of its age.
fn time_is_in_doubt() -> bool {
    clock_difference().is_too_large()
}

/// Marks what curfews have ended. They hold without it; lists and counts are tidier with it.
async fn keep_ending_curfews(instance: Instance) {
    let mut tick = every(CURFEWS_EVERY);
    loop {
        tick.tick().await;
        if time_is_in_doubt() {
            continue;
        }
        match curfew::end_due(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "curfews ended sessions and remembered devices"),
            Err(error) => {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: curfews are marked later"
                );
            }
        }
    }
}

/// Marks what raised epochs have ended. They end it without this; the audit log names each session with it.
async fn keep_expanding_raises(instance: Instance) {
    let mut tick = every(RAISES_EVERY);
    loop {
        tick.tick().await;
        match sessions::expand_raises(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(sessions) => tracing::info!(sessions, "ended sessions were recorded one by one"),
            Err(error) => {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: ended sessions are recorded later"
                );
            }
        }
    }
}

/// Ends at applications what raised epochs have ended, right after a commit of this process and within half a second of
/// another's, and has the notices sent.
async fn keep_ending_at_applications(instance: Instance, notices: Notices) {
    let committed = Notify::new();
    let mut tick = every(RAISES_EVERY);
    let ending = async {
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = committed.notified() => {}
            }
            if let Err(error) = sessions::end_applications(&instance, Moment::now()).await {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: applications are told later"
                );
            }
            notices.wake();
        }
    };
    tokio::join!(ending, instance.db.own_changes(|_| committed.notify_one()));
}

/// Ends at applications what time has ended.
async fn keep_ending_expired(instance: Instance, notices: Notices) {
    let mut tick = every(EXPIRED_EVERY);
    loop {
        tick.tick().await;
        if time_is_in_doubt() {
            continue;
        }
        match sessions::end_expired_applications(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(users) => {
                tracing::info!(users, "sessions at applications ended with their time");
                notices.wake();
            }
            Err(error) => {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: what has expired is noticed later"
                );
            }
        }
    }
}

/// Without it a count would stay out of the audit log until the next start.
async fn keep_recording_denials(instance: Instance) {
    let mut tick = every(DENIALS_EVERY);
    loop {
        tick.tick().await;
        match denials::record_counted(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(refusals) => tracing::info!(refusals, "refusals that were counted were recorded"),
            Err(error) => {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: counted refusals are recorded later"
                );
            }
        }
    }
}

/// How often it is looked whether the instance epoch was raised while there was no key to sign with.
const INSTANCE_RAISES_EVERY: Duration = Duration::from_secs(5);

/// A node raises it as soon as it finds itself before another PostgreSQL. This is what tells of it.
async fn keep_recording_instance_raises(instance: Instance) {
    let mut tick = every(INSTANCE_RAISES_EVERY);
    loop {
        tick.tick().await;
        if let Err(error) = record_raises(&instance, Moment::now()).await {
            let error = instance.db.explain(&error);
            tracing::warn!(
                error,
                "the database is unavailable: raises of the instance epoch are recorded later"
            );
        }
    }
}

/// Records and logs raises of the instance epoch that were not recorded yet.
pub(crate) async fn record_raises(instance: &Instance, now: Moment) -> Result<(), DatabaseError> {
    for why in instance_epoch::record_raises(instance, now).await? {
        tracing::error!(%why, "the instance epoch was raised: everything that was signed in ended");
    }
    Ok(())
}

async fn keep_cleaning_up(instance: Instance) {
    let mut tick = every(CLEANUP_EVERY);
    loop {
        tick.tick().await;
        if time_is_in_doubt() {
            continue;
        }
        match signing_keys::rotate_due(&instance, Moment::now()).await {
            Ok(0) => {}
            Ok(keys) => tracing::info!(
                keys,
                "new signing keys are published, and sign in two hours"
            ),
            Err(error) => tracing::warn!(%error, "signing keys are rotated later"),
        }
        match clean_up(&instance).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "cleanup deleted old rows"),
            Err(error) => {
                let error = instance.db.explain(&error);
                tracing::warn!(
                    error,
                    "the database is unavailable: cleanup is tried again later"
                );
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
