//! API and MCP tokens: made, found, used, revoked; what kills them and what leaves them alone.

mod remote_logout;

use std::time::Duration;

use accounts::{
    audit,
    cleanup::cleanup,
    db::Db,
    permissions::{self, Refusal},
    plans::Plan,
    sessions::{By, SignedIn},
    time::Moment,
    tokens::{
        self, Bearer, CreateError, Created, Kind, NewToken, RevokeError, Revoked, Scope, Scopes,
        TokenId, Value,
    },
};

use crate::{
    databases,
    home::{DAY, Home, NOW, Person, SECOND, after, browser},
};

on_both!(
    a_token_opens_its_door_until_it_is_revoked,
    only_the_hash_is_stored_and_no_event_holds_a_value,
    a_token_runs_out,
    a_remote_logout_leaves_it_alone_and_disabling_kills_it,
    a_plan_that_lacks_them_makes_none_and_honours_none,
    who_may_only_watch_has_none,
    somebody_elses_token_is_not_there,
    a_session_that_has_ended_makes_and_revokes_nothing,
    there_are_at_most_fifty_of_a_kind_even_at_once,
    revoked_at_once_in_two_tabs_it_is_one_event,
    a_bad_name_or_lifetime_makes_nothing,
    when_it_was_last_used_only_moves_forward,
    what_was_revoked_or_ran_out_is_deleted_30_days_later,
);

/// Somebody signed in, to make tokens.
pub async fn at_home(home: &Home, name: &str, plan: Plan) -> (Person, SignedIn) {
    let person = home.person_on(name, plan).await;
    let session = home.sign_in(&person, NOW).await.session;
    let me = home.signed_in(&session.token, NOW).await;
    (person, me)
}

pub fn named(kind: Kind, name: &str) -> NewToken<'_> {
    NewToken {
        kind,
        name,
        scopes: Scopes::read_and(None),
        lasts: None,
    }
}

pub fn ending(kind: Kind) -> NewToken<'static> {
    NewToken {
        scopes: Scopes::read_and(Some(kind.ending_scope())),
        ..named(kind, "Ends")
    }
}

pub async fn make(
    home: &Home,
    me: &SignedIn,
    new: NewToken<'_>,
    now: Moment,
) -> Result<Created, CreateError> {
    let mut tx = home.db.write().await?;
    let made = tokens::create(&mut tx, me, new, &browser(1), &home.limits, now).await?;
    tx.commit().await?;
    Ok(made)
}

async fn revoke(
    home: &Home,
    me: &SignedIn,
    kind: Kind,
    id: &TokenId,
    now: Moment,
) -> Result<Revoked, RevokeError> {
    let mut tx = home.db.write().await?;
    let done = tokens::revoke(&mut tx, me, kind, id, &browser(1), &home.limits, now).await?;
    tx.commit().await?;
    Ok(done)
}

pub async fn find(home: &Home, kind: Kind, value: &Value, now: Moment) -> Option<Bearer> {
    let mut conn = home.db.read().await.unwrap();
    tokens::find(&mut conn, kind, value, now).await.unwrap()
}

pub async fn bearer(home: &Home, kind: Kind, value: &Value) -> Bearer {
    find(home, kind, value, NOW).await.expect("no good token")
}

async fn is_good(home: &Home, kind: Kind, value: &Value, now: Moment) -> bool {
    find(home, kind, value, now).await.is_some()
}

async fn listed(home: &Home, who: &Person, kind: Kind) -> Vec<String> {
    let mut conn = home.db.read().await.unwrap();
    let list = tokens::list(&mut conn, &who.id, kind).await.unwrap();
    list.into_iter().map(|token| token.name).collect()
}

