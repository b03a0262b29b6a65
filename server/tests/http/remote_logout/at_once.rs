//! Twice at once, from two browsers, from eight: one outcome, no error page.

use std::sync::Arc;

use tokio::{sync::Barrier, task::JoinSet};

use crate::{
    answer::Answer,
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp},
};

on_both!(
    a_second_remote_logout_from_the_same_page_is_no_error,
    two_tabs_of_one_browser_log_out_at_once,
    eight_browsers_log_out_everywhere_at_once,
    eight_programs_log_out_everywhere_at_once,
    signing_in_during_a_remote_logout_leaves_all_or_nothing,
);

async fn a_second_remote_logout_from_the_same_page_is_no_error(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let (same_tab, on_password) = (ada.clone(), ada.clone());
    ada.remote_logout()
        .await
        .leads_to("/sign-in?next=/profile/security");
    // The double click: the second request left with the old cookies.
    let again = same_tab.remote_logout().await;
    again.leads_to("/sign-in?next=/profile/security");
    same_tab
        .get(again.header("location"))
        .await
        .is(200)
        .says("Signed out by Remote logout at ");
    assert_eq!(app.remote_logouts("Ada").await, 1);
    // After signing in the user is not asked once more: back to the tab that the remote logout came from.
    on_password
        .post_form(
            "/api/fn/remote_logout",
            "/profile/remote-logout?from=password",
            &[("from", "password")],
        )
        .await
        .leads_to("/sign-in?next=/profile/password");
    // And from a page that was left open after signing in again elsewhere.
    ada.sign_in("Ada").await;
    same_tab.remote_logout().await.is(303);
    assert!(ada.is_signed_in().await, "dead cookies log no user out");
    assert_eq!(app.remote_logouts("Ada").await, 1);
}

async fn two_tabs_of_one_browser_log_out_at_once(app: TestApp) {
    for round in 0..8 {
        let name = format!("ada{round}");
        let ada = app.browser(FIREFOX_ON_LINUX);
        ada.sign_up(&name).await;
        one_outcome(&app, &name, vec![ada.clone(), ada.clone()], false).await;
    }
}

async fn eight_browsers_log_out_everywhere_at_once(app: TestApp) {
    let browsers = eight(&app).await;
    one_outcome(&app, "Ada", browsers, false).await;
}

async fn eight_programs_log_out_everywhere_at_once(app: TestApp) {
    let browsers = eight(&app).await;
    one_outcome(&app, "Ada", browsers, true).await;
}

async fn eight(app: &TestApp) -> Vec<Browser> {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let mut browsers = vec![ada];
    for _ in 1..8 {
        let phone = app.browser(SAFARI_ON_IPHONE);
        phone.sign_in_remembered("Ada").await;
        browsers.push(phone);
    }
    browsers
}

/// All of them log out at once. The first has the receipt, the others are told why they are signed out.
async fn one_outcome(app: &TestApp, name: &str, browsers: Vec<Browser>, as_programs: bool) {
    let (remote_logouts, epoch) = (app.remote_logouts(name).await, app.epoch(name).await);
    let all = browsers.len();
    let ready = Arc::new(Barrier::new(all));
    let mut logging_out = JoinSet::new();
    for browser in browsers {
        let ready = ready.clone();
        logging_out.spawn(async move {
            ready.wait().await;
            let answer = if as_programs {
                browser.call("remote_logout", &[("from", "security")]).await
            } else {
                browser.remote_logout().await
            };
            (browser, answer)
        });
    }
    let answers = logging_out.join_all().await;
    let receipts = answers
        .iter()
        .filter(|(_, answer)| has_receipt(answer))
        .count();
    assert_eq!(
        receipts,
        1,
        "{answers:?}",
        answers = answers.iter().map(|(_, a)| a).collect::<Vec<_>>()
    );
    for (browser, answer) in &answers {
        if as_programs && !has_receipt(answer) {
            answer.refuses(401, "session_ended");
            assert_eq!(
                answer.json()["reason"]["end_reason"],
                "remote_logout",
                "{answer:?}"
            );
        } else if !as_programs {
            answer.is(303);
            assert!(
                answer
                    .header("location")
                    .starts_with("/sign-in?next=/profile/"),
                "{answer:?}"
            );
        }
        assert_eq!(
            answer.removes("curfew_session"),
            !as_programs || has_receipt(answer),
            "dead cookies go, but for a late answer to a script: {answer:?}"
        );
        let page = browser.get("/sign-in").await;
        page.is(200);
        page.says(if has_receipt(answer) {
            "You’re signed out everywhere"
        } else {
            "Signed out by Remote logout at "
        });
        assert!(!browser.is_signed_in().await);
    }
    assert_eq!(app.remote_logouts(name).await, remote_logouts + 1);
    assert_eq!(app.epoch(name).await, epoch + 1);
    assert_eq!(app.open_sessions(name).await, 0);
    assert_eq!(app.open_devices(name).await, 0);
    app.chains_are_whole().await;
}

fn has_receipt(answer: &Answer) -> bool {
    matches!(answer.flash(), Some(app::flash::Flash::Receipt(_)))
}

async fn signing_in_during_a_remote_logout_leaves_all_or_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for _ in 0..10 {
        let phone = app.browser(SAFARI_ON_IPHONE);
        let form = [
            ("email", "ada@example.com"),
            ("password", crate::test_app::PASSWORD),
            ("remember_me", "true"),
        ];
        let (logged_out, came_in) = tokio::join!(ada.remote_logout(), phone.call("sign_in", &form));
        logged_out.is(303);
        if came_in.status == 409 {
            came_in.refuses(409, "conflict");
            assert!(!phone.is_signed_in().await);
        } else {
            came_in.is(200);
        }
        // What is alive now was made after the remote logout: under the epoch that it raised. All else says how it ended.
        let sql = "select count(*) from sessions s join users u on u.id = s.user_id
                   left join epoch_raises r on r.user_id = s.user_id and r.epoch = s.epoch
                   where s.ended_at is null and s.epoch <> u.epoch and r.epoch is null";
        assert_eq!(crate::databases::number(app.db(), sql).await, 0);
        assert_eq!(
            phone.is_signed_in().await,
            app.open_sessions("Ada").await == 1
        );
        ada.sign_in("Ada").await;
        ada.remote_logout().await.is(303);
        assert!(!phone.is_signed_in().await);
        ada.sign_in("Ada").await;
    }
}
