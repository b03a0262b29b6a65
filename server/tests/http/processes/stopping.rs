//! Stopping: what is under way is finished, what is only open does not hold it up.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{
    client::{Client, arrived, uploading},
    program::{Program, curfew},
    stream::Stream,
};
use crate::{databases, receiver::Receiver, test_app::TestApp};

on_both!(
    it_stops_when_asked_and_starts_again_with_every_user_signed_in,
    a_request_under_way_is_answered_before_it_stops,
    connections_that_are_only_open_do_not_hold_it_up_for_ever,
    with_all_that_may_hold_it_up_it_stops_in_time_and_loses_no_change,
);

const SOON: Duration = Duration::from_secs(5);

async fn it_stops_when_asked_and_starts_again_with_every_user_signed_in(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    server.is_asked_to_stop();
    assert!(server.ends_within(SOON).success());
    let again = Program::start(folder.path(), &app.url);
    assert!(ada.is_signed_in(&again.address).await);
}

async fn a_request_under_way_is_answered_before_it_stops(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let mut ada = Client::default();
    ada.sign_up(&server.address, "Ada").await;
    let (head, body) = ada.written(&server.address, "remote_logout", &[("from", "security")]);
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.is_asked_to_stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream.write_all(body.as_bytes()).await.unwrap();
    arrived(stream).await.unwrap().is(200);
    assert!(server.ends_within(SOON).success());
    assert_eq!(
        (
            app.remote_logouts("Ada").await,
            app.open_sessions("Ada").await
        ),
        (1, 0)
    );
}

async fn connections_that_are_only_open_do_not_hold_it_up_for_ever(app: TestApp) {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Program::start(folder.path(), &app.url);
    let idle = TcpStream::connect(&server.address).await.unwrap();
    let slow = uploading(&server.address).await;
    server.is_asked_to_stop();
    let status = tokio::task::spawn_blocking(move || server.ends_within(Program::STOPS_WITHIN))
        .await
        .unwrap();
    assert!(status.success(), "{status}");
    drop((idle, slow));
}

/// The database has taken the connection and says nothing more.
#[tokio::test]
async fn a_start_that_waits_is_ended_by_a_signal_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let database = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "postgres://curfew@{}/curfew",
        database.local_addr().unwrap()
    );
    let mut command = curfew(folder.path(), &url);
    command.arg("serve").stderr(Stdio::piped());
    let waits = command.spawn().unwrap();
    let silent = database.accept().await.unwrap();
    let asked = Command::new("kill").arg(waits.id().to_string()).status();
    assert!(asked.unwrap().success());
    let ended = tokio::task::spawn_blocking(|| waits.wait_with_output());
    let ended = tokio::time::timeout(SOON, ended).await;
    let ended = ended.expect("it still waits").unwrap().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let log = String::from_utf8_lossy(&ended.stderr);
    assert!(log.contains("before it was ready"), "{log}");
    drop(silent);
}

/// Browsers of one user, and streams of each: a session may have sixteen.
const BROWSERS: usize = 7;
const STREAMS: usize = 15;

/// A hundred streams, an upload that crawls, a webhook that hangs, and changes all the while. `make nightly` does it twenty
/// times.
async fn with_all_that_may_hold_it_up_it_stops_in_time_and_loses_no_change(app: TestApp) {
    let rounds = testing::rounds(1, 20);
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::that_answers(&[]).await;
    let settings = [("CURFEW_WEBHOOK_ALLOW_PRIVATE", "on")];
    let mut browsers = vec![Client::default(); BROWSERS];
    let mut answered = 0;
    for round in 0..rounds {
        let mut server = Program::start_with(folder.path(), &app.url, &settings);
        let address = server.address.clone();
        receiver.answers_next(&["nothing"; 1_000]);
        if round == 0 {
            browsers[0].sign_up(&address, "Ada").await;
            for browser in &mut browsers[1..] {
                browser.sign_in(&address, "Ada").await;
            }
            let url = receiver.url();
            let fields = [("url", url.as_str())];
            let made = browsers[0].call(&address, "set_webhook", &fields);
            made.await.unwrap().is(200);
        }
        let mut streams = Vec::new();
        for browser in &browsers {
            for _ in 0..STREAMS {
                streams.push(Stream::open(&address, browser).await);
            }
        }
        let slow = uploading(&address).await;
        let (tell, mut changed) = unbounded_channel();
        let changing = tokio::spawn(change_until_it_is_gone(browsers[0].clone(), address, tell));
        for _ in 0..3 {
            changed.recv().await.unwrap();
        }
        server.is_asked_to_stop();
        let ended = tokio::task::spawn_blocking(move || server.ends_within(Program::STOPS_WITHIN));
        let status = ended.await.unwrap();
        assert!(status.success(), "round {round}: {status}");
        changing.await.unwrap();
        answered += 3 + rest(&mut changed);
        drop((streams, slow));
    }
    let sql = "select count(*) from audit_events where action = 'account.renamed'";
    let recorded = databases::number(app.db(), sql).await;
    // The last of each round may be recorded with its answer on the way.
    assert!(
        (answered..=answered + rounds).contains(&recorded),
        "{answered} answered, {recorded} recorded"
    );
}

/// Tells of each change that was answered.
async fn change_until_it_is_gone(mut ada: Client, address: String, tell: UnboundedSender<()>) {
    for n in 0.. {
        let name = format!("Number {n}");
        let answer = ada
            .call(&address, "rename_account", &[("name", &name)])
            .await;
        match answer {
            Ok(answer) if answer.status == 200 => tell.send(()).unwrap(),
            // Refused while it stops, or gone.
            _ => return,
        }
    }
}

fn rest(changed: &mut UnboundedReceiver<()>) -> i64 {
    let mut count = 0;
    while changed.try_recv().is_ok() {
        count += 1;
    }
    count
}
