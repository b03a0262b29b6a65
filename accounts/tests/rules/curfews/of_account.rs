//! An account's curfew holds for every member.

use accounts::{
    curfew::{self, CurfewError, Scope},
    db::Db,
    end_reason::EndReason,
    remember_me::Exchange,
    roles::Role,
};

use super::{at, set, set_own, typed};
use crate::test_app::{NOW, TestApp};

on_both!(
    the_curfew_of_an_account_holds_for_every_member_and_only_owners_and_admins_set_it,
    what_has_ended_stays_dead_when_the_curfew_goes_or_changes,
    the_curfew_that_comes_first_counts_whichever_is_set_last,
    the_session_of_a_removed_owner_sets_none,
);

async fn the_curfew_of_an_account_holds_for_every_member_and_only_owners_and_admins_set_it(db: Db) {
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let ben = app.member(&owner, "Ben", Role::Member).await;
    let (adas, bens) = (app.sign_in(&ada, NOW).await, app.sign_in(&ben, NOW).await);
    let me = app.signed_in(&bens.session.token, NOW).await;
    let late = typed("23:00", "UTC");
    let refused = set(&app, &me, Scope::Account, Some(&late), NOW).await;
    assert!(
        matches!(refused, Err(CurfewError::NotAllowed)),
        "{refused:?}"
    );
    let me = app.signed_in(&adas.session.token, NOW).await;
    set(&app, &me, Scope::Account, Some(&late), NOW)
        .await
        .unwrap();
    set_own(&app, &me, "21:00", NOW).await;
    assert!(app.is_live(&bens.session.token, at(14)).await);
    assert!(
        !app.is_live(&adas.session.token, at(14)).await,
        "the earlier of the two"
    );
    assert_eq!(
        app.end_reason(&bens.session.token, at(15)).await,
        EndReason::Curfew
    );
    let of = curfew::of(&mut app.read(NOW).await, &ben.id).await;
    assert_eq!(of.unwrap(), (None, Some(late)));
}

async fn what_has_ended_stays_dead_when_the_curfew_goes_or_changes(db: Db) {
    let later = typed("23:00", "UTC");
    let app = TestApp::new(db);
    let (ada, owner) = app.owner("Ada").await;
    let ben = app.member(&owner, "Ben", Role::Member).await;
    for then in [None, Some(&later)] {
        let me = app.sign_in_now(&ada).await;
        let evening = typed("22:00", "UTC");
        set(&app, &me, Scope::Account, Some(&evening), NOW)
            .await
            .unwrap();
        let bens = app.sign_in_remembered(&ben, NOW).await;
        // No job has marked what has ended when the owner signs in again.
        let morning = app.sign_in(&ada, at(15)).await;
        let me = app.signed_in(&morning.session.token, at(15)).await;
        set(&app, &me, Scope::Account, then, at(15)).await.unwrap();
        let why = app.end_reason(&bens.session.token, at(15)).await;
        assert_eq!(why, EndReason::Curfew);
        let cookie = bens.remembered.unwrap().token;
        let refused = app.exchange(&cookie, at(15)).await;
        assert!(matches!(refused, Exchange::Ended(e) if e.end_reason == EndReason::Curfew));
        assert!(app.is_live(&morning.session.token, at(15)).await);
        set(&app, &me, Scope::Account, None, at(15)).await.unwrap();
    }
}

/// Setting either of the two works out both again.
async fn the_curfew_that_comes_first_counts_whichever_is_set_last(db: Db) {
    let app = TestApp::new(db);
    let (ada, me) = app.owner("Ada").await;
    let (early, late) = (typed("21:00", "UTC"), typed("23:00", "UTC"));
    for (own, account) in [(&early, &late), (&late, &early)] {
        for first in [Scope::User, Scope::Account] {
            let second = match first {
                Scope::User => Scope::Account,
                Scope::Account => Scope::User,
            };
            for scope in [first, second] {
                let curfew = match scope {
                    Scope::User => own,
                    Scope::Account => account,
                };
                set(&app, &me, scope, Some(curfew), NOW).await.unwrap();
            }
            assert_eq!(app.list(&ada, at(12)).await.len(), 1);
            assert!(app.list(&ada, at(13)).await.is_empty());
            // Without the early one, the late one is left.
            let scope = if *own == early {
                Scope::User
            } else {
                Scope::Account
            };
            set(&app, &me, scope, None, NOW).await.unwrap();
            assert_eq!(app.list(&ada, at(14)).await.len(), 1);
            assert!(app.list(&ada, at(15)).await.is_empty());
        }
    }
}

/// A removed owner is not locked with the members, and no user is locked after one with a later id.
async fn the_session_of_a_removed_owner_sets_none(db: Db) {
    let app = TestApp::new(db);
    let (ada, ada_in) = app.owner("Ada").await;
    let ben = app.member(&ada_in, "Ben", Role::Owner).await;
    let ben_in = app.sign_in_now(&ben).await;
    let (stays, goes) = if ada.id < ben.id {
        (ben_in, ada_in)
    } else {
        (ada_in, ben_in)
    };
    app.remove(&stays, &goes.user.id).await.unwrap();
    let evening = typed("22:00", "UTC");
    let refused = set(&app, &goes, Scope::Account, Some(&evening), NOW).await;
    assert!(
        matches!(refused, Err(CurfewError::AlreadyEnded)),
        "{refused:?}"
    );
}
