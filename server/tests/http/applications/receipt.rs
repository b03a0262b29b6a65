//! What the dialog says before a remote logout, and `/receipt` after it.

use accounts::{sessions, time::Moment};
use serde_json::json;

use super::{register, register_gate, sign_in_at};
use crate::{
    browser::NOTHING,
    databases,
    processes::until,
    receiver::Receiver,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    the_receipt_follows_the_answers_and_is_for_its_browser_and_its_user,
    several_sessions_at_one_application_are_one_line_of_the_receipt,
    the_dialog_sorts_applications_by_how_they_learn_of_it,
    a_receipt_without_applications_claims_no_answers,
    a_user_signs_out_of_one_application,
);

async fn the_receipt_follows_the_answers_and_is_for_its_browser_and_its_user(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    assert_eq!(ada.get("/receipt").await.status, 404);
    let who = ada.signed_in().await;
    let receiver = Receiver::that_answers(&["500"]).await;
    let told = register(&ada, "Wiki", &receiver.url()).await;
    let silent = register(&ada, "Silent", "").await;
    for id in [&told, &silent] {
        sign_in_at(&app, &who.user.id.0, &who.session.0, id).await;
    }
    ada.remote_logout().await.is(303);
    // The page that it leads to names them too, once; and a browser without this receipt is shown none.
    let landed = ada.get("/sign-in?next=/profile/security").await;
    landed
        .is(200)
        .says("Wiki : Being told")
        .says("Some applications may still be open.")
        .says("Follow their answers");
    ada.get("/sign-in")
        .await
        .does_not_say("Wiki")
        .says("Receipt of your remote logout");
    let other = app.browser(SAFARI_ON_IPHONE).get("/sign-in").await;
    other.does_not_say("Receipt");
    let page = ada.get("/receipt").await;
    page.is(200)
        .says("Wiki : Being told")
        .says("Some applications may still be open.")
        .says("Can’t be told: its own session may live up to 30 days");
    assert_eq!(page.header("refresh"), "2", "it loads itself again");
    assert!(!page.body.contains("Logged out"), "{}", page.body);
    let sending = tokio::spawn(app.state.notices.clone().keep_sending());
    sessions::end_applications(app.instance(), Moment::now())
        .await
        .unwrap();
    until(
        &app,
        "select count(*) from logout_notices where tries = 1 and leased_until = 0",
        1,
    )
    .await;
    ada.get("/receipt")
        .await
        .says("Being told: 1 try without a good answer, the next at");
    databases::run(app.db(), "update logout_notices set next_try_at = 0").await;
    until(
        &app,
        "select count(*) from logout_notices where outcome = 'logged_out'",
        1,
    )
    .await;
    sending.abort();
    let page = ada.get("/receipt").await;
    page.says("Logged out, answered at");
    assert_eq!(page.header("refresh"), "", "nothing is left to follow");

    // No other browser has it, and an hour later this one has not either.
    let eve = app.browser(SAFARI_ON_IPHONE);
    assert_eq!(eve.get("/receipt").await.status, 404);
    databases::run(app.db(), "update receipts set expires_at = 0").await;
    assert_eq!(ada.get("/receipt").await.status, 404);
    // Its user finds it later by its event, and no other user does.
    let event = testing::databases::text(app.db(), "select event_id from epoch_raises").await;
    let later = format!("/receipt?event={event}");
    ada.sign_in("Ada").await;
    ada.get(&later)
        .await
        .says("Logged out, answered at")
        .says("Back to Security");
    // It is linked where the remote logout is told of, and from nothing else.
    let security = ada.get("/profile/security").await;
    let to = format!("href=\"{later}\"");
    assert_eq!(security.body.matches(&to).count(), 1);
    assert_eq!(security.body.matches("/receipt?event=").count(), 1);
    let told = &security.body[..security.body.find(&to).unwrap()];
    assert!(told.rfind("Remote logout: 1 session ended") > told.rfind("<li"));
    // No longer than there is one.
    databases::run(app.db(), "delete from epoch_raises").await;
    let security = ada.get("/profile/security").await;
    assert!(!security.body.contains("/receipt?event="));
    eve.sign_up("Eve").await;
    assert_eq!(eve.get(&later).await.status, 404);
}

