//! The gate: which requests for an application behind a proxy are let through, and how a sign-in reaches its host.

use accounts::{
    applications::{Access, Details, OwnHost, register_by_operator},
    db::Db,
    gate::{Asked, HandOver, HandOverError, HandedOver, Verdict, Wanted, check, hand_over, redeem},
    ids::AccountId,
    limits::ApplicationsFor,
    roles::Role,
    secret::Token,
    sessions::{self, By, SignedIn},
    sign_in::CompletedSignIn,
    time::Moment,
};
use testing::databases::{number, text};

use crate::applications::gate;
use crate::test_app::{NOW, SECOND, TestApp, TestUser, after};

on_both!(
    a_sign_in_is_handed_over_and_good_until_a_remote_logout,
    every_end_of_a_session_is_the_end_there,
    a_code_is_good_once_for_a_minute_in_the_browser_that_began,
    a_code_is_worth_nothing_after_a_remote_logout,
    who_may_use_it_is_asked_at_each_check,
    a_second_factor_that_is_required_is_asked_for,
    open_paths_and_preflights_pass_without_a_sign_in,
    a_cookie_is_good_on_its_own_host_only,
    a_gate_on_this_machine_is_found_by_its_host,
);

pub const WIKI: &str = "wiki.example.com";

impl TestApp {
    /// Registers an application behind the gate at a host.
    pub async fn gate(&self, user: &TestUser, host: &str, change: impl FnOnce(&mut Details)) {
        let mut app = self.clone();
        app.limits.applications_for = ApplicationsFor::AllAccounts;
        let mut details = gate("Wiki", host);
        change(&mut details);
        let account = text(
            &app.db,
            &format!("select account_id from users where id = '{}'", user.id.0),
        )
        .await;
        let mut op = app.begin(&user.client, NOW).await;
        let own = OwnHost("auth.example.com".into());
        register_by_operator(&mut op, &AccountId(account), &details, &own)
            .await
            .unwrap();
        op.commit().await.unwrap();
    }

    pub async fn hand_over(
        &self,
        who: &SignedIn,
        begun: &Token,
        now: Moment,
    ) -> Result<HandOver, HandOverError> {
        let hash = begun.hash();
        let wanted = Wanted {
            host: WIKI,
            address: "/page?a=1",
            begun_by: hash.as_str(),
        };
        let mut op = self.begin(&crate::test_app::browser(1), now).await;
        let given = hand_over(&mut op, who, wanted).await;
        op.commit().await.unwrap();
        given
    }

    pub async fn redeem(&self, code: &Token, begun: &Token, now: Moment) -> Option<HandedOver> {
        self.redeem_at(WIKI, code, begun, now).await
    }

    async fn redeem_at(
        &self,
        host: &str,
        code: &Token,
        begun: &Token,
        now: Moment,
    ) -> Option<HandedOver> {
        let mut op = self.begin(&crate::test_app::browser(2), now).await;
        let redeemed = redeem(&mut op, code, host, begun).await.unwrap();
        op.commit().await.unwrap();
        redeemed
    }

    /// The gate's cookie on the wiki of a session.
    pub async fn gate_cookie(&self, session: &CompletedSignIn) -> Token {
        let (who, begun) = (
            self.signed_in(&session.session.token, NOW).await,
            Token::random(),
        );
        let code = self.hand_over(&who, &begun, NOW).await.unwrap().code;
        self.redeem(&code, &begun, NOW).await.unwrap().cookie
    }

    pub async fn gate_check(&self, cookie: Option<&Token>, now: Moment) -> Verdict {
        self.gate_check_of(WIKI, "/", cookie, now).await
    }

    async fn gate_check_of(
        &self,
        host: &str,
        path: &str,
        cookie: Option<&Token>,
        now: Moment,
    ) -> Verdict {
        let asked = Asked {
            host,
            path,
            is_preflight: false,
            cookie,
        };
        check(&mut self.read(now).await, asked).await.unwrap()
    }
}

fn is_admitted(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Admitted(_))
}

