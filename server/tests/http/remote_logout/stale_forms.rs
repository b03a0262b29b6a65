//! Forms that come later than they were drawn for: after another user has signed in on the same browser, or after what
//! they were about has ended.

use std::sync::Arc;

use server::addresses;
use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    answer::Answer,
    browser::{Browser, NOTHING},
    hostile::FUNCTIONS,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
    two_factor::protect,
};

on_both!(
    a_form_of_one_user_does_nothing_to_another,
    a_form_sent_again_after_signing_in_anew_ends_nothing,
    the_form_that_was_refused_is_shown_again_and_then_works,
    two_tabs_send_the_same_confirm_page_at_once,
    no_form_of_one_user_does_anything_for_another,
    every_form_that_ends_sessions_names_what_it_showed,
    turning_two_factor_off_is_about_the_one_that_was_shown,
    a_form_about_a_member_is_about_what_it_showed,
);

const CONFIRM: &str = "/profile/remote-logout?from=security";
const LOG_OUT: &str = "/api/fn/remote_logout";

/// The form of a page, ready to be sent, now or later.
struct Form {
    page: String,
    action: String,
    fields: Vec<(String, String)>,
}

impl Form {
    async fn drawn(browser: &Browser, page: &str, action: &str) -> Self {
        let answer = browser.get(page).await;
        Self {
            page: page.to_owned(),
            action: action.to_owned(),
            fields: answer.is(200).hidden_fields(action),
        }
    }

    async fn sent(&self, browser: &Browser) -> Answer {
        let form = browser.post_form(&self.action, &self.page, &self.fields);
        form.await
    }
}

/// One browser on which Ada is signed in, and nothing else.
async fn ada_here(app: &TestApp) -> Browser {
    let here = app.browser(FIREFOX_ON_LINUX);
    here.sign_up("Ada").await;
    here
}

