//! The first user of an install: the setup code, and that the install is claimed for good.

use accounts::{
    client::Client,
    db::Db,
    ids::UserId,
    plans::Plan,
    sample::{self, Seed},
    setup_code::setup_code,
    sign_up::{self, ConfirmError, Confirmation, FirstUser, Opening, Policy, SignUp},
    users::{NewUser, UserError},
};
use sqlx::{Connection, PgConnection};
use testing::databases;

use crate::{
    emails::send_all,
    profile::fields,
    test_app::{NOW, PASSWORD, TestApp, browser, secret},
};

on_both!(
    the_first_user_shows_the_setup_code_where_all_may_sign_up_too,
    wrong_codes_are_limited_by_network_and_the_right_one_never_is,
    who_gets_an_install_without_users_shows_the_code_again,
    a_link_from_before_the_last_user_left_gives_no_user_the_install,
    two_first_users_with_the_code_at_once_are_one,
    every_first_user_claims_the_install_for_good,
);

async fn shows(
    app: &TestApp,
    client: &Client,
    sign_up: SignUp,
    email: &str,
    code: &str,
) -> Result<UserId, UserError> {
    let (password, code) = (secret(PASSWORD), secret(code));
    let new = NewUser {
        name: "Ada",
        email,
        password: &password,
    };
    let policy = Policy {
        sign_up,
        plan: Plan::Pro,
        first: FirstUser::Shows(&code),
    };
    sign_up::sign_up(app, client, NOW, &policy, new).await
}

async fn opening(app: &TestApp, policy: SignUp) -> Opening {
    let mut reader = app.read(NOW).await;
    sign_up::opening(&mut reader, policy).await.unwrap()
}

async fn the_first_user_shows_the_setup_code_where_all_may_sign_up_too(db: Db) {
    let app = TestApp::new(db);
    let code = setup_code(&app.keys);
    for policy in [SignUp::First, SignUp::Open] {
        assert_eq!(opening(&app, policy).await, Opening::First);
        for wrong in ["", "   ", "0000-0000-0000-0000", &code[..18]] {
            let refused = shows(&app, &browser(1), policy, "ada@example.com", wrong).await;
            assert_eq!(fields(&refused), ["setup_code"], "{wrong:?} {refused:?}");
        }
        // Beside whatever else is wrong.
        let refused = shows(&app, &browser(1), policy, "ada", "x").await;
        assert_eq!(fields(&refused), ["email", "setup_code"], "{refused:?}");
    }
    assert_eq!(
        databases::number(&app.db, "select count(*) from users").await,
        0
    );
    let ada = shows(&app, &browser(1), SignUp::Open, "ada@example.com", &code).await;
    ada.unwrap();
    // The next one shows nothing, where more than one may sign up.
    let ben = shows(&app, &browser(1), SignUp::Open, "ben@example.com", "").await;
    ben.unwrap();
    let eve = shows(&app, &browser(1), SignUp::First, "eve@example.com", &code).await;
    assert!(matches!(eve, Err(UserError::Closed)), "{eve:?}");
}

async fn wrong_codes_are_limited_by_network_and_the_right_one_never_is(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 3;
    let code = setup_code(&app.keys);
    // Ada's code is right each time, and her address is not.
    for _ in 0..5 {
        let refused = shows(&app, &browser(2), SignUp::First, "ada", &code).await;
        assert_eq!(fields(&refused), ["email"], "{refused:?}");
    }
    let guesses = async |by: u8| {
        let client = browser(by);
        shows(&app, &client, SignUp::First, "eve@example.com", "x").await
    };
    for _ in 0..3 {
        let refused = guesses(1).await;
        assert_eq!(fields(&refused), ["setup_code"], "{refused:?}");
    }
    let refused = guesses(1).await;
    assert!(
        matches!(refused, Err(UserError::RateLimited(_))),
        "{refused:?}"
    );
    // Another network guesses apart.
    let refused = guesses(2).await;
    assert_eq!(fields(&refused), ["setup_code"], "{refused:?}");
    // From where it was guessed wrong, as behind a proxy that is not trusted, the right one is taken all the same.
    let ada = shows(&app, &browser(1), SignUp::First, "ada@example.com", &code).await;
    ada.unwrap();
}

/// Every user has left, and their rows are still there.
async fn all_leave(app: &TestApp) {
    databases::run(&app.db, LEFT).await;
    assert_eq!(databases::number(&app.db, CLAIMED).await, 1);
}

async fn who_gets_an_install_without_users_shows_the_code_again(db: Db) {
    let app = TestApp::new(db);
    let code = setup_code(&app.keys);
    let ada = shows(&app, &browser(1), SignUp::Open, "ada@example.com", &code).await;
    ada.unwrap();
    assert_eq!(opening(&app, SignUp::Open).await, Opening::Open);
    all_leave(&app).await;
    assert_eq!(opening(&app, SignUp::First).await, Opening::Closed);
    assert_eq!(opening(&app, SignUp::Open).await, Opening::First);
    for wrong in ["", "x"] {
        let eve = shows(&app, &browser(2), SignUp::Open, "eve@example.com", wrong).await;
        assert_eq!(fields(&eve), ["setup_code"], "{eve:?}");
    }
    let ben = shows(&app, &browser(1), SignUp::Open, "ben@example.com", &code).await;
    ben.unwrap();
    let cleo = shows(&app, &browser(2), SignUp::Open, "cleo@example.com", "").await;
    cleo.unwrap();
}

