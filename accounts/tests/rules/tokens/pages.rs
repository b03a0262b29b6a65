//! What programs read page by page: events, members and sessions.

use accounts::{audit, db::Db, ids::UserId, members, roles::Role, sessions, tokens::Kind};

use super::{create, ending};
use crate::test_app::{NOW, TestApp};

on_both!(
    events_come_page_by_page,
    members_come_page_by_page,
    sessions_come_page_by_page,
);

async fn events_come_page_by_page(db: Db) {
    let app = TestApp::new(db);
    let (_, me) = app.owner("Ada").await;
    create(&app, &me, ending(Kind::Api)).await.unwrap();
    let (eve, _) = app.owner("Eve").await;
    let account = &me.user.account_id;
    let mut conn = app.read(NOW).await;

    // Signed up, signed in, created a token.
    let first = audit::recent(&mut conn, account, None, None, 2)
        .await
        .unwrap();
    let rest = audit::recent(&mut conn, account, None, Some(first[1].seq), 2)
        .await
        .unwrap();
    let seqs: Vec<i64> = first.iter().chain(&rest).map(|event| event.seq).collect();
    assert_eq!(seqs, [3, 2, 1]);
    drop(conn);

    let ben = app.member(&me, "Ben", Role::Member).await;
    let mut conn = app.read(NOW).await;
    let bens = audit::recent(&mut conn, account, Some(&ben.id), None, 10).await;
    let bens: Vec<String> = bens
        .unwrap()
        .into_iter()
        .map(|event| event.action)
        .collect();
    assert_eq!(bens, ["member.joined"]);
    let eves = audit::recent(&mut conn, account, Some(&eve.id), None, 10).await;
    assert!(
        eves.unwrap().is_empty(),
        "the events of another account are in its own chain"
    );
}

async fn members_come_page_by_page(db: Db) {
    let app = TestApp::new(db);
    let (_, me) = app.owner("Ada").await;
    app.member(&me, "Ben", Role::Member).await;
    let (eve, _) = app.owner("Eve").await;
    let account = &me.user.account_id;
    let mut conn = app.read(NOW).await;

    let start = UserId(String::new());
    let all = members::page(&mut conn, account, &start, 10).await.unwrap();
    let mut names: Vec<&str> = all.iter().map(|member| member.name.as_str()).collect();
    // They signed up in the same millisecond.
    names.sort_unstable();
    assert_eq!(names, ["Ada", "Ben"]);
    let page = members::page(&mut conn, account, &all[0].id, 10).await;
    let page = page.unwrap();
    assert_eq!((page.len(), &page[0].id), (1, &all[1].id));
    for stranger in [&start, &eve.id] {
        let found = members::find(&mut conn, account, stranger).await;
        assert!(found.unwrap().is_none());
    }
}

async fn sessions_come_page_by_page(db: Db) {
    let app = TestApp::new(db);
    let (ada, _) = app.owner("Ada").await;
    let here = app.list(&ada, NOW).await;
    let mut conn = app.read(NOW).await;
    let page = sessions::page(&mut conn, &ada.id, None, 1).await.unwrap();
    assert_eq!(page[0].id, here[0].id);
    let page = sessions::page(&mut conn, &ada.id, Some(&page[0].id), 1).await;
    assert!(page.unwrap().is_empty());
}
