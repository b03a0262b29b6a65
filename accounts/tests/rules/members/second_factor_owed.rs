//! What a member who owes a second factor did before: it is worth no more than what they may do now.

use accounts::{
    change_email::ChangeEmailError,
    db::Db,
    invitations::{self, JoinError, Made, Open},
    members::MemberError,
    plans::Plan,
    programs::{self, BearerError},
    roles::Role,
    secret::Token,
    sessions::{By, SignedIn, Surface},
    tokens::{self, Bearer, Kind, NewToken, Scopes},
};

use super::second_factor::{Stage, stage};
use crate::{
    emails::send_all,
    new_address::{ask, use_link},
    test_app::{NOW, SECOND, after, browser},
};

on_both!(
    their_invitation_lets_no_user_in_until_they_have_one_and_confirm_it,
    their_invitation_opens_again_where_none_is_required_any_more,
    an_owner_does_not_confirm_it_for_them,
    a_new_address_waits_for_nothing_and_is_refused,
    by_their_tokens_they_end_what_is_theirs_and_nothing_else,
);

/// Ben, an admin, has invited a member.
async fn invited(stage: &Stage) -> (SignedIn, Made) {
    let ben = stage.app.sign_in_now(&stage.ben).await;
    let invitation = stage.app.invite(&ben, Role::Member, NOW).await.unwrap();
    (ben, invitation)
}

async fn refusal(stage: &Stage, link: &Token) -> Option<JoinError> {
    let shown = invitations::look_up(&mut stage.app.read(NOW).await, link).await;
    shown.unwrap().unwrap().check().err()
}

async fn listed(stage: &Stage) -> Open {
    let account = &stage.owner.user.account_id;
    let listed = invitations::open(&mut stage.app.read(NOW).await, account).await;
    listed.unwrap().pop().unwrap()
}

async fn confirms(stage: &Stage, who: &SignedIn, invitation: &str) -> Result<(), MemberError> {
    let mut op = stage.app.begin(&browser(1), after(SECOND)).await;
    let confirmed = invitations::confirm(&mut op, who, invitation).await;
    op.commit().await.unwrap();
    confirmed
}

async fn their_invitation_lets_no_user_in_until_they_have_one_and_confirm_it(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let (_, invitation) = invited(&stage).await;
    let link = &invitation.token;
    assert!(refusal(&stage, link).await.is_none());
    assert!(!listed(&stage).await.maker_owes_second_factor);
    stage.requires(&stage.owner, true).await.unwrap();
    let why = refusal(&stage, link).await;
    assert!(
        matches!(why, Some(JoinError::InviterOwesSecondFactor)),
        "{why:?}"
    );
    assert!(listed(&stage).await.maker_owes_second_factor);
    let refused = app.join(link, "Mallory", NOW).await;
    assert!(
        matches!(refused, Err(JoinError::InviterOwesSecondFactor)),
        "{refused:?}"
    );
    assert_eq!(app.members_of(&stage.owner).await.len(), 2);
    // What an owner with a second factor has sent opens as before.
    let of_cleo = app.invite(&stage.owner, Role::Member, NOW).await.unwrap();
    app.join(&of_cleo.token, "Dora", NOW).await.unwrap();

    // Setting one up ends everything of Ben's, so that the invitation waits as it does after a remote logout.
    let now = after(SECOND);
    let session = app.sign_in(&stage.ben, now).await.session.token;
    app.begin_two_factor(&session, now).await.unwrap();
    let code = app.draft(&stage.ben, now).await.unwrap().secret.unwrap();
    let rotated = app.turn_on(&session, &code.code(now), now).await.unwrap();
    let why = refusal(&stage, link).await;
    assert!(matches!(why, Some(JoinError::Waits)), "{why:?}");
    let ben = app.signed_in(&rotated.session.token, now).await;
    confirms(&stage, &ben, &invitation.id).await.unwrap();
    app.join(link, "Finn", now).await.unwrap();
}

