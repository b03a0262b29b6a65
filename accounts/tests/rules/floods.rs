//! Far more sign-ins at once than can be hashed: who is known comes through, and who is refused has not tried.

use accounts::{
    db::Db,
    members::invitations::JoinError,
    passwords::{Hasher, HashingFailed},
    plans::Plan,
    reset_password::{ResetError, reset},
    roles::Role,
    secret::Token,
    sign_in::{CompletedSignIn, SignInError},
    sign_up::{ConfirmError, Confirmation, FirstUser, Policy, SignUp, confirm, sign_up},
    step_up,
    users::{NewUser, UserError},
};
use testing::databases;
use tokio::task::JoinSet;

use crate::{
    confirming_a_sign_up, forgotten_password,
    test_app::{NOW, PASSWORD, TestApp, browser, secret},
};

on_both!(
    a_flood_of_invented_emails_keeps_no_known_device_out_and_no_user_who_is_signed_in,
    who_is_refused_because_too_many_wait_has_used_up_no_try_of_a_link_and_no_sign_up,
);

const POLICY: Policy<'static> = Policy {
    sign_up: SignUp::Open,
    plan: Plan::Enterprise,
    first: FirstUser::AtTheMachine,
};

/// More than are hashed in five seconds.
const FLOOD: u8 = 90;

async fn a_flood_of_invented_emails_keeps_no_known_device_out_and_no_user_who_is_signed_in(db: Db) {
    let mut app = TestApp::new(db);
    let ada = app.user("Ada").await;
    let first = app.sign_in(&ada, NOW).await;
    let known = first.device.value.clone();
    let me = app.signed_in(&first.session.token, NOW).await;
    // As dear as on a machine of ten years ago. The line is measured in time, so a slow test machine makes it shorter.
    app.hasher = Hasher::with_cost(64 * 1024, 3, 1).unwrap();

    let mut flood = JoinSet::new();
    for n in 0..FLOOD {
        let app = app.clone();
        flood.spawn(async move {
            let email = format!("{n}@invented.example");
            app.try_sign_in(&email, PASSWORD, &browser(n), NOW).await
        });
    }
    // One is refused: so the line is full.
    let (mut busy, mut wrong) = (0, 0);
    let mut count = |refused: Result<CompletedSignIn, SignInError>| match refused {
        Err(SignInError::Wrong) => wrong += 1,
        Err(SignInError::Hashing(HashingFailed::Busy(wait))) => {
            assert!(!wait.is_zero());
            busy += 1;
        }
        other => panic!("{other:?}"),
    };
    while !next_is_refused(&mut flood, &mut count).await {}

    let (here, elsewhere) = (browser(200).with_known_device(Some(known)), browser(201));
    let password = secret(PASSWORD);
    let signed_in = app.try_sign_in(&ada.email, PASSWORD, &here, NOW).await;
    assert!(signed_in.is_ok(), "{signed_in:?}");
    let confirmed = step_up::confirm(&app, &elsewhere, NOW, &me, &password).await;
    assert!(confirmed.is_ok(), "{confirmed:?}");

    while let Some(refused) = flood.join_next().await {
        count(refused.unwrap());
    }
    assert_eq!(busy + wrong, i64::from(FLOOD));
    // Who was refused has not tried.
    let counted = "select count(*) from rate_limits where subject like 'email:%@invented.example' and failures > 0";
    assert_eq!(databases::number(&app.db, counted).await, wrong);
}

/// Whether the next answer is a refusal because too many wait.
async fn next_is_refused<T: 'static>(
    flood: &mut JoinSet<Result<T, SignInError>>,
    count: &mut impl FnMut(Result<T, SignInError>),
) -> bool {
    let next = flood.join_next().await.expect("none was refused").unwrap();
    let refused = matches!(&next, Err(SignInError::Hashing(_)));
    count(next);
    refused
}

/// Of each kind. Many more than are hashed in five seconds.
const AT_ONCE: usize = 20;

