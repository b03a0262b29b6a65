//! The email about a new device, and the link in it: "This wasn't me".

use accounts::{
    db::Db,
    emails::{self, Email, EmailTemplate},
    not_me::{LoggedOut, NotMeError, look_up, remote_logout},
    plans::Plan,
    secret::Token,
    sessions::{self, By, EndReason, LogoutReceipt, RevokeTokens},
    sign_in::{CompletedSignIn, Credentials, sign_in},
    time::Moment,
    users::Role,
};
use tokio::task::JoinSet;

use crate::{
    databases,
    home::{Home, NOW, Person, SECOND, after, browser, complete_sign_in, secret},
    new_address,
};

on_both!(
    the_link_ends_everything_of_its_user_once,
    looking_changes_nothing_and_says_who_signed_in,
    nothing_that_the_intruder_does_takes_the_link_away,
    the_link_dies_after_seven_days_and_with_another_of_its_kind,
    whoever_comes_back_afterwards_is_told_of,
    what_was_handed_out_since_goes_along_and_tokens_when_asked,
    emails_about_new_devices_are_limited,
    the_link_pressed_32_times_at_once_remote_logouts_once,
    tokens_and_everybody_else_stay,
    where_the_plan_has_no_remote_logout_the_email_has_no_link,
    after_a_downgrade_the_link_is_refused_and_stays_good,
    a_link_for_something_else_does_not_remote_logout,
);

const WEEK: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// Somebody signs in on a new device; what the email about it says.
async fn enter(home: &Home, who: &Person, now: Moment) -> (CompletedSignIn, Email, Option<Token>) {
    let entered = home
        .try_sign_in(&who.email, &who.password, &browser(77), now)
        .await
        .unwrap();
    let mut tx = home.db.write().await.unwrap();
    loop {
        let due = emails::lease(&mut tx, &home.keys, now).await.unwrap();
        let due = due.expect("a email about the new device");
        emails::sent(&mut tx, &due, now).await.unwrap();
        if due.email.template == EmailTemplate::NewDevice {
            tx.commit().await.unwrap();
            assert_eq!(due.to, who.email);
            return (entered, due.email, due.token);
        }
    }
}

/// A user who is signed in, and whom somebody else then signs in as. The first session, the other one,
/// and the link.
async fn intruded(home: &Home, name: &str) -> (Person, CompletedSignIn, CompletedSignIn, Token) {
    let person = home.person(name).await;
    let here = home.sign_in_remembered(&person, NOW).await;
    let (there, _, link) = enter(home, &person, NOW).await;
    (person, here, there, link.unwrap())
}

async fn logged_out(home: &Home, link: &Token, now: Moment) -> Result<LogoutReceipt, NotMeError> {
    pressed_with(home, link, RevokeTokens::default(), None, now)
        .await
        .map(|logged_out| logged_out.ended)
}

async fn pressed_with(
    home: &Home,
    link: &Token,
    revoke_tokens: RevokeTokens,
    from: Option<&Token>,
    now: Moment,
) -> Result<LoggedOut, NotMeError> {
    let mut tx = home.db.write().await.unwrap();
    let logged_out = remote_logout(
        &mut tx,
        link,
        revoke_tokens,
        from,
        &browser(5),
        &home.limits,
        now,
    )
    .await?;
    tx.commit().await.unwrap();
    Ok(logged_out)
}

async fn is_over(home: &Home, link: &Token, now: Moment) -> bool {
    let mut conn = home.db.read().await.unwrap();
    let looked = look_up(&mut conn, link, &home.limits, now).await.unwrap();
    drop(conn);
    let refused = matches!(logged_out(home, link, now).await, Err(NotMeError::Expired));
    assert_eq!(looked.is_none(), refused);
    refused
}

async fn the_link_ends_everything_of_its_user_once(db: Db) {
    let home = Home::new(db);
    let (ada, here, there, link) = intruded(&home, "Ada").await;
    let ended = logged_out(&home, &link, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for dead in [&here, &there] {
        let why = home.why_dead(&dead.session.token, NOW).await;
        assert_eq!(why, EndReason::RemoteLogout);
    }
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);

    home.sign_in(&ada, after(SECOND)).await;
    assert!(is_over(&home, &link, after(SECOND)).await);
    assert_eq!(home.list(&ada, after(SECOND)).await.len(), 1);
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
}

