//! What a visitor who asks for an email is answered, and what the email says.

use std::path::PathBuf;

use accounts::plans::Plan;
use http::{Method, header};
use server::{config::Config, emails::EmailSender};

use crate::{
    answer::Answer,
    browser::Browser,
    logged::{logged, with},
    test_app::{FIREFOX_ON_LINUX, OTHER_PASSWORD, PASSWORD, TestApp, email_of},
};

on_both!(
    a_known_and_an_unknown_address_get_the_same_answer,
    a_link_leads_to_the_address_of_the_settings_whatever_the_host_header_says,
    what_a_browser_calls_itself_is_text_in_an_email,
    an_email_says_when_in_its_readers_zone_where_that_is_known,
    an_invitation_is_emailed_with_its_link_and_not_with_where_it_came_from,
    an_email_that_cannot_be_sent_is_logged_with_its_user_and_template,
    an_email_advises_what_its_readers_plan_has,
);

/// Status, headers and length, but for what differs every time.
fn shape(answer: &Answer) -> (u16, Vec<(String, String)>, usize) {
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str() != "x-request-id")
        .map(|(name, value)| {
            let value = value.to_str().unwrap_or_default();
            (name.to_string(), value.to_owned())
        })
        .collect();
    let body = answer.body.len();
    (answer.status, headers, body)
}

async fn a_known_and_an_unknown_address_get_the_same_answer(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let app = app.with(&[("CURFEW_CONFIRM_SIGN_UP", "on")]);
    // Of the same length, so that what is shown again is too.
    for (function, page) in [
        ("request_password_reset", "/forgot-password"),
        ("sign_in", "/sign-in"),
        ("sign_up", "/sign-up"),
    ] {
        let mut shapes = Vec::new();
        for name in ["Ada", "Eve"] {
            let who = app.browser(FIREFOX_ON_LINUX);
            let form = [
                ("name", name.to_owned()),
                ("email", email_of(name)),
                ("password", OTHER_PASSWORD.into()),
            ];
            let plain = who
                .post_form(&format!("/api/fn/{function}"), page, &form)
                .await;
            let shown = who.get(plain.header("location")).await;
            let program = who.call(function, &form).await;
            let length = shown.body.replace(&email_of(name), "").len();
            let (status, headers, _) = shape(&plain);
            let headers: Vec<_> = headers
                .into_iter()
                .map(|(name, value)| (name, value.len()))
                .collect();
            shapes.push((status, headers, shown.status, length, shape(&program)));
        }
        assert_eq!(shapes[0], shapes[1], "{function}");
    }
}

/// Sends what is due into a folder, and gives the emails to that address.
pub async fn emails(app: &TestApp, to: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mail: PathBuf = folder.path().join("mail");
    let setting = |name| match name {
        "CURFEW_MAIL_FOLDER" => Some(mail.display().to_string()),
        "CURFEW_PUBLIC_URL" => Some("http://curfew.test".into()),
        _ => None,
    };
    let config = Config::from(setting).unwrap();
    let sender = EmailSender::new(&config, app.db().clone(), app.instance().keys.clone()).unwrap();
    while sender.send_one().await.unwrap() {}
    let mut all = Vec::new();
    for entry in std::fs::read_dir(&mail).into_iter().flatten() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        if text.contains(&format!("To: {to}")) {
            all.push(text.replace("=\r\n", "").replace("=3D", "="));
        }
    }
    all
}

async fn a_link_leads_to_the_address_of_the_settings_whatever_the_host_header_says(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let request = Browser::navigates(Method::POST, "/api/fn/request_password_reset")
        .header(header::HOST, "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let body = format!("email={}", email_of("Ada"));
    app.browser(FIREFOX_ON_LINUX)
        .send(request, body.into())
        .await;
    let sent = emails(&app, &email_of("Ada")).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(
        email.contains("http://curfew.test/reset-password?token="),
        "{email}"
    );
    assert!(!email.contains("evil.example"), "{email}");
    // Text and HTML both, from one sender.
    for part in ["text/plain", "text/html", "From: Curfew <curfew@localhost>"] {
        assert!(email.contains(part), "{email}");
    }
    // Its id is of this install.
    let id = email.lines().find(|line| line.starts_with("Message-ID:"));
    assert!(id.unwrap().ends_with("@curfew.test>"), "{email}");
}

async fn what_a_browser_calls_itself_is_text_in_an_email(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let evil = app.browser("<script>alert(1)</script>\" onload=x Firefox/1 \u{202e}");
    let form = [("email", email_of("Ada")), ("password", PASSWORD.into())];
    evil.call("sign_in", &form).await.is(200);
    let sent = emails(&app, &email_of("Ada")).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0].contains("new device"), "{sent:?}");
    assert!(!sent[0].contains("<script"), "{sent:?}");
}

