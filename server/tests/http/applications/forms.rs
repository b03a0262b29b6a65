//! Registering by kind and preset, picking who may use an application, and what its page offers, without script.

use accounts::time::Moment;
use serde_json::json;
use testing::databases::text;

use super::{PAGE, register, sign_in_at};
use crate::{
    browser::{Browser, NOTHING},
    databases::{number, texts},
    oauth::relying::{Relying, cloud},
    receiver::Receiver,
    test_app::{FIREFOX_ON_LINUX, TestApp},
    two_factor::protect,
};

on_both!(
    what_is_to_be_protected_is_asked_first_and_a_preset_fills_in_the_rest,
    what_follows_from_an_address_is_said_beside_it,
    who_may_use_it_is_picked_by_role_name_and_email,
    a_refused_redirect_address_is_one_click_from_being_added,
    the_test_of_a_gate_opens_it_like_a_browser,
    home_lists_where_one_is_signed_in_and_ends_it_there,
    a_gate_that_requires_a_second_factor_asks_a_remembered_device_for_a_code,
);

const NEW: &str = "/settings/applications/new";

async fn ada(app: &TestApp) -> Browser {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada
}

/// Sends the form of a page, and follows to the page that it leads to.
async fn registered(ada: &Browser, on: &str, form: &[(&str, &str)]) -> String {
    let made = ada
        .post_form("/api/fn/register_application", on, form)
        .await;
    let to = made.is(303).header("location").to_owned();
    assert!(to.starts_with(&format!("{PAGE}/one?")), "{to}");
    to
}

async fn what_is_to_be_protected_is_asked_first_and_a_preset_fills_in_the_rest(app: TestApp) {
    let ada = ada(&app).await;
    for page in [PAGE, NEW] {
        ada.get(page)
            .await
            .says("What do you want to protect?")
            .says("An application that can sign in with OpenID")
            .says("A site behind a gate")
            .says("Nextcloud")
            .says("Traefik");
    }
    let on = format!("{NEW}?kind=open_id&preset=nextcloud");
    let page = ada.get(&on).await;
    page.says("Register Nextcloud");
    assert!(page.body.contains("name=\"address\""), "{}", page.body);
    // Of the other kind there is nothing.
    assert!(!page.body.contains("name=\"open_paths\""), "{}", page.body);
    let sent = page.hidden_fields("/api/fn/register_application");
    let mut form: Vec<(&str, &str)> = sent
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form.extend([
        ("name", "Cloud"),
        ("address", "https://cloud.example.com/"),
        ("who", "all"),
        ("claims_in_id_token", "true"),
    ]);
    let page = ada.get(&registered(&ada, &on, &form).await).await;
    page.says("occ user_oidc:provider")
        .says("https://cloud.example.com/index.php/apps/user_oidc/backchannel-logout/Curfew")
        .says("Send a test");
    assert_eq!(
        texts(
            app.db(),
            "select address from application_redirects order by 1"
        )
        .await,
        [
            "https://cloud.example.com/apps/user_oidc/code",
            "https://cloud.example.com/index.php/apps/user_oidc/code"
        ]
    );
    ada.get(PAGE)
        .await
        .says("Register an application")
        .does_not_say("What do you want to protect?");

    // A gate has its proxies' configuration, with its own host.
    let on = format!("{NEW}?kind=gate&preset=caddy");
    let page = ada.get(&on).await;
    page.says("Register a site behind a gate");
    assert!(!page.body.contains("name=\"redirects\""), "{}", page.body);
    let form = [
        ("kind", "gate"),
        ("preset", "caddy"),
        ("name", "Notes"),
        ("address", "https://notes.example.org"),
    ];
    let page = ada.get(&registered(&ada, &on, &form).await).await;
    page.says("forward_auth 127.0.0.1:3000")
        .says("server_name notes.example.org;")
        .says("Test the gate");
    assert!(!page.body.contains("wiki.example.com {"), "{}", page.body);
}