async fn a_sign_in_is_handed_over_and_good_until_a_remote_logout(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |_| {}).await;
    assert_eq!(app.gate_check(None, NOW).await, Verdict::SignIn);
    assert_eq!(
        app.gate_check(Some(&Token::random()), NOW).await,
        Verdict::SignIn
    );

    let here = app.sign_in(&ada, NOW).await;
    let (who, begun) = (
        app.signed_in(&here.session.token, NOW).await,
        Token::random(),
    );
    let given = app.hand_over(&who, &begun, NOW).await.unwrap();
    assert_eq!(given.origin, "https://wiki.example.com");
    let handed_over = app.redeem(&given.code, &begun, NOW).await.unwrap();
    assert_eq!(handed_over.address, "/page?a=1");

    let Verdict::Admitted(admitted) = app.gate_check(Some(&handed_over.cookie), NOW).await else {
        panic!("not admitted");
    };
    assert_eq!(admitted.user, ada.id);
    assert_eq!(admitted.email, ada.email);
    assert_eq!(admitted.session, here.session.id);
    assert_eq!(admitted.role, Role::Owner);

    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(
        app.gate_check(Some(&handed_over.cookie), NOW).await,
        Verdict::SignIn
    );
}

async fn every_end_of_a_session_is_the_end_there(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |_| {}).await;

    // Signed out.
    let here = app.sign_in(&ada, NOW).await;
    let cookie = app.gate_cookie(&here).await;
    let mut op = app.begin(&ada.client, NOW).await;
    let sign_out = sessions::sign_out(&mut op, &ada.id, &here.session.id).await;
    sign_out.unwrap();
    op.commit().await.unwrap();
    assert_eq!(app.gate_check(Some(&cookie), NOW).await, Verdict::SignIn);

    // Unused, and too old.
    let here = app.sign_in(&ada, NOW).await;
    let cookie = app.gate_cookie(&here).await;
    let idle = after(app.limits.session_idle);
    assert!(is_admitted(&app.gate_check(Some(&cookie), NOW).await));
    assert_eq!(app.gate_check(Some(&cookie), idle).await, Verdict::SignIn);

    // The password was changed elsewhere.
    let there = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&there.session.token, NOW).await;
    let changed = app
        .change_password(&who, &ada.password, "nine quiet herons over the canal", NOW)
        .await;
    changed.unwrap();
    assert_eq!(app.gate_check(Some(&cookie), NOW).await, Verdict::SignIn);
}

async fn a_code_is_good_once_for_a_minute_in_the_browser_that_began(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |_| {}).await;
    app.gate(&ada, "other.example.com", |_| {}).await;
    let here = app.sign_in(&ada, NOW).await;
    let (who, begun) = (
        app.signed_in(&here.session.token, NOW).await,
        Token::random(),
    );
    let code = app.hand_over(&who, &begun, NOW).await.unwrap().code;

    assert!(
        app.redeem(&code, &Token::random(), NOW).await.is_none(),
        "another browser"
    );
    assert!(
        app.redeem(&Token::random(), &begun, NOW).await.is_none(),
        "another code"
    );
    let elsewhere = app.redeem_at("other.example.com", &code, &begun, NOW).await;
    assert!(elsewhere.is_none(), "another host");
    assert!(
        app.redeem(&code, &begun, after(60 * SECOND))
            .await
            .is_none(),
        "a minute later"
    );
    assert!(
        app.redeem(&code, &begun, after(59 * SECOND))
            .await
            .is_some()
    );
    assert!(app.redeem(&code, &begun, NOW).await.is_none(), "twice");
    assert_eq!(
        number(&app.db, "select count(*) from gate_cookies").await,
        1
    );
}

async fn a_code_is_worth_nothing_after_a_remote_logout(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |_| {}).await;
    let here = app.sign_in(&ada, NOW).await;
    let (who, begun) = (
        app.signed_in(&here.session.token, NOW).await,
        Token::random(),
    );
    let code = app.hand_over(&who, &begun, NOW).await.unwrap().code;
    app.remote_logout(&ada.id, By::Session(&here.session.id), NOW)
        .await
        .unwrap();
    app.sign_in(&ada, NOW).await;
    assert!(app.redeem(&code, &begun, NOW).await.is_none());
    let late = app.hand_over(&who, &begun, NOW).await;
    assert!(matches!(late, Err(HandOverError::AlreadyEnded)), "{late:?}");
}

async fn who_may_use_it_is_asked_at_each_check(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    app.gate(&ada, WIKI, |details| {
        details.access = Access::Chosen {
            roles: vec![Role::Editor],
            users: vec![],
        };
    })
    .await;
    let cleo = app.member(&owner, "Cleo", Role::Editor).await;
    let here = app.sign_in(&cleo, NOW).await;
    let cookie = app.gate_cookie(&here).await;
    assert!(is_admitted(&app.gate_check(Some(&cookie), NOW).await));

    app.change_role(&owner, &cleo.id, Role::Member)
        .await
        .unwrap();
    let lost = app.gate_check(Some(&cookie), NOW).await;
    assert!(!is_admitted(&lost), "{lost:?}");

    // Who may not is refused a code, and that is an event.
    let refused = app.hand_over(&owner, &Token::random(), NOW).await;
    assert!(matches!(refused, Err(HandOverError::NotAllowed(name)) if name == "Wiki"));
    assert_eq!(app.events(&ada, "access.denied").await, 1);

    // A stranger of another account is no member.
    let stranger = app.user("Eve").await;
    let theirs = app.sign_in(&stranger, NOW).await;
    let who = app.signed_in(&theirs.session.token, NOW).await;
    let refused = app.hand_over(&who, &Token::random(), NOW).await;
    assert!(matches!(refused, Err(HandOverError::NotAllowed(_))));
}

