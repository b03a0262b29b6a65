//! API and MCP tokens: created, found and revoked.

mod creating;
mod expiry;
mod holders;
mod pages;
mod remote_logout;

use accounts::{
    audit,
    db::Db,
    ids::TokenId,
    sessions::{By, SignedIn},
    time::Moment,
    tokens::{
        self, Bearer, CreateError, Created, Kind, NewToken, RevokeError, Revoked, Scope, Scopes,
        Value,
    },
};
use testing::databases;

use crate::{
    audit_chain::events_of,
    test_app::{NOW, TestApp, TestUser, browser},
};

on_both!(
    a_token_works_for_its_kind_until_it_is_revoked,
    only_the_hash_is_stored_and_no_event_holds_a_value,
    the_token_of_another_user_is_not_there,
    a_session_that_has_ended_creates_and_revokes_nothing,
    revoked_at_once_in_two_tabs_it_is_one_event,
);

fn named(kind: Kind, name: &str) -> NewToken<'_> {
    NewToken {
        kind,
        name,
        scopes: Scopes::read_and(None),
        lasts: None,
    }
}

/// A token that may end sessions.
fn ending(kind: Kind) -> NewToken<'static> {
    NewToken {
        scopes: Scopes::read_and(Some(kind.ending_scope())),
        ..named(kind, "Ends")
    }
}

async fn create(app: &TestApp, me: &SignedIn, new: NewToken<'_>) -> Result<Created, CreateError> {
    let mut op = app.begin(&browser(1), NOW).await;
    let created = tokens::create(&mut op, me, new).await?;
    op.commit().await?;
    Ok(created)
}

async fn revoke(
    app: &TestApp,
    me: &SignedIn,
    kind: Kind,
    id: &TokenId,
) -> Result<Revoked, RevokeError> {
    let mut op = app.begin(&browser(1), NOW).await;
    let revoked = tokens::revoke(&mut op, me, kind, id).await?;
    op.commit().await?;
    Ok(revoked)
}

async fn find(app: &TestApp, kind: Kind, value: &Value, now: Moment) -> Option<Bearer> {
    let mut conn = app.read(now).await;
    tokens::find(&mut conn, kind, value).await.unwrap()
}

async fn bearer(app: &TestApp, kind: Kind, value: &Value) -> Bearer {
    find(app, kind, value, NOW).await.expect("no good token")
}

async fn is_good(app: &TestApp, kind: Kind, value: &Value, now: Moment) -> bool {
    find(app, kind, value, now).await.is_some()
}

async fn listed(app: &TestApp, user: &TestUser, kind: Kind) -> Vec<String> {
    let mut conn = app.read(NOW).await;
    let list = tokens::list(&mut conn, &user.id, kind).await.unwrap();
    list.into_iter().map(|token| token.name).collect()
}

async fn a_token_works_for_its_kind_until_it_is_revoked(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    for (kind, other, created, deleted) in [
        (
            Kind::Api,
            Kind::Mcp,
            "user.api_token_created",
            "user.api_token_deleted",
        ),
        (
            Kind::Mcp,
            Kind::Api,
            "user.mcp_token_created",
            "user.mcp_token_deleted",
        ),
    ] {
        let token = create(&app, &me, ending(kind)).await.unwrap();
        let bearer = bearer(&app, kind, &token.value).await;
        assert_eq!((&bearer.user.id, bearer.name.as_str()), (&ada.id, "Ends"));
        assert!(bearer.may(Scope::Read) && bearer.may(kind.ending_scope()));
        assert!(!bearer.may(other.ending_scope()));
        // The right hash does not make it one of the other kind.
        assert!(!is_good(&app, other, &token.value, NOW).await);
        assert!(!is_good(&app, kind, &Value::random(kind), NOW).await);
        assert_eq!(listed(&app, &ada, kind).await, ["Ends"]);

        let revoked = revoke(&app, &me, kind, &token.id).await.unwrap();
        assert_eq!(revoked, Revoked::Now("Ends".into()));
        assert!(!is_good(&app, kind, &token.value, NOW).await);
        assert_eq!(listed(&app, &ada, kind).await, [""; 0]);
        assert_eq!(app.events(&ada, created).await, 1);
        assert_eq!(app.events(&ada, deleted).await, 1);
    }
    let verified = audit::verify(&mut *app.read(NOW).await).await;
    verified.unwrap().unwrap();
}

async fn only_the_hash_is_stored_and_no_event_holds_a_value(db: Db) {
    let app = TestApp::new(db);
    let (_, me) = app.owner("Ada").await;
    let token = create(&app, &me, named(Kind::Api, "Backup")).await.unwrap();
    let part = &token.value.expose()[8..20];
    // No function gives the hash away.
    let row = "select id || name || token_hash || scopes from tokens";
    assert!(!databases::text(&app.db, row).await.contains(part));
    let events = events_of(&app, &me.user.account_id, "user.api_token_created").await;
    let [event] = &events[..] else {
        panic!("{events:?}")
    };
    let event = event.as_json();
    assert!(event.contains("Backup") && !event.contains(part), "{event}");
    let hash = databases::text(&app.db, "select token_hash from tokens").await;
    assert!(!event.contains(&hash), "{event}");
}

async fn the_token_of_another_user_is_not_there(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let (_, ben) = app.owner("Ben").await;
    let token = create(&app, &ada, named(Kind::Api, "a")).await.unwrap();
    for (who, kind, id) in [
        (&ben, Kind::Api, token.id.clone()),
        (&ada, Kind::Mcp, token.id.clone()),
        (&ada, Kind::Api, TokenId("nothing".into())),
        (&ada, Kind::Api, TokenId(NOW.id())),
    ] {
        let refused = revoke(&app, who, kind, &id).await;
        assert!(matches!(refused, Err(RevokeError::NotFound)), "{refused:?}");
    }
    assert!(is_good(&app, Kind::Api, &token.value, NOW).await);
}

async fn a_session_that_has_ended_creates_and_revokes_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let token = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    app.remote_logout(&ada.id, By::Operator, NOW).await.unwrap();
    let refused = create(&app, &me, named(Kind::Api, "b")).await;
    assert!(
        matches!(refused, Err(CreateError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = revoke(&app, &me, Kind::Api, &token.id).await;
    assert!(
        matches!(refused, Err(RevokeError::AlreadyEnded)),
        "{refused:?}"
    );
    assert_eq!(listed(&app, &ada, Kind::Api).await, ["a"]);
}

async fn revoked_at_once_in_two_tabs_it_is_one_event(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let token = create(&app, &me, named(Kind::Api, "a")).await.unwrap();
    let (one, two) = tokio::join!(
        revoke(&app, &me, Kind::Api, &token.id),
        revoke(&app, &me, Kind::Api, &token.id),
    );
    let both = [one.unwrap(), two.unwrap()];
    assert!(
        both.contains(&Revoked::Now("a".into())) && both.contains(&Revoked::Already),
        "{both:?}"
    );
    assert_eq!(app.events(&ada, "user.api_token_deleted").await, 1);
}
