//! `/settings/applications` in the hands of an owner, without script.

use serde_json::json;

use super::{PAGE, register, sign_in_at, signed::token_of};
use crate::{
    browser::NOTHING,
    databases,
    receiver::Receiver,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    an_owner_registers_tests_and_removes_an_application,
    what_was_wrong_is_said_and_nothing_typed_is_lost,
    applications_are_for_owners_and_admins,
    addresses_that_are_never_sent_to_are_refused,
);

async fn an_owner_registers_tests_and_removes_an_application(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let receiver = Receiver::that_answers(&["200", "400"]).await;
    ada.get(PAGE).await.says("What do you want to protect?");
    let form = [
        ("kind", "open_id"),
        ("name", "Cloud <b>"),
        ("preset", "nextcloud"),
        (
            "redirects",
            "https://cloud.example.com/apps/user_oidc/code\r\nhttp://127.0.0.1/callback",
        ),
        ("logout_address", &receiver.url()),
        ("access", "owner, admin"),
    ];
    let made = ada
        .post_form("/api/fn/register_application", PAGE, &form)
        .await;
    let id = testing::databases::text(app.db(), "select id from applications").await;
    let page_of = format!("{PAGE}/one?application={id}");
    made.leads_to(&page_of);
    let page = ada.get(&page_of).await;
    page.says("The application is registered")
        .says("cfw_app_")
        .says("occ user_oidc:provider")
        .says(&id);
    assert!(page.body.contains("Cloud &lt;b&gt;"), "{}", page.body);
    assert!(
        !ada.get(&page_of).await.body.contains("cfw_app_"),
        "shown once"
    );
    ada.get(PAGE)
        .await
        .says("cloud.example.com")
        .says("Told at once");

    // The test sends a real token, of a session that never was.
    let test = [("application", id.as_str())];
    ada.post_form("/api/fn/test_application", &page_of, &test)
        .await
        .leads_to(&page_of);
    ada.get(&page_of)
        .await
        .says("The application took the logout token")
        .says("It answered 200.");
    let (_, claims) = token_of(&app, &receiver.arrived()[0], "http://curfew.test").await;
    assert_eq!(claims["aud"], json!(id));
    let tested = ada.call("test_application", &test).await.is(200).json();
    assert_eq!(
        (&tested["status"], &tested["understood"]),
        (&json!(400), &json!(true))
    );
    assert_eq!(
        databases::number(app.db(), "select count(*) from logout_notices").await,
        0
    );

    // A new secret beside the old one, and the old one revoked.
    let secret = ada
        .call("new_application_secret", &test)
        .await
        .is(200)
        .json();
    assert!(secret.as_str().unwrap().starts_with("cfw_app_"));
    ada.get(&page_of).await.says("Revoke the old secret");
    // The page has no button for a third, and the function none either.
    ada.call("new_application_secret", &test)
        .await
        .refuses(409, "limit_reached");
    assert_eq!(
        databases::number(
            app.db(),
            "select count(*) from application_secrets where revoked_at is null"
        )
        .await,
        2
    );
    ada.call("revoke_old_application_secret", &test)
        .await
        .is(200);
    assert!(
        !ada.get(&page_of)
            .await
            .body
            .contains("Revoke the old secret")
    );

    let who = ada.signed_in().await;
    sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    ada.post_form("/api/fn/remove_application", &page_of, &test)
        .await
        .leads_to(PAGE);
    ada.get(PAGE)
        .await
        .says("What do you want to protect?")
        .says("is removed");
    assert_eq!(
        databases::number(app.db(), "select count(*) from logout_notices").await,
        1
    );
    ada.get("/settings/audit-log")
        .await
        .says("Ada removed Cloud");
    assert_eq!(ada.get(&page_of).await.status, 404);
}

