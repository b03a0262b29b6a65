//! A second factor that an account requires of its members.

use accounts::{
    account,
    applications::codes::IssueError,
    audit::Actor,
    db::Db,
    gate::{Asked, HandOverError, Verdict, Wanted, check, hand_over, redeem},
    members::{
        MemberError, RequireError, SecondFactorRule, require_second_factor, second_factor_rule,
    },
    permissions::{self, Permission, Refusal},
    plans::Plan,
    roles::Role,
    secret::Token,
    sessions::{Checks, Found, SignedIn},
};
use testing::databases::{number, run, texts};

use crate::{
    applications::{gate, open_id},
    provider::redemption,
    test_app::{NOW, Protected, SECOND, TestApp, TestUser, after, browser},
};

on_both!(
    an_owner_who_has_one_requires_it_and_it_is_an_event_each_way,
    an_owner_does_not_lock_themselves_out_and_only_owners_require_it,
    one_read_says_who_owes_it_and_only_the_way_to_it_is_left,
    it_rests_on_a_plan_without_two_factor_authentication,
    a_rule_asks_again_under_its_lock,
    applications_end_at_once_and_are_told,
    a_code_from_before_is_worth_nothing,
    what_rested_ends_at_applications_when_the_plan_has_it_again,
    setting_one_up_is_enough,
);

const SIGN_IN: &str = "openid";
const WIKI: &str = "wiki.example.com";

pub struct Stage {
    pub app: TestApp,
    /// An owner with a second factor.
    pub cleo: Protected,
    pub owner: SignedIn,
    /// A member without one.
    pub ben: TestUser,
}

pub async fn stage(db: Db) -> Stage {
    let app = TestApp::new(db);
    let cleo = app.protected("Cleo").await;
    let owner = app.signed_in(&cleo.here, NOW).await;
    let ben = app.member(&owner, "Ben", Role::Admin).await;
    Stage {
        app,
        cleo,
        owner,
        ben,
    }
}

impl Stage {
    pub async fn requires(
        &self,
        who: &SignedIn,
        required: bool,
    ) -> Result<SecondFactorRule, RequireError> {
        let mut op = self.app.begin(&browser(1), NOW).await;
        let done = require_second_factor(&mut op, who, required).await;
        op.commit().await.unwrap();
        done
    }

    /// Puts the account on another plan, as the operator does.
    pub async fn put_on(&self, plan: Plan) {
        let mut op = self.app.begin(&browser(1), NOW).await;
        let before = account::set_plan(&mut op, &self.cleo.user.id, plan, Actor::Operator).await;
        before.unwrap().unwrap();
        op.commit().await.unwrap();
    }

    async fn hands_over(&self, who: &SignedIn) -> Result<Token, HandOverError> {
        let begun = Token::random();
        let hash = begun.hash();
        let wanted = Wanted {
            host: WIKI,
            address: "/",
            begun_by: hash.as_str(),
        };
        let mut op = self.app.begin(&browser(1), NOW).await;
        let given = hand_over(&mut op, who, wanted).await;
        op.commit().await.unwrap();
        let code = given?.code;
        let mut op = self.app.begin(&browser(1), NOW).await;
        let redeemed = redeem(&mut op, &code, WIKI, &begun).await.unwrap();
        op.commit().await.unwrap();
        Ok(redeemed.unwrap().cookie)
    }

    async fn checks(&self, cookie: &Token) -> Verdict {
        let asked = Asked {
            host: WIKI,
            path: "/",
            is_preflight: false,
            cookie: Some(cookie),
        };
        check(&mut self.app.read(NOW).await, asked).await.unwrap()
    }
}

async fn an_owner_who_has_one_requires_it_and_it_is_an_event_each_way(db: Db) {
    let stage = stage(db).await;
    let rule = stage.requires(&stage.owner, true).await.unwrap();
    assert_eq!((rule.since, rule.without), (Some(NOW.at), 1));
    // The same again is no change, and no event.
    stage.requires(&stage.owner, true).await.unwrap();
    let account = &stage.owner.user.account_id;
    let stored = second_factor_rule(&mut *stage.app.read(NOW).await, account).await;
    assert_eq!(stored.unwrap(), rule);
    let rule = stage.requires(&stage.owner, false).await.unwrap();
    assert_eq!(rule.since, None);
    let events = "select action || ' ' || actor || ' ' || details from audit_events
                  where action like 'account.second_factor%' order by seq";
    let by = format!("user:{}", stage.cleo.user.id.0);
    assert_eq!(
        texts(&stage.app.db, events).await,
        [
            format!("account.second_factor_required {by} {{\"members_without\":1}}"),
            format!("account.second_factor_optional {by} {{\"members_without\":1}}"),
        ]
    );
}

