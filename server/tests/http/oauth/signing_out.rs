//! Signing out at an application, which sends the browser here.

use super::relying::{Relying, cloud};
use crate::{
    browser::{Browser, NOTHING},
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    a_hint_of_this_session_signs_out_and_leads_back,
    without_a_hint_that_fits_the_user_is_asked,
    a_stranger_s_address_is_never_led_to,
);

async fn set_up(app: &TestApp) -> (Browser, Relying, String) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let tokens = cloud.signs_in(&ada, &[]).await;
    let hint = tokens["id_token"].as_str().unwrap().to_owned();
    (ada, cloud, hint)
}

const BYE: &str = "https%3A%2F%2Fcloud.example.com%2Fbye";

async fn a_hint_of_this_session_signs_out_and_leads_back(app: TestApp) {
    let (ada, cloud, hint) = set_up(&app).await;
    let tokens = cloud.signs_in(&ada, &[]).await;
    let at = format!(
        "/oauth/end-session?id_token_hint={hint}&post_logout_redirect_uri={BYE}&state=a%26b"
    );
    let answer = ada.get(&at).await;
    answer.leads_to("https://cloud.example.com/bye?state=a%26b");
    assert!(answer.gives_no_session());
    assert!(!ada.is_signed_in().await);
    cloud
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .is(401);
    // Once more: nothing is left to end, and it leads back all the same.
    ada.get(&at)
        .await
        .leads_to("https://cloud.example.com/bye?state=a%26b");
}

async fn without_a_hint_that_fits_the_user_is_asked(app: TestApp) {
    let (ada, cloud, hint) = set_up(&app).await;
    let elsewhere = app.browser(FIREFOX_ON_LINUX);
    elsewhere.sign_in("Ada").await;
    let id = &cloud.id;
    let forged = format!("{}x", &hint[..hint.len() - 1]);
    for (browser, query) in [
        (
            &ada,
            format!("client_id={id}&post_logout_redirect_uri={BYE}&state=s"),
        ),
        (
            &ada,
            format!("id_token_hint={forged}&client_id={id}&post_logout_redirect_uri={BYE}&state=s"),
        ),
        // The hint is of another session of the same user.
        (
            &elsewhere,
            format!("id_token_hint={hint}&post_logout_redirect_uri={BYE}&state=s"),
        ),
    ] {
        let answer = browser.get(&format!("/oauth/end-session?{query}")).await;
        let page = answer.is(303).header("location").to_owned();
        assert!(page.starts_with("/oauth/sign-out?"), "{page}");
        assert!(browser.is_signed_in().await);
        let shown = browser.get(&page).await;
        shown
            .is(200)
            .says("Sign out here too?")
            .says("You’ve signed out of Cloud");
    }
    let page = format!("/oauth/sign-out?client_id={id}&post_logout_redirect_uri={BYE}&state=s");
    let form = ada.get(&page).await.hidden_fields("/sign-out");
    let done = ada.post_form("/sign-out", &page, &form).await;
    let to = done.is(303).header("location").to_owned();
    assert!(to.starts_with("/oauth/signed-out?"), "{to}");
    let onward = ada.get(&to).await;
    assert_eq!(
        onward.is(200).header("refresh"),
        "0;url=https://cloud.example.com/bye?state=s"
    );
    assert!(!ada.is_signed_in().await);
}

async fn a_stranger_s_address_is_never_led_to(app: TestApp) {
    let (ada, cloud, hint) = set_up(&app).await;
    let id = &cloud.id;
    for address in [
        "https%3A%2F%2Fevil.example%2F",
        "https%3A%2F%2Fcloud.example.com%2Fbye%2F..%2Fx",
        "https%3A%2F%2Fcloud.example.com%2Fcallback",
        "javascript%3Aalert(1)",
    ] {
        let at = format!("/oauth/signed-out?client_id={id}&post_logout_redirect_uri={address}");
        let answer = ada.get(&at).await;
        assert_eq!(answer.is(200).header("refresh"), "", "{address}");
        answer.says("You’re signed out");
    }
    let at = format!(
        "/oauth/end-session?id_token_hint={hint}&post_logout_redirect_uri=https%3A%2F%2Fevil.example"
    );
    ada.get(&at).await.leads_to("/oauth/signed-out");
    ada.post_form("/sign-out", "/", NOTHING).await.is(303);
}
