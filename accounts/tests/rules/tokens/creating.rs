//! How many tokens a user may create, of what name and lifetime.

use std::time::Duration;

use accounts::{
    db::Db,
    tokens::{self, CreateError, Kind, NewToken},
};

use super::{create, listed, named, revoke};
use crate::test_app::{DAY, NOW, SECOND, TestApp};

on_both!(
    there_are_at_most_fifty_of_a_kind_even_at_once,
    a_bad_name_or_lifetime_creates_nothing,
);

async fn there_are_at_most_fifty_of_a_kind_even_at_once(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let tries = (0..60).map(|n| {
        let (app, me) = (app.clone(), me.clone());
        tokio::spawn(async move { create(&app, &me, named(Kind::Api, &format!("{n}"))).await })
    });
    let tries: Vec<_> = tries.collect();
    let (mut created, mut first) = (0, None);
    for one in tries {
        match one.await.unwrap() {
            Ok(token) => {
                created += 1;
                first.get_or_insert(token.id);
            }
            Err(CreateError::LimitReached) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(created, tokens::MOST);
    assert_eq!(app.facts(&ada, NOW).await.api_tokens, tokens::MOST);
    // The other kind has a count of its own, and one that is revoked makes room.
    create(&app, &me, named(Kind::Mcp, "m")).await.unwrap();
    revoke(&app, &me, Kind::Api, &first.unwrap()).await.unwrap();
    create(&app, &me, named(Kind::Api, "one more"))
        .await
        .unwrap();
}

async fn a_bad_name_or_lifetime_creates_nothing(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let long = "x".repeat(101);
    for name in ["", "  ", "a\0b", "a\nb", "\u{fffd}", long.as_str()] {
        let refused = create(&app, &me, named(Kind::Api, name)).await;
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
        let refused = create(&app, &me, new).await;
        assert!(
            matches!(refused, Err(CreateError::Lasts)),
            "{lasts:?} {refused:?}"
        );
    }
    create(&app, &me, named(Kind::Api, " <b>Ä</b> 名 "))
        .await
        .unwrap();
    assert_eq!(listed(&app, &ada, Kind::Api).await, ["<b>Ä</b> 名"]);
}