async fn an_owner_does_not_lock_themselves_out_and_only_owners_require_it(db: Db) {
    let stage = stage(db).await;
    let ben = stage.app.sign_in_now(&stage.ben).await;
    let refused = stage.requires(&ben, true).await;
    assert!(
        matches!(
            refused,
            Err(RequireError::Refused(MemberError::NotAllowed(_)))
        ),
        "{refused:?}"
    );
    let (_, ada) = stage.app.owner("Ada").await;
    let refused = stage.requires(&ada, true).await;
    assert!(
        matches!(refused, Err(RequireError::YoursFirst)),
        "{refused:?}"
    );
    stage.put_on(Plan::Free).await;
    let refused = stage.requires(&stage.owner, true).await;
    assert!(
        matches!(
            refused,
            Err(RequireError::Refused(MemberError::PlanRequired(_)))
        ),
        "{refused:?}"
    );
    let required = "select count(*) from accounts where second_factor_required_since is not null";
    assert_eq!(number(&stage.app.db, required).await, 0);
}

async fn one_read_says_who_owes_it_and_only_the_way_to_it_is_left(db: Db) {
    let stage = stage(db).await;
    let session = stage.app.sign_in(&stage.ben, NOW).await.session.token;
    assert!(
        !stage
            .app
            .signed_in(&session, NOW)
            .await
            .user
            .owes_second_factor()
    );
    stage.requires(&stage.owner, true).await.unwrap();
    let owner = stage.app.signed_in(&stage.cleo.here, NOW).await;
    assert!(owner.user.second_factor_required && !owner.user.owes_second_factor());
    let ben = stage.app.signed_in(&session, NOW).await;
    assert!(ben.user.owes_second_factor());
    // The check of every request reads the same columns.
    let checks = Checks::new(stage.app.instance.clone());
    let found = checks.check(&session).await.unwrap();
    assert!(matches!(found, Found::Live(who) if who.user.owes_second_factor()));
    let left: Vec<&str> = Permission::ALL
        .iter()
        .filter(|permission| {
            let may = permissions::check(ben.user.role, ben.user.available(), **permission);
            assert!(matches!(may, Ok(()) | Err(Refusal::SecondFactorRequired)));
            may.is_ok()
        })
        .map(|permission| permission.name())
        .collect();
    assert_eq!(
        left,
        [
            "OwnSessions",
            "ChooseTheme",
            "DeleteOwnUser",
            "RemoteLogout",
            "AskRemoteLogout",
            "SetUpTwoFactor",
            "KeepTwoFactor",
            "EndSessionsByApi",
            "UseMcp"
        ]
    );
}

async fn it_rests_on_a_plan_without_two_factor_authentication(db: Db) {
    let stage = stage(db).await;
    let session = stage.app.sign_in(&stage.ben, NOW).await.session.token;
    stage.requires(&stage.owner, true).await.unwrap();
    for (plan, owes) in [
        (Plan::Free, false),
        (Plan::Plus, true),
        (Plan::Free, false),
        (Plan::Enterprise, true),
    ] {
        stage.put_on(plan).await;
        let ben = stage.app.signed_in(&session, NOW).await;
        assert_eq!(ben.user.owes_second_factor(), owes, "{plan:?}");
    }
    // It can be taken back there too.
    stage.put_on(Plan::Free).await;
    stage.requires(&stage.owner, false).await.unwrap();
    stage.put_on(Plan::Plus).await;
    let ben = stage.app.signed_in(&session, NOW).await;
    assert!(!ben.user.owes_second_factor());
}

async fn a_rule_asks_again_under_its_lock(db: Db) {
    let stage = stage(db).await;
    // As the request was authenticated before it was required.
    let ben = stage.app.sign_in_now(&stage.ben).await;
    stage.requires(&stage.owner, true).await.unwrap();
    assert!(!ben.user.owes_second_factor());
    let mut op = stage.app.begin(&browser(1), NOW).await;
    let renamed = account::rename(&mut op, &ben, "Ben’s").await;
    op.commit().await.unwrap();
    assert!(
        matches!(
            renamed,
            Err(account::AccountError::Refused(
                MemberError::SecondFactorRequired
            ))
        ),
        "{renamed:?}"
    );
    assert_eq!(stage.app.events(&stage.ben, "account.renamed").await, 0);
}