async fn a_second_factor_that_is_required_is_asked_for(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |details| details.requires_second_factor = true)
        .await;
    let here = app.sign_in(&ada, NOW).await;
    let who = app.signed_in(&here.session.token, NOW).await;
    let refused = app.hand_over(&who, &Token::random(), NOW).await;
    assert!(
        matches!(refused, Err(HandOverError::SecondFactorRequired(_))),
        "{refused:?}"
    );
    assert_eq!(app.events(&ada, "access.denied").await, 0);

    let cleo = app.protected("Cleo").await;
    app.gate(&cleo.user, "notes.example.com", |details| {
        details.requires_second_factor = true;
    })
    .await;
    let wanted = Wanted {
        host: "notes.example.com",
        address: "/",
        begun_by: "",
    };
    let who = app.signed_in(&cleo.here, NOW).await;
    let mut op = app.begin(&cleo.user.client, NOW).await;
    hand_over(&mut op, &who, wanted).await.unwrap();
}

async fn open_paths_and_preflights_pass_without_a_sign_in(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |details| {
        details.open_paths = vec!["/public/".into()];
    })
    .await;
    assert_eq!(
        app.gate_check_of(WIKI, "/public/a", None, NOW).await,
        Verdict::Open
    );
    for closed in ["/", "/public/../admin", "/public/%2e%2e/admin"] {
        assert_eq!(
            app.gate_check_of(WIKI, closed, None, NOW).await,
            Verdict::SignIn,
            "{closed}"
        );
    }
    // Who is signed in is that user there too.
    let here = app.sign_in(&ada, NOW).await;
    let cookie = app.gate_cookie(&here).await;
    assert!(is_admitted(
        &app.gate_check_of(WIKI, "/public/a", Some(&cookie), NOW)
            .await
    ));

    let preflight = Asked {
        host: WIKI,
        path: "/",
        is_preflight: true,
        cookie: None,
    };
    let verdict = check(&mut app.read(NOW).await, preflight).await.unwrap();
    assert_eq!(verdict, Verdict::SignIn);
    app.gate(&ada, "api.example.com", |details| {
        details.passes_preflights = true;
    })
    .await;
    let preflight = Asked {
        host: "api.example.com",
        ..preflight
    };
    let verdict = check(&mut app.read(NOW).await, preflight).await.unwrap();
    assert_eq!(verdict, Verdict::Open);
    assert_eq!(
        app.gate_check_of("api.example.com", "/", None, NOW).await,
        Verdict::SignIn
    );
}

async fn a_cookie_is_good_on_its_own_host_only(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    app.gate(&ada, WIKI, |_| {}).await;
    app.gate(&ada, "other.example.com", |_| {}).await;
    let here = app.sign_in(&ada, NOW).await;
    let cookie = app.gate_cookie(&here).await;
    assert!(is_admitted(&app.gate_check(Some(&cookie), NOW).await));
    let other = app
        .gate_check_of("other.example.com", "/", Some(&cookie), NOW)
        .await;
    assert_eq!(other, Verdict::SignIn);
    let unknown = app
        .gate_check_of("unknown.example.com", "/", Some(&cookie), NOW)
        .await;
    assert_eq!(unknown, Verdict::UnknownHost);
    // The session's own cookie is none of the gate's.
    assert_eq!(
        app.gate_check(Some(&here.session.token), NOW).await,
        Verdict::SignIn
    );
}

async fn a_gate_on_this_machine_is_found_by_its_host(db: Db) {
    let app = TestApp::new(db);
    let ada = app.user("Ada").await;
    for (name, address) in [
        ("localhost:8443", "https://localhost:8443"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
    ] {
        app.gate(&ada, "x", |details| {
            details.address = address.into();
            details.plain_http = true;
        })
        .await;
        assert_eq!(
            app.gate_check_of(name, "/", None, NOW).await,
            Verdict::SignIn,
            "{name}"
        );
    }
}
