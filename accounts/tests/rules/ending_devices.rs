//! Ending one device, ending the others, giving one a name.

use accounts::{
    db::Db,
    remember_me::Exchange,
    sessions::{
        self, By, DeviceRef, EndOneError, EndReason, EndedOne, RenameError, SessionId, SignedIn,
    },
    time::Moment,
};

use crate::{
    databases,
    home::{DAY, Home, NOW, Person, SECOND, after, browser},
};

on_both!(
    ending_a_device_ends_its_session_and_what_would_bring_it_back,
    ending_a_remembered_device_that_is_signed_in_nowhere,
    nobody_ends_a_device_of_somebody_else_or_one_that_has_ended,
    one_does_not_end_the_device_one_asks_from,
    a_dead_session_ends_nothing,
    ending_the_others_spares_this_session_under_a_new_cookie_and_its_own_device,
    what_was_pending_done_elsewhere_does_not_outlive_the_end_of_the_others,
    a_name_stays_with_the_remembered_device_and_is_only_text,
    ending_one_device_twice_at_once_has_one_outcome,
);

async fn end_one(
    home: &Home,
    me: &SignedIn,
    which: DeviceRef<'_>,
    now: Moment,
) -> Result<EndedOne, EndOneError> {
    let mut tx = home.db.write().await?;
    let ended = sessions::end_one(&mut tx, me, which, &browser(9), &home.limits, now).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn end_others(home: &Home, me: &SignedIn) -> Result<sessions::RotatedSession, EndOneError> {
    let mut tx = home.db.write().await?;
    let ended = sessions::end_others(&mut tx, me, &browser(9), &home.limits, NOW).await?;
    tx.commit().await?;
    Ok(ended)
}

async fn rename(
    home: &Home,
    me: &SignedIn,
    which: DeviceRef<'_>,
    name: &str,
) -> Result<Option<String>, RenameError> {
    let mut tx = home.db.write().await?;
    let named = sessions::rename(&mut tx, me, which, name, &browser(9), &home.limits, NOW).await?;
    tx.commit().await?;
    Ok(named)
}

async fn dormant(home: &Home, who: &Person, now: Moment) -> Vec<sessions::Dormant> {
    let mut conn = home.db.read().await.unwrap();
    sessions::dormant(&mut conn, &who.id, 100, &home.limits, now)
        .await
        .unwrap()
}

async fn ending_a_device_ends_its_session_and_what_would_bring_it_back(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let phone = home.sign_in_remembered(&ada, NOW).await;
    let third = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    let ended = end_one(&home, &me, DeviceRef::Session(&phone.session.id), NOW)
        .await
        .unwrap();
    assert_eq!(
        ended,
        EndedOne {
            name: "Firefox on Linux".into(),
            sessions: 1,
            remembered_devices: 1
        }
    );
    assert_eq!(
        home.why_dead(&phone.session.token, NOW).await,
        EndReason::EndedElsewhere
    );
    let back = home
        .exchange(&phone.remembered.unwrap().token, false, NOW)
        .await;
    assert!(matches!(back, Exchange::Ended(e) if e.end_reason == EndReason::EndedElsewhere));
    // Nothing else.
    assert!(home.is_live(&here.session.token, NOW).await);
    assert!(home.is_live(&third.session.token, NOW).await);
    let mine = home
        .exchange(&here.remembered.unwrap().token, false, NOW)
        .await;
    assert!(matches!(mine, Exchange::Session { .. }));
    assert_eq!(home.events(&ada, "user.device_ended").await, 1);
    assert_eq!(home.epoch(&ada).await, 1);
}

async fn ending_a_remembered_device_that_is_signed_in_nowhere(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let phone = home.sign_in_remembered(&ada, NOW).await;
    let now = after(20 * DAY);
    let here = home.sign_in(&ada, now).await;
    let listed = dormant(&home, &ada, now).await;
    assert_eq!(
        listed.len(),
        1,
        "its session has run out, and it can come back"
    );
    assert_eq!(home.list(&ada, now).await.len(), 1);
    let me = home.signed_in(&here.session.token, now).await;
    let ended = end_one(&home, &me, DeviceRef::Remembered(&listed[0].id), now)
        .await
        .unwrap();
    assert_eq!(ended.remembered_devices, 1);
    assert!(dormant(&home, &ada, now).await.is_empty());
    let back = home
        .exchange(&phone.remembered.unwrap().token, false, now)
        .await;
    assert!(matches!(back, Exchange::Ended(_)));
}

async fn nobody_ends_a_device_of_somebody_else_or_one_that_has_ended(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    let bens = home.sign_in_remembered(&ben, NOW).await;
    let here = home.sign_in(&ada, NOW).await;
    let gone = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    end_one(&home, &me, DeviceRef::Session(&gone.session.id), NOW)
        .await
        .unwrap();
    let nothing = SessionId("' or 1=1 --".into());
    for id in [&bens.session.id, &gone.session.id, &nothing] {
        let refused = end_one(&home, &me, DeviceRef::Session(id), NOW).await;
        assert!(matches!(refused, Err(EndOneError::NotThere)), "{refused:?}");
        let refused = end_one(&home, &me, DeviceRef::Remembered(&id.0), NOW).await;
        assert!(matches!(refused, Err(EndOneError::NotThere)), "{refused:?}");
        let refused = rename(&home, &me, DeviceRef::Session(id), "mine").await;
        assert!(matches!(
            refused,
            Err(RenameError::Device(EndOneError::NotThere))
        ));
    }
    assert!(home.is_live(&bens.session.token, NOW).await);
    assert_eq!(home.events(&ada, "user.device_ended").await, 1);
}

async fn one_does_not_end_the_device_one_asks_from(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    let refused = end_one(&home, &me, DeviceRef::Session(&me.session), NOW).await;
    assert!(matches!(refused, Err(EndOneError::ThisOne)), "{refused:?}");
    let device = databases::text(&home.db, "select id from remembered_devices").await;
    let refused = end_one(&home, &me, DeviceRef::Remembered(&device), NOW).await;
    assert!(matches!(refused, Err(EndOneError::ThisOne)), "{refused:?}");

    // An older session of this very browser goes without taking its device along.
    let cookie = here.remembered.unwrap().token;
    let Exchange::Session { started, .. } = home.exchange(&cookie, false, NOW).await else {
        panic!("not exchanged")
    };
    let me = home.signed_in(&started.token, NOW).await;
    let ended = end_one(&home, &me, DeviceRef::Session(&here.session.id), NOW)
        .await
        .unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (1, 0));
    assert!(home.is_live(&started.token, NOW).await);
    assert_eq!(home.facts(&ada, NOW).await.remembered_devices, 1);
}

