//! What is said of an application follows what is known of it: how it took the last notice, whether it can be told, whether
//! its secret is on the page.

use super::{PAGE, register, sign_in_at};
use crate::{
    databases,
    emails::emails,
    test_app::{FIREFOX_ON_LINUX, TestApp, email_of},
};

on_both!(
    the_badge_follows_the_last_notice,
    what_may_stay_open_is_named_where_a_user_is_signed_in,
    the_secret_stands_in_the_configuration_as_long_as_it_is_shown,
    the_email_about_a_remote_logout_names_applications,
    an_event_claims_no_sign_out_that_is_not_known,
);

/// What each outcome says, and its badge; without one, whether a try has failed.
const ANSWERS: [(&str, &str); 5] = [
    (
        "outcome = 'logged_out', answered_at = 1, last_error = null",
        "badge--success\">Told at once",
    ),
    (
        "outcome = 'had_no_session'",
        "badge--success\">Told at once",
    ),
    (
        "outcome = 'refused'",
        "badge--danger\">Told, but refused the last time",
    ),
    (
        "outcome = 'given_up'",
        "badge--danger\">Told, but never answered the last time",
    ),
    (
        "outcome = null, last_error = 'x'",
        "badge--warning\">Told, but no good answer the last time",
    ),
];

async fn the_badge_follows_the_last_notice(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let wiki = register(&ada, "Wiki", "http://127.0.0.1:9/x").await;
    let one = format!("{PAGE}/one?application={wiki}");
    let shown = ada.get(&one).await.body;
    assert!(shown.contains("badge\">Told at once"), "{shown}");
    for (n, (what, badge)) in ANSWERS.into_iter().enumerate() {
        // Each notice is newer than the last; one that is on its way for the first time says nothing.
        for (n, what) in [(2 * n, what), (2 * n + 1, "outcome = null")] {
            databases::run(
                app.db(),
                &format!(
                    "insert into logout_notices (application_session_id, application_id, account_id, user_id, reason,
                                                 created_at, next_try_at, leased_until, tries, good_until)
                     select 's{n}', a.id, a.account_id, a.created_by, 'remote_logout', {n}, 1, 0, 1, 1
                     from applications a where a.id = '{wiki}'"
                ),
            )
            .await;
            let known =
                format!("update logout_notices set {what} where application_session_id = 's{n}'");
            databases::run(app.db(), &known).await;
        }
        let shown = ada.get(&one).await.body;
        assert!(shown.contains(badge), "{badge}: {shown}");
        let words = badge.split_once('>').unwrap().1;
        ada.get(PAGE).await.says(words);
    }
}

async fn what_may_stay_open_is_named_where_a_user_is_signed_in(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let all = "Where you’re signed in with Curfew. A remote logout ends all of it";
    let wiki = register(&ada, "Wiki", "http://127.0.0.1:9/x").await;
    sign_in_at(&app, &who.user.id.0, &who.session.0, &wiki).await;
    ada.get("/profile/security").await.says(&format!("{all}."));
    let silent = register(&ada, "Silent", "").await;
    for _ in 0..2 {
        sign_in_at(&app, &who.user.id.0, &who.session.0, &silent).await;
    }
    for page in ["/", "/profile/security"] {
        ada.get(page).await.says(&format!(
            "{all} here, but Silent may stay open: sign out there, too."
        ));
    }
    databases::run(
        app.db(),
        &format!(
            "insert into logout_notices (application_session_id, application_id, account_id, user_id, reason, created_at,
                                         next_try_at, leased_until, tries, good_until, last_status, outcome)
             select 's', a.id, a.account_id, a.created_by, 'remote_logout', 1, 1, 0, 1, 1, 400, 'refused'
             from applications a where a.id = '{wiki}'"
        ),
    )
    .await;
    ada.get("/profile/security")
        .await
        .says(&format!("{all} here, but Silent and Wiki may stay open"));
}

async fn the_secret_stands_in_the_configuration_as_long_as_it_is_shown(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let form = [
        ("kind", "open_id"),
        ("name", "Cloud"),
        ("preset", "nextcloud"),
        ("address", "https://cloud.example.com"),
    ];
    ada.post_form("/api/fn/register_application", PAGE, &form)
        .await
        .is(303);
    let id = testing::databases::text(app.db(), "select id from applications").await;
    let one = format!("{PAGE}/one?application={id}");
    let shown = ada.get(&one).await;
    shown
        .says("--clientsecret='cfw_app_")
        .does_not_say("YOUR_SECRET");
    ada.get(&one)
        .await
        .says("--clientsecret='YOUR_SECRET'")
        .does_not_say("cfw_app_");
    // The secret of another application is not its own.
    let other = register(&ada, "Other", "").await;
    let made = [("application", other.as_str())];
    ada.post_form("/api/fn/new_application_secret", &one, &made)
        .await
        .leads_to(&format!("{PAGE}/one?application={other}"));
    ada.get(&one).await.says("--clientsecret='YOUR_SECRET'");
}

async fn the_email_about_a_remote_logout_names_applications(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    for (name, address) in [("Wiki", "http://127.0.0.1:9/x"), ("Silent", "")] {
        let id = register(&ada, name, address).await;
        sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    }
    ada.remote_logout().await.is(303);
    let sent = emails(&app, &email_of("Ada")).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    let email = email.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(email.contains("Wiki is being told."), "{email}");
    assert!(
        email.contains("Silent may still be open: sign out there, too."),
        "{email}"
    );
    // Without any, nothing is said of them.
    ada.sign_in("Ada").await;
    emails(&app, &email_of("Ada")).await;
    ada.remote_logout().await.is(303);
    let sent = emails(&app, &email_of("Ada")).await;
    let [email] = &sent[..] else {
        panic!("{sent:?}")
    };
    assert!(email.contains("1 session"), "{email}");
    assert!(
        !email.contains("being told") && !email.contains("still be open"),
        "{email}"
    );
}

async fn an_event_claims_no_sign_out_that_is_not_known(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let who = ada.signed_in().await;
    let silent = register(&ada, "Silent", "").await;
    sign_in_at(&app, &who.user.id.0, &who.session.0, &silent).await;
    ada.remote_logout().await.is(303);
    let now = accounts::time::Moment::now();
    accounts::sessions::end_applications(app.instance(), now)
        .await
        .unwrap();
    ada.sign_in("Ada").await;
    ada.get("/profile/security")
        .await
        .says("Your sign-in at Silent has ended")
        .does_not_say("signed out of Silent");
    ada.get("/settings/audit-log")
        .await
        .says("The sign-in of Ada at Silent has ended")
        .does_not_say("signed out of Silent");
}
