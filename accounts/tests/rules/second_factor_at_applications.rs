//! A second factor that an application requires: one rule, of the session, at the OpenID provider and at the gate; and what else
//! an application's page does: adding a redirect address, and who is signed in there.

use accounts::{
    applications::{
        self, Application, ApplicationError, Details, OwnHost, add_redirect, codes::IssueError,
        redirects, signed_in_there,
    },
    client::Client,
    db::Db,
    gate::{Asked, HandOverError, Verdict, Wanted, check, hand_over, redeem},
    members::MemberError,
    remember_me::Exchange,
    roles::Role,
    secret::{Secret, Token},
    sessions::{By, SignedIn},
    step_up,
    time::Moment,
};
use testing::databases::number;

use crate::{
    applications::{gate, open_id},
    test_app::{NOW, Protected, SECOND, TestApp, after, browser},
};

on_both!(
    provider_and_gate_ask_the_session_for_the_second_factor,
    a_code_shown_later_is_enough_for_both,
    what_was_signed_in_without_ends_when_a_second_factor_becomes_required,
    a_redirect_address_is_added_and_nothing_else_changes,
    who_is_signed_in_there_is_listed_until_it_ends,
);

const SIGN_IN: &str = "openid";
const WIKI: &str = "wiki.example.com";

struct Stage {
    app: TestApp,
    cleo: Protected,
    vault: Application,
}

/// Cleo, who has two-factor authentication, and two applications that require it.
async fn stage(db: Db) -> Stage {
    let app = TestApp::new(db);
    let cleo = app.protected("Cleo").await;
    let who = app.signed_in(&cleo.here, NOW).await;
    let details = Details {
        requires_second_factor: true,
        ..open_id("Vault", "cloud.example.com")
    };
    let vault = app.register(&who, &details).await.unwrap().application;
    let details = Details {
        requires_second_factor: true,
        ..gate("Wiki", WIKI)
    };
    app.register(&who, &details).await.unwrap();
    Stage { app, cleo, vault }
}

impl Stage {
    /// A session that Cleo's remembered device started: with two-factor authentication on, and nothing shown.
    async fn of_remembered_device(&self) -> (Token, SignedIn) {
        let (app, now) = (&self.app, after(30 * SECOND));
        let pending = app.pending_sign_in(&self.cleo.user, true, now).await;
        let code = self.cleo.code(now);
        let signed_in = app.verify(&pending, &code, now).await.unwrap();
        let remembered = signed_in.remembered.unwrap().token;
        let Exchange::Session { started, .. } = app.exchange(&remembered, now).await else {
            panic!("no session");
        };
        let who = app.signed_in(&started.token, now).await;
        (started.token, who)
    }

    async fn hands_over(&self, who: &SignedIn, now: Moment) -> Result<Token, HandOverError> {
        let begun = Token::random();
        let hash = begun.hash();
        let wanted = Wanted {
            host: WIKI,
            address: "/",
            begun_by: hash.as_str(),
        };
        let mut op = self.app.begin(&browser(1), now).await;
        let given = hand_over(&mut op, who, wanted).await;
        op.commit().await.unwrap();
        let code = given?.code;
        let mut op = self.app.begin(&browser(1), now).await;
        let redeemed = redeem(&mut op, &code, WIKI, &begun).await.unwrap();
        op.commit().await.unwrap();
        Ok(redeemed.unwrap().cookie)
    }

    async fn checks(&self, cookie: &Token, now: Moment) -> Verdict {
        let asked = Asked {
            host: WIKI,
            path: "/",
            is_preflight: false,
            cookie: Some(cookie),
        };
        check(&mut self.app.read(now).await, asked).await.unwrap()
    }
}

async fn provider_and_gate_ask_the_session_for_the_second_factor(db: Db) {
    let stage = stage(db).await;
    let (app, now) = (&stage.app, after(31 * SECOND));
    // The session that turned it on has shown it.
    let who = app.signed_in(&stage.cleo.here, NOW).await;
    app.code(&who, &stage.vault, SIGN_IN, NOW).await.unwrap();
    let cookie = stage.hands_over(&who, NOW).await.unwrap();
    assert!(matches!(
        stage.checks(&cookie, NOW).await,
        Verdict::Admitted(_)
    ));

    // A remembered device's has not, though its user has a second factor.
    let (_, who) = stage.of_remembered_device().await;
    assert!(who.user.two_factor_since.is_some());
    let refused = app.code(&who, &stage.vault, SIGN_IN, now).await;
    assert!(
        matches!(refused, Err(IssueError::SecondFactorRequired)),
        "{refused:?}"
    );
    let refused = stage.hands_over(&who, now).await;
    assert!(
        matches!(refused, Err(HandOverError::SecondFactorRequired(_))),
        "{refused:?}"
    );
}

