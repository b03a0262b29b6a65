//! The letter about a new device, and the link in it: "This wasn't me".

use accounts::{
    db::Db,
    letters::{self, Letter, News},
    not_me::{NotMeError, look_up, press},
    plans::Plan,
    secret::Token,
    sessions::{Because, By, EndAll},
    sign_in::In,
    time::Moment,
};
use tokio::task::JoinSet;

use crate::home::{Home, NOW, Person, SECOND, after, browser};

on_both!(
    the_link_ends_everything_of_its_person_once,
    looking_changes_nothing_and_says_who_signed_in,
    the_link_dies_with_a_press_and_after_seven_days,
    the_link_pressed_32_times_at_once_presses_once,
    tokens_and_everybody_else_stay,
    where_the_plan_has_no_remote_logout_the_letter_has_no_link,
    after_a_downgrade_the_link_is_refused_and_stays_good,
    a_link_for_something_else_does_not_press,
);

const WEEK: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// Somebody signs in on a new device; what the letter about it says.
async fn enter(home: &Home, who: &Person, now: Moment) -> (In, Letter, Option<Token>) {
    let entered = home
        .try_sign_in(&who.email, &who.password, &browser(77), now)
        .await
        .unwrap();
    let mut tx = home.db.write().await.unwrap();
    loop {
        let due = letters::claim(&mut tx, &home.keys, now).await.unwrap();
        let due = due.expect("a letter about the new device");
        letters::sent(&mut tx, &due, now).await.unwrap();
        if due.letter.news == News::NewDevice {
            tx.commit().await.unwrap();
            assert_eq!(due.to, who.email);
            return (entered, due.letter, due.token);
        }
    }
}

/// A person who is signed in, and whom somebody else then signs in as. The first session, the other one,
/// and the link.
async fn intruded(home: &Home, name: &str) -> (Person, In, In, Token) {
    let person = home.person(name).await;
    let here = home.sign_in_remembered(&person, NOW).await;
    let (there, _, link) = enter(home, &person, NOW).await;
    (person, here, there, link.unwrap())
}

async fn pressed(home: &Home, link: &Token, now: Moment) -> Result<EndAll, NotMeError> {
    let mut tx = home.db.write().await.unwrap();
    let (_, ended) = press(&mut tx, link, &browser(5), &home.limits, now).await?;
    tx.commit().await.unwrap();
    Ok(ended)
}

async fn is_over(home: &Home, link: &Token, now: Moment) -> bool {
    let mut conn = home.db.read().await.unwrap();
    let looked = look_up(&mut conn, link, &home.limits, now).await.unwrap();
    drop(conn);
    let refused = matches!(pressed(home, link, now).await, Err(NotMeError::Over));
    assert_eq!(looked.is_none(), refused);
    refused
}

async fn the_link_ends_everything_of_its_person_once(db: Db) {
    let home = Home::new(db);
    let (ada, here, there, link) = intruded(&home, "Ada").await;
    let ended = pressed(&home, &link, NOW).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for dead in [&here, &there] {
        let why = home.why_dead(&dead.session.token, NOW).await;
        assert_eq!(why, Because::RemoteLogout);
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

async fn the_link_dies_with_a_press_and_after_seven_days(db: Db) {
    let home = Home::new(db);
    let (ada, here, _, link) = intruded(&home, "Ada").await;
    home.press(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert!(is_over(&home, &link, NOW).await);

    let (_, _, link) = enter(&home, &ada, NOW).await;
    let link = link.unwrap();
    assert!(is_over(&home, &link, after(WEEK)).await);
    assert!(!is_over(&home, &link, after(WEEK.saturating_sub(SECOND))).await);
    assert!(is_over(&home, &Token::random(), NOW).await);
}

async fn the_link_pressed_32_times_at_once_presses_once(db: Db) {
    let home = Home::new(db);
    let (ada, _, _, link) = intruded(&home, "Ada").await;
    let mut clicks = JoinSet::new();
    for _ in 0..32 {
        let (home, link) = (home.clone(), link.clone());
        clicks.spawn(async move { pressed(&home, &link, NOW).await.is_ok() });
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
    pressed(&home, &link, NOW).await.unwrap();
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

async fn where_the_plan_has_no_remote_logout_the_letter_has_no_link(db: Db) {
    let home = Home::new(db);
    let ada = home.person_on("Ada", Plan::Free).await;
    home.sign_in(&ada, NOW).await;
    let (_, letter, link) = enter(&home, &ada, NOW).await;
    assert_eq!(letter.news, News::NewDevice);
    assert!(link.is_none());
}

async fn after_a_downgrade_the_link_is_refused_and_stays_good(db: Db) {
    let home = Home::new(db);
    let (_, here, _, link) = intruded(&home, "Ada").await;
    home.everybody_on(Plan::Free).await;
    let refused = pressed(&home, &link, NOW).await;
    assert!(matches!(refused, Err(NotMeError::Press(_))), "{refused:?}");
    assert!(home.is_live(&here.session.token, NOW).await);
    home.everybody_on(Plan::Plus).await;
    assert_eq!(pressed(&home, &link, NOW).await.unwrap().sessions, 2);
}

async fn a_link_for_something_else_does_not_press(db: Db) {
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
