//! Registering applications: hosts that belong to one, secrets, and who may use each.

mod asked;
mod declared;

use accounts::{
    applications::{
        Access, ApplicationError, Kind, change_secret, find, find_gate, is_secret_of, list,
        make_secret, may_use, redirects, revoke_old_secrets,
    },
    db::Db,
    limits::ApplicationsFor,
    members::MemberError,
    roles::Role,
    secret::Secret,
};
use testing::databases::{number, run, text, texts};

use crate::test_app::{NOW, TestApp, browser, secret};
pub use asked::{gate, open_id};

on_both!(
    an_application_is_registered_with_a_secret_that_is_shown_once,
    a_host_belongs_to_one_application_of_a_kind_and_to_one_account,
    two_applications_that_take_one_host_at_once_are_not_both_registered,
    the_operator_says_whose_accounts_have_applications,
    a_lost_role_counts_at_once,
    what_is_wrong_is_said_beside_its_field,
    only_owners_and_admins_register,
    a_new_secret_is_good_beside_the_old_one_until_that_is_revoked,
);

async fn an_application_is_registered_with_a_secret_that_is_shown_once(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let made = app
        .register(&ada, &open_id("Cloud", "cloud.example.com"))
        .await
        .unwrap();
    let shown = made.secret.unwrap();
    assert!(shown.expose().starts_with("cfw_app_"));
    let mut conn = app.read(NOW).await;
    let id = &made.application.id;
    for (presented, is_right) in [
        (shown.expose(), true),
        ("cfw_app_", false),
        (id.as_str(), false),
        ("", false),
    ] {
        assert_eq!(
            is_secret_of(&mut conn, id, &secret(presented))
                .await
                .unwrap(),
            is_right
        );
    }
    assert_eq!(
        find(&mut conn, id).await.unwrap().as_ref(),
        Some(&made.application)
    );
    assert_eq!(
        redirects(&mut conn, id).await.unwrap(),
        ["https://cloud.example.com/callback"]
    );
    assert_eq!(
        list(&mut conn, &ada.user.account_id).await.unwrap().len(),
        1
    );
    let other = app
        .register(&ada, &open_id("Other", "other.example.com"))
        .await
        .unwrap();
    assert!(
        !is_secret_of(&mut conn, &other.application.id, &secret(shown.expose()))
            .await
            .unwrap()
    );
    // It is stored nowhere: neither in a row nor in an event.
    let stored = texts(&app.db, "select secret_hash from application_secrets").await;
    assert!(
        stored
            .iter()
            .all(|hash| hash.len() == 64 && !hash.contains(shown.expose()))
    );
    let events = texts(
        &app.db,
        "select details from audit_events where action = 'application.registered'",
    )
    .await;
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|details| !details.contains("cfw_app_")));
}

async fn a_host_belongs_to_one_application_of_a_kind_and_to_one_account(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.applications_for = ApplicationsFor::AllAccounts;
    let (_, ada) = app.owner("Ada").await;
    let (_, eve) = app.owner("Eve").await;
    app.register(&ada, &open_id("Wiki", "wiki.example.com"))
        .await
        .unwrap();
    let again = app
        .register(&ada, &open_id("Again", "wiki.example.com"))
        .await;
    assert_eq!(fields(again), ["redirects"]);
    // Another port is another host, and another account has neither kind.
    app.register(&ada, &open_id("Port", "wiki.example.com:8443"))
        .await
        .unwrap();
    assert_eq!(
        fields(
            app.register(&eve, &open_id("Eve", "wiki.example.com"))
                .await
        ),
        ["redirects"]
    );
    assert_eq!(
        fields(app.register(&eve, &gate("Eve", "wiki.example.com")).await),
        ["address"]
    );
    let gate = app
        .register(&ada, &gate("In front", "wiki.example.com"))
        .await
        .unwrap();
    let mut conn = app.read(NOW).await;
    let found = find_gate(&mut conn, "wiki.example.com").await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(gate.application.id));
    assert!(
        find_gate(&mut conn, "wiki.example.com:8443")
            .await
            .unwrap()
            .is_none()
    );
    // Any machine's own: two programs for it do not get in each other's way.
    for name in ["One", "Two"] {
        let mut details = open_id(name, "x.example.com");
        details.redirects = vec!["http://127.0.0.1/callback".into()];
        app.register(&ada, &details).await.unwrap();
    }
}

