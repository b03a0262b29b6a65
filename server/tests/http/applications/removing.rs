//! Removing an application: it is asked first, with what ends.

use serde_json::Value;

use super::{PAGE, register, sign_in_at};
use crate::{
    browser::Browser,
    databases,
    receiver::Receiver,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    an_application_is_removed_only_once_that_is_confirmed,
    the_question_says_what_is_known_of_each_kind,
    the_question_is_of_the_own_account_only,
);

const REMOVED: &str = "select count(*) from applications where removed_at is not null";

fn question(id: &str) -> String {
    format!("{PAGE}/remove?application={id}")
}

async fn an_application_is_removed_only_once_that_is_confirmed(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let receiver = Receiver::that_answers(&["200"]).await;
    let wiki = register(&ada, "Wiki <b>", &receiver.url()).await;
    for browser in [&ada, &ada, &ben] {
        let who = browser.signed_in().await;
        sign_in_at(&app, &who.user.id.0, &who.session.0, &wiki).await;
    }
    // Its page leads to the question, and has no form that removes it.
    let page = ada.get(&format!("{PAGE}/one?application={wiki}")).await;
    page.is(200).says("Remove application");
    assert!(page.body.contains(&question(&wiki)), "{}", page.body);
    assert!(
        !page.body.contains("/api/fn/remove_application"),
        "{}",
        page.body
    );
    let asked = ada.get(&question(&wiki)).await;
    asked
        .is(200)
        .says("3 sign-ins of 2 members there")
        .says("It’s told so once more.")
        .says("This can’t be undone.");
    assert!(
        asked.body.contains("Remove Wiki &lt;b&gt;?"),
        "{}",
        asked.body
    );
    assert_eq!(databases::number(app.db(), REMOVED).await, 0);
    let form = [("application", wiki.as_str())];
    ada.post_form("/api/fn/remove_application", &question(&wiki), &form)
        .await
        .leads_to(PAGE);
    ada.get(PAGE)
        .await
        .says("is removed")
        .says("is told once more");
    assert_eq!(databases::number(app.db(), REMOVED).await, 1);
    ada.get(&question(&wiki)).await.is(404);
}

async fn the_question_says_what_is_known_of_each_kind(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let silent = register(&ada, "Silent", "").await;
    ada.get(&question(&silent))
        .await
        .says("No member is signed in there now")
        .does_not_say("can’t be told");
    sign_in_at(&app, &who.user.id.0, &who.session.0, &silent).await;
    ada.get(&question(&silent))
        .await
        .says("1 sign-in of 1 member there")
        .says("It can’t be told: its own sessions may live up to 30 days")
        .does_not_say("told so once more");
    removes(&ada, &silent)
        .await
        .says("It can’t be told, so its own sessions may live on.");
    let gate = [
        ("kind", "gate"),
        ("name", "Notes"),
        ("address", "https://notes.example.com"),
    ];
    let made: Value = ada.call("register_application", &gate).await.is(200).json();
    let notes = made["id"].as_str().unwrap();
    ada.get(&question(notes))
        .await
        .says("No request gets through the gate any more")
        .does_not_say("otices");
    // A gate is sent no notices, whatever is done to it.
    let changed = [&gate[..], &[("application", notes)]].concat();
    ada.call("change_application", &changed).await.is(200);
    ada.get(&format!("{PAGE}/one?application={notes}"))
        .await
        .says("Saved")
        .says("It counts from the next request on.")
        .does_not_say("otices that wait");
    removes(&ada, notes)
        .await
        .says("No request gets through any more.")
        .does_not_say("otices");
}

/// Confirms the question. The page that it leads to.
async fn removes(by: &Browser, id: &str) -> crate::answer::Answer {
    let form = [("application", id)];
    by.post_form("/api/fn/remove_application", &question(id), &form)
        .await
        .leads_to(PAGE);
    by.get(PAGE).await
}

async fn the_question_is_of_the_own_account_only(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let wiki = register(&ada, "Wiki", "").await;
    ben.get(&question(&wiki)).await.is(403);
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    eve.get(&question(&wiki)).await.is(404);
    for nonsense in ["", "nothing", "%00"] {
        ada.get(&question(nonsense)).await.is(404);
    }
}
