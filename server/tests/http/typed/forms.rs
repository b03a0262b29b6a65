//! Forms that take a password, and an invitation that is not lost on the way.

use crate::{
    browser::Browser,
    databases,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, PASSWORD, SAFARI_ON_IPHONE, TestApp, email_of},
};

on_both!(
    every_form_with_a_password_says_whose_it_is,
    an_invitation_says_whom_it_is_for_and_survives_signing_out,
);

/// How many forms with a password are on the page. Each has one field for the email that password managers know.
#[track_caller]
fn forms_with_passwords(path: &str, body: &str, email: Option<&str>) -> usize {
    let forms = body.split("<form").skip(1);
    let forms = forms.map(|rest| rest.split("</form>").next().unwrap_or_default());
    let with: Vec<&str> = forms
        .filter(|form| form.contains("type=\"password\""))
        .collect();
    for form in &with {
        let named: Vec<_> = crate::answer::tags(form)
            .filter(|tag| tag.contains("autocomplete=\"username\""))
            .collect();
        assert_eq!(named.len(), 1, "{path}: {form}");
        assert!(!named[0].contains("type=\"hidden\""), "{path}: {named:?}");
        if let Some(email) = email {
            let value = crate::answer::attribute(named[0], "value");
            assert_eq!(value.as_deref(), Some(email), "{path}");
        }
    }
    with.len()
}

async fn every_form_with_a_password_says_whose_it_is(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    let made = ada.call("invite_member", &[("role", "member")]).await;
    let link: String = serde_json::from_value(made.is(200).json()).unwrap();
    let join = link.strip_prefix("http://curfew.test").unwrap().to_owned();
    let request = [("email", email_of("Ada"))];
    ada.call("request_password_reset", &request).await.is(200);
    let sent = emails(&app, &email_of("Ada")).await.join("\n");
    let (_, link) = sent.split_once("/reset-password?token=").unwrap();
    let reset = format!("/reset-password?token={}", &link[..43]);
    let confirm = confirming(&app).await;

    let stranger = app.browser(SAFARI_ON_IPHONE);
    for path in ["/sign-in", "/sign-up", &join] {
        let page = stranger.get(path).await;
        assert_eq!(
            forms_with_passwords(path, &page.is(200).body, None),
            1,
            "{path}"
        );
    }
    for (path, email) in [(&reset, "ada@example.com"), (&confirm, "eve@example.com")] {
        let page = stranger.get(path).await;
        let forms = forms_with_passwords(path, &page.is(200).body, Some(email));
        assert_eq!(forms, 1, "{path}");
    }
    databases::run(
        app.db(),
        "update sessions set confirmed_at = confirmed_at - 600000",
    )
    .await;
    let mut forms = 0;
    for path in [
        "/profile/login",
        "/profile/password",
        "/profile/security",
        "/profile/delete",
        "/settings/api/new",
        "/settings/mcp/new",
        "/settings/api",
        "/settings/mcp",
        "/settings/members",
        "/settings/audit-log/webhook",
    ] {
        let page = ada.get(path).await;
        forms += forms_with_passwords(path, &page.body, Some("ada@example.com"));
    }
    assert!(forms >= 6, "{forms}");
}

/// Eve signs up where the mailbox has to be shown first. The page of her email's link.
async fn confirming(app: &TestApp) -> String {
    let app = app.with(&[("CURFEW_CONFIRM_SIGN_UP", "on")]);
    let email = email_of("Eve");
    let form = [("name", "Eve"), ("email", &email), ("password", PASSWORD)];
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.call("sign_up", &form).await.is(200);
    let sent = emails(&app, &email).await.join("\n");
    let (_, rest) = sent.split_once("/confirm-sign-up?token=").unwrap();
    format!("/confirm-sign-up?token={}", &rest[..43])
}

async fn invited(ada: &Browser, app: &TestApp, email: &str) -> String {
    let form = [("role", "member"), ("email", email)];
    ada.call("invite_member", &form).await.is(200);
    let sent = emails(app, email).await.join("\n");
    let (_, rest) = sent.split_once("/join?invite=").unwrap();
    format!("/join?invite={}", &rest[..43])
}

async fn an_invitation_says_whom_it_is_for_and_survives_signing_out(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let link = invited(&ada, &app, "ben@example.com").await;
    let ben = app.browser(SAFARI_ON_IPHONE);
    ben.get(&link)
        .await
        .says("Ada invited you at ben@example.com. Your role will be member.");
    // Opened where a user is signed in already.
    let page = ada.get(&link).await;
    page.is(200)
        .says("Sign out first")
        .says("This invitation was made for ben@example.com.")
        .says("You’re signed in here as Ada");
    let next = crate::answer::attribute(page.tag(" name=\"next\""), "value").unwrap();
    assert_eq!(next, link);
    ada.post_form("/sign-out", &link, &[("next", &next)])
        .await
        .leads_to(&link);
    assert!(!ada.is_signed_in().await);
    ada.get(&link).await.says("Join Ada’s account");
    // Signing out leads nowhere else than to this site.
    ada.sign_in("Ada").await;
    ada.post_form("/sign-out", "/", &[("next", "https://evil.example/")])
        .await
        .leads_to("/");
}

/// What the browser prints is not what a dark screen shows: the dark colours are for screens alone.
#[test]
fn paper_is_white_in_both_themes() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../style");
    let (mut dark, mut print) = (0, 0);
    let mut folders = vec![std::path::PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            // Which of the two themes holds is said in one way only, and the dark one for the screen only.
            assert!(!text.contains("prefers-color-scheme"), "{}", path.display());
            let mut media = "";
            for line in text.lines() {
                if line.contains("@media") {
                    media = line;
                    print += usize::from(media.contains("print"));
                }
                if line.contains("color-scheme: dark") {
                    assert!(media.contains("screen"), "{}: {media}", path.display());
                    dark += 1;
                }
                if media.contains("print") && line.contains("color-scheme: light") {
                    print += 1;
                }
            }
        }
    }
    assert!(dark == 1 && print >= 3, "{dark} {print}");
}
