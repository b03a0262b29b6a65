//! A new email address: it counts once the link that was mailed to it was used.

use accounts::{
    change_email::{self, ChangeEmailError},
    db::Db,
    emails::EmailTemplate,
    ids::UserId,
    reset_password::{ResetError, reset},
    secret::Token,
    sessions::By,
    sign_in::SignInError,
    time::Moment,
};

use crate::{
    emails::send_all,
    forgotten_password,
    test_app::{NOW, PASSWORD, SECOND, TestApp, after, browser, secret},
};

on_both!(
    the_new_address_counts_once_its_link_was_used_and_the_old_one_no_longer,
    an_address_that_a_user_has_is_told_and_gets_no_link,
    a_link_expires_with_a_remote_logout_and_after_half_an_hour,
    an_address_taken_in_the_meantime_is_refused,
    a_reset_link_that_went_to_the_old_address_has_expired,
    what_is_pending_is_shown_until_it_is_cancelled_and_its_link_is_dead,
    what_is_pending_ends_with_a_remote_logout_and_with_its_link,
    what_is_pending_does_not_tell_which_addresses_are_taken,
);

const NEW: &str = "countess@example.com";

pub async fn ask(
    app: &TestApp,
    session: &Token,
    email: &str,
    now: Moment,
) -> Result<(), ChangeEmailError> {
    let who = app.signed_in(session, now).await;
    let mut op = app.begin(&browser(1), now).await;
    change_email::request(&mut op, &who, email).await?;
    op.commit().await?;
    Ok(())
}

pub async fn use_link(
    app: &TestApp,
    link: &Token,
    now: Moment,
) -> Result<String, ChangeEmailError> {
    let mut op = app.begin(&browser(1), now).await;
    let email = change_email::confirm(&mut op, link).await?;
    op.commit().await?;
    Ok(email)
}

async fn the_new_address_counts_once_its_link_was_used_and_the_old_one_no_longer(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    ask(&app, &here, " Countess@Example.com ", NOW)
        .await
        .unwrap();
    let mut emails = send_all(&app, NOW).await;
    emails.sort_by_key(|due| due.to != NEW);
    let [with_link, notice] = &emails[..] else {
        panic!("{emails:?}")
    };
    assert_eq!(
        (with_link.to.as_str(), &with_link.email.template),
        (NEW, &EmailTemplate::ConfirmEmail)
    );
    assert_eq!(notice.to, ada.email);
    assert!(notice.token.is_none());
    app.sign_in(&ada, NOW).await;

    let link = with_link.token.as_ref().unwrap();
    assert_eq!(use_link(&app, link, NOW).await.unwrap(), NEW);
    assert!(app.is_live(&here, NOW).await);
    let old = app
        .try_sign_in(&ada.email, PASSWORD, &browser(1), NOW)
        .await;
    assert!(matches!(old, Err(SignInError::Wrong)), "{old:?}");
    app.try_sign_in(NEW, PASSWORD, &browser(1), NOW)
        .await
        .unwrap();
    let told: Vec<String> = send_all(&app, NOW)
        .await
        .into_iter()
        .filter(|due| matches!(due.email.template, EmailTemplate::EmailChanged { .. }))
        .map(|due| due.to)
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&ada.email) && told.contains(&NEW.to_owned()));
    let again = use_link(&app, link, NOW).await;
    assert!(matches!(again, Err(ChangeEmailError::Expired)), "{again:?}");
    assert_eq!(app.events(&ada, "user.email_changed").await, 1);
}