async fn their_invitation_opens_again_where_none_is_required_any_more(db: Db) {
    let stage = stage(db).await;
    let (_, invitation) = invited(&stage).await;
    stage.requires(&stage.owner, true).await.unwrap();
    assert!(refusal(&stage, &invitation.token).await.is_some());
    // It rests on that plan, and comes back.
    for (plan, opens) in [(Plan::Free, true), (Plan::Plus, false)] {
        stage.put_on(plan).await;
        let why = refusal(&stage, &invitation.token).await;
        assert_eq!(why.is_none(), opens, "{plan:?} {why:?}");
    }
    stage.requires(&stage.owner, false).await.unwrap();
    let joined = stage.app.join(&invitation.token, "Dora", NOW).await;
    joined.unwrap();
}

async fn an_owner_does_not_confirm_it_for_them(db: Db) {
    let stage = stage(db).await;
    let (_, invitation) = invited(&stage).await;
    let by = By::Operator;
    stage
        .app
        .remote_logout(&stage.ben.id, by, NOW)
        .await
        .unwrap();
    stage.requires(&stage.owner, true).await.unwrap();
    let refused = confirms(&stage, &stage.owner, &invitation.id).await;
    assert!(
        matches!(refused, Err(MemberError::NotAllowed(why)) if why.contains("two-factor")),
        "{refused:?}"
    );
    assert!(listed(&stage).await.waits);
    stage.requires(&stage.owner, false).await.unwrap();
    confirms(&stage, &stage.owner, &invitation.id)
        .await
        .unwrap();
}

async fn a_new_address_waits_for_nothing_and_is_refused(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let session = app.sign_in(&stage.ben, NOW).await.session.token;
    ask(app, &session, "benjamin@example.com", NOW)
        .await
        .unwrap();
    let mut emails = send_all(app, NOW).await.into_iter();
    let link = emails.find_map(|due| due.token.filter(|_| due.to == "benjamin@example.com"));
    let link = link.unwrap();
    stage.requires(&stage.owner, true).await.unwrap();
    let refused = use_link(app, &link, NOW).await;
    assert!(
        matches!(refused, Err(ChangeEmailError::SecondFactorRequired)),
        "{refused:?}"
    );
    stage.requires(&stage.owner, false).await.unwrap();
    let changed = use_link(app, &link, NOW).await;
    assert_eq!(changed.unwrap(), "benjamin@example.com");
}

async fn by_their_tokens_they_end_what_is_theirs_and_nothing_else(db: Db) {
    let stage = stage(db).await;
    let app = &stage.app;
    let dora = app.member(&stage.owner, "Dora", Role::Member).await;
    let ben = app.sign_in_now(&stage.ben).await;
    let mut bearers = Vec::new();
    for (kind, surface) in [(Kind::Api, Surface::Rest), (Kind::Mcp, Surface::Mcp)] {
        let new = NewToken {
            kind,
            name: "Ends",
            scopes: Scopes::read_and(Some(kind.ending_scope())),
            lasts: None,
        };
        let mut op = app.begin(&browser(1), NOW).await;
        let made = tokens::create(&mut op, &ben, new).await.unwrap();
        op.commit().await.unwrap();
        let found = tokens::find(&mut app.read(NOW).await, kind, &made.value).await;
        // As the request was authenticated before it was required.
        bearers.push((found.unwrap().unwrap(), surface));
    }
    stage.requires(&stage.owner, true).await.unwrap();
    let logs_out = async |bearer: &Bearer, user, surface| {
        let mut op = app.begin(&browser(9), NOW).await;
        let ended = programs::remote_logout(&mut op, bearer, user, surface).await;
        op.commit().await.unwrap();
        ended
    };
    for (bearer, surface) in &bearers {
        let refused = logs_out(bearer, &dora.id, *surface).await;
        assert!(
            matches!(refused, Err(BearerError::SecondFactorRequired)),
            "{surface:?} {refused:?}"
        );
        assert_eq!(app.epoch(&dora).await, 1);
        let session = app.sign_in(&stage.ben, NOW).await.session.token;
        let ended = logs_out(bearer, &stage.ben.id, *surface).await.unwrap();
        assert!(ended.sessions > 0, "{surface:?}");
        assert!(!app.is_live(&session, NOW).await);
    }
}
