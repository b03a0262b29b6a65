//! One code presented 64 times at once, half of them at each of two nodes: it lets one in.

use accounts::{
    second_factor::totp::TotpSecret,
    time::{Moment, UnixMillis},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use super::{
    client::{Client, arrived},
    nodes::Nodes,
};
use crate::{answer::Answer, databases, test_app::TestApp};

/// With so many places that the limit is not what refuses. That of wrong codes in a row is no setting:
/// 100, and what is right begins it anew.
const WIDE: [(&str, &str); 2] = [
    ("CURFEW_ATTEMPTS_PER_USER", "10000"),
    ("CURFEW_ATTEMPTS_PER_ADDRESS", "10000"),
];

const TIMES: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_64_times_at_once_at_two_nodes_lets_one_in() {
    databases::postgres(the_same_code_64_times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_64_times_at_once_at_two_nodes_lets_one_in() {
    databases::postgres(a_recovery_code_64_times).await;
}

async fn the_same_code_64_times(app: TestApp) {
    let nodes = Nodes::start(&app, &WIDE);
    let ada = Protected::set_up(&nodes).await;
    let halves = halves(&nodes, TIMES).await;
    let [before, code] = ada.codes_of_this_step_and_the_next();
    one_is_let_in(&app, &nodes, halves, &code).await;

    // Used, and so is the one before it, which is as new to the database and as good by the clock.
    let (first, second) = (&nodes.first.address, &nodes.second.address);
    let mut pending = pending(first).await;
    for consumed in [&before, &code] {
        for address in [first, second] {
            is_refused(
                &pending
                    .call(address, "verify_code", &[("code", consumed)])
                    .await
                    .unwrap(),
            );
        }
    }
    // Neither that pending sign-in nor the count was what refused it.
    let code = &ada.recovery_codes[0];
    let complete_sign_in = pending.call(second, "verify_code", &[("code", code)]).await;
    complete_sign_in.unwrap().is(200);
    assert!(pending.is_signed_in(first).await);
}

async fn a_recovery_code_64_times(app: TestApp) {
    let nodes = Nodes::start(&app, &WIDE);
    let ada = Protected::set_up(&nodes).await;
    let halves = halves(&nodes, TIMES).await;
    let code = &ada.recovery_codes[3];
    one_is_let_in(&app, &nodes, halves, code).await;
    assert_eq!(app.events("Ada", "user.recovery_code_used").await, 1);

    let (first, second) = (&nodes.first.address, &nodes.second.address);
    let mut pending = pending(first).await;
    for address in [first, second] {
        is_refused(
            &pending
                .call(address, "verify_code", &[("code", code)])
                .await
                .unwrap(),
        );
    }
    let another = &ada.recovery_codes[4];
    let complete_sign_in = pending
        .call(second, "verify_code", &[("code", another)])
        .await;
    complete_sign_in.unwrap().is(200);
}

/// A user with two-factor authentication.
struct Protected {
    secret: TotpSecret,
    recovery_codes: Vec<String>,
}

impl Protected {
    /// Signs up and sets it up as a user does, at the first node.
    async fn set_up(nodes: &Nodes) -> Self {
        let address = &nodes.first.address;
        let mut ada = Client::default();
        ada.sign_up(address, "Ada").await;
        ada.call(address, "begin_two_factor", &[])
            .await
            .unwrap()
            .is(200);
        let draft = ada.call(address, "two_factor_draft", &[]).await.unwrap();
        let draft = draft.is(200).json();
        let secret = draft["authenticator"][0].as_str().unwrap().replace(' ', "");
        let secret = data_encoding::BASE32_NOPAD
            .decode(secret.as_bytes())
            .unwrap();
        let codes = draft["codes"].as_array().unwrap().iter();
        let codes = codes
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
        let ada_is = Self {
            secret: TotpSecret::of(&secret),
            recovery_codes: codes,
        };
        let [code, _] = ada_is.codes_of_this_step_and_the_next();
        let on = ada
            .call(address, "turn_on_two_factor", &[("code", &code)])
            .await;
        on.unwrap().is(200);
        ada_is
    }

    /// The second is good for a minute at least: it is later than the one by which it was turned on, and
    /// a step of drift is allowed either way.
    fn codes_of_this_step_and_the_next(&self) -> [String; 2] {
        let now = Moment::now().at.0;
        [now, now + 30_000].map(|at| self.secret.code(Moment::at(UnixMillis(at))))
    }
}

/// A browser that has shown the password and owes a code.
async fn pending(address: &str) -> Client {
    let mut browser = Client::default();
    browser.sign_in(address, "Ada").await;
    assert!(!browser.is_signed_in(address).await);
    browser
}

/// Half of them with the password shown at one node and half at the other.
async fn halves(nodes: &Nodes, times: usize) -> Vec<Client> {
    let mut halves = Vec::new();
    for n in 0..times {
        halves.push(pending(nodes.addresses()[n % 2]).await);
    }
    halves
}

/// Presents the code with all of them at once: at each node half of those that showed the password there
/// and half of those that did not.
async fn one_is_let_in(app: &TestApp, nodes: &Nodes, halves: Vec<Client>, code: &str) {
    let before = app.open_sessions("Ada").await;
    let mut opened = Vec::new();
    for (n, browser) in halves.into_iter().enumerate() {
        let address = nodes.addresses()[n / 2 % 2].to_owned();
        let (head, body) = browser.written(&address, "verify_code", &[("code", code)]);
        let mut stream = TcpStream::connect(&address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        opened.push((address, browser, stream, body));
    }
    // Both nodes have 32 requests that lack nothing but the code.
    let mut tries = JoinSet::new();
    for (address, mut browser, mut stream, body) in opened {
        let code = code.to_owned();
        tries.spawn(async move {
            stream.write_all(body.as_bytes()).await.unwrap();
            let mut answer = arrived(stream).await.unwrap();
            browser.keep(&answer);
            // All connections of the node's may be waiting in the line: then it has looked at nothing.
            while answer.status == 503 {
                let again = browser
                    .call(&address, "verify_code", &[("code", &code)])
                    .await;
                answer = again.unwrap();
            }
            (answer, browser)
        });
    }
    let done = tries.join_all().await;
    let (complete_sign_in, refused): (Vec<_>, Vec<_>) =
        done.iter().partition(|(a, _)| a.status == 200);
    assert_eq!((complete_sign_in.len(), refused.len()), (1, TIMES - 1));
    for (answer, _) in &refused {
        is_refused(answer);
    }
    for address in nodes.addresses() {
        assert!(complete_sign_in[0].1.is_signed_in(address).await);
        assert!(!refused[0].1.is_signed_in(address).await);
    }
    assert_eq!(app.open_sessions("Ada").await, before + 1);
}

/// Looked at and not right; there were not too many, and nothing had expired.
#[track_caller]
fn is_refused(answer: &Answer) {
    answer.refuses(422, "validation_failed");
    assert!(answer.gives_no_session(), "{answer:?}");
    let used = [
        "That code isn’t right or was already used.",
        "This recovery code has been used.",
    ];
    assert!(
        used.iter().any(|said| answer.body.contains(said)),
        "{answer:?}"
    );
}
