//! A code and a refresh token presented 64 times at once, half of them at each of two nodes: one gets in, and what was stolen is
//! dead at both.

use accounts::{
    applications::{Details, Kind, OwnHost, register_by_operator},
    ids::AccountId,
    limits::ApplicationsFor,
};
use data_encoding::BASE64;
use serde_json::Value;
use testing::databases::{number, run};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use super::{
    client::{Client, arrived},
    nodes::Nodes,
};
use crate::{
    answer::Answer,
    browser::encoded,
    databases,
    oauth::relying::{CALLBACK, CHALLENGE, VERIFIER},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

const TIMES: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_64_times_at_once_at_two_nodes_gives_once_and_nothing_that_lasts() {
    databases::postgres(a_code_64_times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_64_times_at_once_at_two_nodes_has_one_successor_and_then_is_theft() {
    databases::postgres(a_refresh_token_64_times).await;
}

async fn a_code_64_times(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let cloud = Cloud::of_ada(&app, &nodes).await;
    let code = cloud.code().await;
    let answers = cloud.posts_at_once(&nodes, &redeemed(&code)).await;
    let (granted, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
    // Redeemed once. That answer is a refusal too where the second came before it was written.
    assert!(granted.len() <= 1, "{granted:?}");
    for answer in refused {
        assert_eq!(answer.is(400).json()["error"], "invalid_grant");
    }
    for answer in granted {
        cloud.is_dead(&nodes, &answer.json()).await;
    }
    for (count, is) in [
        ("select count(*) from application_sessions", 1),
        ("select count(*) from access_tokens", 1),
        (
            "select count(*) from application_sessions where ended_at is null",
            0,
        ),
    ] {
        assert_eq!(number(app.db(), count).await, is, "{count}");
    }
}

async fn a_refresh_token_64_times(app: TestApp) {
    let nodes = Nodes::start(&app, &[]);
    let cloud = Cloud::of_ada(&app, &nodes).await;
    let code = cloud.code().await;
    let granted = cloud.posts(&nodes.first.address, &redeemed(&code)).await;
    let stolen = granted.is(200).json()["refresh_token"]
        .as_str()
        .unwrap()
        .to_owned();

    // Workers side by side: each gets the same successor.
    let answers = cloud.posts_at_once(&nodes, &refreshed(&stolen)).await;
    let mut successors: Vec<String> = answers
        .iter()
        .map(|answer| answer.is(200).json()["refresh_token"].to_string())
        .collect();
    successors.sort_unstable();
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(
        number(app.db(), "select count(*) from refresh_tokens").await,
        2
    );

    // It is used, and half a minute later the old one comes again, from a thief and from everywhere at once.
    let successor: String = serde_json::from_str(&successors[0]).unwrap();
    let owner = cloud
        .posts(&nodes.second.address, &refreshed(&successor))
        .await;
    let owner = owner.is(200).json();
    run(
        app.db(),
        "update refresh_tokens set exchanged_at = exchanged_at - 31000",
    )
    .await;
    for answer in cloud.posts_at_once(&nodes, &refreshed(&stolen)).await {
        assert_eq!(answer.is(400).json()["error"], "invalid_grant");
    }
    cloud.is_dead(&nodes, &owner).await;
    for answer in answers {
        cloud.is_dead(&nodes, &answer.json()).await;
    }
    let thefts = "select count(*) from audit_events where action = 'application.token_reused'";
    assert_eq!(number(app.db(), thefts).await, 1);
}

type Fields<'a> = Vec<(&'a str, &'a str)>;

fn redeemed(code: &str) -> Fields<'_> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn refreshed(token: &str) -> Fields<'_> {
    vec![("grant_type", "refresh_token"), ("refresh_token", token)]
}

/// An application of Ada's, and her browser.
struct Cloud {
    id: String,
    authorization: String,
    ada: Client,
    address: String,
}

impl Cloud {
    async fn of_ada(app: &TestApp, nodes: &Nodes) -> Self {
        let address = nodes.first.address.clone();
        let mut ada = Client::default();
        ada.sign_up(&address, "Ada").await;
        let account = databases::texts(app.db(), "select id from accounts").await;
        let details = Details {
            redirects: vec![CALLBACK.into()],
            ..Details::new(Kind::OpenId, "Cloud")
        };
        let all = app.with_limits(|limits| limits.applications_for = ApplicationsFor::AllAccounts);
        let mut op = all.begin().await;
        let own = OwnHost("127.0.0.1".into());
        let account = AccountId(account[0].clone());
        let made = register_by_operator(&mut op, &account, &details, &own)
            .await
            .unwrap();
        op.commit().await.unwrap();
        let id = made.application.id.0;
        let pair = format!("{id}:{}", made.secret.unwrap().expose());
        Self {
            id,
            authorization: format!("Basic {}", BASE64.encode(pair.as_bytes())),
            ada,
            address,
        }
    }

    /// Ada's browser goes there, and comes back with a code.
    async fn code(&self) -> String {
        let query = encoded(&[
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        let request = format!(
            "GET /oauth/authorize?{query} HTTP/1.0\r\nHost: {}\r\nUser-Agent: {FIREFOX_ON_LINUX}\r\n\
             Accept: text/html\r\nCookie: {}\r\n\r\n",
            self.address,
            self.ada.cookie_line(),
        );
        let answer = sent(&self.address, &request).await;
        let location = answer.is(303).header("location");
        let (_, query) = location.split_once('?').unwrap();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let code = pairs.find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("{location}")).1.into_owned()
    }

    fn written(&self, address: &str, fields: &Fields<'_>) -> (String, String) {
        let body = encoded(fields);
        let head = format!(
            "POST /oauth/token HTTP/1.0\r\nHost: {address}\r\nAuthorization: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
            self.authorization,
            body.len(),
        );
        (head, body)
    }

    async fn posts(&self, address: &str, fields: &Fields<'_>) -> Answer {
        let (head, body) = self.written(address, fields);
        sent(address, &format!("{head}{body}")).await
    }

    /// Both nodes have half of the requests, which lack nothing but the body, before the first body is sent.
    async fn posts_at_once(&self, nodes: &Nodes, fields: &Fields<'_>) -> Vec<Answer> {
        let mut opened = Vec::new();
        for n in 0..TIMES {
            let address = nodes.addresses()[n % 2].to_owned();
            let (head, body) = self.written(&address, fields);
            let mut stream = TcpStream::connect(&address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            opened.push((address, stream, head, body));
        }
        let mut tries = JoinSet::new();
        for (address, mut stream, head, body) in opened {
            tries.spawn(async move {
                stream.write_all(body.as_bytes()).await.unwrap();
                let mut answer = arrived(stream).await.unwrap();
                // All connections of the node's may be waiting in the line: then it has looked at nothing.
                while answer.status == 503 {
                    answer = sent(&address, &format!("{head}{body}")).await;
                }
                answer
            });
        }
        tries.join_all().await
    }

    /// Neither token opens anything at either node.
    async fn is_dead(&self, nodes: &Nodes, tokens: &Value) {
        let token = |name: &str| tokens[name].as_str().unwrap();
        for address in nodes.addresses() {
            let request = format!(
                "GET /oauth/userinfo HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
                token("access_token"),
            );
            sent(address, &request).await.is(401);
            let again = self
                .posts(address, &refreshed(token("refresh_token")))
                .await;
            assert_eq!(again.is(400).json()["error"], "invalid_grant");
        }
    }
}

async fn sent(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    arrived(stream).await.unwrap()
}