async fn applications_end_at_once_and_are_told(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let vault = open_id("Vault", "cloud.example.com");
    let vault = app.register(&stage.owner, &vault).await.unwrap();
    let vault = vault.application;
    app.register(&stage.owner, &gate("Wiki", WIKI))
        .await
        .unwrap();
    let ben = app.sign_in_now(&stage.ben).await;
    let of_ben = app.granted(&ben, &vault, SIGN_IN).await;
    let of_cleo = app.granted(&stage.owner, &vault, SIGN_IN).await;
    let cookie = stage.hands_over(&ben).await.unwrap();
    let cookie_of_cleo = stage.hands_over(&stage.owner).await.unwrap();

    stage.requires(&stage.owner, true).await.unwrap();
    assert!(!app.is_signed_in_there(&of_ben, NOW).await);
    assert!(app.presents(&of_ben.access_token, NOW).await.is_none());
    assert!(app.is_signed_in_there(&of_cleo, NOW).await);
    assert_eq!(stage.checks(&cookie).await, Verdict::SignIn);
    assert!(matches!(
        stage.checks(&cookie_of_cleo).await,
        Verdict::Admitted(_)
    ));
    assert_eq!(app.events(&stage.ben, "application.session_ended").await, 2);
    let notices = "select count(*) from logout_notices where reason = 'not_allowed'";
    assert_eq!(number(&app.db, notices).await, 1);

    // There is no way back in but by setting one up.
    let refused = app.code(&ben, &vault, SIGN_IN, NOW).await;
    assert!(
        matches!(refused, Err(IssueError::SecondFactorRequired)),
        "{refused:?}"
    );
    let refused = stage.hands_over(&ben).await;
    assert!(
        matches!(refused, Err(HandOverError::AccountRequiresSecondFactor)),
        "{refused:?}"
    );
    // What is found alive all the same is refused with the reason.
    let alive = "update application_sessions set ended_at = null, end_reason = null where is_offline = false";
    run(&app.db, alive).await;
    assert_eq!(stage.checks(&cookie).await, Verdict::SecondFactorRequired);
    assert!(!app.is_signed_in_there(&of_ben, NOW).await);
}

async fn a_code_from_before_is_worth_nothing(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let vault = open_id("Vault", "cloud.example.com");
    let vault = app.register(&stage.owner, &vault).await.unwrap();
    let vault = vault.application;
    let ben = app.sign_in_now(&stage.ben).await;
    let code = app.code(&ben, &vault, SIGN_IN, NOW).await.unwrap();
    stage.requires(&stage.owner, true).await.unwrap();
    assert!(
        app.redeems(&vault, redemption(&code), NOW).await.is_err(),
        "the code was redeemed"
    );
    assert_eq!(
        number(&app.db, "select count(*) from application_sessions").await,
        0
    );
}

async fn what_rested_ends_at_applications_when_the_plan_has_it_again(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let vault = open_id("Vault", "cloud.example.com");
    let vault = app.register(&stage.owner, &vault).await.unwrap();
    let vault = vault.application;
    stage.requires(&stage.owner, true).await.unwrap();
    stage.put_on(Plan::Free).await;
    let ben = app.sign_in_now(&stage.ben).await;
    let granted = app.granted(&ben, &vault, SIGN_IN).await;
    let mut op = app.begin(&browser(1), NOW).await;
    account::change_plan(&mut op, &stage.owner, Plan::Pro)
        .await
        .unwrap();
    op.commit().await.unwrap();
    assert!(!app.is_signed_in_there(&granted, NOW).await);
    let notices = "select count(*) from logout_notices where reason = 'not_allowed'";
    assert_eq!(number(&app.db, notices).await, 1);
}

async fn setting_one_up_is_enough(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    stage.requires(&stage.owner, true).await.unwrap();
    let now = after(SECOND);
    let session = app.sign_in(&stage.ben, now).await.session.token;
    app.begin_two_factor(&session, now).await.unwrap();
    let draft = app.draft(&stage.ben, now).await.unwrap();
    let code = draft.secret.unwrap().code(now);
    let rotated = app.turn_on(&session, &code, now).await.unwrap();
    let ben = app.signed_in(&rotated.session.token, now).await;
    assert!(!ben.user.owes_second_factor());
    let mut op = app.begin(&browser(1), now).await;
    account::rename(&mut op, &ben, "Ben’s").await.unwrap();
    op.commit().await.unwrap();
    let rule = second_factor_rule(&mut *app.read(now).await, &ben.user.account_id).await;
    assert_eq!(rule.unwrap().without, 0);
}
