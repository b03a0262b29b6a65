//! A program presses, ends one session, and looks at events and members: its user's rights, no more.

use accounts::{
    audit,
    db::Db,
    members,
    plans::Plan,
    sessions::{self, LogoutReceipt, SessionId, Surface},
    tokens::{self, Bearer, BearerError, Kind},
    users::{self, UserId},
};

use super::{at_home, bearer, ending, make, named};
use crate::{
    databases,
    home::{Home, NOW, Person, browser},
};

on_both!(
    a_remote_logout_ends_every_session_and_says_who_pressed,
    without_the_scope_nothing_ends,
    owners_and_admins_remote_logout_for_members_of_their_account_only,
    a_token_revoked_in_the_meantime_ends_nothing,
    one_session_ends_with_its_remembered_device,
    two_who_remote_logout_for_each_other_at_once_both_succeed,
    a_token_remote_logouts_so_often_and_no_more,
    events_and_members_come_page_by_page,
);

async fn remote_logout(
    home: &Home,
    bearer: &Bearer,
    user: &UserId,
) -> Result<LogoutReceipt, BearerError> {
    let mut tx = home.db.write().await?;
    let (client, limits) = (browser(9), &home.limits);
    let done =
        tokens::remote_logout(&mut tx, bearer, user, Surface::Rest, &client, limits, NOW).await?;
    tx.commit().await?;
    Ok(done)
}

async fn end_one(home: &Home, bearer: &Bearer, session: &str) -> Result<(), BearerError> {
    let mut tx = home.db.write().await?;
    let session = SessionId(session.into());
    tokens::end_session(&mut tx, bearer, &session, &browser(9), &home.limits, NOW).await?;
    tx.commit().await?;
    Ok(())
}

/// Somebody with a token of that kind that may end sessions.
async fn armed(home: &Home, name: &str, kind: Kind) -> (Person, Bearer) {
    let (person, me) = at_home(home, name, Plan::Enterprise).await;
    let made = make(home, &me, ending(kind), NOW).await.unwrap();
    let bearer = bearer(home, kind, &made.value).await;
    (person, bearer)
}

async fn a_token_remote_logouts_so_often_and_no_more(db: Db) {
    let mut home = Home::new(db);
    home.limits.remote_logouts_per_token = 3;
    let (ada, token) = armed(&home, "Ada", Kind::Api).await;
    let (_, me) = at_home(&home, "Ben", Plan::Enterprise).await;
    let bens = make(&home, &me, ending(Kind::Api), NOW).await.unwrap();
    let bens = bearer(&home, Kind::Api, &bens.value).await;
    for _ in 0..3 {
        remote_logout(&home, &token, &ada.id).await.unwrap();
    }
    let here = home.sign_in(&ada, NOW).await;
    let refused = remote_logout(&home, &token, &ada.id).await;
    assert!(
        matches!(refused, Err(BearerError::RateLimited(_))),
        "{refused:?}"
    );
    assert!(home.is_live(&here.session.token, NOW).await);
    remote_logout(&home, &bens, &bens.user.id).await.unwrap();
}

/// Moves somebody into Ada's account.
async fn joins_ada(home: &Home, name: &str, role: &str) {
    let sql = format!(
        "update users set role = '{role}',
                account_id = (select account_id from users where name = 'Ada') where name = '{name}'"
    );
    assert_eq!(databases::run(&home.db, &sql).await, 1);
}

async fn a_remote_logout_ends_every_session_and_says_who_pressed(db: Db) {
    let home = Home::new(db);
    for (name, kind) in [("Ada", Kind::Api), ("Ben", Kind::Mcp)] {
        let (person, bearer) = armed(&home, name, kind).await;
        let remembered = home.sign_in_remembered(&person, NOW).await;
        let done = remote_logout(&home, &bearer, &person.id).await.unwrap();
        assert_eq!((done.sessions, done.remembered_devices), (2, 1));
        assert!(!home.is_live(&remembered.session.token, NOW).await);
        let sql = format!(
            "select actor || ' ' || details from audit_events
             where action = 'user.session_invalidated' and subject = '{}'",
            person.id.0
        );
        let event = databases::text(&home.db, &sql).await;
        assert!(
            event.starts_with(&format!("user:{} ", person.id.0)),
            "{event}"
        );
        assert!(event.contains("api/v1"), "{event}");
        // Pressed again: nothing is left to end, and it is no error.
        assert_eq!(
            remote_logout(&home, &bearer, &person.id)
                .await
                .unwrap()
                .sessions,
            0
        );
    }
}

async fn without_the_scope_nothing_ends(db: Db) {
    let home = Home::new(db);
    let (ada, me) = at_home(&home, "Ada", Plan::Enterprise).await;
    for kind in [Kind::Api, Kind::Mcp] {
        let made = make(&home, &me, named(kind, "reads"), NOW).await.unwrap();
        let bearer = bearer(&home, kind, &made.value).await;
        let refused = remote_logout(&home, &bearer, &ada.id).await;
        assert!(matches!(refused, Err(BearerError::Scope)), "{refused:?}");
        let refused = end_one(&home, &bearer, &me.session.0).await;
        assert!(matches!(refused, Err(BearerError::Scope)), "{refused:?}");
    }
    assert_eq!(home.list(&ada, NOW).await.len(), 1);
}

