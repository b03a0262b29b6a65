//! Name, username, plan.

use accounts::{
    audit::{Actor, Client},
    db::Db,
    plans::Plan,
    sessions::{By, SignedIn},
    users::{self, User, UserError, UserId},
};

use crate::home::{Home, NOW, Person};

on_both!(
    name_and_username_change_and_an_empty_username_takes_it_away,
    a_username_is_one_users_whatever_its_case,
    a_bad_name_changes_nothing,
    a_session_that_has_ended_in_the_meantime_changes_nothing,
    the_operator_sets_a_plan_by_any_members_id,
);

async fn update(home: &Home, who: &Person, name: &str, username: &str) -> Result<(), UserError> {
    let here = home.sign_in(who, NOW).await;
    let here = home.signed_in(&here.session.token, NOW).await;
    update_from(home, &here, name, username).await
}

async fn update_from(
    home: &Home,
    here: &SignedIn,
    name: &str,
    username: &str,
) -> Result<(), UserError> {
    let mut tx = home.db.write().await?;
    users::update_profile(&mut tx, here, name, username, &home.limits, NOW).await?;
    tx.commit().await?;
    Ok(())
}

async fn a_session_that_has_ended_in_the_meantime_changes_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let seen_at_the_door = home.signed_in(&here.session.token, NOW).await;
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let refused = update_from(&home, &seen_at_the_door, "Eve", "eve").await;
    assert!(matches!(refused, Err(UserError::Ended)), "{refused:?}");
    assert_eq!(user(&home, &ada).await.name, "Ada");
}

/// The fields that are wrong.
pub fn fields<T>(done: &Result<T, UserError>) -> Vec<&'static str> {
    match done {
        Err(UserError::Fields(wrong)) => wrong.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

async fn user(home: &Home, who: &Person) -> User {
    let mut conn = home.db.read().await.unwrap();
    users::find(&mut conn, &who.id).await.unwrap().unwrap()
}

async fn name_and_username_change_and_an_empty_username_takes_it_away(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    update(&home, &ada, " Augusta Ada ", "Ada_L-1")
        .await
        .unwrap();
    let now = user(&home, &ada).await;
    assert_eq!(
        (now.name.as_str(), now.username.as_deref()),
        ("Augusta Ada", Some("ada_l-1"))
    );
    update(&home, &ada, "Ada", "  ").await.unwrap();
    assert_eq!(user(&home, &ada).await.username, None);
}

async fn a_username_is_one_users_whatever_its_case(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    update(&home, &ada, "Ada", "countess").await.unwrap();
    let taken = update(&home, &ben, "Benjamin", "Countess").await;
    assert_eq!(fields(&taken), ["username"], "{taken:?}");
    let ben = user(&home, &ben).await;
    assert_eq!((ben.name.as_str(), ben.username), ("Ben", None));
    // One's own is not taken.
    update(&home, &ada, "Ada", "countess").await.unwrap();
    update(&home, &ada, "Ada", "").await.unwrap();
}

async fn a_bad_name_changes_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for (name, username) in [
        ("", "ada"),
        ("a\0b", "ada"),
        ("Ada", "a b"),
        (&"x".repeat(101), ""),
    ] {
        assert!(
            update(&home, &ada, name, username).await.is_err(),
            "{name:?} {username:?}"
        );
    }
    let now = user(&home, &ada).await;
    assert_eq!((now.name.as_str(), now.username), ("Ada", None));
}

async fn the_operator_sets_a_plan_by_any_members_id(db: Db) {
    let home = Home::new(db);
    let ada = home.person_on("Ada", Plan::Free).await;
    let client = Client::default();
    let mut tx = home.db.write().await.unwrap();
    let had = users::set_plan(&mut tx, &ada.id, Plan::Pro, Actor::Operator, &client, NOW).await;
    assert_eq!(had.unwrap(), Some(Plan::Free));
    let nobody = UserId("nobody".into());
    let had = users::set_plan(&mut tx, &nobody, Plan::Pro, Actor::Operator, &client, NOW).await;
    assert_eq!(had.unwrap(), None);
    tx.commit().await.unwrap();
    assert_eq!(user(&home, &ada).await.plan, Plan::Pro);
}