/// Only PostgreSQL lets anything come between: SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_user_who_leaves_while_another_signs_up_leaves_them_nothing() {
    databases::postgres(async |db: Db| {
        let app = TestApp::new(db);
        let code = setup_code(&app.keys);
        let ada = shows(&app, &browser(1), SignUp::Open, "ada@example.com", &code).await;
        ada.unwrap();
        // Eve was asked for no code, because there was Ada; she waits for her turn.
        let mut turn = PgConnection::connect(&databases::url_of(&app.db)).await.unwrap();
        let mut turn = turn.begin().await.unwrap();
        databases::run_on_server(&mut turn, "select pg_advisory_xact_lock(7265811)").await;
        let signs_up = {
            let app = app.clone();
            tokio::spawn(async move {
                shows(&app, &browser(2), SignUp::Open, "eve@example.com", "").await
            })
        };
        let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
                       and database = (select oid from pg_database where datname = current_database())";
        while databases::number(&app.db, waiting).await == 0 {
            assert!(!signs_up.is_finished(), "{:?}", signs_up.await);
            tokio::task::yield_now().await;
        }
        all_leave(&app).await;
        turn.commit().await.unwrap();
        let eve = signs_up.await.unwrap();
        assert_eq!(fields(&eve), ["setup_code"], "{eve:?}");
        assert_eq!(databases::number(&app.db, USERS).await, 0);
    })
    .await;
}

async fn a_link_from_before_the_last_user_left_gives_no_user_the_install(db: Db) {
    let app = TestApp::new(db);
    let code = setup_code(&app.keys);
    let ada = shows(&app, &browser(1), SignUp::Open, "ada@example.com", &code).await;
    ada.unwrap();
    let (password, none) = (secret(PASSWORD), secret(""));
    let policy = |first| Policy {
        sign_up: SignUp::Open,
        plan: Plan::Pro,
        first,
    };
    let new = NewUser {
        name: "Eve",
        email: "eve@example.com",
        password: &password,
    };
    let shows_none = policy(FirstUser::Shows(&none));
    sign_up::ask(&app, &browser(2), NOW, &shows_none, new)
        .await
        .unwrap();
    all_leave(&app).await;
    let mut emails = send_all(&app, NOW).await.into_iter();
    let link = emails.find_map(|due| due.token).unwrap();
    let confirmation = Confirmation {
        link: &link,
        password: &password,
    };
    let refused = sign_up::confirm(&app, &browser(2), NOW, &shows_none, confirmation).await;
    assert!(
        matches!(refused, Err(ConfirmError::SetupCode)),
        "{refused:?}"
    );
    assert_eq!(databases::number(&app.db, USERS).await, 0);
    // At the machine itself, no code is owed.
    let here = policy(FirstUser::AtTheMachine);
    let user = sign_up::confirm(&app, &browser(2), NOW, &here, confirmation).await;
    user.unwrap();
}

async fn two_first_users_with_the_code_at_once_are_one(db: Db) {
    let app = TestApp::new(db);
    let code = setup_code(&app.keys);
    let (here, there) = (browser(1), browser(2));
    let (ada, ben) = tokio::join!(
        shows(&app, &here, SignUp::First, "ada@example.com", &code),
        shows(&app, &there, SignUp::First, "ben@example.com", &code),
    );
    assert_eq!(u8::from(ada.is_ok()) + u8::from(ben.is_ok()), 1);
    let refused = ada.and(ben);
    assert!(matches!(refused, Err(UserError::Closed)), "{refused:?}");
}

const LEFT: &str = "update users set removed_at = 1, disabled_at = 1, email = 'left-' || id";
const USERS: &str = "select count(*) from users where removed_at is null";
const CLAIMED: &str = "select count(*) from instance where claimed_at is not null";

async fn every_first_user_claims_the_install_for_good(db: Db) {
    let app = TestApp::new(db);
    let one = Seed {
        users: 1,
        sessions_each: 1,
        cookie: "curfew_session",
    };
    // As an operator creates one, by `curfew demo`, and by `curfew seed`.
    for way in ["user", "demo", "seed"] {
        databases::run(&app.db, "update instance set claimed_at = null").await;
        match way {
            "user" => drop(app.user("Zoe").await),
            "demo" => drop(sample::demo(&app, NOW).await.unwrap()),
            _ => sample::seed(&app, one, NOW, |_| Ok(())).await.unwrap(),
        }
        assert_eq!(databases::number(&app.db, CLAIMED).await, 1, "{way}");
    }
    assert_eq!(opening(&app, SignUp::First).await, Opening::Closed);
    assert_eq!(opening(&app, SignUp::Closed).await, Opening::Closed);
    assert_eq!(opening(&app, SignUp::Open).await, Opening::Open);
    let eve = shows(&app, &browser(1), SignUp::Open, "eve@example.com", "").await;
    eve.unwrap();
}
