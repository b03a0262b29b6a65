//! A copied remember-me cookie, as the browsers of its owner and its thief meet it.

use accounts::plans::Plan;

use super::*;
use crate::{emails::emails, test_app::email_of};

on_both!(
    a_cookie_that_comes_back_after_its_exchange_was_used_is_theft,
    a_thief_without_the_new_cookie_looks_again_until_it_is_theft,
    a_thief_with_a_voided_answer_is_refused_and_noticed,
    on_free_the_email_about_theft_names_no_remote_logout,
);

async fn a_cookie_that_comes_back_after_its_exchange_was_used_is_theft(app: TestApp) {
    let (ada, phone) = remembered(&app).await;
    let thief = phone.clone();
    assert!(phone.comes_back().await && phone.is_signed_in().await);
    pass(&app, 31).await;
    let refused = thief.get("/profile").await;
    refused.leads_to("/sign-in?next=/profile");
    assert!(refused.removes("curfew_remember"), "{refused:?}");
    // The one who has the new cookies may be the thief: the device and its sessions end too.
    phone
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    phone
        .get("/sign-in")
        .await
        .says("The saved sign-in of this device was used a second time, as if it had been copied.")
        .says("If not, sign in and change your password");
    assert!(!phone.is_signed_in().await);
    assert!(ada.is_signed_in().await, "another device is none of theirs");
    assert_eq!(
        (
            app.open_sessions("Ada").await,
            app.open_devices("Ada").await
        ),
        (1, 0)
    );
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 1);
    app.chains_are_whole().await;
}

async fn a_thief_without_the_new_cookie_looks_again_until_it_is_theft(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let thief = phone.clone();
    assert!(phone.comes_back().await && phone.is_signed_in().await);
    thief.get("/profile").await.is(202);
    pass(&app, 29).await;
    thief.get("/profile").await.is(202);
    assert!(phone.is_signed_in().await);
    pass(&app, 2).await;
    thief
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    thief.get("/sign-in").await.says("was used a second time");
    assert!(!phone.is_signed_in().await && !phone.comes_back().await);
    assert_eq!(app.open_devices("Ada").await, 0);
}

async fn a_thief_with_a_voided_answer_is_refused_and_noticed(app: TestApp) {
    let (_, phone) = remembered(&app).await;
    let thief = phone.clone();
    assert!(
        thief.comes_back().await,
        "and it waits with what it was given"
    );
    pass(&app, 31).await;
    assert!(phone.comes_back().await && phone.is_signed_in().await);
    thief.call("still_signed_in", NOTHING).await.is(401);
    assert!(phone.is_signed_in().await, "a script presents no cookie");
    pass(&app, 31).await;
    let refused = thief.get("/profile").await;
    refused.leads_to("/sign-in?next=/profile");
    assert!(refused.gives_no_session(), "{refused:?}");
    assert_eq!(app.events("Ada", "user.remembered_device_reused").await, 1);
    assert_eq!(app.open_devices("Ada").await, 0);
    assert!(!phone.is_signed_in().await);
}

async fn on_free_the_email_about_theft_names_no_remote_logout(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let (_, phone) = remembered(&app).await;
    app.put_on("Ada", Plan::Free).await;
    emails(&app, &email_of("Ada")).await;
    let thief = phone.clone();
    assert!(phone.comes_back().await && phone.is_signed_in().await);
    pass(&app, 31).await;
    thief
        .get("/profile")
        .await
        .leads_to("/sign-in?next=/profile");
    let sent = emails(&app, &email_of("Ada")).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(email.contains("A saved sign-in was used twice"), "{email}");
    assert!(!email.contains("Remote logout"), "{email}");
    assert!(
        email.contains("http://curfew.test/profile/password"),
        "{email}"
    );
}
