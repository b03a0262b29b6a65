//! What a token's holder may not do, neither may the token.

use accounts::{
    db::Db,
    permissions::{self, Permission, Refusal},
    plans::Plan,
    roles::Role,
    sessions::By,
    tokens::{CreateError, Kind, Revoked},
};
use testing::databases;

use super::{bearer, create, is_good, named, revoke};
use crate::test_app::{NOW, SECOND, TestApp, after};

on_both!(
    a_remote_logout_leaves_tokens_alone_and_disabling_kills_them,
    a_plan_that_lacks_them_creates_none_and_honours_none,
    a_watch_only_member_has_none,
);

async fn a_remote_logout_leaves_tokens_alone_and_disabling_kills_them(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let api = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    let mcp = create(&app, &me, named(Kind::Mcp, "m")).await.unwrap();
    app.remote_logout(&ada.id, By::Session(&me.session), after(SECOND))
        .await
        .unwrap();
    assert!(is_good(&app, Kind::Api, &api.value, after(SECOND)).await);
    assert!(is_good(&app, Kind::Mcp, &mcp.value, after(SECOND)).await);
    // By the user's row alone: the operation that disables a member revokes the tokens too.
    databases::run(&app.db, "update users set disabled_at = 1").await;
    assert!(!is_good(&app, Kind::Api, &api.value, NOW).await);
    assert!(!is_good(&app, Kind::Mcp, &mcp.value, NOW).await);
}

async fn a_plan_that_lacks_them_creates_none_and_honours_none(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let api = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    let mcp = create(&app, &me, named(Kind::Mcp, "m")).await.unwrap();
    for (plan, has) in [
        (Plan::Free, [false, false]),
        (Plan::Plus, [false, false]),
        (Plan::Pro, [false, true]),
        (Plan::Enterprise, [true, true]),
    ] {
        app.every_account_on(plan).await;
        for (kind, value, permission, has) in [
            (Kind::Api, &api.value, Permission::UseApi, has[0]),
            (Kind::Mcp, &mcp.value, Permission::UseMcp, has[1]),
        ] {
            let plans = Plan::with(kind.feature());
            let holder = bearer(&app, kind, value).await.user;
            match permissions::check(holder.role, holder.plan, permission) {
                Ok(()) => assert!(has, "{plan:?} {kind:?}"),
                Err(Refusal::PlanRequired(with)) => {
                    assert!(!has && with == plans, "{plan:?} {kind:?}");
                }
                other => panic!("{other:?}"),
            }
            match create(&app, &me, named(kind, "another")).await {
                Ok(_) => assert!(has, "{plan:?} {kind:?}"),
                Err(CreateError::PlanRequired(with)) => assert!(!has && with == plans),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(app.events(&ada, "user.api_token_created").await, 2);
    assert_eq!(app.events(&ada, "user.mcp_token_created").await, 3);
}

async fn a_watch_only_member_has_none(db: Db) {
    let app = TestApp::new(db);
    let (_, eve) = app.owner("Eve").await;
    let ada = app.member(&eve, "Ada", Role::Member).await;
    let me = app.sign_in_now(&ada).await;
    let token = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    app.change_role(&eve, &ada.id, Role::WatchOnly)
        .await
        .unwrap();
    // The request was authenticated with the old role.
    let refused = create(&app, &me, named(Kind::Api, "b")).await;
    assert!(
        matches!(refused, Err(CreateError::WatchOnly)),
        "{refused:?}"
    );
    let holder = bearer(&app, Kind::Api, &token.value).await.user;
    assert!(permissions::check(holder.role, holder.plan, Permission::UseApi).is_err());
    // A watch-only member may still revoke a token.
    let revoked = revoke(&app, &me, Kind::Api, &token.id).await.unwrap();
    assert_eq!(revoked, Revoked::Now("a".into()));
}