async fn a_form_of_one_user_does_nothing_to_another(app: TestApp) {
    let here = ada_here(&app).await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_up("Ben").await;
    let form = Form::drawn(&here, CONFIRM, LOG_OUT).await;
    here.post_form("/sign-out", "/", NOTHING).await.is(303);
    here.sign_in("Ben").await;

    let answer = form.sent(&here).await;
    answer.leads_to(CONFIRM);
    assert!(here.is_signed_in().await && phone.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ben").await, 0);
    here.get(CONFIRM)
        .await
        .is(200)
        .says("This page was opened for another user. Now Ben is signed in here. Nothing was changed.")
        .says("2 sessions");
    // The page's script is told the same.
    here.call("remote_logout", &form.fields)
        .await
        .refuses(409, "conflict");
    assert!(phone.is_signed_in().await);
}

async fn a_form_sent_again_after_signing_in_anew_ends_nothing(app: TestApp) {
    let here = ada_here(&app).await;
    let form = Form::drawn(&here, CONFIRM, LOG_OUT).await;
    form.sent(&here)
        .await
        .leads_to("/sign-in?next=/profile/security");
    here.sign_in("Ada").await;
    let phone = app.browser(SAFARI_ON_IPHONE);
    phone.sign_in("Ada").await;

    form.sent(&here).await.leads_to(CONFIRM);
    here.get(CONFIRM)
        .await
        .is(200)
        .says("Sessions have ended since this page was loaded");
    here.call("remote_logout", &form.fields)
        .await
        .refuses(409, "conflict");
    let nonsense = [("for_epoch", "nonsense")];
    here.call("remote_logout", &nonsense)
        .await
        .refuses(409, "conflict");
    assert!(here.is_signed_in().await && phone.is_signed_in().await);
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

async fn the_form_that_was_refused_is_shown_again_and_then_works(app: TestApp) {
    let here = ada_here(&app).await;
    app.browser(SAFARI_ON_IPHONE).sign_up("Ben").await;
    let stale = Form::drawn(&here, CONFIRM, LOG_OUT).await;
    here.sign_in("Ben").await;
    stale.sent(&here).await.leads_to(CONFIRM);
    let again = Form::drawn(&here, CONFIRM, LOG_OUT).await;
    again
        .sent(&here)
        .await
        .leads_to("/sign-in?next=/profile/security");
    assert_eq!(app.remote_logouts("Ben").await, 1);
    assert_eq!(app.open_sessions("Ben").await, 0);
    // A program was shown no page, and names nothing.
    here.sign_in("Ada").await;
    here.call("remote_logout", NOTHING).await.is(200);
}

async fn two_tabs_send_the_same_confirm_page_at_once(app: TestApp) {
    let here = ada_here(&app).await;
    for round in 1..=8 {
        let form = Arc::new(Form::drawn(&here, CONFIRM, LOG_OUT).await);
        let ready = Arc::new(Barrier::new(2));
        let mut tabs = JoinSet::new();
        for tab in [here.clone(), here.clone()] {
            let (form, ready) = (form.clone(), ready.clone());
            tabs.spawn(async move {
                ready.wait().await;
                form.sent(&tab).await
            });
        }
        for answer in tabs.join_all().await {
            answer.leads_to("/sign-in?next=/profile/security");
        }
        assert_eq!(app.remote_logouts("Ada").await, round);
        here.sign_in("Ada").await;
    }
}

/// Every function of the list that needs a user: what one user's page says is refused to another.
async fn no_form_of_one_user_does_anything_for_another(app: TestApp) {
    let (ada, ben) = (ada_here(&app).await, app.browser(SAFARI_ON_IPHONE));
    ben.sign_up("Ben").await;
    let for_user = ("for_user".to_owned(), app.id_of("Ada").await);
    let before = app.everything().await;
    let mut asked = 0;
    for (name, fields) in FUNCTIONS {
        let address = addresses::function(name).unwrap();
        if address.permission().is_none() {
            continue;
        }
        let owned = fields
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
        let fields: Vec<_> = owned.chain([for_user.clone()]).collect();
        let refused = ben.call(name, &fields).await;
        refused.refuses(409, "conflict");
        // What one user typed is not shown to another.
        let plain = ben.post_form(address.path, "/profile", &fields).await;
        plain.leads_to("/profile");
        let page = ben.get("/profile").await;
        assert!(!page.body.contains("value=\"Eve"), "{name}: {page:?}");
        asked += 1;
    }
    assert!(asked > 40, "{asked}");
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await && ben.is_signed_in().await);
}

/// Sent a second time, each of these would end what has begun since its page was drawn.
async fn every_form_that_ends_sessions_names_what_it_showed(app: TestApp) {
    let here = ada_here(&app).await;
    for (page, function) in [
        ("/profile/security", "end_other_sessions"),
        ("/settings/members/everyone", "remote_logout_everyone"),
    ] {
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_in("Ada").await;
        let mut form = Form::drawn(&here, page, &format!("/api/fn/{function}")).await;
        form.fields.push(("keep_this".into(), "true".into()));
        form.sent(&here).await.is(303);
        assert!(here.is_signed_in().await && !phone.is_signed_in().await);

        phone.sign_in("Ada").await;
        let before = app.everything().await;
        form.sent(&here).await.leads_to(page);
        here.call(function, &form.fields)
            .await
            .refuses(409, "conflict");
        assert_eq!(app.everything().await, before, "{function}");
        assert!(here.is_signed_in().await && phone.is_signed_in().await);
    }
}

async fn turning_two_factor_off_is_about_the_one_that_was_shown(app: TestApp) {
    let here = ada_here(&app).await;
    let page = "/profile/two-factor/off";
    let _ = protect(&here).await;
    let form = Form::drawn(&here, page, "/api/fn/turn_off_two_factor").await;
    form.sent(&here).await.leads_to("/profile/security");
    let _ = protect(&here).await;
    form.sent(&here).await.leads_to(page);
    assert!(app.user("Ada").await.two_factor_since.is_some());
}

async fn a_form_about_a_member_is_about_what_it_showed(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let id = app.id_of("Ben").await;
    for (operation, function) in [
        ("remote_logout", "remote_logout_member"),
        ("disable", "disable_member"),
        ("remove", "remove_member"),
    ] {
        let page = format!("/settings/members/confirm?operation={operation}&member={id}");
        let action = format!("/api/fn/{function}");
        let form = Form::drawn(&ada, &page, &action).await;
        ben.remote_logout().await.is(303);
        ben.sign_in("Ben").await;
        let before = app.everything().await;
        form.sent(&ada).await.leads_to(&page);
        ada.get(&page)
            .await
            .is(200)
            .says("Sessions have ended since this page was loaded");
        assert_eq!(app.everything().await, before, "{operation}");
        assert!(ben.is_signed_in().await);
    }
    let page = format!("/settings/members/confirm?operation=remove&member={id}");
    let form = Form::drawn(&ada, &page, "/api/fn/remove_member").await;
    form.sent(&ada).await.leads_to("/settings/members");
    assert!(!ben.is_signed_in().await);
}