async fn what_follows_from_an_address_is_said_beside_it(app: TestApp) {
    let ada = ada(&app).await;
    let on = format!("{NEW}?kind=open_id&preset=grafana");
    for (address, why) in [
        ("", "Enter its address, such as https://app.example.com."),
        (
            "http://grafana.example.com",
            "Use https, or tick the box that allows plain http",
        ),
        ("https://curfew.test", "Curfew’s own host"),
    ] {
        let form = [
            ("kind", "open_id"),
            ("preset", "grafana"),
            ("name", "Our dashboards"),
            ("address", address),
            ("second_factor", "true"),
        ];
        ada.post_form("/api/fn/register_application", &on, &form)
            .await
            .leads_to(&on);
        let page = ada.get(&on).await;
        page.says(why);
        assert!(
            page.text_of("address-error").contains(why),
            "{address}: {}",
            page.body
        );
        assert!(page.body.contains("value=\"Our dashboards\""));
        assert!(page.tag("id=\"second_factor\"").contains("checked"));
        // The box that is spoken of is in sight.
        let is_open = page.tag("class=\"fold\"").contains("open");
        assert_eq!(is_open, why.contains("tick the box"), "{address}");
    }
    // What is folded away is opened where it is wrong.
    let form = [
        ("kind", "open_id"),
        ("name", "x"),
        ("redirects", "https://x.example.com/cb"),
        ("own_session", "soon"),
    ];
    let on = format!("{NEW}?kind=open_id");
    assert!(!ada.get(&on).await.tag("class=\"fold\"").contains("open"));
    ada.post_form("/api/fn/register_application", &on, &form)
        .await
        .leads_to(&on);
    let page = ada.get(&on).await;
    page.says("Enter a number of days.");
    assert!(page.tag("class=\"fold\"").contains("open"));
    assert!(page.body.contains("value=\"soon\""));
    assert_eq!(
        number(app.db(), "select count(*) from applications").await,
        0
    );
}

async fn who_may_use_it_is_picked_by_role_name_and_email(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let eve = app.browser(FIREFOX_ON_LINUX);
    eve.joins(&ada.invites("member").await, "Eve").await;
    let box_of_ben = format!("member_{}", ben.signed_in().await.user.id.0);
    let on = format!("{NEW}?kind=gate");
    let page = ada.get(&on).await;
    page.says("Who may use it").says("ben@example.com");
    let mut form = vec![
        ("kind", "gate"),
        ("name", "Wiki"),
        ("address", "https://wiki.example.com"),
        ("who", "chosen"),
        ("others", "stranger@example.com"),
        ("role_admin", "true"),
        (box_of_ben.as_str(), "true"),
    ];
    ada.post_form("/api/fn/register_application", &on, &form)
        .await
        .leads_to(&on);
    let page = ada.get(&on).await;
    page.says("stranger@example.com isn’t a member of this account.");
    for id in ["role_admin", box_of_ben.as_str(), "who-chosen"] {
        let tag = page.tag(&format!("id=\"{id}\""));
        assert!(tag.contains("checked"), "{id}: {tag}");
    }
    assert!(!page.tag("id=\"role_owner\"").contains("checked"));

    form[4] = ("others", "EVE@example.com");
    let to = registered(&ada, &on, &form).await;
    let stored = texts(
        app.db(),
        "select a.kind || ' ' || coalesce(u.name, a.subject) from application_access a
         left join users u on u.id = a.subject order by 1",
    )
    .await;
    assert_eq!(stored, ["role admin", "user Ben", "user Eve"]);
    let page = ada.get(&to).await;
    assert!(
        page.tag(&format!("id=\"{box_of_ben}\""))
            .contains("checked")
    );

    // None at all is no choice, and a program's text is taken as before.
    let id = text(app.db(), "select id from applications").await;
    let mut change = vec![
        ("application", id.as_str()),
        ("kind", "gate"),
        ("name", "Wiki"),
        ("address", "https://wiki.example.com"),
        ("who", "chosen"),
    ];
    let refused = ada.call("change_application", &change).await.is(422).json();
    assert_eq!(
        refused["fields"]["access"],
        json!("Choose at least one role or member.")
    );
    change[4] = ("access", "owner");
    ada.call("change_application", &change).await.is(200);
    let stored = "select subject from application_access";
    assert_eq!(texts(app.db(), stored).await, ["owner"]);
}