async fn a_dead_session_ends_nothing(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    home.remote_logout(&ada.id, By::Operator, NOW)
        .await
        .unwrap();
    let other = home.sign_in(&ada, NOW).await;
    let refused = end_one(&home, &me, DeviceRef::Session(&other.session.id), NOW).await;
    assert!(
        matches!(refused, Err(EndOneError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = end_others(&home, &me).await;
    assert!(
        matches!(refused, Err(EndOneError::AlreadyEnded)),
        "{refused:?}"
    );
    let refused = rename(&home, &me, DeviceRef::Session(&other.session.id), "x").await;
    assert!(matches!(
        refused,
        Err(RenameError::Device(EndOneError::AlreadyEnded))
    ));
    assert!(home.is_live(&other.session.token, NOW).await);
}

async fn ending_the_others_spares_this_session_under_a_new_cookie_and_its_own_device(db: Db) {
    let home = Home::new(db);
    let (ada, ben) = (home.person("Ada").await, home.person("Ben").await);
    let bens = home.sign_in_remembered(&ben, NOW).await;
    let here = home.sign_in_remembered(&ada, NOW).await;
    let phone = home.sign_in_remembered(&ada, NOW).await;
    let third = home.sign_in(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    let ended = end_others(&home, &me).await.unwrap();
    assert_eq!((ended.sessions, ended.remembered_devices), (2, 1));
    for dead in [&phone.session.token, &third.session.token] {
        assert_eq!(home.why_dead(dead, NOW).await, EndReason::EndedElsewhere);
    }
    assert!(
        !home.is_live(&here.session.token, NOW).await,
        "the cookie from before is worth nothing"
    );
    assert!(home.is_live(&ended.session.token, NOW).await);
    assert_eq!(ended.session.expires_at, here.session.expires_at);
    let back = home
        .exchange(&phone.remembered.unwrap().token, false, NOW)
        .await;
    assert!(matches!(back, Exchange::Ended(_)));
    let mine = home
        .exchange(&here.remembered.unwrap().token, false, NOW)
        .await;
    assert!(matches!(mine, Exchange::Session { .. }), "{mine:?}");
    assert!(home.is_live(&bens.session.token, NOW).await);
    assert_eq!(home.events(&ada, "user.other_devices_ended").await, 1);
}

async fn what_was_pending_done_elsewhere_does_not_outlive_the_end_of_the_others(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let checked = home.check_password(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    end_others(&home, &me).await.unwrap();
    let late = home.start_session(&ada, checked, true, NOW).await;
    assert!(late.is_err(), "{late:?}");
    assert_eq!(home.facts(&ada, NOW).await.sessions, 1);
}

async fn a_name_stays_with_the_remembered_device_and_is_only_text(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    let here = home.sign_in(&ada, NOW).await;
    let phone = home.sign_in_remembered(&ada, NOW).await;
    let me = home.signed_in(&here.session.token, NOW).await;
    let odd = "<b>Ada’s</b> \"phone\" '); drop table sessions; --";
    let named = rename(
        &home,
        &me,
        DeviceRef::Session(&phone.session.id),
        &format!("  {odd} "),
    )
    .await;
    assert_eq!(named.unwrap().as_deref(), Some(odd));
    let cookie = phone.remembered.unwrap().token;
    home.exchange(&cookie, false, after(SECOND)).await;
    let listed = home.list(&ada, after(2 * SECOND)).await;
    let labels: Vec<_> = listed.iter().filter_map(|s| s.label.as_deref()).collect();
    assert_eq!(
        labels,
        [odd, odd],
        "the session it has started since has it too"
    );
    for wrong in ["a\nb", "a\0b", "\u{202e}nimda", &"x".repeat(61)] {
        let refused = rename(&home, &me, DeviceRef::Session(&phone.session.id), wrong).await;
        assert!(
            matches!(refused, Err(RenameError::Name(_))),
            "{wrong:?}: {refused:?}"
        );
    }
    rename(
        &home,
        &me,
        DeviceRef::Session(&here.session.id),
        &"ü".repeat(60),
    )
    .await
    .unwrap();
    assert_eq!(
        rename(&home, &me, DeviceRef::Session(&here.session.id), " ")
            .await
            .unwrap(),
        None
    );
}

async fn ending_one_device_twice_at_once_has_one_outcome(db: Db) {
    let home = Home::new(db);
    let ada = home.person("Ada").await;
    for _ in 0..20 {
        let here = home.sign_in(&ada, NOW).await;
        let phone = home.sign_in_remembered(&ada, NOW).await;
        let me = home.signed_in(&here.session.token, NOW).await;
        let which = DeviceRef::Session(&phone.session.id);
        let (one, two) = tokio::join!(
            end_one(&home, &me, which, NOW),
            end_one(&home, &me, which, NOW)
        );
        let both = [one, two];
        assert_eq!(both.iter().filter(|r| r.is_ok()).count(), 1, "{both:?}");
        assert!(
            both.iter().any(|r| matches!(r, Err(EndOneError::NotThere))),
            "{both:?}"
        );
    }
    assert_eq!(home.events(&ada, "user.device_ended").await, 20);
}
