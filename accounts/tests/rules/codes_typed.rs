//! Codes as users paste them, and what a wrong one is told: a used recovery code, and a clock that is wrong.

use accounts::{
    db::Db,
    second_factor::{TwoFactorError, WrongCode},
    sign_in::CodeError,
    step_up::{StepUpError, confirm},
    time::{Moment, UnixMillis},
};
use testing::databases;

use crate::{
    test_app::{NOW, SECOND, TestApp, after, browser, secret},
    two_factor_at_sign_in::other_than,
};

on_both!(
    a_recovery_code_is_taken_however_it_is_pasted,
    a_used_recovery_code_is_told_so_and_counts_as_a_failure,
    a_code_minutes_off_is_told_about_clocks_and_is_no_code,
    an_early_code_that_was_told_about_clocks_never_counts,
    a_clock_is_told_of_at_the_set_up_and_at_step_up_too,
);

async fn a_recovery_code_is_taken_however_it_is_pasted(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pastes: [fn(&str) -> String; 9] = [
        |code| code.replace('-', "\u{2011}"),
        |code| code.replace('-', "\u{2013}"),
        |code| code.replace('-', "\u{2212}"),
        |code| code.replace('-', "\u{ad}"),
        |code| code.replace('-', "-\u{200b}"),
        |code| format!("\u{feff}{code}"),
        |code| format!("3. {code}"),
        |code| format!("• {code}\n"),
        |code| format!("12) {}", code.to_uppercase()),
    ];
    for (code, paste) in ada.codes.iter().zip(pastes) {
        let pending = app.pending_sign_in(&ada.user, false, NOW).await;
        let typed = paste(code);
        let entered = app.verify(&pending, &typed, NOW).await;
        assert!(entered.is_ok(), "{typed:?}: {entered:?}");
    }
    assert_eq!(app.codes_left(&ada.user).await, 16 - 9);

    // A code of the app, too.
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let code = ada.code(NOW);
    let typed = format!("\u{feff}{}\u{2011}{}\u{200b}", &code[..3], &code[3..]);
    app.verify(&pending, &typed, NOW).await.unwrap();
}

async fn a_used_recovery_code_is_told_so_and_counts_as_a_failure(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    app.verify(&pending, &ada.codes[0], NOW).await.unwrap();

    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let refused = |code: String, expected: WrongCode| {
        let (app, pending) = (&app, &pending);
        async move {
            let refused = app.verify(pending, &code, NOW).await.unwrap_err();
            let CodeError::Wrong(what) = refused else {
                panic!("{code}: {refused:?}")
            };
            assert_eq!(what, expected, "{code}");
        }
    };
    refused(ada.codes[0].clone(), WrongCode::UsedRecoveryCode).await;
    refused("0000-0000-0000-0000".into(), WrongCode::RecoveryCode).await;
    // A used code of another user is no code of this one.
    let eve = app.protected("Eve").await;
    let eves = app.pending_sign_in(&eve.user, false, NOW).await;
    app.verify(&eves, &eve.codes[0], NOW).await.unwrap();
    refused(eve.codes[0].clone(), WrongCode::RecoveryCode).await;
    assert_eq!(app.events(&ada.user, "user.login_failed").await, 3);
    let counted = format!(
        "select failures from rate_limits where subject = 'code:{}'",
        ada.user.id.0
    );
    assert_eq!(databases::number(&app.db, &counted).await, 3);
    // The next one works all the same.
    app.verify(&pending, &ada.codes[1], NOW).await.unwrap();
}

/// So many seconds after [`NOW`], or before it.
fn off(seconds: i64) -> Moment {
    Moment::at(UnixMillis(NOW.at.0 + seconds * 1_000))
}

async fn a_code_minutes_off_is_told_about_clocks_and_is_no_code(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    for (seconds, expected) in [
        (-120, WrongCode::Clock),
        (-300, WrongCode::Clock),
        (120, WrongCode::Clock),
        (300, WrongCode::Clock),
        (-330, WrongCode::Code),
        (330, WrongCode::Code),
    ] {
        let refused = app.verify(&pending, &ada.code(off(seconds)), NOW).await;
        let refused = refused.unwrap_err();
        assert!(
            matches!(refused, CodeError::Wrong(what) if what == expected),
            "{seconds}: {refused:?}"
        );
    }
    // Each counted like any other: six of ten are used up, and the right code is still right.
    assert_eq!(app.events(&ada.user, "user.login_failed").await, 6);
    let counted = format!(
        "select failures from rate_limits where subject = 'code:{}'",
        ada.user.id.0
    );
    assert_eq!(databases::number(&app.db, &counted).await, 6);
    app.verify(&pending, &ada.code(NOW), NOW).await.unwrap();

    // Without a right password nothing is told at all.
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let late = after(601 * SECOND);
    let refused = app.verify(&pending, &ada.code(NOW), late).await;
    assert!(matches!(refused, Err(CodeError::Expired)), "{refused:?}");
}

async fn an_early_code_that_was_told_about_clocks_never_counts(db: Db) {
    let app = TestApp::new(db);
    let ada = app.protected("Ada").await;
    let early = off(120);
    let pending = app.pending_sign_in(&ada.user, false, NOW).await;
    let told = app.verify(&pending, &ada.code(early), NOW).await;
    assert!(
        matches!(told, Err(CodeError::Wrong(WrongCode::Clock))),
        "{told:?}"
    );
    // A thief who guessed it and was told so keeps it until its minute comes, in vain.
    let kept = app.verify(&pending, &ada.code(early), early).await;
    assert!(
        matches!(kept, Err(CodeError::Wrong(WrongCode::Code))),
        "{kept:?}"
    );
    // The codes around it are as good as ever.
    app.verify(&pending, &ada.code(off(90)), early)
        .await
        .unwrap();
}

async fn a_clock_is_told_of_at_the_set_up_and_at_step_up_too(db: Db) {
    let app = TestApp::new(db);
    let eve = app.user("Eve").await;
    let here = app.sign_in(&eve, NOW).await.session.token;
    app.begin_two_factor(&here, NOW).await.unwrap();
    let secret_of_app = app.draft(&eve, NOW).await.unwrap().secret.unwrap();
    let slow = secret_of_app.code(off(-150));
    let refused = app.turn_on(&here, &slow, NOW).await;
    assert!(
        matches!(refused, Err(TwoFactorError::Wrong(WrongCode::Clock))),
        "{refused:?}"
    );
    app.turn_on(&here, &secret_of_app.code(NOW), NOW)
        .await
        .unwrap();

    let ada = app.protected("Ada").await;
    let who = app.signed_in(&ada.here, NOW).await;
    let ask = |code: String| {
        let (app, who) = (&app, &who);
        async move { confirm(app, &browser(1), NOW, who, &secret(&code)).await }
    };
    let refused = ask(ada.code(off(180))).await;
    assert!(matches!(refused, Err(StepUpError::Clock)), "{refused:?}");
    let refused = ask(other_than(&ada.code(NOW))).await;
    assert!(matches!(refused, Err(StepUpError::Wrong)), "{refused:?}");
    ask(ada.code(NOW)).await.unwrap();
}