async fn a_refused_redirect_address_is_one_click_from_being_added(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let received = "https://cloud.example.com/other?a=1&b=2";
    let asks = cloud.asks(&[("redirect_uri", received)]);
    // A member is not led on: to them it is an address that a stranger may have chosen.
    let page = ben.get(&asks).await;
    assert!(!page.is(400).body.contains("/settings/applications"));
    let page = ada.get(&asks).await;
    page.is(400).says(received).says("Add this address");
    let link = page.tag("class=\"button button--primary\"").to_owned();
    let link = crate::answer::attribute(&link, "href").unwrap();
    let link = link.replace("&amp;", "&");
    let page = ada.get(&link).await;
    page.is(200)
        .says("Add this redirect address?")
        .says(received);
    let sent = page.hidden_fields("/api/fn/add_redirect_address");
    let plain = [("application", cloud.id.as_str()), ("address", received)];
    ben.call("add_redirect_address", &plain).await.is(403);
    let one = format!("{PAGE}/one?application={}", cloud.id);
    ada.post_form("/api/fn/add_redirect_address", &link, &sent)
        .await
        .leads_to(&one);
    ada.get(&link)
        .await
        .says("The redirect address is added")
        .does_not_say("Add this redirect address?");
    // It is answered there now.
    let answer = ada.get(&asks).await;
    assert!(answer.status != 400, "{answer:?}");
    // What is no redirect address is refused where it is shown.
    let link = format!("{one}&redirect=https%3A%2F%2Fcloud.example.com%2F%23x");
    let form = [
        ("application", cloud.id.as_str()),
        ("address", "https://cloud.example.com/#x"),
    ];
    ada.post_form("/api/fn/add_redirect_address", &link, &form)
        .await
        .leads_to(&link);
    ada.get(&link).await.says("A fragment (#…) isn’t allowed.");
}

async fn the_test_of_a_gate_opens_it_like_a_browser(app: TestApp) {
    let ada = ada(&app).await;
    let site = Receiver::that_answers(&[]).await;
    let address = format!("http://{}", site.address);
    let form = [
        ("kind", "gate"),
        ("name", "Wiki"),
        ("address", address.as_str()),
        ("plain_http", "true"),
    ];
    let one = registered(&ada, &format!("{NEW}?kind=gate"), &form).await;
    let id = text(app.db(), "select id from applications").await;
    let sign_in = format!("{address}/.curfew/sign-in?to=%2Fcurfew-test");
    let asks = format!("302 location: {sign_in}\r\ncontent-length: 0\r\n\r\n");
    let passes =
        "303 location: http://curfew.test/gate/sign-in?host=x\r\ncontent-length: 0\r\n\r\n";
    let evil = "302 location: https://evil.example/.curfew/sign-in\r\ncontent-length: 0\r\n\r\n";
    for (answers, said, is_closed) in [
        (vec![asks.as_str(), passes], "The gate is closed", true),
        (vec!["200"], "The gate is open", false),
        (vec!["403"], "Curfew refused the proxy", false),
        (vec!["502"], "The proxy got no answer from Curfew", false),
        (
            vec![asks.as_str(), "404"],
            "Curfew isn’t reached below /.curfew/",
            false,
        ),
        (vec![evil], "The proxy doesn’t lead to the sign-in", false),
    ] {
        // Five a minute are sent.
        testing::databases::run(app.db(), "delete from rate_limits").await;
        site.answers_next(&answers);
        let test = [("application", id.as_str())];
        ada.post_form("/api/fn/test_application", &one, &test)
            .await
            .leads_to(&one);
        let page = ada.get(&one).await;
        page.says(said);
        assert_eq!(page.body.contains("notice--success"), is_closed, "{said}");
    }
    let first = &site.arrived()[0];
    assert!(first.head.starts_with("GET /curfew-test "), "{first:?}");
    assert_eq!(first.header("sec-fetch-mode"), "navigate");
    assert_eq!(first.header("cookie"), "");
    assert!(
        site.arrived()[1]
            .head
            .starts_with("GET /.curfew/sign-in?to=%2F "),
        "{:?}",
        site.arrived()[1]
    );
}