async fn an_email_says_when_in_its_readers_zone_where_that_is_known(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [("email", email_of("Ada"))];
    ada.call("request_password_reset", &form).await.is(200);
    let [utc] = &emails(&app, &email_of("Ada")).await[..] else {
        panic!("one email")
    };
    assert!(utc.contains(" UTC") && !utc.contains("Asia/Tokyo"), "{utc}");
    let curfew = [("time", "22:30"), ("zone", "Asia/Tokyo")];
    ada.call("set_curfew", &curfew).await.is(200);
    let renamed = [
        ("current_password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
    ];
    ada.call("change_password", &renamed).await.is(200);
    let [local] = &emails(&app, &email_of("Ada")).await[..] else {
        panic!("one email")
    };
    assert!(
        local.contains("(Asia/Tokyo)") && !local.contains(" UTC"),
        "{local}"
    );
}

async fn an_invitation_is_emailed_with_its_link_and_not_with_where_it_came_from(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [("role", "member"), ("email", "ben@example.com")];
    ada.call("invite_member", &form).await.is(200);
    let sent = emails(&app, "ben@example.com").await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    let (_, rest) = email.split_once("http://curfew.test/join?invite=").unwrap();
    assert!(email.contains("Ada invites you"), "{email}");
    assert!(!email.contains("Firefox"), "{email}");
    app.browser(FIREFOX_ON_LINUX)
        .get(&format!("/join?invite={}", &rest[..43]))
        .await
        .is(200)
        .says("Join Ada’s account");
}

async fn an_email_that_cannot_be_sent_is_logged_with_its_user_and_template(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.remote_logout().await.is(303);
    ada.sign_in("Ada").await;
    let form = [("role", "member"), ("email", "stranger@example.com")];
    ada.call("invite_member", &form).await.is(200);
    let form = [("email", "ada@new.example")];
    ada.call("change_email", &form).await.is(200);
    // A file stands where the folder of emails should be.
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().display().to_string();
    let config = Config::from(|name| (name == "CURFEW_MAIL_FOLDER").then(|| folder.clone()));
    let keys = app.instance().keys.clone();
    let sender = EmailSender::new(&config.unwrap(), app.db().clone(), keys).unwrap();
    let ((), lines) = logged(async { while sender.send_one().await.unwrap() {} }).await;
    let user = format!("user=\"{}\"", app.id_of("Ada").await);
    for (template, of_ada) in [
        ("template=\"remote_logout\"", true),
        ("template=\"confirm_email\"", true),
        ("template=\"email_change_requested\"", true),
        ("template=\"invitation\"", false),
    ] {
        let failed = with(&lines, template);
        let [line] = failed[..] else {
            panic!("{template}: {lines:#?}")
        };
        assert!(line.contains("an email could not be sent"), "{line}");
        assert_eq!(line.contains(&user), of_ada, "{line}");
        assert!(!line.contains("example.com"), "no address: {line}");
    }
}

async fn an_email_advises_what_its_readers_plan_has(app: TestApp) {
    let app = app.with(&[("CURFEW_DEFAULT_PLAN", "free")]);
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.put_on("Ada", Plan::Free).await;
    for (plan, new, advised, leads_to) in [
        (Plan::Free, "ada@one.example", false, "/profile/password"),
        (Plan::Plus, "ada@two.example", true, "/profile/security"),
    ] {
        app.put_on("Ada", plan).await;
        ada.call("change_email", &[("email", new)]).await.is(200);
        let sent = emails(&app, &email_of("Ada")).await;
        let [email] = &sent[..] else {
            panic!("{sent:?}")
        };
        assert_eq!(email.contains("Remote logout"), advised, "{email}");
        let link = format!("http://curfew.test{leads_to}");
        assert!(email.contains(&link), "{email}");
        // Also who has it is told to change the password.
        assert!(email.contains("change your password"), "{email}");
    }
}
