//! Finding events and members: filters in the words of the list, chips, search.

use accounts::time::UnixMillis;

use crate::{
    databases,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    actions_are_filtered_by_the_words_of_the_list,
    a_filter_that_is_set_is_a_chip_that_takes_it_out,
    an_action_that_does_not_exist_is_no_filter,
    the_days_and_the_times_of_the_list_name_their_zones,
    members_are_found_by_name_and_email,
    a_member_is_shown_with_their_last_use_and_second_factor,
    a_confirmation_names_the_member,
);

async fn actions_are_filtered_by_the_words_of_the_list(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    ada.call("rename_account", &[("name", "Engines")])
        .await
        .is(200);
    let log = ada.get("/settings/audit-log").await;
    // The row says what the list to choose from calls it, and the list says it under its category.
    log.says("Account renamed · ")
        .says("Account renamed (account.renamed)");
    let options = &log.body[log.body.find("<optgroup label=\"Account\">").unwrap()..];
    let group = &options[..options.find("</optgroup>").unwrap()];
    assert!(group.contains("value=\"account.renamed\""), "{group}");
    assert!(!group.contains("value=\"user.login\""), "{group}");
    // Where the button is does not depend on what is set.
    let filtered = ada.get("/settings/audit-log?q=engines&severity=info").await;
    let form = |page: &str| {
        let form = &page[page.find("class=\"filter\"").unwrap()..];
        form[..form.find("</form>").unwrap()]
            .matches("<button")
            .count()
            + form[..form.find("</form>").unwrap()].matches("<a ").count()
    };
    assert_eq!((form(&log.body), form(&filtered.body)), (1, 1));
}

async fn a_filter_that_is_set_is_a_chip_that_takes_it_out(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    let ben = app.id_of("Ben").await;
    let page = ada
        .get(&format!(
            "/settings/audit-log?action=member.joined&user={ben}&from=2026-01-01"
        ))
        .await;
    page.says("Member: Ben")
        .says("From 2026-01-01")
        .says("Show all events");
    let chip = page.tag("aria-label=\"Remove the filter “Member joined”\"");
    let rest = format!("href=\"/settings/audit-log?user={ben}&amp;from=2026-01-01\"");
    assert!(chip.contains(&rest), "{chip}");
    // Days are offered while none are set.
    page.does_not_say("Last 7 days");
    let all = ada.get("/settings/audit-log").await;
    all.says("Today")
        .says("Last 7 days")
        .says("Last 30 days")
        .says("Only you");
    assert!(!all.body.contains("Remove the filter"));
    let mine = format!(
        "href=\"/settings/audit-log?user={}\"",
        app.id_of("Ada").await
    );
    all.tag(&mine);
}

async fn an_action_that_does_not_exist_is_no_filter(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = ada.get("/settings/audit-log?action=bogus").await;
    page.is(200)
        .says("There is no such choice, so it was left out.")
        .says("Ada signed up");
    assert!(!page.body.contains("Remove the filter"), "{page:?}");
}

async fn the_days_and_the_times_of_the_list_name_their_zones(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let page = ada.get("/settings/audit-log").await;
    page.says("Days are in UTC. Times in the list are in your own time zone.");
    // Without script they are in UTC, and nothing else is said.
    let hint = page.tag("class=\"needs-script\"");
    assert!(hint.starts_with("<span"), "{hint}");
}

async fn members_are_found_by_name_and_email(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    ada.get("/settings/members")
        .await
        .says("2 members in this account.");
    for words in ["ben", "BEN@EXAMPLE", "en%40ex"] {
        let found = ada.get(&format!("/settings/members?q={words}")).await;
        found
            .says("1 of 2 members in this account.")
            .says("ben@example.com");
        assert!(!found.body.contains("ada@example.com</p>"), "{words}");
    }
    // No wildcards, and what was typed is there again.
    let none = ada.get("/settings/members?q=b%25n").await;
    none.says("No matching members").says("0 of 2 members");
    assert!(none.tag("name=\"q\"").contains("value=\"b%n\""));
}

async fn a_member_is_shown_with_their_last_use_and_second_factor(app: TestApp) {
    let (ada, ben) = app.two("member").await;
    let page = ada.get("/settings/members").await;
    page.says("Two-factor off")
        .does_not_say("Two-factor on")
        .says("active ");
    databases::run(
        app.db(),
        "update users set two_factor_since = 1 where email = 'ben@example.com'",
    )
    .await;
    // A session that has ended counts as well: Ben was active then.
    ben.post_form("/sign-out", "/", &[("on_page", "/")]).await;
    let at = UnixMillis(1_700_000_000_000);
    let sql = format!(
        "update sessions set started_at = {0}, last_active_at = {0} where user_id = '{1}'",
        at.0,
        app.id_of("Ben").await
    );
    assert_eq!(databases::run(app.db(), &sql).await, 1);
    ada.get("/settings/members")
        .await
        .says("Two-factor on")
        .says("active 14 Nov 2023");
    databases::run(app.db(), "delete from sessions where ended_at is not null").await;
    ada.get("/settings/members").await.says("not active lately");
}

async fn a_confirmation_names_the_member(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    let ben = app.id_of("Ben").await;
    for (operation, button) in [
        ("remote_logout", "Log out Ben"),
        ("disable", "Disable Ben"),
        ("remove", "Remove Ben"),
    ] {
        let address = format!("/settings/members/confirm?operation={operation}&member={ben}");
        let page = ada.get(&address).await;
        let form = page.tag("class=\"form__actions\"").to_owned();
        let form = &page.body[page.body.find(&form).unwrap()..];
        assert!(form.contains(button), "{form}");
    }
    let form = [("member", ben.as_str())];
    ada.post_form("/api/fn/remove_member", "/settings/members", &form)
        .await
        .leads_to("/settings/members");
    ada.get("/settings/members")
        .await
        .says("Ben is removed")
        .says("1 session ended.");
}
