//! Forms that wait on `/profile/confirm`, and what the log says of a refusal.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use app::{
    error::{AppError, Code},
    flash::{Flash, Refused},
};
use tracing::instrument::WithSubscriber;

use super::*;

on_both!(
    a_form_that_waits_is_one_of_ours_and_shown_nowhere_else,
    a_code_is_spoken_of_only_where_there_is_one,
    a_refusal_is_logged_with_the_function_that_was_asked_for,
);

async fn a_form_that_waits_is_one_of_ours_and_shown_nowhere_else(app: TestApp) {
    let ada = signed_up(&app).await;
    let waiting = |form: &str, page: &str| {
        Flash::Form(Refused {
            form: form.into(),
            page: Some(page.into()),
            asked: true,
            error: AppError::new(Code::StepUpRequired, "Confirm it’s you to do what it says."),
            typed: [("email".to_owned(), "ben@example.com".to_owned())].into(),
        })
    };
    let good = waiting("invite_member", "/settings/members?page=2");
    ada.put(Kind::Flash, &good.to_cookie());
    for _ in 0..2 {
        ada.get("/profile/confirm")
            .await
            .says("You’re about to do what it says.");
    }
    // Left without an answer, it is gone.
    let left = ada.get("/settings/members").await;
    left.is(200).does_not_say("ben@example.com");
    assert!(left.removes("curfew_flash"), "{left:?}");
    for (form, page) in [
        ("nothing", "/settings/members"),
        ("../../evil", "/settings/members"),
        ("sign_out", "/settings/members"),
        ("invite_member", "/nothing"),
        ("invite_member", "//evil.example"),
        ("invite_member", "/api/fn/sign_out"),
        ("invite_member", ""),
    ] {
        ada.put(Kind::Flash, &waiting(form, page).to_cookie());
        let refused = ada.get("/profile/confirm").await;
        refused.is(200).says("There’s nothing to confirm");
        assert!(refused.removes("curfew_flash"), "{form} {page}");
    }
}

async fn a_code_is_spoken_of_only_where_there_is_one(app: TestApp) {
    let ada = signed_up(&app).await;
    let wrong = [("role", "member"), ("confirmation", "wrong horse")];
    let said = async |ada: &Browser| {
        long_ago(&app).await;
        let refused = ada.call("invite_member", &wrong).await;
        refused.refuses(403, "step_up_required");
        refused.json()["fields"]["confirmation"].clone()
    };
    assert_eq!(said(&ada).await, "That isn’t your password.");
    let ben = app.browser(SAFARI_ON_IPHONE);
    ben.sign_up("Ben").await;
    let _ = protect(&ben).await;
    let both = "That’s neither your password nor a valid code.";
    assert_eq!(said(&ben).await, both);
}

async fn a_refusal_is_logged_with_the_function_that_was_asked_for(app: TestApp) {
    let ada = signed_up(&app).await;
    long_ago(&app).await;
    for (function, code) in [
        ("invite_member", "step_up_required"),
        ("change_plan", "step_up_required"),
        ("nothing_like_it", "not_found"),
    ] {
        let log = Log::default();
        let written = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || written.clone())
            .finish();
        let refused = ada
            .call(function, NOTHING)
            .with_subscriber(subscriber)
            .await;
        assert_eq!(refused.json()["code"], code, "{refused:?}");
        let log = log.text();
        assert!(log.contains(&format!("code=\"{code}\"")), "{log}");
        let named = log.contains(&format!("function=\"{function}\""));
        assert_eq!(named, code == "step_up_required", "{log}");
    }
    // And for what is refused before anything is asked for.
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || written.clone())
        .finish();
    let refused = anonymous.call("invite_member", NOTHING);
    refused.with_subscriber(subscriber).await.is(401);
    assert!(log.text().contains("function=\"invite_member\""));
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