async fn a_token_opens_its_door_until_it_is_revoked(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
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
        let made = make(&home, &me, ending(kind), NOW).await.unwrap();
        let bearer = bearer(&home, kind, &made.value).await;
        assert_eq!((&bearer.user.id, bearer.name.as_str()), (&ada.id, "Ends"));
        assert!(bearer.may(Scope::Read) && bearer.may(kind.ending_scope()));
        assert!(!bearer.may(other.ending_scope()));
        // Not even with the right hash does it open the other door.
        assert!(!is_good(&home, other, &made.value, NOW).await);
        assert!(!is_good(&home, kind, &Value::random(kind), NOW).await);
        assert_eq!(listed(&home, &ada, kind).await, ["Ends"]);

        let done = revoke(&home, &me, kind, &made.id, NOW).await.unwrap();
        assert_eq!(done, Revoked::Now("Ends".into()));
        assert!(!is_good(&home, kind, &made.value, NOW).await);
        assert_eq!(listed(&home, &ada, kind).await, [""; 0]);
        assert_eq!(home.events(&ada, created).await, 1);
        assert_eq!(home.events(&ada, deleted).await, 1);
    }
    let mut conn = home.db.read().await.unwrap();
    audit::verify(&mut conn).await.unwrap().unwrap();
}

