//! Two accounts: the ids of one are nothing in the other, and what a form does not ask for has no effect.

use accounts::{invitations, plans::Plan};

use crate::{
    databases,
    test_app::{FIREFOX_ON_LINUX, TestApp},
};

on_both!(
    crossed_ids_are_404_and_nothing_changes,
    extra_fields_have_no_effect,
    another_accounts_events_are_not_shown,
);

async fn crossed_ids_are_404_and_nothing_changes(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    let mallory = app.browser(FIREFOX_ON_LINUX);
    mallory.sign_up("Mallory").await;
    ada.invites("member").await;
    let account = app.user("Ada").await.account_id;
    let open = invitations::open(&mut app.read().await, &account).await;
    let invitation = open.unwrap().remove(0).id;
    let before = app.everything().await;
    for target in [app.id_of("Ada").await, app.id_of("Ben").await] {
        let member = ("member", target.as_str());
        for function in [
            "disable_member",
            "enable_member",
            "remove_member",
            "reset_two_factor",
            "remote_logout_member",
        ] {
            mallory
                .call(function, &[member])
                .await
                .refuses(404, "not_found");
        }
        mallory
            .call("change_role", &[member, ("role", "owner")])
            .await
            .refuses(404, "not_found");
        for operation in ["remote_logout", "disable", "reset_two_factor", "remove"] {
            let page = mallory
                .get(&format!(
                    "/settings/members/confirm?operation={operation}&member={target}"
                ))
                .await;
            page.is(404).does_not_say("Ben").does_not_say("Ada");
        }
    }
    mallory
        .call("revoke_invitation", &[("invitation", invitation.as_str())])
        .await
        .refuses(404, "not_found");
    assert_eq!(app.everything().await, before);
}

async fn extra_fields_have_no_effect(app: TestApp) {
    let (_ada, ben) = app.two("member").await;
    let ada_id = app.id_of("Ada").await;
    let extra = [
        ("role", "owner"),
        ("plan", "free"),
        ("epoch", "99"),
        ("user_id", ada_id.as_str()),
        ("id", ada_id.as_str()),
        ("account_id", "another"),
        ("disabled_at", "1"),
        ("member", ada_id.as_str()),
    ];
    let users = "select id || ' ' || account_id || ' ' || role || ' ' || cast(epoch as text)
                  || ' ' || coalesce(cast(disabled_at as text), '') from users order by id";
    let before = databases::texts(app.db(), users).await;
    let with = |fields: &[(&'static str, &'static str)]| {
        fields.iter().copied().chain(extra).collect::<Vec<_>>()
    };
    ben.call(
        "update_profile",
        &with(&[("name", "Ben B"), ("username", "ben")]),
    )
    .await
    .is(200);
    ben.call("still_signed_in", &with(&[])).await.is(200);
    ben.call("sessions", &with(&[])).await.is(200);
    assert_eq!(databases::texts(app.db(), users).await, before);
    assert_eq!(app.user("Ada").await.plan, Plan::Enterprise);
    let joined = app.browser(FIREFOX_ON_LINUX);
    let form = [
        ("name", "Mallory"),
        ("email", "mallory@example.com"),
        ("password", crate::test_app::PASSWORD),
    ];
    joined
        .call(
            "sign_up",
            &form.into_iter().chain(extra).collect::<Vec<_>>(),
        )
        .await
        .is(200);
    for name in ["Ada", "Mallory"] {
        assert_eq!(app.user(name).await.plan, Plan::Enterprise);
    }
}

async fn another_accounts_events_are_not_shown(app: TestApp) {
    let (ada, _ben) = app.two("member").await;
    let mallory = app.browser(FIREFOX_ON_LINUX);
    mallory.sign_up("Mallory").await;
    let ada_id = app.id_of("Ada").await;
    for query in [
        "",
        "?q=ada",
        &format!("?user={ada_id}"),
        "?before=999999",
        "?after=0",
    ] {
        let page = mallory.get(&format!("/settings/audit-log{query}")).await;
        page.is(200).does_not_say("Ada").does_not_say("Ben");
    }
    let export = mallory.get("/settings/audit-log/export?format=jsonl").await;
    assert!(!export.is(200).body.contains(&ada_id) && export.body.contains("user.created"));
    ada.get("/settings/audit-log")
        .await
        .says("Ben joined as member, invited by Ada");
}
