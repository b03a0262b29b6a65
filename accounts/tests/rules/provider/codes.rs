//! Codes: a minute, once, for the one that asked for it.

use accounts::{
    applications::{
        Details, InvalidGrant,
        codes::{IssueError, Redemption},
        may_use,
    },
    db::Db,
    roles::Role,
    secret::Token,
    sessions::By,
};
use testing::databases::number;
use tokio::task::JoinSet;

use super::asked::{CALLBACK, OFFLINE, SIGN_IN, VERIFIER, redemption};
use crate::{
    applications::open_id,
    test_app::{NOW, SECOND, TestApp, after},
};

on_both!(
    a_code_is_redeemed_once_and_what_it_gave_ends_when_it_comes_again,
    sixty_four_at_once_redeem_a_code_once_and_what_that_gave_is_dead,
    a_code_is_good_for_a_minute_for_its_application_redirect_and_verifier,
    a_code_without_a_challenge_takes_no_verifier,
    a_code_of_before_a_remote_logout_is_dead,
    who_may_not_use_an_application_gets_no_code_and_it_is_recorded,
    a_session_without_the_second_factor_that_is_required_gets_no_code,
    an_application_session_is_recorded_and_its_id_is_not_the_session_s,
);

async fn a_code_is_redeemed_once_and_what_it_gave_ends_when_it_comes_again(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let code = app.code(&ada, &cloud, OFFLINE, NOW).await.unwrap();
    let granted = app.redeems(&cloud, redemption(&code), NOW).await.unwrap();
    assert_eq!(granted.nonce.as_deref(), Some("nonce"));
    assert!(app.presents(&granted.access_token, NOW).await.is_some());

    let again = app.redeems(&cloud, redemption(&code), NOW).await;
    assert_eq!(again.unwrap_err(), InvalidGrant::Reused);
    assert!(app.presents(&granted.access_token, NOW).await.is_none());
    let refreshed = app.refreshes(&cloud, &granted.refresh_token, NOW).await;
    assert_eq!(refreshed.unwrap_err(), InvalidGrant::Ended);
    let theft = "select count(*) from audit_events where action = 'application.token_reused'";
    assert_eq!(number(&app.db, theft).await, 1);
}

async fn sixty_four_at_once_redeem_a_code_once_and_what_that_gave_is_dead(db: Db) {
    let app = TestApp::new(testing::databases::patient(&db));
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let code = app.code(&ada, &cloud, SIGN_IN, NOW).await.unwrap();
    let mut tries = JoinSet::new();
    for _ in 0..64 {
        let (app, cloud, code) = (app.clone(), cloud.clone(), code.clone());
        tries.spawn(async move { app.redeems(&cloud, redemption(&code), NOW).await });
    }
    let granted: Vec<_> = tries.join_all().await.into_iter().flatten().collect();
    assert_eq!(granted.len(), 1);
    assert!(app.presents(&granted[0].access_token, NOW).await.is_none());
}

async fn a_code_is_good_for_a_minute_for_its_application_redirect_and_verifier(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let wiki = open_id("Wiki", "wiki.example.com");
    let wiki = app.register(&ada, &wiki).await.unwrap().application;
    let code = app.code(&ada, &cloud, SIGN_IN, NOW).await.unwrap();
    let good = redemption(&code);
    let (long, other) = ("x".repeat(43), Token::random());
    for (redemption, why) in [
        (
            Redemption {
                redirect: "https://cloud.example.com/callback/",
                ..good
            },
            InvalidGrant::Redirect,
        ),
        (
            Redemption {
                redirect: "https://wiki.example.com/callback",
                ..good
            },
            InvalidGrant::Redirect,
        ),
        (
            Redemption {
                verifier: None,
                ..good
            },
            InvalidGrant::Verifier,
        ),
        (
            Redemption {
                verifier: Some(&long),
                ..good
            },
            InvalidGrant::Verifier,
        ),
        (
            Redemption {
                code: &other,
                ..good
            },
            InvalidGrant::Unknown,
        ),
    ] {
        let refused = app.redeems(&cloud, redemption, NOW).await;
        assert_eq!(refused.unwrap_err(), why, "{redemption:?}");
    }
    let others = app.redeems(&wiki, good, NOW).await;
    assert_eq!(others.unwrap_err(), InvalidGrant::Unknown);
    let late = app.redeems(&cloud, good, after(60 * SECOND)).await;
    assert_eq!(late.unwrap_err(), InvalidGrant::Unknown);
    // None of that has used it up.
    assert!(app.redeems(&cloud, good, after(59 * SECOND)).await.is_ok());
}

