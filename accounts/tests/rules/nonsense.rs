//! Whatever is typed is an answer fit for a user: no panic, no failing database.

use accounts::{
    db::Db,
    profile,
    sign_in::SignInError,
    users::{self, UserError},
};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::test_app::{NOW, TestApp, browser};

on_both!(
    any_text_for_an_email_finds_no_user_or_is_refused,
    any_text_for_a_name_is_taken_or_refused,
);

/// 300 texts: mostly of printable and odd characters, with whitespace, quotes and NUL among them.
fn texts(pattern: &'static str) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let texts = proptest::string::string_regex(pattern).unwrap();
    let odd = [
        "",
        " ",
        "\0",
        "a\0@b.c",
        "'; drop table users; --",
        "@",
        "\u{202e}",
        "İ@İ.com",
        "ſ",
    ];
    (0..300)
        .map(|_| texts.new_tree(&mut runner).unwrap().current())
        .chain(odd.map(String::from))
        .collect()
}

async fn any_text_for_an_email_finds_no_user_or_is_refused(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_address = 1_000_000;
    app.user("Ada").await;
    for email in texts(r"(?s).{0,12}@?[\PC\s\x00]{0,300}") {
        let found = users::id_of_email(&mut app.db.read().await.unwrap(), &email).await;
        assert_eq!(found.unwrap(), None, "{email:?}");
        let guess = app.try_sign_in(&email, "a guess", &browser(1), NOW).await;
        assert!(
            matches!(guess, Err(SignInError::Wrong | SignInError::Email(_))),
            "{email:?} {guess:?}"
        );
    }
}

async fn any_text_for_a_name_is_taken_or_refused(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let here = app.sign_in(&ada, NOW).await;
    let here = app.signed_in(&here.session.token, NOW).await;
    let (names, usernames) = (texts(r"\PC{0,105}\s?"), texts(r"[a-zA-Z_0-9-]{0,36}\PC?"));
    let mut taken = 0;
    for (name, username) in names.iter().zip(&usernames) {
        let mut op = app.begin(&browser(1), NOW).await;
        match profile::update_profile(&mut op, &here, name, username).await {
            Ok(()) => {
                op.commit().await.unwrap();
                taken += 1;
                let user = users::find(&mut app.read(NOW).await, &ada.id).await;
                assert_eq!(user.unwrap().unwrap().name, name.trim());
            }
            Err(UserError::Fields(_)) => {}
            Err(other) => panic!("{name:?} {username:?}: {other:?}"),
        }
    }
    assert!(taken > 50, "{taken}");
}