async fn a_receipt_without_applications_claims_no_answers(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.remote_logout().await.is(303);
    let landed = ada.get("/sign-in?next=/profile/security").await;
    landed
        .is(200)
        .says("Open the receipt")
        .does_not_say("answers")
        .does_not_say("Follow");
    // A later one, of everyone, is another remote logout than the receipt that this browser holds.
    ada.sign_in("Ada").await;
    ada.call("remote_logout_everyone", NOTHING).await;
    let landed = ada.get("/sign-in").await;
    landed.is(200).does_not_say("Open the receipt");
}

async fn several_sessions_at_one_application_are_one_line_of_the_receipt(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;
    let receiver = Receiver::that_answers(&["200"]).await;
    let photos = register(&ada, "Photos", &receiver.url()).await;
    let silent = register(&ada, "Silent", "").await;
    for browser in [&ada, &phone] {
        let who = browser.signed_in().await;
        for id in [&photos, &silent] {
            sign_in_at(&app, &who.user.id.0, &who.session.0, id).await;
        }
    }
    ada.get("/profile/remote-logout?from=security")
        .await
        .says("Told at once: Photos (2 sessions)")
        .says("Can’t be told: Silent (2 sessions; its own session may live up to 30 days)");
    ada.remote_logout().await.is(303);
    for page in ["/sign-in?next=/profile/security", "/receipt"] {
        let page = ada.get(page).await;
        page.is(200).says("Photos (2 sessions): Being told");
        assert_eq!(page.body.matches("Photos").count(), 1, "{}", page.body);
        assert_eq!(page.body.matches("Silent").count(), 1, "{}", page.body);
    }
}

async fn the_dialog_sorts_applications_by_how_they_learn_of_it(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let told = register(&ada, "Told", "http://127.0.0.1:9/x").await;
    let silent = register(&ada, "Silent", "").await;
    let gate = register_gate(&ada, "Gate", "https://wiki.example.com").await;
    for id in [&told, &told, &silent, &gate] {
        sign_in_at(&app, &who.user.id.0, &who.session.0, id).await;
    }
    let facts = ada
        .call("remote_logout_facts", NOTHING)
        .await
        .is(200)
        .json();
    let learns: Vec<_> = facts["applications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fact| &fact["learns"])
        .collect();
    assert_eq!(
        json!(learns),
        json!([
            "refused_at_next_request",
            "cannot_be_told",
            "told_at_once",
            "told_at_once"
        ])
    );
    ada.get("/profile/remote-logout?from=security")
        .await
        .says("Told at once: Told (2 sessions)")
        .says("Refused at their next request: Gate")
        .says("Can’t be told: Silent (its own session may live up to 30 days)");
}

async fn a_user_signs_out_of_one_application(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let wiki = register(&ada, "Wiki", "http://127.0.0.1:9/x").await;
    let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &wiki).await;
    ada.get("/profile/security")
        .await
        .says("Wiki")
        .says("Firefox on Linux");
    let form = [("session", sid.as_str())];
    ada.post_form(
        "/api/fn/end_application_session",
        "/profile/security",
        &form,
    )
    .await
    .leads_to("/profile/security");
    ada.get("/profile/security")
        .await
        .says("Your sign-in at Wiki has ended.")
        .says("It’s being told.")
        .does_not_say("may live on");
    let silent = register(&ada, "Silent", "").await;
    let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &silent).await;
    let form = [("session", sid.as_str())];
    ada.post_form("/api/fn/end_application_session", "/", &form)
        .await
        .leads_to("/");
    ada.get("/")
        .await
        .says("Your sign-in at Silent has ended.")
        .says("It can’t be told, so its own session may live on.");
    let owed = "select count(*) from logout_notices where reason = 'signed_out_here'";
    assert_eq!(databases::number(app.db(), owed).await, 1);
    assert!(ada.is_signed_in().await);
}
