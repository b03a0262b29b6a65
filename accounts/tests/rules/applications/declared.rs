//! Applications that the operator's file declares: applied once, and again without a change or an event.

use accounts::{
    applications::{
        Access, Application, ApplicationError, Applied, Declared, DeclaredError, Details, OwnHost,
        Wanted, WantedApplication, apply_declared, find, hosts, is_secret_of, list, made_elsewhere,
    },
    db::Db,
    ids::{AccountId, ApplicationId},
    roles::Role,
    secret::{Secret, Token},
    sessions::SignedIn,
};
use testing::databases::{number, run, texts};

use crate::{
    applications::{gate, open_id},
    test_app::{NOW, TestApp, browser},
};

on_both!(
    it_is_registered_once_and_applied_again_it_changes_nothing,
    another_address_is_a_change_and_no_second_application,
    every_field_that_the_page_has_is_a_change,
    its_secrets_are_those_of_the_file_and_no_others,
    what_is_wrong_leaves_nothing_half_applied,
    what_is_removed_goes_and_what_is_not_named_stays,
    two_nodes_that_apply_it_at_once_apply_it_once,
    a_client_id_is_used_once_and_kept,
    what_it_is_does_not_change,
    members_are_named_by_their_emails,
    it_is_checked_as_the_page_is,
);

const WIKI: &str = "wiki.example.com";

fn made() -> Secret {
    Secret::new(format!("cfw_app_{}", Token::random().expose()))
}

fn declared(key: &str, details: Details, secrets: &[&Secret]) -> Declared {
    let secrets = secrets.iter().map(|secret| made_elsewhere(secret).unwrap());
    Declared {
        key: key.into(),
        wanted: Wanted::Registered(Box::new(WantedApplication {
            details,
            client_id: None,
            members: Vec::new(),
            secrets: secrets.collect(),
        })),
    }
}

fn removed(key: &str) -> Declared {
    Declared {
        key: key.into(),
        wanted: Wanted::Removed,
    }
}

/// What the file says of one.
fn of(declared: &mut Declared) -> &mut WantedApplication {
    match &mut declared.wanted {
        Wanted::Registered(wanted) => wanted,
        Wanted::Removed => panic!("it is removed"),
    }
}

struct Stage {
    app: TestApp,
    ada: SignedIn,
    account: AccountId,
}

async fn stage(db: Db) -> Stage {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let account = ada.user.account_id.clone();
    Stage { app, ada, account }
}

impl Stage {
    /// Applies it as a start does: whole, or nothing of it.
    async fn apply(&self, file: &[Declared]) -> Result<Applied, DeclaredError> {
        let mut op = self.app.begin(&browser(1), NOW).await;
        let own = OwnHost("curfew.example.com".into());
        let applied = apply_declared(&mut op, &self.account, file, &own).await?;
        op.commit().await.unwrap();
        Ok(applied)
    }

    async fn changes_nothing(&self, file: &[Declared]) {
        let before = self.everything().await;
        assert_eq!(self.apply(file).await.unwrap(), Applied::default());
        assert_eq!(self.everything().await, before);
    }

    /// Every row that is about applications, and every event.
    async fn everything(&self) -> Vec<String> {
        let mut all = Vec::new();
        for sql in [
            "select id || name || changed_at || coalesce(address, '') || coalesce(declared_as, '') || coalesce(removed_at, 0)
             from applications order by id",
            "select application_id || address from application_redirects order by address",
            "select application_id || host from application_hosts order by host",
            "select secret_hash || created_at || coalesce(revoked_at, 0) from application_secrets order by secret_hash",
            "select application_id || kind || subject from application_access order by subject",
            "select hash from audit_events order by chain, seq",
        ] {
            all.extend(texts(&self.app.db, sql).await);
        }
        all
    }

    async fn events(&self) -> Vec<String> {
        let sql = "select action || ' ' || actor from audit_events where action like 'application.%' order by seq";
        texts(&self.app.db, sql).await
    }

    async fn only(&self) -> Application {
        let all = list(&mut *self.app.read(NOW).await, &self.account).await;
        let all = all.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_iter().next().unwrap()
    }

    async fn accepts(&self, application: &Application, secret: &Secret) -> bool {
        let mut conn = self.app.read(NOW).await;
        is_secret_of(&mut conn, &application.id, secret)
            .await
            .unwrap()
    }
}

fn field(refused: Result<Applied, DeclaredError>) -> (String, &'static str) {
    match refused {
        Err(DeclaredError {
            key,
            why: ApplicationError::Fields(wrong),
        }) => (key, wrong[0].0),
        other => panic!("{other:?}"),
    }
}

