//! The first user of an install: the setup code, and that the install is claimed for good.

use accounts::{
    client::Client,
    db::Db,
    ids::UserId,
    plans::Plan,
    sample::{self, Seed},
    setup_code::setup_code,
    sign_up::{self, FirstUser, Opening, Policy, SignUp},
    users::{NewUser, UserError},
};
use testing::databases;

use crate::{
    profile::fields,
    test_app::{NOW, PASSWORD, TestApp, browser, secret},
};

on_both!(
    the_first_user_shows_the_setup_code_where_all_may_sign_up_too,
    wrong_codes_are_limited_by_network_and_right_ones_are_not,
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

async fn wrong_codes_are_limited_by_network_and_right_ones_are_not(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.attempts_per_user = 3;
    let code = setup_code(&app.keys);
    // Ada's code is right each time, and her address is not.
    for _ in 0..5 {
        let refused = shows(&app, &browser(2), SignUp::First, "ada", &code).await;
        assert_eq!(fields(&refused), ["email"], "{refused:?}");
    }
    for _ in 0..3 {
        let refused = shows(&app, &browser(1), SignUp::First, "eve@example.com", "x").await;
        assert_eq!(fields(&refused), ["setup_code"], "{refused:?}");
    }
    for code in ["x", &code] {
        let refused = shows(&app, &browser(1), SignUp::First, "eve@example.com", code).await;
        assert!(
            matches!(refused, Err(UserError::RateLimited(_))),
            "{refused:?}"
        );
    }
    // Who tries from elsewhere is not kept out.
    let ada = shows(&app, &browser(2), SignUp::First, "ada@example.com", &code).await;
    ada.unwrap();
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