async fn an_address_that_a_user_has_is_told_and_gets_no_link(db: Db) {
    let app = TestApp::new(db);
    let (ada, eve) = (app.user("Ada").await, app.user("Eve").await);
    let here = app.sign_in(&ada, NOW).await.session.token;
    ask(&app, &here, &eve.email, NOW).await.unwrap();
    for due in send_all(&app, NOW).await {
        assert!(due.token.is_none());
        if due.to == eve.email {
            assert_eq!(due.email.template, EmailTemplate::EmailTaken);
        }
    }
    for (wrong, why) in [
        (ada.email.as_str(), "already"),
        ("", "Enter"),
        ("unknown", "like"),
        (&format!("{}@example.com", "a".repeat(300)), "254"),
    ] {
        match ask(&app, &here, wrong, NOW).await {
            Err(ChangeEmailError::Email(text)) => assert!(text.contains(why), "{text}"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

pub async fn link_of(app: &TestApp, session: &Token, now: Moment) -> Token {
    ask(app, session, NEW, now).await.unwrap();
    // Emails due at one time leave in any order, and that of a new device has a link as well.
    let mut emails = send_all(app, now).await.into_iter();
    let link = emails.find(|due| due.email.template == EmailTemplate::ConfirmEmail);
    link.unwrap().token.unwrap()
}

async fn a_link_expires_with_a_remote_logout_and_after_half_an_hour(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let link = link_of(&app, &here.session.token, NOW).await;
    let late = use_link(&app, &link, after(1_800 * SECOND)).await;
    assert!(matches!(late, Err(ChangeEmailError::Expired)), "{late:?}");
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let refused = use_link(&app, &link, NOW).await;
    assert!(
        matches!(refused, Err(ChangeEmailError::Expired)),
        "{refused:?}"
    );
    app.sign_in(&ada, NOW).await;
}

async fn an_address_taken_in_the_meantime_is_refused(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    let link = link_of(&app, &here, NOW).await;
    app.user("Countess").await;
    let refused = use_link(&app, &link, NOW).await;
    assert!(
        matches!(refused, Err(ChangeEmailError::Taken)),
        "{refused:?}"
    );
    app.sign_in(&ada, NOW).await;
}

async fn a_reset_link_that_went_to_the_old_address_has_expired(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await.session.token;
    let old = forgotten_password::link(&app, &ada.email, NOW).await;
    let link = link_of(&app, &here, NOW).await;
    use_link(&app, &link, NOW).await.unwrap();
    let new = secret("nine quiet herons over the canal");
    let refused = reset(&app, &browser(1), NOW, &old, &new).await;
    assert!(matches!(refused, Err(ResetError::Expired)), "{refused:?}");
}

async fn pending(app: &TestApp, user: &UserId, now: Moment) -> Vec<String> {
    let pending = change_email::pending(&mut app.read(now).await, user).await;
    pending.unwrap().into_iter().map(|p| p.email).collect()
}

async fn cancel(app: &TestApp, session: &Token, now: Moment) -> Result<(), ChangeEmailError> {
    let who = app.signed_in(session, now).await;
    let mut op = app.begin(&browser(1), now).await;
    change_email::cancel(&mut op, &who).await?;
    op.commit().await?;
    Ok(())
}

async fn what_is_pending_is_shown_until_it_is_cancelled_and_its_link_is_dead(db: Db) {
    let app = TestApp::new(db);
    let (ada, ben) = (app.user("Ada").await, app.user("Ben").await);
    let here = app.sign_in(&ada, NOW).await.session.token;
    assert!(pending(&app, &ada.id, NOW).await.is_empty());
    let link = link_of(&app, &here, NOW).await;
    // Asked for twice, and another one later.
    ask(&app, &here, NEW, after(SECOND)).await.unwrap();
    ask(&app, &here, "ada@lovelace.example", after(2 * SECOND))
        .await
        .unwrap();
    let now = after(3 * SECOND);
    assert_eq!(
        pending(&app, &ada.id, now).await,
        ["ada@lovelace.example", NEW]
    );
    assert!(pending(&app, &ben.id, now).await.is_empty());

    let bens = app.sign_in(&ben, NOW).await.session.token;
    cancel(&app, &bens, now).await.unwrap();
    assert_eq!(pending(&app, &ada.id, now).await.len(), 2);

    cancel(&app, &here, now).await.unwrap();
    assert!(pending(&app, &ada.id, now).await.is_empty());
    let refused = use_link(&app, &link, now).await;
    assert!(
        matches!(refused, Err(ChangeEmailError::Expired)),
        "{refused:?}"
    );
    assert_eq!(app.events(&ada, "user.email_change_cancelled").await, 2);
    // Pressed twice: one outcome.
    cancel(&app, &here, now).await.unwrap();
    assert_eq!(app.events(&ada, "user.email_change_cancelled").await, 2);
    assert_eq!(app.events(&ben, "user.email_change_cancelled").await, 0);
    app.sign_in(&ada, now).await;
}

async fn what_is_pending_ends_with_a_remote_logout_and_with_its_link(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    link_of(&app, &here.session.token, NOW).await;
    assert_eq!(pending(&app, &ada.id, NOW).await, [NEW]);
    assert!(
        pending(&app, &ada.id, after(1_800 * SECOND))
            .await
            .is_empty()
    );
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert!(pending(&app, &ada.id, NOW).await.is_empty());
    let here = app.sign_in(&ada, NOW).await.session.token;
    let link = link_of(&app, &here, NOW).await;
    use_link(&app, &link, NOW).await.unwrap();
    assert!(pending(&app, &ada.id, NOW).await.is_empty());
}

async fn what_is_pending_does_not_tell_which_addresses_are_taken(db: Db) {
    let app = TestApp::new(db);
    let (ada, eve) = (app.user("Ada").await, app.user("Eve").await);
    let here = app.sign_in(&ada, NOW).await.session.token;
    ask(&app, &here, &eve.email, NOW).await.unwrap();
    assert_eq!(pending(&app, &ada.id, NOW).await, [eve.email]);
}
