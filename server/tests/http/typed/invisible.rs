//! Characters that are not seen are written out wherever a text is shown, and stay as they are where programs read it.

use app::cookies::Kind;
use http::header;

use crate::{
    browser::NOTHING,
    databases,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    an_invisible_character_is_written_out_on_every_page,
    an_email_and_a_file_for_a_spreadsheet_hide_nothing,
    a_name_with_invisible_characters_is_refused_beside_its_field,
    a_name_that_is_spelt_with_joiners_is_taken_and_shown_as_it_is,
);

/// Turns the direction of the text, and is followed by a space of no width.
const TRICK: &str = "Ad\u{202e}a\u{200b}";
const SHOWN: &str = "Ad‹U+202E›a‹U+200B›";

/// Puts it wherever a text that a user or a browser has chosen is stored.
async fn plant(app: &TestApp) {
    for sql in [
        "update users set name = $",
        "update accounts set name = $",
        "update sessions set user_agent = $, label = $",
        "update remembered_devices set user_agent = $, label = $",
        "update tokens set name = $",
        "update audit_events set user_agent = $, details = replace(details, 'Backup', $)",
        "update sign_ups set name = $",
    ] {
        databases::run(app.db(), &sql.replace('$', &format!("'{TRICK}'"))).await;
    }
}

#[track_caller]
fn hides_nothing(what: &str, body: &str) {
    for hidden in ['\u{202e}', '\u{200b}'] {
        assert!(!body.contains(hidden), "{what}\n{body}");
    }
}

async fn an_invisible_character_is_written_out_on_every_page(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(SAFARI_ON_IPHONE)
        .sign_in_remembered("Ada")
        .await;
    for kind in ["api", "mcp"] {
        ada.call(&format!("create_{kind}_token"), &[("name", "Backup")])
            .await
            .is(200);
    }
    let form = [("role", "member"), ("email", "ben@example.com")];
    ada.call("invite_member", &form).await.is(200);
    let made = ada.call("invite_member", &[("role", "member")]).await;
    let link: String = serde_json::from_value(made.is(200).json()).unwrap();
    let join = link.strip_prefix("http://curfew.test").unwrap().to_owned();
    plant(&app).await;
    let confirm = format!(
        "/settings/members/confirm?operation=disable&member={}",
        app.id_of("Ada").await
    );
    let mut shown = 0;
    for path in [
        "/",
        "/profile",
        "/profile/login",
        "/profile/password",
        "/profile/security",
        "/profile/security?q=a",
        "/profile/remote-logout",
        "/profile/delete",
        "/settings",
        "/settings/members",
        "/settings/api",
        "/settings/mcp",
        "/settings/audit-log",
        "/settings/audit-log/webhook",
        &confirm,
        &join,
    ] {
        let page = ada.get(path).await;
        page.is(200);
        hides_nothing(path, &page.body);
        shown += usize::from(page.body.contains(SHOWN));
    }
    assert!(shown >= 14, "{shown}");
    for path in ["/settings/members", "/settings/api", "/settings/audit-log"] {
        ada.get(path).await.says(SHOWN);
    }
    // Somewhere it says who did it: to the one who was signed out by an admin.
    let visitor = app.browser(FIREFOX_ON_LINUX);
    let page = visitor.get(&join).await;
    page.says(&format!("Join {SHOWN}"));
    page.says(&format!("{SHOWN} invited you."));
    hides_nothing(&join, &page.body);
    for function in ["sessions", "remote_logout_facts", "standing"] {
        let answer = ada.call(function, NOTHING).await;
        hides_nothing(function, &answer.body);
    }
}

async fn an_email_and_a_file_for_a_spreadsheet_hide_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let tricky = app.browser(&format!("Mozilla/5.0 Linux Firefox/140.0 {TRICK}"));
    tricky.sign_in("Ada").await;
    plant(&app).await;
    let form = [("role", "member"), ("email", "ben@example.com")];
    ada.call("invite_member", &form).await.is(200);
    let sent = emails(&app, "ben@example.com").await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    hides_nothing("email", email);
    // Both parts write it out; quoted-printable has the marks around it as bytes.
    let written = email.matches("U+202E").count();
    assert_eq!(written, 4, "name and account, in text and in HTML: {email}");

    let csv = ada.get("/settings/audit-log/export?format=csv").await;
    hides_nothing("CSV", &csv.is(200).body);
    assert!(csv.body.contains("‹U+202E›"), "{csv:?}");
    // JSON is data: what was sent is what is read, and the hashes fit.
    let lines = ada.get("/settings/audit-log/export?format=jsonl").await;
    assert!(lines.is(200).body.contains('\u{202e}'), "{lines:?}");
}

async fn a_name_with_invisible_characters_is_refused_beside_its_field(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for trick in [TRICK, "Ada\u{3164}", "A\u{e0041}da", "\u{2800}\u{2800}"] {
        let email = email_of("Eve");
        for (function, fields, field) in [
            (
                "sign_up",
                vec![("name", trick), ("email", &email), ("password", PASSWORD)],
                "name",
            ),
            (
                "update_profile",
                vec![("name", trick), ("username", "")],
                "name",
            ),
            ("rename_account", vec![("name", trick)], "name"),
            ("create_api_token", vec![("name", trick)], "name"),
            ("create_mcp_token", vec![("name", trick)], "name"),
        ] {
            let refused = ada.call(function, &fields).await;
            refused.refuses(422, "validation_failed");
            assert!(refused.json()["fields"][field].is_string(), "{refused:?}");
        }
        let id = ada.signed_in().await.session.0;
        let fields = [("id", id.as_str()), ("label", trick)];
        let refused = ada.call("rename_device", &fields).await;
        refused.refuses(422, "validation_failed");
    }
    assert!(ada.cookie(Kind::Session).is_some());
    let page = ada.get("/profile").await;
    assert!(
        page.header(header::CONTENT_TYPE.as_str())
            .starts_with("text/html")
    );
}

async fn a_name_that_is_spelt_with_joiners_is_taken_and_shown_as_it_is(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let id = ada.signed_in().await.session.0;
    for name in [
        "\u{639}\u{644}\u{6cc}\u{200c}\u{631}\u{636}\u{627}",
        "\u{936}\u{94d}\u{200d}\u{930}\u{940}",
        "\u{1f469}\u{200d}\u{1f467} Ada",
    ] {
        let profile = [("name", name), ("username", "")];
        ada.call("update_profile", &profile).await.is(200);
        ada.get("/profile").await.says(name).does_not_say("U+200");
        for (function, form) in [
            ("rename_account", vec![("name", name)]),
            ("create_api_token", vec![("name", name)]),
            ("rename_device", vec![("id", id.as_str()), ("label", name)]),
        ] {
            ada.call(function, &form).await.is(200);
        }
        let page = ada.get("/profile/security").await;
        page.says(name).does_not_say("U+200");
    }
    for deceives in [
        "Ad\u{200d}a",
        "\u{200c}\u{639}",
        "\u{639}\u{200d}",
        "\u{639}\u{200c} \u{639}",
    ] {
        let profile = [("name", deceives), ("username", "")];
        let refused = ada.call("update_profile", &profile).await;
        refused.refuses(422, "validation_failed");
    }
}