async fn owners_and_admins_remote_logout_for_members_of_their_account_only(db: Db) {
    let home = Home::new(db);
    let (ada, adas) = armed(&home, "Ada", Kind::Api).await;
    let (ben, bens) = armed(&home, "Ben", Kind::Api).await;
    let (eve, _) = armed(&home, "Eve", Kind::Api).await;
    joins_ada(&home, "Ben", "member").await;

    for stranger in [&eve.id, &UserId("nobody".into())] {
        let refused = remote_logout(&home, &adas, stranger).await;
        assert!(matches!(refused, Err(BearerError::NotFound)), "{refused:?}");
    }
    let refused = remote_logout(&home, &bens, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::Role)), "{refused:?}");
    // As the database has it, not as the door saw it: the look-up was before Ben became an admin.
    joins_ada(&home, "Ben", "admin").await;
    let refused = remote_logout(&home, &bens, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::OnOwner)), "{refused:?}");
    joins_ada(&home, "Ben", "owner").await;
    assert_eq!(
        remote_logout(&home, &bens, &ada.id).await.unwrap().sessions,
        1
    );
    assert_eq!(
        remote_logout(&home, &adas, &ben.id).await.unwrap().sessions,
        1
    );
    assert_eq!(home.list(&eve, NOW).await.len(), 1);
    joins_ada(&home, "Ben", "watch_only").await;
    let refused = remote_logout(&home, &bens, &ben.id).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
}

async fn a_token_revoked_in_the_meantime_ends_nothing(db: Db) {
    let home = Home::new(db);
    let (ada, bearer) = armed(&home, "Ada", Kind::Api).await;
    databases::run(&home.db, "update tokens set revoked_at = 1").await;
    let refused = remote_logout(&home, &bearer, &ada.id).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
    let id = home.list(&ada, NOW).await[0].id.0.clone();
    let refused = end_one(&home, &bearer, &id).await;
    assert!(matches!(refused, Err(BearerError::Unknown)), "{refused:?}");
    assert_eq!(home.list(&ada, NOW).await.len(), 1);
    assert_eq!(home.epoch(&ada).await, 1);
}

async fn one_session_ends_with_its_remembered_device(db: Db) {
    let home = Home::new(db);
    let (ada, bearer) = armed(&home, "Ada", Kind::Api).await;
    let (ben, _) = armed(&home, "Ben", Kind::Api).await;
    let phone = home.sign_in_remembered(&ada, NOW).await;
    let bens = home.list(&ben, NOW).await[0].id.0.clone();
    for wrong in [bens.as_str(), "nothing", ""] {
        let refused = end_one(&home, &bearer, wrong).await;
        assert!(
            matches!(refused, Err(BearerError::NotFound)),
            "{wrong} {refused:?}"
        );
    }
    end_one(&home, &bearer, &phone.session.id.0).await.unwrap();
    assert!(!home.is_live(&phone.session.token, NOW).await);
    let facts = home.facts(&ada, NOW).await;
    assert_eq!((facts.sessions, facts.remembered_devices), (1, 0));
    let again = end_one(&home, &bearer, &phone.session.id.0).await;
    assert!(matches!(again, Err(BearerError::NotFound)), "{again:?}");
    assert_eq!(home.list(&ben, NOW).await.len(), 1);
}

async fn two_who_remote_logout_for_each_other_at_once_both_succeed(db: Db) {
    let home = Home::new(db);
    let (ada, adas) = armed(&home, "Ada", Kind::Api).await;
    let (ben, bens) = armed(&home, "Ben", Kind::Api).await;
    joins_ada(&home, "Ben", "owner").await;
    for _ in 0..10 {
        let (one, two) = tokio::join!(
            remote_logout(&home, &adas, &ben.id),
            remote_logout(&home, &bens, &ada.id)
        );
        one.unwrap();
        two.unwrap();
    }
}

async fn events_and_members_come_page_by_page(db: Db) {
    let home = Home::new(db);
    let (ada, _) = armed(&home, "Ada", Kind::Api).await;
    let (ben, _) = armed(&home, "Ben", Kind::Api).await;
    joins_ada(&home, "Ben", "member").await;
    let mut conn = home.db.read().await.unwrap();
    let account = users::find(&mut conn, &ada.id)
        .await
        .unwrap()
        .unwrap()
        .account_id;

    // Signed up, signed in, made a token.
    let first = audit::recent(&mut conn, &account, None, None, 2)
        .await
        .unwrap();
    let rest = audit::recent(&mut conn, &account, None, Some(first[1].seq), 2)
        .await
        .unwrap();
    let seqs: Vec<i64> = first.iter().chain(&rest).map(|event| event.seq).collect();
    assert_eq!(seqs, [3, 2, 1]);
    let bens = audit::recent(&mut conn, &account, Some(&ben.id), None, 10)
        .await
        .unwrap();
    assert!(
        bens.is_empty(),
        "what he did before he joined is in his old account's chain"
    );

    let nobody = UserId(String::new());
    let all = members::page(&mut conn, &account, &nobody, 10)
        .await
        .unwrap();
    let mut names: Vec<&str> = all.iter().map(|member| member.name.as_str()).collect();
    // They signed up in the same millisecond.
    names.sort_unstable();
    assert_eq!(names, ["Ada", "Ben"]);
    let page = members::page(&mut conn, &account, &all[0].id, 10)
        .await
        .unwrap();
    assert_eq!((page.len(), &page[0].id), (1, &all[1].id));
    assert!(
        members::find(&mut conn, &account, &nobody)
            .await
            .unwrap()
            .is_none()
    );

    let here = home.list(&ada, NOW).await;
    let page = sessions::page(&mut conn, &ada.id, None, 1, &home.limits, NOW)
        .await
        .unwrap();
    assert_eq!(page[0].id, here[0].id);
    let page = sessions::page(&mut conn, &ada.id, Some(&page[0].id), 1, &home.limits, NOW).await;
    assert!(page.unwrap().is_empty());
}