async fn looking_changes_nothing_and_says_who_signed_in(db: Db) {
    let home = Home::new(db);
    let (ada, here, there, link) = intruded(&home, "Ada").await;
    for _ in 0..3 {
        let mut conn = home.db.read().await.unwrap();
        let looked = look_up(&mut conn, &link, &home.limits, NOW).await.unwrap();
        let asked = looked.unwrap();
        assert_eq!(asked.user_id, ada.id);
        assert_eq!(
            (asked.facts.sessions, asked.facts.remembered_devices),
            (2, 1)
        );
        let sign_in = asked.sign_in.unwrap();
        assert_eq!(sign_in.ip, Some(browser(77).ip_text()));
        assert_eq!(sign_in.user_agent, browser(77).user_agent);
    }
    for alive in [&here, &there] {
        assert!(home.is_live(&alive.session.token, NOW).await);
    }
    let signed_in = home.sign_in(&ada, NOW).await;
    assert!(home.is_live(&signed_in.session.token, NOW).await);
    assert!(!is_over(&home, &link, NOW).await);
}

async fn nothing_that_the_intruder_does_takes_the_link_away(db: Db) {
    let home = Home::new(db);
    let (ada, _, there, link) = intruded(&home, "Ada").await;
    // Ends the others: the epoch rises, and the intruder goes on under a new id.
    let me = home.signed_in(&there.session.token, NOW).await;
    let (client, limits) = (browser(77), &home.limits);
    let mut tx = home.db.write().await.unwrap();
    let alone = sessions::end_others(&mut tx, &me, &client, limits, NOW).await;
    tx.commit().await.unwrap();
    let me = home.signed_in(&alone.unwrap().session.token, NOW).await;
    // Presses, and comes back on a browser that is known now.
    home.remote_logout(&ada.id, By::Session(&me.session), NOW)
        .await
        .unwrap();
    let back = enter_as(&home, &ada, &there.known_device).await;
    assert_eq!(letters_waiting(&home).await, 1, "only that of the press");
    // Changes the address.
    let theirs = new_address::link_of(&home, &back.session.token, NOW).await;
    new_address::use_link(&home, &theirs, NOW).await.unwrap();

    let ended = logged_out(&home, &link, NOW).await.unwrap();
    assert_eq!(ended.sessions, 1);
    assert!(!home.is_live(&back.session.token, NOW).await);
}

async fn the_link_dies_after_seven_days_and_with_another_of_its_kind(db: Db) {
    let home = Home::new(db);
    let (ada, _, _, first) = intruded(&home, "Ada").await;
    let (_, _, second) = enter(&home, &ada, NOW).await;
    let second = second.unwrap();
    assert!(is_over(&home, &first, after(WEEK)).await);
    assert!(!is_over(&home, &first, after(WEEK.saturating_sub(SECOND))).await);
    assert!(is_over(&home, &second, NOW).await);
    assert!(is_over(&home, &Token::random(), NOW).await);
}

async fn whoever_comes_back_afterwards_is_told_of(db: Db) {
    let home = Home::new(db);
    let (ada, here, there, link) = intruded(&home, "Ada").await;
    let from = Some(&here.known_device);
    pressed_with(&home, &link, RevokeTokens::default(), from, NOW)
        .await
        .unwrap();
    let later = after(SECOND);
    home.sign_in(&ada, later).await;
    let mut tx = home.db.write().await.unwrap();
    while let Some(due) = emails::lease(&mut tx, &home.keys, later).await.unwrap() {
        emails::sent(&mut tx, &due, later).await.unwrap();
    }
    tx.commit().await.unwrap();
    // The browser that pressed is known as before, that of the other is not.
    enter_as(&home, &ada, &here.known_device).await;
    assert_eq!(letters_waiting(&home).await, 0);
    enter_as(&home, &ada, &there.known_device).await;
    assert_eq!(letters_waiting(&home).await, 1);
}

async fn what_was_handed_out_since_goes_along_and_tokens_when_asked(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let here = home.signed_in(&here.session.token, NOW).await;
    let before = home.invite(&here, Role::Member, NOW).await.unwrap();
    home.give_token(&ada).await;
    let later = after(SECOND);
    let (there, _, link) = enter(&home, &ada, later).await;
    let there = home.signed_in(&there.session.token, later).await;
    let since = home.invite(&there, Role::Owner, later).await.unwrap();

    let mut conn = home.db.read().await.unwrap();
    let looked = look_up(&mut conn, link.as_ref().unwrap(), &home.limits, later).await;
    assert_eq!(looked.unwrap().unwrap().invitations, 1);
    drop(conn);
    let revoke_tokens = RevokeTokens {
        api_tokens: true,
        mcp_tokens: false,
    };
    let logged_out = pressed_with(&home, &link.unwrap(), revoke_tokens, None, later)
        .await
        .unwrap();
    assert_eq!(logged_out.revoked.api_tokens, Some(1));
    assert!(home.join(&since.token, "Eve", later).await.is_err());
    home.join(&before.token, "Ben", later).await.unwrap();
}