async fn two_applications_that_take_one_host_at_once_are_not_both_registered(db: Db) {
    let mut app = TestApp::new(db);
    app.limits.applications_for = ApplicationsFor::AllAccounts;
    let (_, ada) = app.owner("Ada").await;
    let (_, eve) = app.owner("Eve").await;
    for round in 0..10 {
        let host = format!("host{round}.example.com");
        let (one, other) = (open_id("Ada", &host), gate("Eve", &host));
        let (one, other) = tokio::join!(app.register(&ada, &one), app.register(&eve, &other));
        assert_eq!(
            u8::from(one.is_ok()) + u8::from(other.is_ok()),
            1,
            "round {round}"
        );
    }
}

async fn the_operator_says_whose_accounts_have_applications(db: Db) {
    let mut app = TestApp::new(db);
    let (_, first) = app.owner("Ada").await;
    let (_, second) = app.owner("Eve").await;
    let later = format!(
        "update accounts set created_at = created_at + 1 where id = '{}'",
        second.user.account_id.0
    );
    run(&app.db, &later).await;
    app.register(&first, &open_id("Mine", "a.example.com"))
        .await
        .unwrap();
    let refused = app
        .register(&second, &open_id("Mine", "b.example.com"))
        .await;
    assert!(matches!(refused, Err(ApplicationError::NotForThisAccount)));
    app.limits.applications_for = ApplicationsFor::AllAccounts;
    app.register(&second, &open_id("Mine", "b.example.com"))
        .await
        .unwrap();
}

async fn a_lost_role_counts_at_once(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let bob = app.member(&ada, "Bob", Role::Editor).await;
    let cid = app.member(&ada, "Cid", Role::Member).await;
    let mut details = open_id("Wiki", "wiki.example.com");
    details.access = Access::Chosen {
        roles: vec![Role::Editor],
        users: vec![cid.id.clone()],
    };
    let wiki = app.register(&ada, &details).await.unwrap().application;
    let all = app
        .register(&ada, &open_id("All", "all.example.com"))
        .await
        .unwrap()
        .application;
    for (user, may) in [(&bob.id, true), (&cid.id, true), (&ada.user.id, false)] {
        let mut conn = app.read(NOW).await;
        assert_eq!(may_use(&mut conn, &wiki.id, user).await.unwrap(), may);
        assert!(may_use(&mut conn, &all.id, user).await.unwrap());
    }
    app.change_role(&ada, &bob.id, Role::Member).await.unwrap();
    app.disable(&ada, &cid.id).await.unwrap();
    let mut conn = app.read(NOW).await;
    for user in [&bob.id, &cid.id] {
        assert!(!may_use(&mut conn, &wiki.id, user).await.unwrap());
    }
    assert!(may_use(&mut conn, &all.id, &bob.id).await.unwrap());
    assert!(!may_use(&mut conn, &all.id, &cid.id).await.unwrap());
    drop(conn);
    // A member of another account does not come in by being chosen.
    let mut app = app;
    app.limits.applications_for = ApplicationsFor::AllAccounts;
    let (eve, _) = app.owner("Eve").await;
    let mut stranger = open_id("Wiki", "stranger.example.com");
    stranger.access = Access::Chosen {
        roles: vec![],
        users: vec![eve.id.clone()],
    };
    assert_eq!(fields(app.register(&ada, &stranger).await), ["access"]);
    let mut conn = app.read(NOW).await;
    assert!(!may_use(&mut conn, &all.id, &eve.id).await.unwrap());
}

