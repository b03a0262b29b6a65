//! What a user is asked before they go on: consent, a password again, which account.

use accounts::applications::{Access, Details};
use accounts::roles::Role;

use super::relying::{Relying, answered, cloud};
use crate::{
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, TestApp},
};

on_both!(
    offline_access_is_asked_about_and_the_account_is_shown,
    a_password_is_asked_again_where_the_application_wants_it,
    an_answer_counts_for_its_request_and_session_alone,
    nothing_is_shown_to_a_request_that_is_silent,
    a_user_who_may_not_gets_a_page_that_says_so,
    an_application_that_requires_a_second_factor_says_how_to_get_one,
);

async fn owner(app: &TestApp) -> (Browser, Relying) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    (ada, cloud)
}

const OFFLINE: (&str, &str) = ("scope", "openid offline_access");

/// Sends the page's form, and goes on as the browser does. What the application is answered.
async fn continues(
    browser: &Browser,
    page: &str,
    confirmation: Option<&str>,
) -> crate::answer::Answer {
    let shown = browser.get(page).await;
    shown.is(200);
    let mut form = shown.hidden_fields("/api/fn/continue_to_application");
    if let Some(confirmation) = confirmation {
        form.push(("confirmation".into(), confirmation.into()));
    }
    let done = browser
        .post_form("/api/fn/continue_to_application", page, &form)
        .await;
    done.is(303);
    let to = done.header("location").to_owned();
    if !to.starts_with("/oauth/resume?") {
        return done;
    }
    let onward = browser.get(&to).await;
    let refresh = onward
        .is(200)
        .header("refresh")
        .strip_prefix("0;url=")
        .unwrap();
    browser.get(refresh).await
}

async fn asked(browser: &Browser, asks: &str) -> String {
    let sent = browser.get(asks).await;
    sent.is(303);
    let page = sent.header("location").to_owned();
    assert!(page.starts_with("/oauth/confirm?"), "{page}");
    page
}

async fn offline_access_is_asked_about_and_the_account_is_shown(app: TestApp) {
    let (ada, cloud) = owner(&app).await;
    let page = asked(&ada, &cloud.asks(&[OFFLINE])).await;
    let shown = ada.get(&page).await;
    shown
        .says("Continue to Cloud")
        .says("You’re signed in as ada@example.com");
    shown.says("asks to stay signed in for you");
    let code = answered(&continues(&ada, &page, None).await, "code");
    let tokens = cloud.redeems(&code).await.is(200).json();
    assert_eq!(tokens["scope"], "openid offline_access");
    // It outlives signing out.
    ada.post_form("/sign-out", "/", crate::browser::NOTHING)
        .await
        .is(303);
    cloud
        .refreshes(tokens["refresh_token"].as_str().unwrap())
        .await
        .is(200);

    ada.sign_in("Ada").await;
    let page = asked(&ada, &cloud.asks(&[OFFLINE])).await;
    let shown = ada.get(&page).await;
    let cancel = shown.tag("href=\"/oauth/authorize?");
    let cancel = crate::answer::attribute(cancel, "href").unwrap();
    assert_eq!(answered(&ada.get(&cancel).await, "error"), "access_denied");
}

async fn a_password_is_asked_again_where_the_application_wants_it(app: TestApp) {
    let (ada, cloud) = owner(&app).await;
    for more in [[("prompt", "login")], [("max_age", "0")]] {
        if more[0].0 == "max_age" {
            crate::databases::run(
                app.db(),
                "update sessions set confirmed_at = confirmed_at - 5000",
            )
            .await;
        }
        let page = asked(&ada, &cloud.asks(&more)).await;
        for wrong in [None, Some(""), Some("wrong password here")] {
            let refused = continues(&ada, &page, wrong).await;
            assert!(
                refused.header("location").starts_with("/oauth/confirm?"),
                "{refused:?}"
            );
        }
        answered(&continues(&ada, &page, Some(PASSWORD)).await, "code");
    }
    answered(&ada.get(&cloud.asks(&[("max_age", "3600")])).await, "code");
}

async fn an_answer_counts_for_its_request_and_session_alone(app: TestApp) {
    let (ada, cloud) = owner(&app).await;
    let asks = cloud.asks(&[("prompt", "consent")]);
    let page = asked(&ada, &asks).await;
    let form = ada
        .get(&page)
        .await
        .hidden_fields("/api/fn/continue_to_application");
    let done = ada
        .post_form("/api/fn/continue_to_application", &page, &form)
        .await;
    let onward = ada.get(done.header("location")).await;
    let resumed = onward
        .header("refresh")
        .strip_prefix("0;url=")
        .unwrap()
        .to_owned();
    let (_, answer) = resumed.rsplit_once("&curfew_answer=").unwrap();
    answered(&ada.get(&resumed).await, "code");
    // With another request, in another session, or made up.
    let other = cloud.asks(&[("prompt", "consent"), OFFLINE]);
    asked(&ada, &format!("{other}&curfew_answer={answer}")).await;
    asked(&ada, &format!("{asks}&curfew_answer=1.2.3")).await;
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    elsewhere.sign_in("Ada").await;
    asked(&elsewhere, &resumed).await;
}

async fn nothing_is_shown_to_a_request_that_is_silent(app: TestApp) {
    let (ada, cloud) = owner(&app).await;
    let silent = |more: &[(&str, &str)]| {
        let mut all = vec![("prompt", "none")];
        all.extend(more);
        cloud.asks(&all)
    };
    answered(&ada.get(&silent(&[])).await, "code");
    // Without consent nothing outlives the session.
    let code = answered(&ada.get(&silent(&[OFFLINE])).await, "code");
    assert_eq!(cloud.redeems(&code).await.is(200).json()["scope"], "openid");
    crate::databases::run(
        app.db(),
        "update sessions set confirmed_at = confirmed_at - 5000",
    )
    .await;
    let old = ada.get(&silent(&[("max_age", "1")])).await;
    assert_eq!(answered(&old, "error"), "login_required");
    let both = ada.get(&cloud.asks(&[("prompt", "none login")])).await;
    assert_eq!(answered(&both, "error"), "invalid_request");
    let stranger = app.browser(FIREFOX_ON_LINUX);
    let refused = stranger.get(&silent(&[])).await;
    assert_eq!(answered(&refused, "error"), "login_required");
}

async fn a_user_who_may_not_gets_a_page_that_says_so(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let details = Details {
        access: Access::Chosen {
            roles: vec![Role::Admin],
            users: vec![],
        },
        ..cloud()
    };
    let cloud = Relying::registered(&ada, &details).await;
    let page = ada.get(&cloud.asks(&[])).await;
    page.is(403)
        .says("You can’t use Cloud")
        .says("ada@example.com");
    let silent = ada.get(&cloud.asks(&[("prompt", "none")])).await;
    assert_eq!(answered(&silent, "error"), "access_denied");
    let denied = "select count(*) from audit_events where action = 'access.denied'";
    assert_eq!(crate::databases::number(app.db(), denied).await, 2);
}

async fn an_application_that_requires_a_second_factor_says_how_to_get_one(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let details = Details {
        requires_second_factor: true,
        ..cloud()
    };
    let cloud = Relying::registered(&ada, &details).await;
    let page = asked(&ada, &cloud.asks(&[])).await;
    ada.get(&page)
        .await
        .is(200)
        .says("Cloud asks for a second factor")
        .says("Set it up");
    let silent = ada.get(&cloud.asks(&[("prompt", "none")])).await;
    assert_eq!(answered(&silent, "error"), "interaction_required");
}