async fn emails_about_new_devices_are_limited(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    home.sign_in(&ada, NOW).await;
    for _ in 0..home.limits.attempts_per_user + 5 {
        home.sign_in(&ada, NOW).await;
    }
    assert_eq!(letters_waiting(&home).await, home.limits.attempts_per_user);
}

/// Somebody signs in on a browser that says it is known.
async fn enter_as(home: &Home, who: &Person, known_device: &Token) -> CompletedSignIn {
    let password = secret(&who.password);
    let credentials = Credentials {
        email: &who.email,
        password: &password,
        remember_me: false,
        known_device: Some(known_device),
        next: "/",
    };
    let (db, keys, hasher, limits) = (&home.db, &home.keys, &home.hasher, &home.limits);
    let admitted = sign_in(db, keys, hasher, limits, credentials, &browser(77), NOW).await;
    complete_sign_in(admitted.unwrap())
}

async fn letters_waiting(home: &Home) -> i64 {
    let sql = "select count(*) from emails where sent_at is null";
    databases::number(&home.db, sql).await
}

async fn the_link_pressed_32_times_at_once_remote_logouts_once(db: Db) {
    let home = Home::new(db);
    let (ada, _, _, link) = intruded(&home, "Ada").await;
    let mut clicks = JoinSet::new();
    for _ in 0..32 {
        let (home, link) = (home.clone(), link.clone());
        clicks.spawn(async move { logged_out(&home, &link, NOW).await.is_ok() });
    }
    let worked = clicks.join_all().await.into_iter().filter(|ok| *ok).count();
    assert_eq!(worked, 1);
    assert_eq!(home.events(&ada, "user.session_invalidated").await, 1);
}

async fn tokens_and_everybody_else_stay(db: Db) {
    let home = Home::new(db);
    let (ada, _, _, link) = intruded(&home, "Ada").await;
    let (_, bens, ben_too, bens_link) = intruded(&home, "Ben").await;
    home.give_token(&ada).await;
    let before = home.facts(&ada, NOW).await;
    logged_out(&home, &link, NOW).await.unwrap();
    let left = home.facts(&ada, NOW).await;
    assert_eq!(left.api_tokens + left.mcp_tokens, 1);
    assert_eq!(
        (left.api_tokens, left.mcp_tokens),
        (before.api_tokens, before.mcp_tokens)
    );
    for alive in [&bens, &ben_too] {
        assert!(home.is_live(&alive.session.token, NOW).await);
    }
    assert!(!is_over(&home, &bens_link, NOW).await);
}

async fn where_the_plan_has_no_remote_logout_the_email_has_no_link(db: Db) {
    let home = Home::new(db);
    let ada = home.person_on("Ada", Plan::Free).await;
    home.sign_in(&ada, NOW).await;
    let (_, email, link) = enter(&home, &ada, NOW).await;
    assert_eq!(email.template, EmailTemplate::NewDevice);
    assert!(link.is_none());
}

async fn after_a_downgrade_the_link_is_refused_and_stays_good(db: Db) {
    let home = Home::new(db);
    let (_, here, _, link) = intruded(&home, "Ada").await;
    home.everybody_on(Plan::Free).await;
    let refused = logged_out(&home, &link, NOW).await;
    assert!(
        matches!(refused, Err(NotMeError::RemoteLogout(_))),
        "{refused:?}"
    );
    assert!(home.is_live(&here.session.token, NOW).await);
    home.everybody_on(Plan::Plus).await;
    assert_eq!(logged_out(&home, &link, NOW).await.unwrap().sessions, 2);
}

async fn a_link_for_something_else_does_not_remote_logout(db: Db) {
    let home = Home::new(db);
    let (ada, here, _, not_me) = intruded(&home, "Ada").await;
    let reset = crate::forgotten_password::link(&home, &ada.email, NOW).await;
    assert!(is_over(&home, &reset, NOW).await);
    assert!(home.is_live(&here.session.token, NOW).await);
    // Nor the other way round.
    let (db, hasher, limits) = (&home.db, &home.hasher, &home.limits);
    let new = crate::home::secret("nine quiet herons over the canal");
    let client = browser(5);
    let set = accounts::reset_password::reset(db, hasher, limits, &not_me, &new, &client, NOW);
    assert!(set.await.is_err());
    assert!(home.is_live(&here.session.token, NOW).await);
}
