//! Signing keys: published before they sign and after, sealed, made anew.

use accounts::{
    applications::{
        SigningAlgorithm,
        claims::id_token,
        signing_keys::{Unsigned, published, ready, rotate, rotate_due, sign, verify},
    },
    db::Db,
    key_loss::accept_loss,
    key_rotation::seal_anew,
    keys::Keys,
    sealed,
    sessions::By,
    time::Moment,
};
use serde_json::{Value, json};
use testing::databases::{number, texts};

use super::{OFFLINE, SIGN_IN};
use crate::test_app::{DAY, NOW, SECOND, TestApp, after, browser};

on_both!(
    an_id_token_says_who_signed_in_where_and_when,
    what_has_ended_gets_no_id_token,
    a_node_whose_clock_is_behind_signs_with_the_first_key,
    a_new_key_is_published_before_it_signs_and_the_old_one_after,
    keys_that_have_signed_for_ninety_days_are_rotated,
    two_nodes_make_one_key_of_each_algorithm,
    a_token_that_we_did_not_sign_is_none_of_ours,
    signing_keys_are_sealed_and_follow_the_instance_s_key,
);

const ISSUER: &str = "https://curfew.example.com";

async fn kids(app: &TestApp, now: Moment) -> Vec<String> {
    let keys = published(&mut app.read(now).await).await.unwrap();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

async fn kid_of_signed(app: &TestApp, algorithm: SigningAlgorithm, now: Moment) -> String {
    let token = Unsigned {
        kind: "JWT",
        claims: json!({ "iss": ISSUER, "sub": "x", "aud": "y" }),
    };
    let token = sign(&mut app.read(now).await, algorithm, &token)
        .await
        .unwrap();
    let header = data_encoding::BASE64URL_NOPAD
        .decode(token.split('.').next().unwrap().as_bytes())
        .unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!(header["alg"], algorithm.name());
    header["kid"].as_str().unwrap().to_owned()
}

async fn an_id_token_says_who_signed_in_where_and_when(db: Db) {
    let app = TestApp::new(db);
    ready(&app, NOW).await.unwrap();
    let (_, ada) = app.owner("Ada").await;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        let mut cloud = app.cloud(&ada).await;
        cloud.signing_algorithm = algorithm;
        let granted = app.granted(&ada, &cloud, SIGN_IN).await;
        let mut conn = app.read(NOW).await;
        let token = id_token(&mut conn, ISSUER, &cloud, &granted).await.unwrap();
        let token = token.unwrap();
        let claims = verify(&mut conn, ISSUER, &token).await.unwrap().unwrap();
        let now = NOW.at.0 / 1_000;
        for (name, value) in [
            ("iss", json!(ISSUER)),
            ("sub", json!(ada.user.id.as_str())),
            ("aud", json!(cloud.id.as_str())),
            ("iat", json!(now)),
            ("exp", json!(now + 600)),
            ("auth_time", json!(now)),
            ("nonce", json!("nonce")),
            ("sid", json!(granted.session.as_str())),
            ("acr", json!("pwd")),
            ("amr", json!(["pwd"])),
        ] {
            assert_eq!(claims[name], value, "{name}");
        }
        assert!(claims.get("email").is_none(), "userinfo says that");
        testing::databases::run(&app.db, "delete from application_hosts").await;
    }
}

/// A remote logout between the redemption and the answer: its notice may be there before the token is.
async fn what_has_ended_gets_no_id_token(db: Db) {
    let app = TestApp::new(db);
    ready(&app, NOW).await.unwrap();
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let granted = app.granted(&ada, &cloud, OFFLINE).await;
    let given = async || {
        let mut conn = app.read(NOW).await;
        id_token(&mut conn, ISSUER, &cloud, &granted).await.unwrap()
    };
    assert!(given().await.is_some());
    app.remote_logout(&user.id, By::Operator, NOW)
        .await
        .unwrap();
    assert_eq!(given().await, None);
}

async fn a_node_whose_clock_is_behind_signs_with_the_first_key(db: Db) {
    let app = TestApp::new(db);
    ready(&app, after(SECOND)).await.unwrap();
    let first = kid_of_signed(&app, SigningAlgorithm::Es256, NOW).await;
    // With the next one made as well, which applications may not have fetched.
    rotate(&app, after(SECOND)).await.unwrap();
    for now in [NOW, after(SECOND), after(7_200 * SECOND)] {
        let signed = kid_of_signed(&app, SigningAlgorithm::Es256, now).await;
        assert_eq!(signed, first, "{now:?}");
    }
}