async fn what_was_wrong_is_said_and_nothing_typed_is_lost(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [
        ("kind", "open_id"),
        ("name", "Cloud"),
        ("redirects", "https://cloud.example.com/#x"),
        ("signed_out_address", "https://cloud.example.com/bye"),
    ];
    ada.post_form("/api/fn/register_application", PAGE, &form)
        .await
        .leads_to(PAGE);
    ada.get(PAGE)
        .await
        .says("A fragment (#…) isn’t allowed.")
        .says("https://cloud.example.com/#x");
    let page = ada
        .post_form("/api/fn/register_application", PAGE, &form)
        .await;
    page.leads_to(PAGE);
    let page = ada.get(PAGE).await;
    assert!(
        page.body
            .contains("value=\"https://cloud.example.com/bye\""),
        "{}",
        page.body
    );
    // Everything at once, and of several addresses each.
    let many = [
        ("kind", "open_id"),
        ("name", ""),
        (
            "redirects",
            "https://a.example.com/#x\nhttps://b.example.com/#y",
        ),
        ("logout_address", "https://169.254.169.254/latest"),
        ("own_session", "soon"),
        ("who", "chosen"),
        ("others", "eve@example.com"),
        ("signed_out_address", "nowhere"),
    ];
    let refused = ada.call("register_application", &many).await;
    let fields = refused.is(422).json()["fields"].clone();
    let wrong: Vec<_> = fields.as_object().unwrap().keys().collect();
    assert_eq!(
        wrong,
        [
            "logout_address",
            "name",
            "others",
            "own_session",
            "redirects",
            "signed_out_address"
        ]
    );
    let redirects = fields["redirects"].as_str().unwrap();
    assert!(
        redirects.contains("https://a.example.com/#x")
            && redirects.contains("https://b.example.com/#y"),
        "{redirects}"
    );
    ada.post_form("/api/fn/register_application", PAGE, &many)
        .await
        .leads_to(PAGE);
    let page = ada.get(PAGE).await;
    page.says("Check 6 things").says("https://b.example.com/#y");
    for typed in ["soon", "nowhere", "https://169.254.169.254/latest"] {
        page.tag(&format!("value=\"{typed}\""));
    }
    // Curfew’s own host is no application’s.
    let own = [
        ("name", "Own"),
        ("redirects", "http://curfew.test/callback"),
        ("plain_http", "true"),
    ];
    let refused = ada.call("register_application", &own).await.is(422).json();
    assert!(
        refused["fields"]["redirects"]
            .as_str()
            .unwrap()
            .contains("own host"),
        "{refused}"
    );
    assert_eq!(
        databases::number(app.db(), "select count(*) from applications").await,
        0
    );
}

async fn applications_are_for_owners_and_admins(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let id = register(&ada, "Wiki", "").await;
    assert_eq!(ben.get(PAGE).await.status, 403);
    for function in [
        "register_application",
        "change_application",
        "new_application_secret",
        "revoke_old_application_secret",
        "test_application",
        "remove_application",
    ] {
        let fields = [
            ("application", id.as_str()),
            ("name", "x"),
            ("redirects", "http://127.0.0.1/x"),
        ];
        ben.call(function, &fields).await.is(403);
    }
    // Another account’s owner finds none of it.
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.sign_up("Eve").await;
    eve.get(PAGE).await.says("lets the first account alone");
    assert_eq!(
        eve.get(&format!("{PAGE}/one?application={id}"))
            .await
            .status,
        404
    );
    eve.call("remove_application", &[("application", id.as_str())])
        .await
        .is(404);
    eve.call(
        "register_application",
        &[("name", "x"), ("redirects", "http://127.0.0.1/x")],
    )
    .await
    .is(403);
    let all = app.with(&[("CURFEW_APPLICATIONS", "all")]);
    register(&eve.at(&all), "Mine", "").await;
    ada.call("still_signed_in", NOTHING).await.is(200);
}

async fn addresses_that_are_never_sent_to_are_refused(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for never in [
        "https://169.254.169.254/latest",
        "https://[fe80::1]/x",
        "https://100.100.100.200/x",
        "http://curfew.test/x",
        "ftp://app.example.com/",
    ] {
        let form = [
            ("name", "x"),
            ("redirects", "http://127.0.0.1/callback"),
            ("plain_http", "true"),
            ("logout_address", never),
        ];
        let refused = ada.call("register_application", &form).await.is(422).json();
        assert!(
            refused["fields"]["logout_address"].is_string(),
            "{never}: {refused}"
        );
    }
    // A private network is where applications are.
    for private in [
        "https://192.168.1.5/x",
        "https://10.0.0.1/x",
        "http://127.0.0.1:9/x",
    ] {
        register(&ada, "Private", private).await;
    }
}
