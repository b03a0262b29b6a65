//! Email addresses as they are typed: one mailbox is one user, and an address that no email reaches is refused.

use accounts::{
    change_email::{self, ChangeEmailError},
    db::Db,
    invitations::{self, InviteError},
    members::MemberError,
    reset_password::{self, RequestError},
    roles::Role,
    sign_in::SignInError,
    sign_up::{self, FirstUser, Policy, SignUp},
    users::{self, NewUser},
};
use testing::databases;

use crate::{
    emails::send_all,
    profile::fields,
    test_app::{NOW, PASSWORD, TestApp, browser, secret},
};

on_both!(
    both_spellings_of_a_domain_are_one_user,
    an_address_that_no_email_reaches_is_refused_wherever_it_is_typed,
    a_link_reaches_a_mailbox_of_an_international_domain,
);

const UNICODE: &str = "ada@münchen.example";
const ASCII: &str = "ada@xn--mnchen-3ya.example";

/// Signs up, whatever the policy.
async fn sign_up(
    app: &TestApp,
    email: &str,
) -> Result<accounts::ids::UserId, accounts::users::UserError> {
    let password = secret(PASSWORD);
    let new = NewUser {
        name: "Ada",
        email,
        password: &password,
    };
    let policy = Policy {
        sign_up: SignUp::Open,
        plan: accounts::plans::Plan::Enterprise,
        first: FirstUser::AtTheMachine,
    };
    sign_up::sign_up(app, &browser(1), NOW, &policy, new).await
}

async fn both_spellings_of_a_domain_are_one_user(db: Db) {
    let app = TestApp::new(db);
    let id = sign_up(&app, UNICODE).await.unwrap();
    let mut reader = app.read(NOW).await;
    let ada = users::find(&mut reader, &id).await.unwrap();
    assert_eq!(ada.unwrap().email, ASCII);
    for spelling in [
        UNICODE,
        ASCII,
        "ADA@MÜNCHEN.example",
        "ada@XN--MNCHEN-3YA.Example",
    ] {
        let again = sign_up(&app, spelling).await;
        assert_eq!(fields(&again), ["email"], "{spelling}: {again:?}");
        let signed_in = app.try_sign_in(spelling, PASSWORD, &browser(1), NOW).await;
        assert_eq!(signed_in.unwrap().user, id, "{spelling}");
        let found = users::id_of_email(&mut reader, spelling).await;
        assert_eq!(found.unwrap(), Some(id.clone()), "{spelling}");
    }
    // Wrong passwords of both spellings are counted together.
    for n in 0..10 {
        let spelling = if n % 2 == 0 { UNICODE } else { ASCII };
        let wrong = app
            .try_sign_in(spelling, "a guess", &browser(66), NOW)
            .await;
        assert!(matches!(wrong, Err(SignInError::Wrong)), "{wrong:?}");
    }
    let locked_out = app.try_sign_in(UNICODE, PASSWORD, &browser(66), NOW).await;
    assert!(
        matches!(locked_out, Err(SignInError::RateLimited(_))),
        "{locked_out:?}"
    );
}

async fn an_address_that_no_email_reaches_is_refused_wherever_it_is_typed(db: Db) {
    let app = TestApp::new(db);
    let (ada, who) = app.owner("Ada").await;
    let invitation = app.invite(&who, Role::Member, NOW).await.unwrap();
    let long = format!("{}@example.com", "a".repeat(65));
    let label = format!("ada@{}", "b".repeat(248));
    let before = app.users_as_they_are().await;
    for wrong in [
        long.as_str(),
        label.as_str(),
        "İ@example.com",
        "ada@b_c.example",
    ] {
        let signed_up = sign_up(&app, wrong).await;
        assert_eq!(fields(&signed_up), ["email"], "{wrong}: {signed_up:?}");

        let signed_in = app.try_sign_in(wrong, PASSWORD, &browser(1), NOW).await;
        assert!(matches!(signed_in, Err(SignInError::Email(_))), "{wrong}");

        let mut op = app.begin(&browser(1), NOW).await;
        let reset = reset_password::request(&mut op, wrong).await;
        assert!(matches!(reset, Err(RequestError::Email(_))), "{wrong}");
        let changed = change_email::request(&mut op, &who, wrong).await;
        assert!(
            matches!(changed, Err(ChangeEmailError::Email(_))),
            "{wrong}: {changed:?}"
        );
        let invited = invitations::invite(&mut op, &who, Role::Member, wrong).await;
        assert!(
            matches!(invited, Err(InviteError::Email(_))),
            "{wrong}: {invited:?}"
        );
        let left = accounts::members::leave(&mut op, &who, wrong).await;
        assert!(
            matches!(left, Err(MemberError::NotConfirmed)),
            "{wrong}: {left:?}"
        );
        op.commit().await.unwrap();

        let password = secret(PASSWORD);
        let new = NewUser {
            name: "Ben",
            email: wrong,
            password: &password,
        };
        let joined = invitations::join(&app, &browser(2), NOW, &invitation.token, new).await;
        let Err(invitations::JoinError::User(error)) = joined else {
            panic!("{wrong}: {joined:?}")
        };
        assert_eq!(fields::<()>(&Err(error)), ["email"], "{wrong}");
    }
    assert_eq!(app.users_as_they_are().await, before);
    let written = databases::texts(&app.db, "select recipient from emails").await;
    assert!(written.iter().all(|to| *to == ada.email), "{written:?}");
}

async fn a_link_reaches_a_mailbox_of_an_international_domain(db: Db) {
    let app = TestApp::new(db);
    sign_up(&app, UNICODE).await.unwrap();
    let mut op = app.begin(&browser(1), NOW).await;
    reset_password::request(&mut op, UNICODE).await.unwrap();
    op.commit().await.unwrap();
    let sent = send_all(&app, NOW).await;
    let to: Vec<&str> = sent.iter().map(|due| due.to.as_str()).collect();
    assert_eq!(to, [ASCII]);

    // The confirmation of deleting the account takes either spelling too.
    let signed_in = app.try_sign_in(UNICODE, PASSWORD, &browser(1), NOW).await;
    let token = signed_in.unwrap().session.token;
    let who = app.signed_in(&token, NOW).await;
    app.leave(&who, UNICODE).await.unwrap();
}
