//! A new email address: it counts once the link that was mailed to it was used.

use accounts::{
    change_email::{self, ChangeEmailError},
    db::Db,
    emails::{self, Due, EmailTemplate},
    secret::Token,
    sessions::By,
    sign_in::SignInError,
    time::Moment,
};

use crate::{
    forgotten_password,
    home::{Home, NOW, PASSWORD, SECOND, after, browser},
};

on_both!(
    the_new_address_counts_once_its_link_was_used_and_the_old_one_no_longer,
    an_address_that_somebody_has_gets_word_and_no_link,
    a_link_dies_with_a_remote_logout_and_after_pending_an_hour,
    an_address_taken_in_the_meantime_is_refused,
    a_reset_link_that_went_to_the_old_address_is_over,
);

const NEW: &str = "countess@example.com";

async fn ask(
    home: &Home,
    session: &Token,
    email: &str,
    now: Moment,
) -> Result<(), ChangeEmailError> {
    let who = home.signed_in(session, now).await;
    let mut tx = home.db.write().await.unwrap();
    let (keys, limits) = (&home.keys, &home.limits);
    change_email::request(&mut tx, keys, limits, &who, email, &browser(1), now).await?;
    tx.commit().await.unwrap();
    Ok(())
}

pub async fn use_link(home: &Home, link: &Token, now: Moment) -> Result<String, ChangeEmailError> {
    let mut tx = home.db.write().await.unwrap();
    let email = change_email::confirm(&mut tx, link, &browser(1), now).await?;
    tx.commit().await.unwrap();
    Ok(email)
}

/// Every email that is due, to whom and what of.
async fn mailbox(home: &Home, now: Moment) -> Vec<Due> {
    let mut all = Vec::new();
    loop {
        let mut tx = home.db.write().await.unwrap();
        let Some(due) = emails::lease(&mut tx, &home.keys, now).await.unwrap() else {
            return all;
        };
        emails::sent(&mut tx, &due, now).await.unwrap();
        tx.commit().await.unwrap();
        all.push(due);
    }
}

async fn the_new_address_counts_once_its_link_was_used_and_the_old_one_no_longer(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await.session.token;
    ask(&home, &here, " Countess@Example.com ", NOW)
        .await
        .unwrap();
    let mut emails = mailbox(&home, NOW).await;
    emails.sort_by_key(|due| due.to != NEW);
    let [with_link, word] = &emails[..] else {
        panic!("{emails:?}")
    };
    assert_eq!(
        (with_link.to.as_str(), &with_link.email.template),
        (NEW, &EmailTemplate::ConfirmEmail)
    );
    assert_eq!(word.to, ada.email);
    assert!(word.token.is_none());
    home.sign_in(&ada, NOW).await;

    let link = with_link.token.as_ref().unwrap();
    assert_eq!(use_link(&home, link, NOW).await.unwrap(), NEW);
    assert!(home.is_live(&here, NOW).await);
    let old = home
        .try_sign_in(&ada.email, PASSWORD, &browser(1), NOW)
        .await;
    assert!(matches!(old, Err(SignInError::Wrong)), "{old:?}");
    home.try_sign_in(NEW, PASSWORD, &browser(1), NOW)
        .await
        .unwrap();
    let told: Vec<String> = mailbox(&home, NOW)
        .await
        .into_iter()
        .filter(|due| matches!(due.email.template, EmailTemplate::EmailChanged { .. }))
        .map(|due| due.to)
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&ada.email) && told.contains(&NEW.to_owned()));
    let again = use_link(&home, link, NOW).await;
    assert!(matches!(again, Err(ChangeEmailError::Expired)), "{again:?}");
    assert_eq!(home.events(&ada, "user.email_changed").await, 1);
}

async fn an_address_that_somebody_has_gets_word_and_no_link(db: Db) {
    let home = Home::new(db);
    let (ada, eve) = (home.person("Ada").await, home.person("Eve").await);
    let here = home.sign_in(&ada, NOW).await.session.token;
    ask(&home, &here, &eve.email, NOW).await.unwrap();
    for due in mailbox(&home, NOW).await {
        assert!(due.token.is_none());
        if due.to == eve.email {
            assert_eq!(due.email.template, EmailTemplate::EmailTaken);
        }
    }
    for (wrong, why) in [
        (ada.email.as_str(), "already"),
        ("", "Enter"),
        ("nobody", "like"),
        (&format!("{}@example.com", "a".repeat(300)), "254"),
    ] {
        match ask(&home, &here, wrong, NOW).await {
            Err(ChangeEmailError::Email(said)) => assert!(said.contains(why), "{said}"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

pub async fn link_of(home: &Home, session: &Token, now: Moment) -> Token {
    ask(home, session, NEW, now).await.unwrap();
    let emails = mailbox(home, now).await;
    emails.into_iter().find_map(|due| due.token).unwrap()
}

async fn a_link_dies_with_a_remote_logout_and_after_pending_an_hour(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let link = link_of(&home, &here.session.token, NOW).await;
    let late = use_link(&home, &link, after(1_800 * SECOND)).await;
    assert!(matches!(late, Err(ChangeEmailError::Expired)), "{late:?}");
    home.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    let dead = use_link(&home, &link, NOW).await;
    assert!(matches!(dead, Err(ChangeEmailError::Expired)), "{dead:?}");
    home.sign_in(&ada, NOW).await;
}

async fn an_address_taken_in_the_meantime_is_refused(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await.session.token;
    let link = link_of(&home, &here, NOW).await;
    home.person("Countess").await;
    let refused = use_link(&home, &link, NOW).await;
    assert!(
        matches!(refused, Err(ChangeEmailError::Taken)),
        "{refused:?}"
    );
    home.sign_in(&ada, NOW).await;
}

async fn a_reset_link_that_went_to_the_old_address_is_over(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await.session.token;
    let reset = forgotten_password::link(&home, &ada.email, NOW).await;
    let link = link_of(&home, &here, NOW).await;
    use_link(&home, &link, NOW).await.unwrap();
    let (db, hasher, limits) = (&home.db, &home.hasher, &home.limits);
    let new = crate::home::secret("nine quiet herons over the canal");
    let client = browser(1);
    let over =
        accounts::reset_password::reset(db, hasher, limits, &reset, &new, &client, NOW).await;
    assert!(
        matches!(over, Err(accounts::reset_password::ResetError::Expired)),
        "{over:?}"
    );
}