async fn a_code_shown_later_is_enough_for_both(db: Db) {
    let stage = stage(db).await;
    let (_, who) = stage.of_remembered_device().await;
    let later = after(90 * SECOND);
    let shown = Secret::new(stage.cleo.code(later));
    assert!(step_up::is_code(&shown));
    assert!(!step_up::is_code(&Secret::new(
        "correct horse battery".into()
    )));
    let client: Client = browser(9);
    let confirmed = step_up::confirm(&stage.app, &client, later, &who, &shown).await;
    let who = stage.app.signed_in(&confirmed.unwrap().token, later).await;
    stage
        .app
        .code(&who, &stage.vault, SIGN_IN, later)
        .await
        .unwrap();
    let cookie = stage.hands_over(&who, later).await.unwrap();
    assert!(matches!(
        stage.checks(&cookie, later).await,
        Verdict::Admitted(_)
    ));
}

async fn what_was_signed_in_without_ends_when_a_second_factor_becomes_required(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let details = open_id("Vault", "cloud.example.com");
    let vault = app.register(&ada, &details).await.unwrap().application;
    let wiki = app.register(&ada, &gate("Wiki", WIKI)).await.unwrap();
    let granted = app.granted(&ada, &vault, SIGN_IN).await;
    let stage = Stage {
        cleo: app.protected("Cleo").await,
        app,
        vault,
    };
    let app = &stage.app;
    let cookie = stage.hands_over(&ada, NOW).await.unwrap();
    let own = OwnHost("curfew.example.com".into());
    for (id, details) in [
        (&stage.vault.id, details),
        (&wiki.application.id, gate("Wiki", WIKI)),
    ] {
        let details = Details {
            requires_second_factor: true,
            ..details
        };
        let mut op = app.begin(&browser(1), NOW).await;
        applications::change(&mut op, &ada, id, &details, &own)
            .await
            .unwrap();
        op.commit().await.unwrap();
    }
    assert!(!app.is_signed_in_there(&granted, NOW).await);
    assert_eq!(stage.checks(&cookie, NOW).await, Verdict::SignIn);
    assert_eq!(app.events(&user, "application.session_ended").await, 2);
    let notices = "select count(*) from logout_notices where reason = 'not_allowed'";
    assert_eq!(number(&app.db, notices).await, 1);
}

async fn a_redirect_address_is_added_and_nothing_else_changes(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let details = Details {
        claims_in_id_token: true,
        access: applications::Access::Chosen {
            roles: vec![Role::Owner],
            users: vec![user.id.clone()],
        },
        ..open_id("Cloud", "cloud.example.com")
    };
    let cloud = app.register(&ada, &details).await.unwrap().application;
    let own = OwnHost("curfew.example.com".into());
    let refused = "https://cloud.example.com/other";
    // Twice: a form may be sent again.
    for _ in 0..2 {
        let mut op = app.begin(&browser(1), NOW).await;
        let after = add_redirect(&mut op, &ada, &cloud.id, refused, &own).await;
        assert_eq!(after.unwrap(), cloud);
        op.commit().await.unwrap();
    }
    let mut conn = app.read(NOW).await;
    assert_eq!(
        redirects(&mut conn, &cloud.id).await.unwrap(),
        ["https://cloud.example.com/callback", refused]
    );
    assert_eq!(
        applications::access(&mut conn, &cloud).await.unwrap(),
        details.access
    );
    drop(conn);

    for wrong in [
        "https://cloud.example.com/#x",
        "javascript:alert(1)",
        "https://curfew.example.com/callback",
        "http://nas/callback",
        "",
    ] {
        let mut op = app.begin(&browser(1), NOW).await;
        let result = add_redirect(&mut op, &ada, &cloud.id, wrong, &own).await;
        if wrong.is_empty() {
            // Nothing is nothing to add.
            assert!(result.is_ok());
            continue;
        }
        assert!(
            matches!(result, Err(ApplicationError::Fields(_))),
            "{wrong}: {result:?}"
        );
    }

    // A member may not, and another account's owner finds no such application.
    let ben = app.member(&ada, "Ben", Role::Member).await;
    let session = app.sign_in(&ben, NOW).await.session.token;
    let ben = app.signed_in(&session, NOW).await;
    let mut op = app.begin(&browser(1), NOW).await;
    let result = add_redirect(&mut op, &ben, &cloud.id, "https://evil.example/x", &own).await;
    assert!(
        matches!(
            result,
            Err(ApplicationError::Refused(MemberError::NotAllowed(_)))
        ),
        "{result:?}"
    );
    drop(op);
    let (_, eve) = app.owner("Eve").await;
    let mut op = app.begin(&browser(1), NOW).await;
    let result = add_redirect(&mut op, &eve, &cloud.id, "https://evil.example/x", &own).await;
    assert!(
        matches!(result, Err(ApplicationError::NotFound)),
        "{result:?}"
    );
}

async fn who_is_signed_in_there_is_listed_until_it_ends(db: Db) {
    let app = TestApp::new(db);
    let (user, ada) = app.owner("Ada").await;
    let cloud = app.cloud(&ada).await;
    app.granted(&ada, &cloud, SIGN_IN).await;
    let names = async |now| {
        let mut conn = app.read(now).await;
        let there = signed_in_there(&mut conn, &cloud.id, 50).await.unwrap();
        there
            .into_iter()
            .map(|one| (one.user_name.clone(), one.device().is_some()))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(NOW).await, [("Ada".to_owned(), true)]);
    app.remote_logout(&user.id, By::Operator, after(SECOND))
        .await
        .unwrap();
    assert_eq!(names(after(SECOND)).await, []);
}
