//! An application: it sends browsers to Curfew and asks for tokens.

use accounts::{
    applications::{Details, Kind, OwnHost, SigningAlgorithm, register},
    client::Client,
    operation::Operation,
    time::Moment,
};
use axum::body::Body;
use data_encoding::BASE64;
use form_urlencoded::Serializer;
use http::{Method, Request, header};

use crate::{
    answer::Answer,
    browser::{Browser, encoded},
    test_app::TestApp,
};

pub const CALLBACK: &str = "https://cloud.example.com/callback";

/// As RFC 7636, appendix B has them.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered application, with its secret.
#[derive(Clone)]
pub struct Relying {
    pub app: TestApp,
    pub id: String,
    pub secret: String,
}

/// An application at `cloud.example.com`.
pub fn cloud() -> Details {
    Details {
        redirects: vec![CALLBACK.into()],
        signed_out_address: "https://cloud.example.com/bye".into(),
        ..Details::new(Kind::OpenId, "Cloud")
    }
}

pub fn with_rsa() -> Details {
    Details {
        signing_algorithm: SigningAlgorithm::Rs256,
        claims_in_id_token: true,
        ..cloud()
    }
}

impl Relying {
    /// Registers an application of the account of the user who is signed in there.
    pub async fn registered(owner: &Browser, details: &Details) -> Self {
        let who = owner.signed_in().await;
        let app = owner.app.clone();
        let mut op = Operation::begin(app.instance(), &Client::default(), Moment::now())
            .await
            .unwrap();
        let own = OwnHost("curfew.test".into());
        let made = register(&mut op, &who, details, &own).await.unwrap();
        op.commit().await.unwrap();
        let secret = made.secret.map(|secret| secret.expose().to_owned());
        Self {
            app,
            id: made.application.id.0,
            secret: secret.unwrap_or_default(),
        }
    }

    /// Where it sends a browser; later fields replace earlier ones, an empty one takes it out.
    pub fn asks(&self, more: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("client_id", self.id.as_str()),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid profile email groups"),
            ("state", "st&te"),
            ("nonce", "n0nce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        for (name, value) in more {
            fields.retain(|(field, _)| field != name);
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        let query = Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("/oauth/authorize?{query}")
    }

    /// Sends a browser that is signed in, and takes the code that comes back.
    pub async fn code(&self, browser: &Browser, more: &[(&str, &str)]) -> String {
        let answer = browser.get(&self.asks(more)).await;
        answered(&answer, "code")
    }

    /// Posts a form as a server does, with its secret in the header.
    pub async fn posts(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pair = BASE64.encode(format!("{}:{}", self.id, self.secret).as_bytes());
        let request = form_to(path).header(header::AUTHORIZATION, format!("Basic {pair}"));
        self.sends(request, fields).await
    }

    /// Posts a form as anyone can.
    pub async fn posts_openly(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.sends(form_to(path), fields).await
    }

    pub async fn sends(&self, request: http::request::Builder, fields: &[(&str, &str)]) -> Answer {
        let program = self.app.browser("node");
        program.send(request, encoded(fields).into()).await
    }

    pub async fn redeems(&self, code: &str) -> Answer {
        self.posts(
            "/oauth/token",
            &[
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", CALLBACK),
                ("code_verifier", VERIFIER),
            ],
        )
        .await
    }

    pub async fn refreshes(&self, token: &str) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.posts("/oauth/token", &fields).await
    }

    /// Signs a browser in there.
    pub async fn signs_in(&self, browser: &Browser, more: &[(&str, &str)]) -> serde_json::Value {
        let code = self.code(browser, more).await;
        self.redeems(&code).await.is(200).json()
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        let request = Request::builder()
            .method(Method::GET)
            .uri("/oauth/userinfo")
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.app.browser("node").send(request, Body::empty()).await
    }
}

pub fn form_to(path: &str) -> http::request::Builder {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

/// A field of the answer that a browser takes back to the callback; the state and the issuer come with each.
#[track_caller]
pub fn answered(answer: &Answer, field: &str) -> String {
    answer.is(303);
    let location = answer.header("location");
    let (address, query) = location.split_once('?').unwrap();
    assert_eq!(address, CALLBACK, "{answer:?}");
    let get = |name: &str| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(
        get("iss").as_deref(),
        Some("http://curfew.test"),
        "{location}"
    );
    assert_eq!(get("state").as_deref(), Some("st&te"), "{location}");
    get(field).unwrap_or_else(|| panic!("no {field} in {location}"))
}
