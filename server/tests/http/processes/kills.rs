//! `kill -9` around a remote logout: everything is alive and there is no event, or everything is dead and there is one.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use accounts::{audit, db::Db};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{
    client::{Client, arrived},
    program::{Program, runs},
};
use crate::databases;

/// Kills in one test; there are five of them, so that none takes long.
const ROUNDS: u32 = 10;

/// What a kill left behind.
#[derive(Debug, Default)]
struct Seen {
    alive: u32,
    dead: u32,
    answered: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_the_remote_logout_has_arrived_everything_is_alive() {
    let seen = log_out_and_kill_in_rounds(|_, _| When::HalfSent).await;
    assert_eq!((seen.alive, seen.dead), (ROUNDS, 0), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_answer_everything_is_dead() {
    let seen = log_out_and_kill_in_rounds(|_, _| When::Answered).await;
    assert_eq!(
        (seen.alive, seen.dead, seen.answered),
        (0, ROUNDS, ROUNDS),
        "{seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_early_in_a_remote_logout_all_or_nothing() {
    log_out_and_kill_in_rounds(|round, takes| When::After(takes * round / ROUNDS / 2)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_late_in_a_remote_logout_all_or_nothing() {
    log_out_and_kill_in_rounds(|round, takes| When::After(takes / 2 + takes * round / ROUNDS / 2))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_all_or_nothing() {
    let seen =
        log_out_and_kill_in_rounds(|round, takes| When::After(takes * 3 * round / ROUNDS)).await;
    assert!(
        seen.alive > 0 && seen.dead > 0,
        "the kills were not before and after: {seen:?}"
    );
}

/// When the process is killed.
enum When {
    /// The head of the request is there, its body is not.
    HalfSent,
    /// So long after the request was sent.
    After(Duration),
    /// The moment the answer is there.
    Answered,
}

/// Ten remote logouts, each with a kill and a start after it. `when` gets the round and how long a remote logout takes.
async fn log_out_and_kill_in_rounds(when: impl Fn(u32, Duration) -> When) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("curfew.db").display());
    let mut server = Program::start(folder.path(), &url);
    Client::default().sign_up(&server.address, "Ada").await;
    let takes = a_remote_logout_takes(&server).await;
    let mut seen = Seen::default();
    for round in 0..ROUNDS {
        let (mut ada, mut phone) = (Client::default(), Client::default());
        ada.sign_in(&server.address, "Ada").await;
        phone.sign_in(&server.address, "Ada").await;
        let before = Ada::looked_up(&url).await;
        let answered = log_out_and_kill(server, &ada, when(round, takes)).await;
        server = Program::start(folder.path(), &url);
        let after = Ada::looked_up(&url).await;

        let mut living = Vec::new();
        for browser in [&ada, &phone] {
            let session = browser.only("curfew_session");
            living.push(session.is_signed_in(&server.address).await);
            let device = browser.only("curfew_remember");
            living.push(device.comes_back(&server.address).await);
        }
        if after == before {
            assert_eq!(living, [true; 4], "no event, so everything is alive");
            assert!(!answered, "the answer promised that everything is dead");
            seen.alive += 1;
        } else {
            let logged_out = Ada {
                remote_logouts: before.remote_logouts + 1,
                epoch: before.epoch + 1,
                sessions: 0,
                devices: 0,
            };
            assert_eq!(after, logged_out);
            assert_eq!(
                living, [false; 4],
                "there is an event, so everything is dead"
            );
            seen.dead += 1;
            seen.answered += u32::from(answered);
        }
    }
    verify(folder.path(), &url);
    println!("a remote logout takes {takes:?}: {seen:?}");
    seen
}

/// The slowest of three, so that the kills spread over all of it.
async fn a_remote_logout_takes(server: &Program) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        let mut ada = Client::default();
        ada.sign_in(&server.address, "Ada").await;
        let start = Instant::now();
        ada.call(&server.address, "remote_logout", &[])
            .await
            .unwrap()
            .is(200);
        slowest = slowest.max(start.elapsed());
    }
    slowest
}

/// Whether the answer arrived before the end.
async fn log_out_and_kill(server: Program, ada: &Client, when: When) -> bool {
    let (head, body) = ada.written(&server.address, "remote_logout", &[("from", "security")]);
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let wait = match when {
        When::HalfSent => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            server.dies();
            return false;
        }
        When::After(wait) => Some(wait),
        When::Answered => None,
    };
    stream.write_all(body.as_bytes()).await.unwrap();
    let answer = if let Some(wait) = wait {
        // A thread of its own: a timer of tokio's only knows whole milliseconds.
        tokio::task::spawn_blocking(move || {
            std::thread::sleep(wait);
            server.dies();
        })
        .await
        .unwrap();
        arrived(stream).await
    } else {
        let answer = arrived(stream).await;
        server.dies();
        answer
    };
    // One that was under way is read to the end here, and then it counts.
    answer.is_ok_and(|answer| answer.status == 200)
}

/// What the database says of Ada.
#[derive(Debug, PartialEq, Eq)]
struct Ada {
    remote_logouts: i64,
    epoch: i64,
    sessions: i64,
    devices: i64,
}

impl Ada {
    async fn looked_up(url: &str) -> Self {
        let db = Db::open(url).await.unwrap();
        let number = async |sql| databases::number(&db, sql).await;
        let ada = Self {
            remote_logouts: number(
                "select count(*) from audit_events where action = 'user.session_invalidated'",
            )
            .await,
            epoch: number("select epoch from users").await,
            sessions: number(
                "select count(*) from sessions s join users u on u.id = s.user_id and u.epoch = s.epoch
                 where s.ended_at is null",
            )
            .await,
            devices: number(
                "select count(*) from remembered_devices d
                 join users u on u.id = d.user_id and u.epoch = d.epoch where d.ended_at is null",
            )
            .await,
        };
        audit::verify(&mut db.read().await.unwrap())
            .await
            .unwrap()
            .unwrap();
        db.close().await;
        ada
    }
}

fn verify(folder: &Path, url: &str) {
    let verified = runs(folder, url, &["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}
