//! Cookies that the server never set.

use app::{
    cookies::Kind,
    flash::Flash,
    reason::{EndReason, Reason},
    time::Time,
};
use axum::body::Body;
use http::{Request, header};

use crate::{
    answer::Answer,
    browser::Browser,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    nonsense_in_cookies_signs_no_user_in,
    another_applications_cookie_signs_no_user_out,
    a_forged_flash_cookie_is_text_and_nothing_else,
    a_dead_cookie_is_removed_with_the_answer,
    two_values_of_one_cookie_are_refused_and_neither_is_believed,
);

/// Asks for a page, and for JSON, with this very header beside the jar's.
async fn with_cookies(browser: &Browser, cookies: &[&[u8]]) -> [Answer; 2] {
    let mut answers = Vec::new();
    for request in [
        Request::get("/profile").header(header::ACCEPT, "text/html"),
        Request::post("/api/fn/still_signed_in").header(header::CONTENT_LENGTH, "0"),
    ] {
        let request = cookies
            .iter()
            .fold(request, |r, c| r.header(header::COOKIE, *c));
        answers.push(browser.clone().send(request, Body::empty()).await);
    }
    answers.try_into().unwrap()
}

async fn nonsense_in_cookies_signs_no_user_in(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let before = app.everything().await;
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    let long = format!("curfew_session={}", "A".repeat(60_000));
    let many = "curfew_session=x; curfew_remember=y; ".repeat(500);
    let shaped = format!("curfew_session={0}; curfew_remember={0}", "B".repeat(43));
    let twice: [&[u8]; 2] = [b"curfew_session=a", b"curfew_session=b"];
    let mut all: Vec<Vec<&[u8]>> = vec![twice.to_vec()];
    for one in [
        b"curfew_session=".as_slice(),
        b"curfew_session",
        b"curfew_session=\"\"",
        b"=;=;;;  ; =",
        b"curfew_session=%00%ff; curfew_remember=%",
        b"curfew_session=\xff\xfe\x80",
        b"\xff\xfe=\x80; curfew_remember=\xc3\x28",
        b"curfew_flash=\xff; curfew_device=\xff",
        b"curfew_session=' or 1=1 --",
        b"curfew_flash=eyJhIjpbW1tbW1tbW1tbW1tbW1tb",
        b"__Host-curfew_session=x; CURFEW_SESSION=x; curfew_session =x",
        long.as_bytes(),
        many.as_bytes(),
        shaped.as_bytes(),
    ] {
        all.push(vec![one]);
    }
    for cookies in all {
        let [page, program] = with_cookies(&anonymous, &cookies).await;
        page.leads_to("/sign-in?next=/profile");
        program.refuses(401, "not_signed_in");
        for answer in [page, program] {
            assert!(answer.gives_no_session(), "{answer:?}");
        }
    }
    assert_eq!(app.everything().await, before);
}

async fn another_applications_cookie_signs_no_user_out(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let session = format!("curfew_session={}", ada.cookie(Kind::Session).unwrap());
    for other in [
        b"theme=gr\xc3\xbcn".as_slice(),
        b"name=\xff\xfe",
        b"a b c",
        b"x=%zz",
        b"=nameless",
        b"curfew_sessions=1; xcurfew_session=2",
    ] {
        let mut before = other.to_vec();
        before.extend_from_slice(b"; ");
        before.extend_from_slice(session.as_bytes());
        let mut after = session.clone().into_bytes();
        after.extend_from_slice(b"; ");
        after.extend_from_slice(other);
        let anonymous = app.browser(FIREFOX_ON_LINUX);
        for cookies in [
            vec![before.as_slice()],
            vec![after.as_slice()],
            vec![other, session.as_bytes()],
        ] {
            let [page, program] = with_cookies(&anonymous, &cookies).await;
            page.is(200);
            program.is(200);
        }
    }
}

async fn a_forged_flash_cookie_is_text_and_nothing_else(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    let forged = Flash::Ended(Reason {
        end_reason: EndReason::RemoteLogout,
        // A time crosses as a number, so it can say nothing else.
        at: Time::from(0),
        by: Some("a thief".into()),
        who: Some("<img src=x onerror=alert(4)>".into()),
        before: "Signed out at <script>alert(2)</script>".into(),
        after: " from <img src=x onerror=alert(3)>.".into(),
        ask: true,
    });
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    anonymous.put(Kind::Flash, &forged.to_cookie());
    let page = anonymous.get("/sign-in").await;
    page.is(200)
        .says("from <img src=x onerror=alert(3)>.")
        .says("<script>alert(2)</script>");
    for raw in ["<script>alert", "<img src=x"] {
        assert!(!page.body.contains(raw), "{page:?}");
    }
    assert!(page.removes("curfew_flash"), "said once: {page:?}");
}

async fn a_dead_cookie_is_removed_with_the_answer(app: TestApp) {
    app.browser(FIREFOX_ON_LINUX).sign_up("Ada").await;
    for kind in [Kind::Session, Kind::RememberMe] {
        for value in ["", "nonsense", &"B".repeat(43)] {
            let anonymous = app.browser(FIREFOX_ON_LINUX);
            anonymous.put(kind, value);
            let answer = anonymous.get("/sign-in").await;
            assert!(answer.removes(app.cookie_name(kind)), "{value}: {answer:?}");
            assert_eq!(anonymous.cookie(kind), None);
        }
    }
}

async fn two_values_of_one_cookie_are_refused_and_neither_is_believed(app: TestApp) {
    let (ada, eve) = (app.browser(FIREFOX_ON_LINUX), app.browser(FIREFOX_ON_LINUX));
    ada.sign_up("Ada").await;
    eve.sign_up("Eve").await;
    let [hers, his] =
        [&ada, &eve].map(|user| format!("curfew_session={}", user.cookie(Kind::Session).unwrap()));
    let other = format!("curfew_session={}", "A".repeat(43));
    let anonymous = app.browser(FIREFOX_ON_LINUX);
    for second in [&his, &other] {
        let (together, reversed) = (format!("{hers}; {second}"), format!("{second}; {hers}"));
        for cookies in [
            vec![together.as_bytes()],
            vec![reversed.as_bytes()],
            vec![hers.as_bytes(), second.as_bytes()],
        ] {
            let [page, program] = with_cookies(&anonymous, &cookies).await;
            page.is(400)
                .says("Your browser sent a cookie of Curfew twice")
                .says("Delete the cookies of this site");
            program.refuses(400, "malformed");
            for answer in [page, program] {
                assert!(answer.touches_no_cookie(), "{answer:?}");
                assert!(!answer.body.contains("Ada") && !answer.body.contains("Eve"));
            }
        }
        let stream = Request::get("/events")
            .header(header::COOKIE, format!("{hers}; {second}"))
            .header(header::ACCEPT, "text/event-stream");
        assert_eq!(anonymous.send(stream, Body::empty()).await.status, 401);
    }
    // The same value twice is one cookie, and what is no token is none.
    for fine in [
        format!("{hers}; {hers}"),
        format!("{hers}; curfew_session=x"),
        format!("curfew_session=; {hers}"),
    ] {
        let [page, program] = with_cookies(&anonymous, &[fine.as_bytes()]).await;
        page.is(200);
        program.is(200);
    }
}
