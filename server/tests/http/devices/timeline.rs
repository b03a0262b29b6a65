//! The picture of the last 30 days.

use crate::test_app::{CHROME_ON_WINDOWS, FIREFOX_ON_LINUX, SAFARI_ON_IPHONE, TestApp};

on_both!(a_few_sessions_need_no_picture_and_more_have_names_and_tooltips);

async fn a_few_sessions_need_no_picture_and_more_have_names_and_tooltips(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    app.browser(SAFARI_ON_IPHONE).sign_in("Ada").await;
    ada.get("/profile/security")
        .await
        .does_not_say("The last 30 days");
    app.browser(CHROME_ON_WINDOWS).sign_in("Ada").await;
    let page = ada.get("/profile/security").await;
    page.says("The last 30 days");
    let picture = &page.body[page.body.find("timeline__svg").unwrap()..];
    let picture = &picture[..picture.find("</svg>").unwrap()];
    assert_eq!(picture.matches("<rect").count(), 3, "{picture}");
    assert_eq!(picture.matches("timeline__name").count(), 3, "{picture}");
    assert!(
        picture.contains("<title>Safari on iPhone: since "),
        "{picture}"
    );
}
