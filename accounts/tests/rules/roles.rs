//! The table of permissions, cell by cell, and the account's name and plan, which it guards.

use accounts::{
    account::{self, AccountError},
    db::Db,
    members::MemberError,
    permissions::{self, Permission, Refusal},
    plans::{Feature, Plan},
    roles::Role,
};
use testing::databases;

use crate::test_app::{NOW, TestApp, browser};

on_both!(
    an_owner_renames_the_account_and_a_member_does_not,
    only_an_owner_changes_the_plan,
);

const OWNER: &[Role] = &[Role::Owner];
const MANAGERS: &[Role] = &[Role::Owner, Role::Admin];
const ALL_BUT_WATCH_ONLY: &[Role] = &[Role::Owner, Role::Admin, Role::Editor, Role::Member];
const EVERYONE: &[Role] = &Role::ALL;

/// Makes `EXPECTED`. A permission without a line does not compile.
macro_rules! expected {
    ($($permission:ident: $roles:ident from $plan:ident;)+) => {
        const EXPECTED: &[(Permission, &[Role], Plan)] =
            &[$((Permission::$permission, $roles, Plan::$plan)),+];
        const _: fn(Permission) = |permission| match permission {
            $(Permission::$permission)|+ => (),
        };
    };
}

// Written down once more, by hand: the roles that have a permission, and the cheapest plan.
expected! {
    OwnProfile: EVERYONE from Free;
    OwnSessions: EVERYONE from Free;
    ChooseTheme: EVERYONE from Free;
    DeleteOwnUser: EVERYONE from Free;
    RemoteLogout: EVERYONE from Plus;
    AskRemoteLogout: EVERYONE from Free;
    SetUpTwoFactor: EVERYONE from Plus;
    KeepTwoFactor: EVERYONE from Free;
    OwnTokens: ALL_BUT_WATCH_ONLY from Free;
    CreateApiToken: ALL_BUT_WATCH_ONLY from Enterprise;
    CreateMcpToken: ALL_BUT_WATCH_ONLY from Pro;
    ViewAccount: MANAGERS from Free;
    RenameAccount: MANAGERS from Free;
    ChangePlan: OWNER from Free;
    SetAccountCurfew: MANAGERS from Free;
    ViewMembers: MANAGERS from Free;
    InviteMember: MANAGERS from Free;
    RevokeInvitation: MANAGERS from Free;
    ConfirmInvitation: MANAGERS from Free;
    ChangeRole: MANAGERS from Free;
    DisableMember: MANAGERS from Free;
    EnableMember: MANAGERS from Free;
    RemoveMember: MANAGERS from Free;
    ResetTwoFactor: MANAGERS from Free;
    RequireSecondFactor: OWNER from Free;
    RemoteLogoutMember: MANAGERS from Plus;
    RemoteLogoutEveryone: OWNER from Plus;
    ViewApplications: MANAGERS from Free;
    ManageApplications: MANAGERS from Free;
    ReadAuditLog: MANAGERS from Enterprise;
    SetAuditRetention: OWNER from Enterprise;
    ManageWebhook: MANAGERS from Enterprise;
    UseApi: ALL_BUT_WATCH_ONLY from Enterprise;
    EndSessionsByApi: ALL_BUT_WATCH_ONLY from Enterprise;
    ReadEventsByApi: ALL_BUT_WATCH_ONLY from Enterprise;
    ListMembersByApi: MANAGERS from Enterprise;
    RemoteLogoutMemberByApi: MANAGERS from Enterprise;
    UseMcp: ALL_BUT_WATCH_ONLY from Pro;
    ReadByMcp: ALL_BUT_WATCH_ONLY from Pro;
}

#[test]
fn the_cells_are_what_the_contract_says() {
    for &(permission, roles, from) in EXPECTED {
        for role in Role::ALL {
            for plan in Plan::ALL {
                let expected = if !roles.contains(&role) {
                    Err(Refusal::NotAllowed(roles))
                } else if plan < from {
                    let plans = Plan::ALL.into_iter().filter(|plan| *plan >= from);
                    Err(Refusal::PlanRequired(plans.collect()))
                } else {
                    Ok(())
                };
                let may = permissions::check(role, plan, permission);
                assert_eq!(may, expected, "{role:?} on {plan:?}: {permission:?}");
            }
        }
    }
}

#[test]
fn every_feature_but_the_special_roles_is_asked_for_by_a_permission() {
    for feature in Feature::ALL {
        let asked = EXPECTED
            .iter()
            .any(|(permission, ..)| permission.rule().needs == Some(feature));
        assert_eq!(asked, feature != Feature::EditorAndWatchOnly, "{feature:?}");
    }
    assert_eq!(Feature::ALL.len(), 6);
}

async fn an_owner_renames_the_account_and_a_member_does_not(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let ben = app.member(&ada, "Ben", Role::Member).await;
    let ben = app.sign_in_now(&ben).await;
    for (name, ok) in [
        ("Ada & friends", true),
        ("", false),
        (" ", false),
        (&"x".repeat(101), false),
        ("a\u{7}b", false),
    ] {
        let mut op = app.begin(&browser(9), NOW).await;
        let renamed = account::rename(&mut op, &ada, name).await;
        assert_eq!(renamed.is_ok(), ok, "{renamed:?}");
        op.commit().await.unwrap();
    }
    let mut op = app.begin(&browser(9), NOW).await;
    let refused = account::rename(&mut op, &ben, "Ben’s").await;
    assert!(
        matches!(
            refused,
            Err(AccountError::Refused(MemberError::NotAllowed(_)))
        ),
        "{refused:?}"
    );
    op.commit().await.unwrap();
    let name = "select name from accounts";
    assert_eq!(databases::text(&app.db, name).await, "Ada & friends");
    let events = "select count(*) from audit_events where action = 'account.renamed'";
    assert_eq!(databases::number(&app.db, events).await, 1);
}

async fn only_an_owner_changes_the_plan(db: Db) {
    let app = TestApp::new(db);
    let (_, ada) = app.owner("Ada").await;
    let admin = app.member(&ada, "Ben", Role::Admin).await;
    let admin = app.sign_in_now(&admin).await;
    let mut op = app.begin(&browser(9), NOW).await;
    let refused = account::change_plan(&mut op, &admin, Plan::Free).await;
    assert!(
        matches!(refused, Err(MemberError::NotAllowed(_))),
        "{refused:?}"
    );
    op.commit().await.unwrap();
    let plan = "select plan from accounts";
    assert_eq!(databases::text(&app.db, plan).await, "enterprise");
    for plan in [Plan::Free, Plan::Free, Plan::Pro] {
        let mut op = app.begin(&browser(9), NOW).await;
        account::change_plan(&mut op, &ada, plan).await.unwrap();
        op.commit().await.unwrap();
    }
    assert_eq!(databases::text(&app.db, plan).await, "pro");
    let events = "select count(*) from audit_events where action = 'account.plan_changed'";
    assert_eq!(databases::number(&app.db, events).await, 2);
}
