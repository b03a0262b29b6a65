//! Invitations: one user each, for seven days, into the account and the role they were made for.

use accounts::{
    audit,
    db::Db,
    invitations::{self, InviteError, JoinError},
    plans::Plan,
    secret::Token,
    sessions::SignedIn,
    time::Moment,
    users::{Role, UserError},
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{DAY, Home, NOW, SECOND, after, browser},
};

on_both!(
    whoever_has_the_link_joins_that_account_with_that_role,
    an_invitation_is_good_once_even_for_many_at_once,
    one_that_was_taken_back_or_has_run_out_lets_nobody_in,
    an_email_that_is_taken_is_said_and_the_invitation_stays_good,
    addresses_tried_with_an_invitation_are_limited,
    invitations_by_mail_from_one_account_are_limited,
    a_role_that_the_plan_has_lost_lets_nobody_in,
    the_link_is_nowhere_in_the_database,
    open_invitations_are_listed,
);

async fn whoever_has_the_link_joins_that_account_with_that_role(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    for (name, role) in [
        ("Ben", Role::Admin),
        ("Cleo", Role::Editor),
        ("Dora", Role::Member),
        ("Eve", Role::WatchOnly),
        ("Finn", Role::Owner),
    ] {
        let made = home.invite(&ada, role, NOW).await.unwrap();
        let mut conn = home.db.read().await.unwrap();
        let shown = invitations::look_up(&mut conn, &made.token, NOW)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((shown.invited_by.as_str(), shown.role), ("Ada", role));
        drop(conn);
        let person = home.join(&made.token, name, NOW).await.unwrap();
        let who = home.comes_in(&person).await;
        assert_eq!(who.user.role, role);
        assert_eq!(who.user.account_id, ada.user.account_id);
        assert_eq!(home.events(&person, "member.joined").await, 1);
    }
    audit::verify(&mut home.db.read().await.unwrap())
        .await
        .unwrap()
        .unwrap();
}

async fn an_invitation_is_good_once_even_for_many_at_once(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    let mut joining = JoinSet::new();
    for n in 0..20 {
        let (home, token) = (home.clone(), made.token.clone());
        joining.spawn(async move { home.join(&token, &format!("Person{n}"), NOW).await.is_ok() });
    }
    let joined = joining
        .join_all()
        .await
        .into_iter()
        .filter(|joined| *joined)
        .count();
    assert_eq!(joined, 1);
    assert_eq!(
        databases::number(&home.db, "select count(*) from users").await,
        2
    );
}

async fn assert_lets_nobody_in(home: &Home, token: &Token, now: Moment) {
    let refused = home.join(token, "Mallory", now).await;
    assert!(
        matches!(refused, Err(JoinError::NoSuchInvitation)),
        "{refused:?}"
    );
    let mut conn = home.db.read().await.unwrap();
    assert!(
        invitations::look_up(&mut conn, token, now)
            .await
            .unwrap()
            .is_none()
    );
}

async fn one_that_was_taken_back_or_has_run_out_lets_nobody_in(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    home.revoke(&ada, &made.id, NOW).await.unwrap();
    assert_lets_nobody_in(&home, &made.token, NOW).await;
    assert!(home.revoke(&ada, &made.id, NOW).await.is_err());

    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    assert_lets_nobody_in(&home, &made.token, after(7 * DAY)).await;
    home.join(&made.token, "Ben", after(6 * DAY + 86_399 * SECOND))
        .await
        .unwrap();
    assert_lets_nobody_in(&home, &made.token, NOW).await;
    assert_lets_nobody_in(&home, &Token::random(), NOW).await;
}

async fn an_email_that_is_taken_is_said_and_the_invitation_stays_good(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let (_, other) = home.owner("Ben").await;
    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    for taken in ["Ben", "Ada"] {
        let refused = home.join(&made.token, taken, NOW).await;
        let Err(JoinError::User(UserError::Fields(wrong))) = refused else {
            panic!("{refused:?}")
        };
        let [("email", why)] = &wrong[..] else {
            panic!("{wrong:?}")
        };
        assert!(why.contains("already belongs to somebody"), "{why}");
    }
    assert_eq!(home.members_of(&other).await, ["Ben"]);
    home.join(&made.token, "Cleo", NOW).await.unwrap();
}