async fn it_is_registered_once_and_applied_again_it_changes_nothing(db: Db) {
    let stage = stage(db).await;
    let secret = made();
    let file = [
        declared("files", open_id("Files", "files.example.com"), &[&secret]),
        declared("wiki", gate("Wiki", WIKI), &[]),
    ];
    let applied = stage.apply(&file).await.unwrap();
    assert_eq!(applied.registered.len(), 2);
    let client_id = &applied.registered[0].1;
    let files = find(&mut *stage.app.read(NOW).await, client_id).await;
    let files = files.unwrap().unwrap();
    assert_eq!(files.declared_as.as_deref(), Some("files"));
    assert!(stage.accepts(&files, &secret).await);
    assert!(!stage.accepts(&files, &made()).await);
    assert_eq!(
        stage.events().await,
        [
            "application.registered operator",
            "application.registered operator"
        ]
    );
    stage.changes_nothing(&file).await;
    // In another order, too.
    let [files, wiki] = file;
    stage.changes_nothing(&[wiki, files]).await;
}

async fn another_address_is_a_change_and_no_second_application(db: Db) {
    let stage = stage(db).await;
    stage
        .apply(&[declared("wiki", gate("Wiki", WIKI), &[])])
        .await
        .unwrap();
    let before = stage.only().await;
    let moved = [declared("wiki", gate("The wiki", "notes.example.com"), &[])];
    let applied = stage.apply(&moved).await.unwrap();
    assert_eq!(applied.changed, [("wiki".to_owned(), before.id.clone())]);
    let after = stage.only().await;
    assert_eq!(
        (after.id.clone(), after.name.as_str()),
        (before.id, "The wiki")
    );
    let at = hosts(&mut *stage.app.read(NOW).await, &after.id).await;
    assert_eq!(at.unwrap(), ["notes.example.com"]);
    assert_eq!(
        stage.events().await.last().unwrap(),
        "application.changed operator"
    );
    stage.changes_nothing(&moved).await;
}

async fn every_field_that_the_page_has_is_a_change(db: Db) {
    let stage = stage(db).await;
    let secret = made();
    let mut details = open_id("Files", "files.example.com");
    let file = |details: &Details| [declared("files", details.clone(), &[&secret])];
    stage.apply(&file(&details)).await.unwrap();
    let changes: [fn(&mut Details); 11] = [
        |details| details.name = "All files".into(),
        |details| details.preset = Some("nextcloud".into()),
        |details| details.address = "https://files.example.com".into(),
        |details| details.redirects.push("https://files.example.com/b".into()),
        |details| details.requires_pkce = false,
        |details| details.signing_algorithm = accounts::applications::SigningAlgorithm::Rs256,
        |details| details.claims_in_id_token = true,
        |details| details.logout_address = "https://files.example.com/out".into(),
        |details| details.signed_out_address = "https://files.example.com/bye".into(),
        |details| details.own_session = std::time::Duration::from_hours(5),
        |details| details.requires_second_factor = true,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        change(&mut details);
        let applied = stage.apply(&file(&details)).await.unwrap();
        assert_eq!(applied.changed.len(), 1, "change {n}");
        stage.changes_nothing(&file(&details)).await;
    }
    details.access = Access::Chosen {
        roles: vec![Role::Owner, Role::Admin],
        users: vec![stage.ada.user.id.clone()],
    };
    assert_eq!(stage.apply(&file(&details)).await.unwrap().changed.len(), 1);
    stage.changes_nothing(&file(&details)).await;

    let mut wiki = gate("Wiki", WIKI);
    let file = |details: &Details| [declared("wiki", details.clone(), &[])];
    stage.apply(&file(&wiki)).await.unwrap();
    let changes: [fn(&mut Details); 2] = [
        |details| details.open_paths = vec!["/public/".into()],
        |details| details.passes_preflights = true,
    ];
    for change in changes {
        change(&mut wiki);
        assert_eq!(stage.apply(&file(&wiki)).await.unwrap().changed.len(), 1);
        stage.changes_nothing(&file(&wiki)).await;
    }
}