async fn what_is_wrong_is_said_beside_its_field(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let mut wrong = open_id("", "app.example.com");
    wrong.redirects.push("https://app.example.com/#x".into());
    wrong.logout_address = "ftp://app.example.com".into();
    wrong.is_confidential = false;
    wrong.requires_pkce = false;
    wrong.own_session = std::time::Duration::from_secs(1);
    wrong.access = Access::Chosen {
        roles: vec![],
        users: vec![],
    };
    assert_eq!(
        fields(app.register(&ada, &wrong).await),
        [
            "name",
            "redirects",
            "requires_pkce",
            "logout_address",
            "own_session",
            "access"
        ]
    );
    for own in ["curfew.example.com", "curfew.example.com:8443"] {
        assert_eq!(
            fields(app.register(&ada, &open_id("Own", own)).await),
            ["redirects"],
            "{own}"
        );
        assert_eq!(
            fields(app.register(&ada, &gate("Own", own)).await),
            ["address"],
            "{own}"
        );
    }
    let mut paths = gate("Wiki", "wiki.example.com");
    paths.open_paths = vec![
        "/public".into(),
        "public".into(),
        "/a/../b".into(),
        "/a%2fb".into(),
        "/a;b".into(),
    ];
    assert_eq!(fields(app.register(&ada, &paths).await), ["open_paths"; 4]);
    assert_eq!(
        number(&app.db, "select count(*) from applications").await,
        0
    );
}

async fn only_owners_and_admins_register(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    for (role, may) in [
        (Role::Admin, true),
        (Role::Editor, false),
        (Role::Member, false),
        (Role::WatchOnly, false),
    ] {
        let member = app.member(&ada, role.name(), role).await;
        let who = app.sign_in_now(&member).await;
        let done = app
            .register(
                &who,
                &gate(
                    role.name(),
                    &format!("{}.example.com", role.key().replace('_', "-")),
                ),
            )
            .await;
        let refused = matches!(
            done,
            Err(ApplicationError::Refused(MemberError::NotAllowed(_)))
        );
        assert_eq!((done.is_ok(), refused), (may, !may), "{role:?}");
    }
    assert_eq!(
        text(&app.db, "select kind from applications").await,
        Kind::Gate.key()
    );
}

async fn a_new_secret_is_good_beside_the_old_one_until_that_is_revoked(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let made = app
        .register(&ada, &open_id("Cloud", "cloud.example.com"))
        .await
        .unwrap();
    let id = made.application.id;
    let first = secret(made.secret.unwrap().expose());
    let good = async |secret: &Secret| {
        let mut conn = app.read(NOW).await;
        is_secret_of(&mut conn, &id, secret).await.unwrap()
    };
    let renewed = async |seconds: u64| {
        let later = crate::test_app::after(std::time::Duration::from_secs(seconds));
        let mut op = app.begin(&browser(1), later).await;
        let made = make_secret(&mut op, &id).await.unwrap();
        op.commit().await.unwrap();
        made.map(|made| secret(made.expose()))
    };
    let second = renewed(1).await.unwrap();
    assert!(good(&first).await && good(&second).await);
    // A third would take away the first, which may be the one in use.
    assert!(renewed(2).await.is_none());
    let mut op = app.begin(&browser(1), NOW).await;
    let refused = change_secret(&mut op, &ada, &id).await;
    assert!(
        matches!(refused, Err(ApplicationError::TwoSecrets)),
        "{refused:?}"
    );
    op.commit().await.unwrap();
    assert!(good(&first).await && good(&second).await);
    let mut op = app.begin(&browser(1), NOW).await;
    assert_eq!(revoke_old_secrets(&mut op, &id).await.unwrap(), 1);
    op.commit().await.unwrap();
    assert!(!good(&first).await && good(&second).await);
    let third = renewed(3).await.unwrap();
    assert!(good(&second).await && good(&third).await);
}

/// The fields that were wrong.
fn fields<T: std::fmt::Debug>(refused: Result<T, ApplicationError>) -> Vec<&'static str> {
    match refused {
        Err(ApplicationError::Fields(fields)) => {
            fields.into_iter().map(|(field, _)| field).collect()
        }
        other => panic!("{other:?}"),
    }
}
