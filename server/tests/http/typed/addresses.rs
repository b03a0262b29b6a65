//! Email addresses in forms: refused beside their field where no email reaches them, one user in both spellings.

use app::cookies::Kind;

use crate::{
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    an_address_that_no_email_reaches_is_refused_beside_its_field,
    both_spellings_of_a_domain_sign_in_and_its_email_leaves,
);

async fn an_address_that_no_email_reaches_is_refused_beside_its_field(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let made = ada.call("invite_member", &[("role", "member")]).await;
    let link: String = serde_json::from_value(made.is(200).json()).unwrap();
    let (_, invite) = link.split_once("invite=").unwrap();
    let join = format!("/join?invite={invite}");
    let long = format!("{}@example.com", "a".repeat(65));
    let label = format!("ada@{}", "b".repeat(248));
    let before = app.user_count().await;
    for wrong in [&*long, &*label, "İ@example.com"] {
        let eve = app.browser(SAFARI_ON_IPHONE);
        for (browser, function, page) in [
            (&eve, "sign_up", "/sign-up"),
            (&eve, "sign_in", "/sign-in"),
            (&eve, "request_password_reset", "/forgot-password"),
            (&eve, "join", &*join),
            (&ada, "change_email", "/profile/login"),
            (&ada, "invite_member", "/settings/members"),
        ] {
            let form = [
                ("name", "Eve"),
                ("email", wrong),
                ("password", PASSWORD),
                ("role", "member"),
                ("invite", invite),
            ];
            let refused = browser.call(function, &form).await;
            refused.refuses(422, "validation_failed");
            assert!(refused.json()["fields"]["email"].is_string(), "{refused:?}");
            // Without script it stands beside the field, with what was typed.
            browser
                .post_form(&format!("/api/fn/{function}"), page, &form)
                .await
                .leads_to(page);
            let shown = browser.get(page).await;
            let why = shown.text_of("email-error");
            assert!(
                why.contains("No email can be sent to what is"),
                "{function}: {why}"
            );
            let value = crate::answer::attribute(shown.tag(" id=\"email\""), "value");
            assert_eq!(value.as_deref(), Some(wrong), "{function}");
        }
    }
    assert_eq!(app.user_count().await, before);
}

async fn both_spellings_of_a_domain_sign_in_and_its_email_leaves(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    let form = [
        ("name", "Ada"),
        ("email", "ada@münchen.example"),
        ("password", PASSWORD),
    ];
    ada.call("sign_up", &form).await.is(200);
    for spelling in ["Ada@MÜNCHEN.example", "ada@xn--mnchen-3ya.example"] {
        let phone = app.browser(SAFARI_ON_IPHONE);
        let form = [("email", spelling), ("password", PASSWORD)];
        phone.call("sign_in", &form).await.is(200);
        assert!(phone.cookie(Kind::Session).is_some(), "{spelling}");
        let form = [("name", "Ada"), ("email", spelling), ("password", PASSWORD)];
        phone
            .call("sign_up", &form)
            .await
            .refuses(422, "validation_failed");
    }
    let sent = emails(&app, "ada@xn--mnchen-3ya.example").await;
    assert!(!sent.is_empty(), "the new devices were told of");
    // What is stored is what is shown.
    ada.get("/profile/login")
        .await
        .says("ada@xn--mnchen-3ya.example");
}
