//! Access tokens: live while their application session is.

use accounts::{
    applications::{
        Access, Details, InvalidGrant,
        tokens::{ActiveToken, introspect, revoke, sign_out},
    },
    db::Db,
    roles::Role,
    sessions::{self, By},
};

use super::{OFFLINE, SIGN_IN};
use crate::{
    applications::open_id,
    test_app::{DAY, NOW, SECOND, TestApp, after, browser},
};

on_both!(
    an_access_token_is_good_for_ten_minutes,
    signing_out_ends_what_came_from_the_session_and_leaves_what_may_outlive_it,
    a_remote_logout_ends_all_of_it,
    an_application_learns_of_its_own_tokens_alone,
    a_token_that_is_given_up_ends_and_another_s_does_not,
    an_ended_application_session_takes_its_tokens_along,
    who_may_no_longer_use_it_refreshes_nothing,
);

async fn an_access_token_is_good_for_ten_minutes(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let granted = app.granted(&ada, &cloud, SIGN_IN).await;
    let token = &granted.access_token;
    let found = app.presents(token, after(599 * SECOND)).await.unwrap();
    assert_eq!(found.session.user_id, ada.user.id);
    assert_eq!(found.scope().to_string(), SIGN_IN);
    assert!(app.presents(token, after(600 * SECOND)).await.is_none());
    // The refresh token is none.
    assert!(app.presents(&granted.refresh_token, NOW).await.is_none());
}

async fn signing_out_ends_what_came_from_the_session_and_leaves_what_may_outlive_it(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let bound = app.granted(&ada, &cloud, SIGN_IN).await;
    let offline = app.granted(&ada, &cloud, OFFLINE).await;
    let mut op = app.begin(&browser(1), NOW).await;
    sessions::sign_out(&mut op, &ada.user.id, &ada.session)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert!(app.presents(&bound.access_token, NOW).await.is_none());
    assert!(app.presents(&offline.access_token, NOW).await.is_some());
    assert!(
        app.refreshes(&cloud, &bound.refresh_token, NOW)
            .await
            .is_err()
    );
    let later = app.refreshes(&cloud, &offline.refresh_token, after(100 * DAY));
    assert!(later.await.is_ok());
}

async fn a_remote_logout_ends_all_of_it(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let bound = app.granted(&ada, &cloud, SIGN_IN).await;
    let offline = app.granted(&ada, &cloud, OFFLINE).await;
    app.remote_logout(&user.id, By::Operator, NOW)
        .await
        .unwrap();
    for granted in [&bound, &offline] {
        assert!(app.presents(&granted.access_token, NOW).await.is_none());
        assert!(
            app.refreshes(&cloud, &granted.refresh_token, NOW)
                .await
                .is_err()
        );
        assert!(!app.is_signed_in_there(granted, NOW).await);
    }
}

async fn an_application_learns_of_its_own_tokens_alone(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let wiki = open_id("Wiki", "wiki.example.com");
    let wiki = app.register(&ada, &wiki).await.unwrap().application;
    let granted = app.granted(&ada, &cloud, SIGN_IN).await;
    let client = browser(2);
    let looks = |application, token| introspect(&app, &client, NOW, application, token);
    let access = looks(&cloud, &granted.access_token).await.unwrap();
    assert!(matches!(access, Some(ActiveToken::Access(_))), "{access:?}");
    let refresh = looks(&cloud, &granted.refresh_token).await.unwrap();
    assert!(
        matches!(refresh, Some(ActiveToken::Refresh(_))),
        "{refresh:?}"
    );
    for token in [&granted.access_token, &granted.refresh_token] {
        assert!(looks(&wiki, token).await.unwrap().is_none());
    }
}

async fn a_token_that_is_given_up_ends_and_another_s_does_not(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let wiki = open_id("Wiki", "wiki.example.com");
    let wiki = app.register(&ada, &wiki).await.unwrap().application;
    let granted = app.granted(&ada, &cloud, SIGN_IN).await;
    for (application, token) in [
        (&wiki, &granted.access_token),
        (&wiki, &granted.refresh_token),
    ] {
        let mut op = app.begin(&browser(2), NOW).await;
        revoke(&mut op, application, token).await.unwrap();
        op.commit().await.unwrap();
    }
    assert!(app.presents(&granted.access_token, NOW).await.is_some());
    let mut op = app.begin(&browser(2), NOW).await;
    revoke(&mut op, &cloud, &granted.access_token)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert!(app.presents(&granted.access_token, NOW).await.is_none());
    assert!(app.is_signed_in_there(&granted, NOW).await);
    let mut op = app.begin(&browser(2), NOW).await;
    revoke(&mut op, &cloud, &granted.refresh_token)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert!(!app.is_signed_in_there(&granted, NOW).await);
    assert_eq!(app.events(&user, "application.signed_out").await, 1);
}

async fn an_ended_application_session_takes_its_tokens_along(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    let (one, other) = (
        app.granted(&ada, &cloud, OFFLINE).await,
        app.granted(&ada, &cloud, OFFLINE).await,
    );
    let mut op = app.begin(&browser(1), NOW).await;
    sign_out(&mut op, &cloud, &ada.user.id, &one.session)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert!(app.presents(&one.access_token, NOW).await.is_none());
    assert!(app.presents(&other.access_token, NOW).await.is_some());
}

/// However the permission went: no commit of ours has followed it.
async fn who_may_no_longer_use_it_refreshes_nothing(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let details = Details {
        access: Access::Chosen {
            roles: vec![Role::Owner],
            users: vec![],
        },
        ..open_id("Cloud", "cloud.example.com")
    };
    let cloud = app.register(&ada, &details).await.unwrap().application;
    let granted = app.granted(&ada, &cloud, OFFLINE).await;
    let one = app
        .refreshes(&cloud, &granted.refresh_token, NOW)
        .await
        .unwrap();
    testing::databases::run(&app.db, "update application_access set subject = 'admin'").await;
    for token in [&granted.refresh_token, &one.refresh_token] {
        let refused = app.refreshes(&cloud, token, NOW).await;
        assert_eq!(refused.unwrap_err(), InvalidGrant::Ended);
    }
    assert!(app.presents(&one.access_token, NOW).await.is_none());
}
