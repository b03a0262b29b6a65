//! What a request may say: pages of lists, ids, bodies.

use http::{Method, header};

use super::{items, joins_ada, with_program};
use crate::test_app::{CHROME_ON_WINDOWS, TestApp};

on_both!(
    lists_come_in_pages_that_nothing_moves,
    crossed_ids_are_404_and_have_no_effect,
    bodies_are_empty_or_refused,
);

async fn lists_come_in_pages_that_nothing_moves(app: TestApp) {
    let (_, program) = with_program(&app, "Ada", None).await;
    for _ in 0..4 {
        app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
    }
    for name in ["Ben", "Eve"] {
        app.browser(CHROME_ON_WINDOWS).sign_up(name).await;
        joins_ada(&app, name, "member").await;
    }
    for (list, expected) in [("sessions", 5), ("members", 3), ("audit-events", 7)] {
        let mut seen: Vec<String> = Vec::new();
        let mut path = format!("/api/v1/{list}?limit=2");
        loop {
            let page = program.get(&path).await.is(200).json();
            seen.extend(
                items(&page)
                    .iter()
                    .map(|i| i["id"].as_str().unwrap().to_owned()),
            );
            // Ada signs in between two pages.
            if list != "members" {
                app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
            }
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/api/v1/{list}?limit=2&cursor={cursor}");
        }
        let found = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(
            (seen.len(), found),
            (found, found),
            "{list}: none comes twice"
        );
        assert!(found >= expected, "{list}: {found}");
    }
    let first = program.get("/api/v1/sessions?limit=1").await.json();
    let of_sessions = first["next_cursor"].as_str().unwrap();
    for query in [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=x",
        "cursor=",
        "cursor=%00",
        "limit=99999999999999999999",
    ] {
        let refused = program.get(&format!("/api/v1/sessions?{query}")).await;
        refused.refuses(422, "validation_failed");
    }
    let crossed = format!("/api/v1/members?cursor={of_sessions}");
    program
        .get(&crossed)
        .await
        .refuses(422, "validation_failed");
    program
        .get("/api/v1/sessions?limit=100&other=1")
        .await
        .is(200);
}

async fn crossed_ids_are_404_and_have_no_effect(app: TestApp) {
    let (_, adas) = with_program(&app, "Ada", Some("sessions")).await;
    let (grace, graces) = with_program(&app, "Grace", Some("sessions")).await;
    let list = graces.get("/api/v1/sessions").await.json();
    let hers = items(&list)[0]["id"].as_str().unwrap().to_owned();
    let before = app.everything().await;
    let user = app.id_of("Grace").await;
    for id in [
        user.as_str(),
        &hers,
        "unknown",
        "%00",
        "..%2f..",
        "'",
        "%ff",
    ] {
        let logged_out = adas
            .post(&format!("/api/v1/members/{id}/remote-logout"))
            .await;
        assert!(
            [404, 400].contains(&logged_out.status),
            "{id} {logged_out:?}"
        );
        let ended = adas.delete(&format!("/api/v1/sessions/{id}")).await;
        assert!([404, 400].contains(&ended.status), "{id} {ended:?}");
    }
    assert_eq!(app.everything().await, before);
    assert!(grace.is_signed_in().await);
}

async fn bodies_are_empty_or_refused(app: TestApp) {
    let (ada, program) = with_program(&app, "Ada", Some("sessions")).await;
    let before = app.everything().await;
    for (kind, body, status, code) in [
        (
            "application/json",
            "{\"user_id\":\"x\",\"role\":\"owner\"}",
            422,
            "validation_failed",
        ),
        ("application/json", "[]", 400, "malformed"),
        ("application/json", "{", 400, "malformed"),
        (
            "application/x-www-form-urlencoded",
            "epoch=9",
            415,
            "unsupported_media_type",
        ),
        ("text/plain", "{}", 415, "unsupported_media_type"),
    ] {
        let request = program
            .request(Method::POST, "/api/v1/remote-logout")
            .header(header::CONTENT_TYPE, kind);
        program
            .browser
            .send(request, body.into())
            .await
            .refuses(status, code);
    }
    let request = program
        .request(Method::POST, "/api/v1/remote-logout")
        .header(header::CONTENT_TYPE, "application/json");
    let huge = " ".repeat(64 * 1024 + 1);
    program
        .browser
        .send(request, huge.into())
        .await
        .refuses(413, "too_large");
    assert_eq!(app.everything().await, before);
    assert!(ada.is_signed_in().await);
    let request = program
        .request(Method::POST, "/api/v1/remote-logout")
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    program.browser.send(request, "{}".into()).await.is(200);
}
