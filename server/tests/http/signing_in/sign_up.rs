//! Signing up: what is wrong is said beside the field, what was typed is still there.

use crate::test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp};

on_both!(
    every_wrong_field_is_named,
    a_plain_form_comes_back_with_what_was_typed_and_no_password,
    an_email_can_be_taken_once,
    sign_up_can_be_closed,
    only_the_first_may_sign_up_where_it_is_so_set,
);

async fn every_wrong_field_is_named(app: TestApp) {
    let visitor = app.browser(FIREFOX_ON_LINUX);
    let before = app.everything().await;
    for (field, name, email, password) in [
        ("name", "", "ada@example.com", PASSWORD),
        ("name", &"x".repeat(1_000), "ada@example.com", PASSWORD),
        ("email", "Ada", "", PASSWORD),
        ("email", "Ada", "ada", PASSWORD),
        ("email", "Ada", "ada@", PASSWORD),
        ("email", "Ada", "a da@example.com", PASSWORD),
        ("password", "Ada", "ada@example.com", ""),
        ("password", "Ada", "ada@example.com", "short"),
        ("password", "Ada", "ada@example.com", "password1234"),
        ("password", "Ada Lovelace", "ada@example.com", "adalovelace"),
        ("password", "Ada", "ada@example.com", &"long ".repeat(60)),
    ] {
        let form = [("name", name), ("email", email), ("password", password)];
        let refused = visitor.call("sign_up", &form).await;
        refused.refuses(422, "validation_failed");
        let fields = refused.json()["fields"].as_object().unwrap().clone();
        assert_eq!(fields.keys().collect::<Vec<_>>(), [field], "{refused:?}");
        assert!(
            fields[field].as_str().is_some_and(|why| why.len() > 5),
            "{refused:?}"
        );
        assert!(refused.touches_no_cookie(), "{refused:?}");
    }
    let form = [("name", ""), ("email", "ada"), ("password", "")];
    let all = visitor.call("sign_up", &form).await;
    all.refuses(422, "validation_failed");
    let fields = all.json()["fields"].as_object().unwrap().clone();
    assert_eq!(fields.len(), 3, "{all:?}");
    assert_eq!(app.everything().await, before);
}

async fn a_plain_form_comes_back_with_what_was_typed_and_no_password(app: TestApp) {
    let visitor = app.browser(FIREFOX_ON_LINUX);
    let secret = "qwertyuiop";
    for (field, email, password) in [
        ("email", "ada at example", PASSWORD),
        ("password", "ada@example.com", secret),
    ] {
        let form = [
            ("name", "Ada \"L\" <b>"),
            ("email", email),
            ("password", password),
        ];
        let refused = visitor
            .post_form("/api/fn/sign_up", "/sign-up", &form)
            .await;
        refused.leads_to("/sign-up");
        let flash = format!("{:?}", refused.flash().unwrap());
        assert!(
            flash.contains(email) && !flash.contains(password),
            "{flash}"
        );

        let page = visitor.get("/sign-up").await;
        page.is(200).says("Check one thing");
        assert!(
            page.text_of(&format!("{field}-error")).len() > 5,
            "{page:?}"
        );
        page.tag(&format!("href=\"#{field}\""));
        let input = |name: &str| page.tag(&format!(" name=\"{name}\"")).to_owned();
        let value =
            |name: &str| crate::answer::attribute(&input(name), "value").unwrap_or_default();
        assert_eq!(
            (value("name").as_str(), value("email").as_str()),
            ("Ada \"L\" <b>", email)
        );
        assert_eq!(value("password"), "");
        assert!(input(field).contains("aria-invalid=\"true\""), "{page:?}");
        assert!(
            input(field).contains(&format!("aria-describedby=\"{field}-error")),
            "{page:?}"
        );
        assert!(!page.body.contains(password), "{page:?}");
        // Shown once: the next visit begins anew.
        visitor
            .get("/sign-up")
            .await
            .does_not_say("Check one thing");
    }
    assert_eq!(app.user_count().await, 0);
}

async fn an_email_can_be_taken_once(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let before = app.everything().await;
    for email in ["ada@example.com", "ADA@Example.com", " ada@example.com "] {
        let form = [("name", "Eve"), ("email", email), ("password", PASSWORD)];
        let refused = app.browser(SAFARI_ON_IPHONE).call("sign_up", &form).await;
        refused.refuses(422, "validation_failed");
        assert!(refused.json()["fields"]["email"].is_string(), "{refused:?}");
    }
    assert_eq!(app.everything().await, before);
}

async fn sign_up_can_be_closed(app: TestApp) {
    let app = app.with(&[("CURFEW_SIGN_UP", "closed")]);
    let visitor = app.browser(FIREFOX_ON_LINUX);
    let form = [
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
    ];
    visitor
        .call("sign_up", &form)
        .await
        .refuses(403, "sign_up_closed");
    visitor
        .post_form("/api/fn/sign_up", "/sign-up", &form)
        .await
        .leads_to("/sign-up");
    let page = visitor.get("/sign-up").await;
    page.is(200).says("Sign-up is closed");
    assert!(!page.body.contains("name=\"password\""), "{page:?}");
    visitor
        .get("/sign-in")
        .await
        .does_not_say("Create an account");
    visitor.get("/").await.leads_to("/sign-in");
    assert_eq!(app.user_count().await, 0);
}

async fn only_the_first_may_sign_up_where_it_is_so_set(app: TestApp) {
    let app = app.with(&[("CURFEW_SIGN_UP", "first")]);
    app.browser(FIREFOX_ON_LINUX)
        .get("/")
        .await
        .leads_to("/sign-up");
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let form = [
        ("name", "Eve"),
        ("email", "eve@example.com"),
        ("password", PASSWORD),
    ];
    app.browser(SAFARI_ON_IPHONE)
        .call("sign_up", &form)
        .await
        .refuses(403, "sign_up_closed");
    app.browser(SAFARI_ON_IPHONE)
        .get("/sign-up")
        .await
        .says("Sign-up is closed");
    assert_eq!(app.user_count().await, 1);
}
