//! Name, username, plan.

use accounts::{
    account::set_plan,
    audit::Actor,
    client::Client,
    db::Db,
    ids::UserId,
    plans::Plan,
    profile::update_profile,
    sessions::{By, SignedIn},
    users::{self, User, UserError},
};

use crate::test_app::{NOW, TestApp, TestUser, browser};

on_both!(
    name_and_username_change_and_an_empty_username_takes_it_away,
    two_users_have_no_username_that_differs_only_in_case,
    a_bad_name_changes_nothing,
    a_session_that_has_ended_in_the_meantime_changes_nothing,
    the_operator_sets_a_plan_by_any_members_id,
);

async fn update(
    app: &TestApp,
    who: &TestUser,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let here = app.sign_in(who, NOW).await;
    let here = app.signed_in(&here.session.token, NOW).await;
    update_from(app, &here, name, username).await
}

async fn update_from(
    app: &TestApp,
    here: &SignedIn,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let mut op = app.begin(&browser(1), NOW).await;
    update_profile(&mut op, here, name, username).await?;
    op.commit().await?;
    Ok(())
}

async fn a_session_that_has_ended_in_the_meantime_changes_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let authenticated = app.signed_in(&here.session.token, NOW).await;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let refused = update_from(&app, &authenticated, "Eve", "eve").await;
    assert!(matches!(refused, Err(UserError::Ended)), "{refused:?}");
    assert_eq!(stored(&app, &ada).await.name, "Ada");
}

/// The fields that are wrong.
pub fn fields<T>(done: &Result<T, UserError>) -> Vec<&'static str> {
    match done {
        Err(UserError::Fields(wrong)) => wrong.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

async fn stored(app: &TestApp, who: &TestUser) -> User {
    let mut reader = app.read(NOW).await;
    users::find(&mut reader, &who.id).await.unwrap().unwrap()
}

async fn name_and_username_change_and_an_empty_username_takes_it_away(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    update(&app, &ada, " Augusta Ada ", "Ada_L-1")
        .await
        .unwrap();
    let now = stored(&app, &ada).await;
    assert_eq!(
        (now.name.as_str(), now.username.as_deref()),
        ("Augusta Ada", Some("ada_l-1"))
    );
    update(&app, &ada, "Ada", "  ").await.unwrap();
    assert_eq!(stored(&app, &ada).await.username, None);
}

async fn two_users_have_no_username_that_differs_only_in_case(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    update(&app, &ada, "Ada", "countess").await.unwrap();
    let taken = update(&app, &ben, "Benjamin", "Countess").await;
    assert_eq!(fields(&taken), ["username"], "{taken:?}");
    let ben = stored(&app, &ben).await;
    assert_eq!((ben.name.as_str(), ben.username), ("Ben", None));
    // A user's own username is not taken.
    update(&app, &ada, "Ada", "countess").await.unwrap();
    update(&app, &ada, "Ada", "").await.unwrap();
}

async fn a_bad_name_changes_nothing(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for (name, username) in [
        ("", "ada"),
        ("a\0b", "ada"),
        ("Ada", "a b"),
        (&"x".repeat(101), ""),
    ] {
        assert!(
            update(&app, &ada, name, username).await.is_err(),
            "{name:?} {username:?}"
        );
    }
    let now = stored(&app, &ada).await;
    assert_eq!((now.name.as_str(), now.username), ("Ada", None));
}

async fn the_operator_sets_a_plan_by_any_members_id(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user_on("Ada", Plan::Free).await;
    let mut op = app.begin(&Client::default(), NOW).await;
    let had = set_plan(&mut op, &ada.id, Plan::Pro, Actor::Operator).await;
    assert_eq!(had.unwrap(), Some(Plan::Free));
    let unknown = UserId("unknown".into());
    let had = set_plan(&mut op, &unknown, Plan::Pro, Actor::Operator).await;
    assert_eq!(had.unwrap(), None);
    op.commit().await.unwrap();
    assert_eq!(stored(&app, &ada).await.plan, Plan::Pro);
}