async fn its_secrets_are_those_of_the_file_and_no_others(db: Db) {
    let stage = stage(db).await;
    let (old, new) = (made(), made());
    let file = |secrets: &[&Secret]| {
        [declared(
            "files",
            open_id("Files", "x.example.com"),
            secrets,
        )]
    };
    stage.apply(&file(&[&old])).await.unwrap();
    let files = stage.only().await;
    // The new one beside the old, then the new one alone.
    stage.apply(&file(&[&new, &old])).await.unwrap();
    assert!(stage.accepts(&files, &old).await && stage.accepts(&files, &new).await);
    stage.changes_nothing(&file(&[&old, &new])).await;
    stage.apply(&file(&[&new])).await.unwrap();
    assert!(!stage.accepts(&files, &old).await && stage.accepts(&files, &new).await);
    stage.changes_nothing(&file(&[&new])).await;
    // One that was put back is good again.
    stage.apply(&file(&[&old])).await.unwrap();
    assert!(stage.accepts(&files, &old).await && !stage.accepts(&files, &new).await);
    let secrets = stage.events().await.split_off(1);
    assert_eq!(
        secrets,
        [
            "application.secret_made operator",
            "application.secret_revoked operator",
            "application.secret_made operator",
            "application.secret_revoked operator",
        ]
    );
    // Another application's is no second key.
    let mut both = file(&[&old]).to_vec();
    both.push(declared(
        "other",
        open_id("Other", "y.example.com"),
        &[&old],
    ));
    assert_eq!(
        field(stage.apply(&both).await),
        ("other".into(), "secret_file")
    );
    // One that keeps a secret has one, and one that keeps none has none.
    assert_eq!(field(stage.apply(&file(&[])).await).1, "secret_file");
    let gate = [declared("wiki", gate("Wiki", WIKI), &[&new])];
    assert_eq!(field(stage.apply(&gate).await).1, "secret_file");
}

async fn what_is_wrong_leaves_nothing_half_applied(db: Db) {
    let stage = stage(db).await;
    let before = stage.everything().await;
    let mut wrong = gate("Other", "other.example.com");
    wrong.address = "https://other.example.com/path".into();
    let file = [
        declared("wiki", gate("Wiki", WIKI), &[]),
        declared("other", wrong, &[]),
    ];
    assert_eq!(field(stage.apply(&file).await), ("other".into(), "address"));
    assert_eq!(stage.everything().await, before);
}

async fn what_is_removed_goes_and_what_is_not_named_stays(db: Db) {
    let stage = stage(db).await;
    stage
        .app
        .register(&stage.ada, &gate("By hand", "hand.example.com"))
        .await
        .unwrap();
    stage
        .apply(&[declared("wiki", gate("Wiki", WIKI), &[])])
        .await
        .unwrap();
    stage.changes_nothing(&[]).await;
    let applied = stage.apply(&[removed("wiki")]).await.unwrap();
    assert_eq!(applied.removed.len(), 1);
    assert_eq!(stage.only().await.name, "By hand");
    stage
        .changes_nothing(&[removed("wiki"), removed("never")])
        .await;
    // Its host is free in the same file, and its key is used again.
    let applied = stage
        .apply(&[declared("wiki", gate("Wiki", WIKI), &[])])
        .await
        .unwrap();
    assert_eq!(applied.registered.len(), 1);
    let file = [declared("notes", gate("Notes", WIKI), &[]), removed("wiki")];
    let applied = stage.apply(&file).await.unwrap();
    assert_eq!((applied.registered.len(), applied.removed.len()), (1, 1));
    stage.changes_nothing(&file).await;
}

async fn two_nodes_that_apply_it_at_once_apply_it_once(db: Db) {
    let stage = stage(db).await;
    for round in 0..10 {
        let key = format!("wiki{round}");
        let host = format!("wiki{round}.example.com");
        let file = [declared(&key, gate("Wiki", &host), &[])];
        let (one, other) = tokio::join!(stage.apply(&file), stage.apply(&file));
        let registered = one.unwrap().registered.len() + other.unwrap().registered.len();
        assert_eq!(registered, 1, "round {round}");
    }
    let applications = "select count(*) from applications";
    assert_eq!(number(&stage.app.db, applications).await, 10);
    assert_eq!(stage.events().await.len(), 10);
}

async fn a_client_id_is_used_once_and_kept(db: Db) {
    let stage = stage(db).await;
    let id = ApplicationId("5f0c7a52-3f0e-4a57-9d0a-6f1f5e2f9f11".into());
    let secret = made();
    let mut file = [declared(
        "files",
        open_id("Files", "x.example.com"),
        &[&secret],
    )];
    of(&mut file[0]).client_id = Some(id.clone());
    stage.apply(&file).await.unwrap();
    assert_eq!(stage.only().await.id, id);
    stage.changes_nothing(&file).await;
    let mut other = file.to_vec();
    let beside = made();
    other.push(declared(
        "other",
        open_id("Other", "y.example.com"),
        &[&beside],
    ));
    of(&mut other[1]).client_id = Some(id.clone());
    assert_eq!(
        field(stage.apply(&other).await),
        ("other".into(), "client_id")
    );
    // It does not change, and is not given out again.
    of(&mut file[0]).client_id = Some(ApplicationId("00000000-3f0e-4a57-9d0a-6f1f5e2f9f11".into()));
    assert_eq!(field(stage.apply(&file).await).1, "client_id");
    stage.apply(&[removed("files")]).await.unwrap();
    of(&mut file[0]).client_id = Some(id);
    assert_eq!(field(stage.apply(&file).await).1, "client_id");
}