async fn a_new_key_is_published_before_it_signs_and_the_old_one_after(db: Db) {
    let app = TestApp::new(db);
    ready(&app, NOW).await.unwrap();
    let before = kids(&app, NOW).await;
    assert_eq!(before.len(), 2);
    let old = kid_of_signed(&app, SigningAlgorithm::Es256, NOW).await;
    let from = rotate(&app, after(SECOND)).await.unwrap();
    assert_eq!(from, after(SECOND).at + 7_200 * SECOND);
    assert_eq!(kids(&app, after(SECOND)).await.len(), 4);
    let just_before = Moment::at(from - SECOND);
    assert_eq!(
        kid_of_signed(&app, SigningAlgorithm::Es256, just_before).await,
        old
    );
    let then = Moment::at(from);
    let new = kid_of_signed(&app, SigningAlgorithm::Es256, then).await;
    assert!(!before.contains(&new));
    assert!(
        kids(&app, Moment::at(from + 86_399 * SECOND))
            .await
            .contains(&old)
    );
    assert!(!kids(&app, Moment::at(from + DAY)).await.contains(&old));
}

async fn keys_that_have_signed_for_ninety_days_are_rotated(db: Db) {
    let app = TestApp::new(db);
    ready(&app, NOW).await.unwrap();
    assert_eq!(rotate_due(&app, after(89 * DAY)).await.unwrap(), 0);
    assert_eq!(rotate_due(&app, after(90 * DAY)).await.unwrap(), 2);
    assert_eq!(rotate_due(&app, after(90 * DAY)).await.unwrap(), 0);
}

async fn two_nodes_make_one_key_of_each_algorithm(db: Db) {
    let app = TestApp::new(testing::databases::patient(&db));
    let nodes = (0..8).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { ready(&app, NOW).await.unwrap() })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap();
    }
    assert_eq!(
        number(&app.db, "select count(*) from signing_keys").await,
        2
    );
}

async fn a_token_that_we_did_not_sign_is_none_of_ours(db: Db) {
    use data_encoding::BASE64URL_NOPAD;

    let app = TestApp::new(db);
    ready(&app, NOW).await.unwrap();
    let claims = json!({ "iss": ISSUER, "sub": "x", "aud": "y" });
    let token = Unsigned {
        kind: "JWT",
        claims,
    };
    let mut conn = app.read(NOW).await;
    let good = sign(&mut conn, SigningAlgorithm::Rs256, &token)
        .await
        .unwrap();
    assert!(verify(&mut conn, ISSUER, &good).await.unwrap().is_some());
    assert!(
        verify(&mut conn, "https://evil.example", &good)
            .await
            .unwrap()
            .is_none()
    );
    let kid = kid_of_signed(&app, SigningAlgorithm::Rs256, NOW).await;
    let parts: Vec<&str> = good.split('.').collect();
    let with_header = |alg: &str| {
        let header = json!({ "alg": alg, "typ": "JWT", "kid": kid }).to_string();
        BASE64URL_NOPAD.encode(header.as_bytes())
    };
    // Algorithms swapped: none, and the public key as an HMAC secret.
    for forged in [
        format!("{}.{}.", with_header("none"), parts[1]),
        format!("{}.{}.{}", with_header("HS256"), parts[1], parts[2]),
        format!("{}.{}.{}", with_header("ES256"), parts[1], parts[2]),
        format!(
            "{}.{}.{}",
            parts[0],
            BASE64URL_NOPAD.encode(b"{\"sub\":\"eve\"}"),
            parts[2]
        ),
        good.replace('.', ""),
        String::new(),
    ] {
        assert!(
            verify(&mut conn, ISSUER, &forged).await.unwrap().is_none(),
            "{forged}"
        );
    }
}

async fn signing_keys_are_sealed_and_follow_the_instance_s_key(db: Db) {
    let mut app = TestApp::new(db);
    let old_line = Keys::new_line();
    app.keys = Keys::parse(&old_line).unwrap();
    ready(&app, NOW).await.unwrap();
    let kid = kid_of_signed(&app, SigningAlgorithm::Es256, NOW).await;
    // Rotated with the instance's key.
    let new_line = Keys::new_line();
    let both = Keys::parse(&format!("{}{}", *new_line, *old_line)).unwrap();
    let mut tx = app.db.write().await.unwrap();
    assert_eq!(seal_anew(&mut tx, &both, NOW).await.unwrap(), 2);
    tx.commit().await.unwrap();
    app.keys = Keys::parse(&new_line).unwrap();
    assert_eq!(kid_of_signed(&app, SigningAlgorithm::Es256, NOW).await, kid);
    // Lost with it.
    app.keys = Keys::parse(&Keys::new_line()).unwrap();
    let mut conn = app.read(NOW).await;
    let lost = sealed::unopened(&mut conn, Some(&app.keys), NOW)
        .await
        .unwrap();
    assert_eq!(lost.signing_keys, 2);
    drop(conn);
    let mut op = app.begin(&browser(9), NOW).await;
    assert_eq!(accept_loss(&mut op).await.unwrap().signing_keys, 2);
    op.commit().await.unwrap();
    ready(&app, NOW).await.unwrap();
    assert_ne!(kid_of_signed(&app, SigningAlgorithm::Es256, NOW).await, kid);
    let stored = texts(&app.db, "select public_key from signing_keys").await;
    assert!(stored.iter().all(|key| !key.contains("\"d\"")));
}