async fn only_the_hash_is_stored_and_no_event_holds_a_value(db: Db) {
    let home = Home::new(db);
    let (_, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let made = make(&home, &me, named(Kind::Api, "Backup"), NOW)
        .await
        .unwrap();
    let value = made.value.expose();
    let row = "select id || name || token_hash || scopes from tokens";
    assert!(!databases::text(&home.db, row).await.contains(&value[8..20]));
    let event = "select details || id from audit_events where action = 'user.api_token_created'";
    let event = databases::text(&home.db, event).await;
    assert!(
        event.contains("Backup") && !event.contains(&value[8..20]),
        "{event}"
    );
    let hash = databases::text(&home.db, "select token_hash from tokens").await;
    assert!(!event.contains(&hash), "{event}");
}

async fn a_token_runs_out(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let month = NewToken {
        lasts: Some(30 * DAY),
        ..named(Kind::Api, "A month")
    };
    let made = make(&home, &me, month, NOW).await.unwrap();
    assert_eq!(made.expires_at, Some(NOW.at + 30 * DAY));
    assert!(is_good(&home, Kind::Api, &made.value, after(29 * DAY)).await);
    assert!(!is_good(&home, Kind::Api, &made.value, after(30 * DAY)).await);
    // One sees in the list why a program has stopped; it is not counted any more.
    assert_eq!(listed(&home, &ada, Kind::Api).await, ["A month"]);
    assert_eq!(home.facts(&ada, after(29 * DAY)).await.api_tokens, 1);
    assert_eq!(home.facts(&ada, after(30 * DAY)).await.api_tokens, 0);
}

async fn a_remote_logout_leaves_it_alone_and_disabling_kills_it(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let api = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    let mcp = make(&home, &me, named(Kind::Mcp, "m"), NOW).await.unwrap();
    home.remote_logout(&ada.id, By::Session(&me.session), after(SECOND))
        .await
        .unwrap();
    assert!(is_good(&home, Kind::Api, &api.value, after(SECOND)).await);
    assert!(is_good(&home, Kind::Mcp, &mcp.value, after(SECOND)).await);
    databases::run(&home.db, "update users set disabled_at = 1").await;
    assert!(!is_good(&home, Kind::Api, &api.value, NOW).await);
    assert!(!is_good(&home, Kind::Mcp, &mcp.value, NOW).await);
}

async fn a_plan_that_lacks_them_makes_none_and_honours_none(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let api = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    let mcp = make(&home, &me, named(Kind::Mcp, "m"), NOW).await.unwrap();
    for (plan, has) in [
        ("free", [false, false]),
        ("plus", [false, false]),
        ("pro", [false, true]),
        ("enterprise", [true, true]),
    ] {
        databases::run(&home.db, &format!("update accounts set plan = '{plan}'")).await;
        for (kind, value, has) in [
            (Kind::Api, &api.value, has[0]),
            (Kind::Mcp, &mcp.value, has[1]),
        ] {
            let plans = Plan::with(kind.feature());
            let holder = bearer(&home, kind, value).await.user;
            let address = if kind == Kind::Api {
                "/api/v1/me"
            } else {
                "/mcp"
            };
            match permissions::check(holder.role, holder.plan, address) {
                Ok(()) => assert!(has, "{plan} {kind:?}"),
                Err(Refusal::PlanRequired(with)) => {
                    assert!(!has && with == plans, "{plan} {kind:?}");
                }
                other => panic!("{other:?}"),
            }
            match make(&home, &me, named(kind, "another"), NOW).await {
                Ok(_) => assert!(has, "{plan} {kind:?}"),
                Err(CreateError::PlanRequired(with)) => assert!(!has && with == plans),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(home.events(&ada, "user.api_token_created").await, 2);
    assert_eq!(home.events(&ada, "user.mcp_token_created").await, 3);
}

async fn who_may_only_watch_has_none(db: Db) {
    let home = Home::new(db);
    let (_, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let made = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    databases::run(&home.db, "update users set role = 'watch_only'").await;
    // The door has seen the old role.
    let refused = make(&home, &me, named(Kind::Api, "b"), NOW).await;
    assert!(
        matches!(refused, Err(CreateError::WatchOnly)),
        "{refused:?}"
    );
    let holder = bearer(&home, Kind::Api, &made.value).await.user;
    assert!(permissions::check(holder.role, holder.plan, "/api/v1/me").is_err());
    // What one has, one may give up.
    let done = revoke(&home, &me, Kind::Api, &made.id, NOW).await.unwrap();
    assert_eq!(done, Revoked::Now("a".into()));
}

async fn somebody_elses_token_is_not_there(db: Db) {
    let home = Home::new(db);
    let (_, ada) = at_home(&home, "Ada", Plan::Enterprise).await;
    let (_, ben) = at_home(&home, "Ben", Plan::Enterprise).await;
    let made = make(&home, &ada, named(Kind::Api, "a"), NOW).await.unwrap();
    for (who, kind, id) in [
        (&ben, Kind::Api, made.id.clone()),
        (&ada, Kind::Mcp, made.id.clone()),
        (&ada, Kind::Api, TokenId("nothing".into())),
    ] {
        let refused = revoke(&home, who, kind, &id, NOW).await;
        assert!(matches!(refused, Err(RevokeError::NotFound)), "{refused:?}");
    }
    assert!(is_good(&home, Kind::Api, &made.value, NOW).await);
}

async fn a_session_that_has_ended_makes_and_revokes_nothing(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let made = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    home.remote_logout(&ada.id, By::Operator, NOW)
        .await
        .unwrap();
    let refused = make(&home, &me, named(Kind::Api, "b"), NOW).await;
    assert!(
        matches!(refused, Err(CreateError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = revoke(&home, &me, Kind::Api, &made.id, NOW).await;
    assert!(
        matches!(refused, Err(RevokeError::AlreadyEnded)),
        "{refused:?}"
    );
    assert_eq!(listed(&home, &ada, Kind::Api).await, ["a"]);
}

async fn there_are_at_most_fifty_of_a_kind_even_at_once(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let tries = (0..60).map(|n| {
        let (home, me) = (home.clone(), me.clone());
        tokio::spawn(async move { make(&home, &me, named(Kind::Api, &format!("{n}")), NOW).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut made = 0;
    for one in tries {
        match one.await.unwrap() {
            Ok(_) => made += 1,
            Err(CreateError::RateLimited) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(made, tokens::MOST);
    assert_eq!(home.facts(&ada, NOW).await.api_tokens, tokens::MOST);
    // The other kind has a count of its own, and one that is revoked makes room.
    make(&home, &me, named(Kind::Mcp, "m"), NOW).await.unwrap();
    let first = databases::text(&home.db, "select id from tokens where kind = 'api' limit 1").await;
    revoke(&home, &me, Kind::Api, &TokenId(first), NOW)
        .await
        .unwrap();
    make(&home, &me, named(Kind::Api, "one more"), NOW)
        .await
        .unwrap();
}

async fn revoked_at_once_in_two_tabs_it_is_one_event(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let made = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    let (one, two) = tokio::join!(
        revoke(&home, &me, Kind::Api, &made.id, NOW),
        revoke(&home, &me, Kind::Api, &made.id, NOW),
    );
    let both = [one.unwrap(), two.unwrap()];
    assert!(
        both.contains(&Revoked::Now("a".into())) && both.contains(&Revoked::Already),
        "{both:?}"
    );
    assert_eq!(home.events(&ada, "user.api_token_deleted").await, 1);
}

async fn a_bad_name_or_lifetime_makes_nothing(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let long = "x".repeat(101);
    for name in ["", "  ", "a\0b", "a\nb", "\u{fffd}", long.as_str()] {
        let refused = make(&home, &me, named(Kind::Api, name), NOW).await;
        assert!(
            matches!(refused, Err(CreateError::Name(_))),
            "{name:?} {refused:?}"
        );
    }
    for lasts in [Duration::ZERO, SECOND, 367 * DAY, Duration::MAX] {
        let new = NewToken {
            lasts: Some(lasts),
            ..named(Kind::Api, "a")
        };
        let refused = make(&home, &me, new, NOW).await;
        assert!(
            matches!(refused, Err(CreateError::Lasts)),
            "{lasts:?} {refused:?}"
        );
    }
    make(&home, &me, named(Kind::Api, " <b>Ä</b> 名 "), NOW)
        .await
        .unwrap();
    assert_eq!(listed(&home, &ada, Kind::Api).await, ["<b>Ä</b> 名"]);
}

async fn when_it_was_last_used_only_moves_forward(db: Db) {
    let home = Home::new(db);
    let (_, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let made = make(&home, &me, named(Kind::Api, "a"), NOW).await.unwrap();
    let revoked = make(&home, &me, named(Kind::Api, "b"), NOW).await.unwrap();
    revoke(&home, &me, Kind::Api, &revoked.id, NOW)
        .await
        .unwrap();
    for (at, then) in [
        (after(DAY), after(DAY)),
        (after(SECOND), after(DAY)),
        (after(2 * DAY), after(2 * DAY)),
    ] {
        let mut tx = home.db.write().await.unwrap();
        let seen = [(made.id.clone(), at.at), (revoked.id.clone(), at.at)];
        tokens::note_used(&mut tx, &seen).await.unwrap();
        tx.commit().await.unwrap();
        let used = bearer(&home, Kind::Api, &made.value).await.last_used_at;
        assert_eq!(used, Some(then.at));
    }
    let untouched = "select count(*) from tokens where last_used_at is null";
    assert_eq!(databases::number(&home.db, untouched).await, 1);
}

async fn what_was_revoked_or_ran_out_is_deleted_30_days_later(db: Db) {
    let home = Home::new(db);
    let (_, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    let revoked = make(&home, &me, named(Kind::Api, "revoked"), NOW)
        .await
        .unwrap();
    revoke(&home, &me, Kind::Api, &revoked.id, NOW)
        .await
        .unwrap();
    let week = NewToken {
        lasts: Some(7 * DAY),
        ..named(Kind::Api, "a week")
    };
    make(&home, &me, week, NOW).await.unwrap();
    make(&home, &me, named(Kind::Api, "for ever"), NOW)
        .await
        .unwrap();
    for (day, left) in [(30, 3), (31, 2), (37, 2), (38, 1), (4_000, 1)] {
        let mut tx = home.db.write().await.unwrap();
        cleanup(&mut tx, after(day * DAY)).await.unwrap();
        tx.commit().await.unwrap();
        let rows = databases::number(&home.db, "select count(*) from tokens").await;
        assert_eq!(rows, left, "day {day}");
    }
}