async fn home_lists_where_one_is_signed_in_and_ends_it_there(app: TestApp) {
    let ada = ada(&app).await;
    assert!(!ada.get("/").await.body.contains("applications-title"));
    let id = register(&ada, "Cloud", "").await;
    let who = ada.signed_in().await;
    let sid = sign_in_at(&app, &who.user.id.0, &who.session.0, &id).await;
    let page = ada.get("/").await;
    page.says("Applications").says("Cloud");
    ada.get(&format!("{PAGE}/one?application={id}"))
        .await
        .says("Signed in now")
        .says("Firefox on Linux");
    let form = [("session", sid.as_str())];
    ada.post_form("/api/fn/end_application_session", "/", &form)
        .await
        .leads_to("/");
    let page = ada.get("/").await;
    page.says("Your sign-in at Cloud has ended.");
    assert!(!page.body.contains("applications-title"));
    ada.call("still_signed_in", NOTHING).await.is(200);
    ada.get(&format!("{PAGE}/one?application={id}"))
        .await
        .says("No member is signed in there now.");
}

async fn a_gate_that_requires_a_second_factor_asks_a_remembered_device_for_a_code(app: TestApp) {
    let ada = ada(&app).await;
    let form = [
        ("kind", "gate"),
        ("name", "Wiki"),
        ("address", "https://wiki.example.com"),
        ("second_factor", "true"),
    ];
    registered(&ada, &format!("{NEW}?kind=gate"), &form).await;
    let (_, code) = protect(&ada).await;
    let begun = "0".repeat(64);
    let asks = format!("/gate/sign-in?host=wiki.example.com&to=%2Fpage&begun={begun}");
    ada.get(&asks).await.is(200).says("signed in to Wiki");

    // As a remembered device starts it: two-factor authentication is on, and nothing was shown.
    let who = ada.signed_in().await;
    let sql = format!(
        "update sessions set second_factor = null where id = '{}'",
        who.session.0
    );
    testing::databases::run(app.db(), &sql).await;
    let asked = format!("/gate/confirm?host=wiki.example.com&to=%2Fpage&begun={begun}");
    ada.get(&asks).await.leads_to(&asked);
    let page = ada.get(&asked).await;
    page.is(200).says("Continue to Wiki").says("Code");
    let mut sent = page.hidden_fields("/api/fn/continue_behind_gate");
    // A password is no second factor, and a wrong code is wrong.
    for wrong in ["correct horse battery staple", "000000"] {
        sent.push(("confirmation".into(), wrong.into()));
        ada.post_form("/api/fn/continue_behind_gate", &asked, &sent)
            .await
            .leads_to(&asked);
        assert!(
            !ada.get(&asked)
                .await
                .text_of("confirmation-error")
                .is_empty()
        );
        sent.pop();
    }
    ada.get(&asks).await.leads_to(&asked);
    sent.push(("confirmation".into(), code(1)));
    ada.post_form("/api/fn/continue_behind_gate", &asked, &sent)
        .await
        .leads_to(&asks);
    ada.get(&asks).await.is(200).says("signed in to Wiki");
    let confirmed = ada.signed_in().await.confirmed_at.unwrap();
    assert!(confirmed <= Moment::now().at);
}
