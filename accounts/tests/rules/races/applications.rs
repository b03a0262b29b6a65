//! What an application holds does not outlive a remote logout: a code that is redeemed, a refresh, and what looks a token up.

use accounts::{
    applications::{Application, Granted, InvalidGrant, list, tokens::introspect},
    db::Db,
    limits::ApplicationsFor,
    secret::Token,
    sessions::SignedIn,
};

use super::{Order, Overlap, race, remote_logout_from};
use crate::{
    applications::open_id,
    provider::{OFFLINE, SIGN_IN, redemption},
    test_app::{NOW, TestApp, TestUser, browser},
};

on_both!(
    a_redeemed_code_does_not_outlive_a_remote_logout,
    a_refresh_does_not_outlive_a_remote_logout,
    userinfo_does_not_outlive_a_remote_logout,
    introspection_does_not_outlive_a_remote_logout,
);

/// The user's own application, and a new session in which they go there.
async fn goes_there(app: &mut TestApp, ada: &TestUser) -> (SignedIn, Application) {
    app.limits.applications_for = ApplicationsFor::AllAccounts;
    let here = app.sign_in(ada, NOW).await;
    let me = app.signed_in(&here.session.token, NOW).await;
    let mut conn = app.read(NOW).await;
    let mine = list(&mut conn, &me.user.account_id).await.unwrap();
    drop(conn);
    let cloud = if let Some(application) = mine.into_iter().next() {
        application
    } else {
        // A host belongs to one account; the address that a code is for does not ask whose it is.
        let host = format!("{}.example.com", ada.email.split('@').next().unwrap());
        let registered = app.register(&me, &open_id("Cloud", &host)).await;
        registered.unwrap().application
    };
    (me, cloud)
}

fn scope_of(round: usize) -> &'static str {
    if round.is_multiple_of(2) {
        SIGN_IN
    } else {
        OFFLINE
    }
}

async fn a_redeemed_code_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "code", redeem_and_remote_logout).await;
}

async fn redeem_and_remote_logout(
    mut app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let (me, cloud) = goes_there(&mut app, &ada).await;
    let code = app.code(&me, &cloud, scope_of(round), NOW).await.unwrap();
    let redeem = {
        let (app, cloud, code) = (app.clone(), cloud.clone(), code.clone());
        async move { app.redeems(&cloud, redemption(&code), NOW).await }
    };
    let (redeemed, done) = overlap
        .both(redeem, remote_logout_from(&app, &ada, None))
        .await;
    done.unwrap();
    let order = match redeemed {
        Ok(granted) => {
            assert_dead(&app, &cloud, &granted).await;
            Order::OperationFirst
        }
        Err(InvalidGrant::Ended) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert!(app.redeems(&cloud, redemption(&code), NOW).await.is_err());
    (app, ada, overlap, order)
}

async fn a_refresh_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "refresh", refresh_and_remote_logout).await;
}

async fn refresh_and_remote_logout(
    mut app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let (me, cloud) = goes_there(&mut app, &ada).await;
    let before = app.granted(&me, &cloud, scope_of(round)).await;
    let refresh = {
        let (app, cloud, token) = (app.clone(), cloud.clone(), before.refresh_token.clone());
        async move { app.refreshes(&cloud, &token, NOW).await }
    };
    let (refreshed, done) = overlap
        .both(refresh, remote_logout_from(&app, &ada, None))
        .await;
    done.unwrap();
    let order = match refreshed {
        Ok(granted) => {
            assert_dead(&app, &cloud, &granted).await;
            Order::OperationFirst
        }
        Err(InvalidGrant::Ended) => Order::RemoteLogoutFirst,
        Err(other) => panic!("{other:?}"),
    };
    assert_dead(&app, &cloud, &before).await;
    (app, ada, overlap, order)
}

/// An access token; in every other round the first that a refresh gave, whose first use is noted.
async fn access_token(
    app: &TestApp,
    me: &SignedIn,
    cloud: &Application,
    round: usize,
) -> (Granted, Token) {
    let granted = app.granted(me, cloud, scope_of(round / 2)).await;
    if round.is_multiple_of(2) {
        let token = granted.access_token.clone();
        assert!(app.presents(&token, NOW).await.is_some());
        return (granted, token);
    }
    let refreshed = app
        .refreshes(cloud, &granted.refresh_token, NOW)
        .await
        .unwrap();
    let token = refreshed.access_token.clone();
    (refreshed, token)
}

async fn userinfo_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "userinfo", userinfo_and_remote_logout).await;
}

async fn userinfo_and_remote_logout(
    mut app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let (me, cloud) = goes_there(&mut app, &ada).await;
    let (granted, token) = access_token(&app, &me, &cloud, round).await;
    let present = {
        let app = app.clone();
        async move { app.presents(&token, NOW).await }
    };
    let (found, done) = overlap
        .both(present, remote_logout_from(&app, &ada, None))
        .await;
    done.unwrap();
    assert_dead(&app, &cloud, &granted).await;
    (app, ada, overlap, order_of(found.is_some()))
}

async fn introspection_does_not_outlive_a_remote_logout(db: Db) {
    race(db, "introspection", introspection_and_remote_logout).await;
}

async fn introspection_and_remote_logout(
    mut app: TestApp,
    ada: TestUser,
    round: usize,
    mut overlap: Overlap,
) -> (TestApp, TestUser, Overlap, Order) {
    let (me, cloud) = goes_there(&mut app, &ada).await;
    let (granted, token) = access_token(&app, &me, &cloud, round).await;
    let look = {
        let (app, cloud) = (app.clone(), cloud.clone());
        async move {
            let client = browser(2);
            introspect(&app, &client, NOW, &cloud, &token)
                .await
                .unwrap()
        }
    };
    let (found, done) = overlap
        .both(look, remote_logout_from(&app, &ada, None))
        .await;
    done.unwrap();
    for token in [&granted.access_token, &granted.refresh_token] {
        let client = browser(2);
        let found = introspect(&app, &client, NOW, &cloud, token).await.unwrap();
        assert!(found.is_none(), "{found:?}");
    }
    (app, ada, overlap, order_of(found.is_some()))
}

fn order_of(was_live: bool) -> Order {
    if was_live {
        Order::OperationFirst
    } else {
        Order::RemoteLogoutFirst
    }
}

/// Nothing that was granted opens anything after the remote logout was answered.
async fn assert_dead(app: &TestApp, cloud: &Application, granted: &Granted) {
    assert!(
        app.presents(&granted.access_token, NOW).await.is_none(),
        "an access token survived"
    );
    let refreshed = app.refreshes(cloud, &granted.refresh_token, NOW).await;
    assert!(refreshed.is_err(), "a refresh token survived");
    assert!(
        !app.is_signed_in_there(granted, NOW).await,
        "an application session survived"
    );
}