async fn what_it_is_does_not_change(db: Db) {
    let stage = stage(db).await;
    let secret = made();
    stage
        .apply(&[declared(
            "files",
            open_id("Files", "x.example.com"),
            &[&secret],
        )])
        .await
        .unwrap();
    let as_gate = [declared("files", gate("Files", "x.example.com"), &[])];
    assert_eq!(field(stage.apply(&as_gate).await).1, "kind");
    let public = Details {
        is_confidential: false,
        ..open_id("Files", "x.example.com")
    };
    let public = [declared("files", public, &[])];
    assert_eq!(field(stage.apply(&public).await).1, "public");
}

async fn members_are_named_by_their_emails(db: Db) {
    let stage = stage(db).await;
    let ben = stage.app.member(&stage.ada, "Ben", Role::Member).await;
    let mut wiki = gate("Wiki", WIKI);
    wiki.access = Access::Chosen {
        roles: vec![],
        users: vec![],
    };
    let mut file = [declared("wiki", wiki, &[])];
    of(&mut file[0]).members = vec![ben.email.clone()];
    stage.apply(&file).await.unwrap();
    let may = "select subject from application_access";
    assert_eq!(texts(&stage.app.db, may).await, [ben.id.0.as_str()]);
    stage.changes_nothing(&file).await;
    // An email that no member has is named, and stops nothing: a member who leaves must not stop the next start.
    let gone = vec![("wiki".to_owned(), "eve@example.com".to_owned())];
    of(&mut file[0]).members.push("eve@example.com".into());
    let applied = stage.apply(&file).await.unwrap();
    assert_eq!((applied.changed, &applied.unknown), (vec![], &gone));
    // Of another account: the same, and she may not use it.
    stage.app.owner("Eve").await;
    assert_eq!(stage.apply(&file).await.unwrap().unknown, gone);
    assert_eq!(texts(&stage.app.db, may).await, [ben.id.0.as_str()]);
    // Where no one else is named it stays as it is, and is not opened to others.
    of(&mut file[0]).members = vec!["eve@example.com".into()];
    let applied = stage.apply(&file).await.unwrap();
    assert_eq!((applied.changed, applied.unknown), (vec![], gone.clone()));
    assert_eq!(texts(&stage.app.db, may).await, [ben.id.0.as_str()]);
    let mut files = gate("Files", "files.example.com");
    files.access = Access::Chosen {
        roles: vec![],
        users: vec![],
    };
    let mut files = [declared("files", files, &[])];
    of(&mut files[0]).members = vec!["eve@example.com".into()];
    assert_eq!(stage.apply(&files).await.unwrap().registered, []);
}

async fn it_is_checked_as_the_page_is(db: Db) {
    let stage = stage(db).await;
    let own = [declared("own", gate("Own", "curfew.example.com"), &[])];
    assert_eq!(field(stage.apply(&own).await).1, "address");
    stage
        .app
        .register(&stage.ada, &gate("By hand", WIKI))
        .await
        .unwrap();
    let taken = [declared("wiki", gate("Wiki", WIKI), &[])];
    assert_eq!(field(stage.apply(&taken).await).1, "address");
    // Only the accounts that the operator lets have applications.
    let (_, eve) = stage.app.owner("Eve").await;
    let later = format!(
        "update accounts set created_at = created_at + 1 where id = '{}'",
        eve.user.account_id.as_str()
    );
    run(&stage.app.db, &later).await;
    let mut op = stage.app.begin(&browser(1), NOW).await;
    let own = OwnHost("curfew.example.com".into());
    let account = eve.user.account_id;
    let file = [declared("wiki", gate("Wiki", "eve.example.com"), &[])];
    let refused = apply_declared(&mut op, &account, &file, &own).await;
    assert!(
        matches!(
            refused,
            Err(DeclaredError {
                why: ApplicationError::NotForThisAccount,
                ..
            })
        ),
        "{refused:?}"
    );
}