async fn a_code_without_a_challenge_takes_no_verifier(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let details = Details {
        requires_pkce: false,
        ..open_id("Old", "cloud.example.com")
    };
    let old = app.register(&ada, &details).await.unwrap().application;
    let code = {
        use accounts::applications::{
            Scope,
            codes::{CodeRequest, issue},
        };
        let request = CodeRequest {
            redirect: CALLBACK,
            scope: &Scope::parse(SIGN_IN),
            nonce: None,
            challenge: None,
        };
        let mut op = app.begin(&crate::test_app::browser(1), NOW).await;
        let code = issue(&mut op, &ada, &old, request).await.unwrap();
        op.commit().await.unwrap();
        code
    };
    let good = Redemption {
        verifier: None,
        ..redemption(&code)
    };
    // PKCE downgraded: an attacker has taken the challenge out of the request (RFC 9700, 4.8.2).
    let with = Redemption {
        verifier: Some(VERIFIER),
        ..good
    };
    let refused = app.redeems(&old, with, NOW).await;
    assert_eq!(refused.unwrap_err(), InvalidGrant::Verifier);
    assert!(app.redeems(&old, good, NOW).await.is_ok());
}

async fn a_code_of_before_a_remote_logout_is_dead(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let code = app.code(&ada, &cloud, OFFLINE, NOW).await.unwrap();
    app.remote_logout(&user.id, By::Operator, NOW)
        .await
        .unwrap();
    let refused = app.redeems(&cloud, redemption(&code), NOW).await;
    assert_eq!(refused.unwrap_err(), InvalidGrant::Ended);
    // Nor is one issued to the session that has ended.
    let refused = app.code(&ada, &cloud, OFFLINE, NOW).await;
    assert!(matches!(refused, Err(IssueError::Ended)), "{refused:?}");
}

async fn who_may_not_use_an_application_gets_no_code_and_it_is_recorded(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let details = Details {
        access: accounts::applications::Access::Chosen {
            roles: vec![Role::Owner],
            users: vec![],
        },
        ..open_id("Cloud", "cloud.example.com")
    };
    let cloud = app.register(&ada, &details).await.unwrap().application;
    let grace = app.member(&ada, "Grace", Role::Member).await;
    let here = app.sign_in(&grace, NOW).await.session.token;
    let here = app.signed_in(&here, NOW).await;
    let refused = app.code(&here, &cloud, SIGN_IN, NOW).await;
    assert!(
        matches!(refused, Err(IssueError::NotAllowed)),
        "{refused:?}"
    );
    assert_eq!(app.events(&grace, "access.denied").await, 1);
    // Of another account, too.
    let eve = app.user("Eve").await;
    let there = app.sign_in(&eve, NOW).await.session.token;
    let there = app.signed_in(&there, NOW).await;
    let refused = app.code(&there, &cloud, SIGN_IN, NOW).await;
    assert!(
        matches!(refused, Err(IssueError::NotAllowed)),
        "{refused:?}"
    );
    // A code from before the role was lost gives nothing.
    let code = app.code(&ada, &cloud, SIGN_IN, NOW).await.unwrap();
    testing::databases::run(&app.db, "update application_access set subject = 'admin'").await;
    let mut conn = app.read(NOW).await;
    let may = may_use(&mut conn, &cloud.id, &ada.user.id).await.unwrap();
    drop(conn);
    assert!(!may);
    let refused = app.redeems(&cloud, redemption(&code), NOW).await;
    assert_eq!(refused.unwrap_err(), InvalidGrant::Ended);
}

async fn a_session_without_the_second_factor_that_is_required_gets_no_code(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let details = Details {
        requires_second_factor: true,
        ..open_id("Vault", "cloud.example.com")
    };
    let vault = app.register(&ada, &details).await.unwrap().application;
    let refused = app.code(&ada, &vault, SIGN_IN, NOW).await;
    assert!(
        matches!(refused, Err(IssueError::SecondFactorRequired)),
        "{refused:?}"
    );
}

async fn an_application_session_is_recorded_and_its_id_is_not_the_session_s(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let (one, other) = (
        app.granted(&ada, &cloud, SIGN_IN).await,
        app.granted(&ada, &cloud, SIGN_IN).await,
    );
    assert_ne!(one.session, other.session);
    assert!(!ada.session.0.contains(&one.session.0));
    assert_eq!(app.events(&user, "application.signed_in").await, 2);
}