async fn who_is_refused_because_too_many_wait_has_used_up_no_try_of_a_link_and_no_sign_up(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 1_000;
    app.limits.sign_ups_per_address = 1_000;
    // About a second each.
    app.hasher = Hasher::with_cost(256 * 1024, 4, 1).unwrap();
    let signed_up = confirming_a_sign_up::link(&app, "eve@example.com", NOW).await;
    let (_, me) = app.owner("Ada").await;
    // Of another user: after a reset the invitations of who asked for it wait.
    let ben = app.user("Ben").await;
    let forgotten = forgotten_password::link(&app, &ben.email, NOW).await;
    let invitation = app.invite(&me, Role::Member, NOW).await.unwrap().token;
    let before = counted(&app, "sign-up:").await;

    let (mut sign_ups, mut joins) = (JoinSet::new(), JoinSet::new());
    let (mut confirmations, mut resets) = (JoinSet::new(), JoinSet::new());
    for n in 0..AT_ONCE {
        sign_ups.spawn(signs_up_and_was_busy(app.clone(), n));
        joins.spawn(joins_and_was_busy(app.clone(), invitation.clone(), n));
        confirmations.spawn(confirms_and_was_busy(app.clone(), signed_up.clone()));
        resets.spawn(resets_and_was_busy(app.clone(), forgotten.clone()));
    }
    let tried = tried(sign_ups).await;
    assert_eq!(counted(&app, "sign-up:").await - before, tried);
    for (link, set) in [(&invitation, joins), (&signed_up, confirmations)] {
        let tried = self::tried(set).await;
        assert_eq!(counted(&app, &of_link(link)).await, tried);
    }
    // One that found out that it is not the old password counts, whether or not the new one could be hashed then.
    let tried = self::tried(resets).await;
    let counted = counted(&app, &of_link(&forgotten)).await;
    assert!(tried <= counted, "{counted} of {tried}");
    assert!(counted < i64::try_from(AT_ONCE).unwrap(), "{counted}");
}

/// How many were not refused because too many wait. Some were.
async fn tried(attempts: JoinSet<bool>) -> i64 {
    let was_busy = attempts.join_all().await;
    let tried = was_busy.iter().filter(|busy| !**busy).count();
    assert!(tried < AT_ONCE, "none was refused");
    i64::try_from(tried).unwrap()
}

fn of_link(link: &Token) -> String {
    format!("link:{}", &link.hash().as_str()[..16])
}

/// How many attempts are counted against what begins so.
async fn counted(app: &TestApp, subject: &str) -> i64 {
    let sql = format!(
        "select cast(coalesce(sum(failures), 0) as bigint) from rate_limits where subject like '{subject}%'"
    );
    databases::number(&app.db, &sql).await
}

async fn signs_up_and_was_busy(app: TestApp, n: usize) -> bool {
    let (name, email) = (format!("Signs{n}"), format!("signs{n}@example.com"));
    let password = secret(PASSWORD);
    let new = NewUser {
        name: &name,
        email: &email,
        password: &password,
    };
    match sign_up(&app, &browser(7), NOW, &POLICY, new).await {
        Ok(_) => false,
        Err(UserError::Hashing(HashingFailed::Busy(_))) => true,
        Err(other) => panic!("{other:?}"),
    }
}

async fn joins_and_was_busy(app: TestApp, link: Token, n: usize) -> bool {
    match app.join(&link, &format!("Joins{n}"), NOW).await {
        Ok(_) | Err(JoinError::NoSuchInvitation) => false,
        Err(JoinError::User(UserError::Hashing(HashingFailed::Busy(_)))) => true,
        Err(other) => panic!("{other:?}"),
    }
}

async fn confirms_and_was_busy(app: TestApp, link: Token) -> bool {
    let confirmation = Confirmation {
        link: &link,
        password: &secret(PASSWORD),
    };
    match confirm(&app, &browser(8), NOW, &POLICY, confirmation).await {
        Ok(_) | Err(ConfirmError::Expired) => false,
        Err(ConfirmError::Hashing(HashingFailed::Busy(_))) => true,
        Err(other) => panic!("{other:?}"),
    }
}

async fn resets_and_was_busy(app: TestApp, link: Token) -> bool {
    let new = secret("nine quiet herons over the canal");
    match reset(&app, &browser(5), NOW, &link, &new).await {
        Ok(_) | Err(ResetError::Expired) => false,
        Err(ResetError::Hashing(HashingFailed::Busy(_))) => true,
        Err(other) => panic!("{other:?}"),
    }
}