async fn addresses_tried_with_an_invitation_are_limited(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    for _ in 0..home.limits.attempts_per_user {
        let taken = home.join(&made.token, "Ada", NOW).await;
        assert!(
            matches!(taken, Err(JoinError::User(UserError::Fields(_)))),
            "{taken:?}"
        );
    }
    let refused = home.join(&made.token, "Ben", NOW).await;
    assert!(
        matches!(refused, Err(JoinError::User(UserError::RateLimited(_)))),
        "{refused:?}"
    );
    let later = after(home.limits.attempt_window);
    home.join(&made.token, "Ben", later).await.unwrap();
}

async fn invitations_by_mail_from_one_account_are_limited(db: Db) {
    let mut home = Home::new(db);
    home.limits.attempts_per_address = 3;
    let (_, ada) = home.owner("Ada").await;
    let (_, ben) = home.owner("Ben").await;
    for n in 0..3 {
        mailed(&home, &ada, &format!("{n}@example.org"))
            .await
            .unwrap();
    }
    let refused = mailed(&home, &ada, "one.more@example.org").await;
    assert!(
        matches!(refused, Err(InviteError::RateLimited(_))),
        "{refused:?}"
    );
    // By link as many as one likes, and others by mail.
    home.invite(&ada, Role::Member, NOW).await.unwrap();
    mailed(&home, &ben, "one.more@example.org").await.unwrap();
}

async fn mailed(home: &Home, by: &SignedIn, email: &str) -> Result<(), InviteError> {
    let mut tx = home.db.write().await.unwrap();
    let (keys, limits) = (&home.keys, &home.limits);
    invitations::invite(
        &mut tx,
        keys,
        by,
        Role::Member,
        email,
        &browser(1),
        limits,
        NOW,
    )
    .await?;
    tx.commit().await.unwrap();
    Ok(())
}

async fn a_role_that_the_plan_has_lost_lets_nobody_in(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let made = home.invite(&ada, Role::Editor, NOW).await.unwrap();
    home.everybody_on(Plan::Plus).await;
    let refused = home.join(&made.token, "Ben", NOW).await;
    assert!(matches!(refused, Err(JoinError::NoSuchRole)), "{refused:?}");
    home.everybody_on(Plan::Pro).await;
    home.join(&made.token, "Ben", NOW).await.unwrap();
}

async fn the_link_is_nowhere_in_the_database(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let made = home.invite(&ada, Role::Member, NOW).await.unwrap();
    let sql = "select id || coalesce(email, '') || token_hash from invitations";
    let row = databases::text(&home.db, sql).await;
    assert!(
        row.contains(&made.id) && !row.contains(made.token.expose()),
        "{row}"
    );
    let said = "select details from audit_events where action = 'member.invited'";
    let said = databases::text(&home.db, said).await;
    assert!(
        said.contains(&made.id) && !said.contains(made.token.expose()),
        "{said}"
    );
}

async fn open_invitations_are_listed(db: Db) {
    let home = Home::new(db);
    let (_, ada) = home.owner("Ada").await;
    let used = home.invite(&ada, Role::Member, NOW).await.unwrap();
    home.join(&used.token, "Ben", NOW).await.unwrap();
    let back = home.invite(&ada, Role::Member, NOW).await.unwrap();
    home.revoke(&ada, &back.id, NOW).await.unwrap();
    let open = home.invite(&ada, Role::Admin, NOW).await.unwrap();
    let mut conn = home.db.read().await.unwrap();
    let account = &ada.user.account_id;
    let listed = invitations::open(&mut conn, account, NOW).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].id.as_str(), listed[0].role),
        (open.id.as_str(), Role::Admin)
    );
    assert!(
        invitations::open(&mut conn, account, after(8 * DAY))
            .await
            .unwrap()
            .is_empty()
    );
}
