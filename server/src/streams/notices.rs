//! Live notices: what an event stream says, as server-sent events.

use accounts::{ids::UserId, plans::Plan, roles::Role, sessions::Ended};
use app::{
    context::access,
    live::{Access, Ended as EndedNotice, Happened, Notice},
    reason::Reason,
};
use axum::body::Bytes;

/// The first one: whose stream this is, with which role and plan. When it is cut off the browser tries again after
/// a time of its own, so that after a restart not all come at once.
pub(crate) fn hello(user: &UserId, role: Role, plan: Plan) -> Bytes {
    let spread = user
        .0
        .bytes()
        .fold(0_u32, |sum, b| sum.wrapping_mul(31) + u32::from(b))
        % 3_000;
    let hello = Notice::Hello(Access {
        user: user.0.clone(),
        access: access(role, plan),
        text: "Your role or plan has changed since this page was opened.".to_owned(),
    });
    let retry = 1_000 + spread;
    Bytes::from(format!("retry: {retry}\n{}", event(&hello)))
}

/// The last one to a session that has ended: how, in the words of the page that shows it.
pub(super) fn ended(user: &UserId, how: &Ended) -> Bytes {
    let reason = Reason::from(how);
    let may_come_back = reason.end_reason.may_come_back();
    event(&Notice::Ended(EndedNotice {
        user: user.0.clone(),
        may_come_back,
        reason,
    }))
    .into()
}

/// The last one to a session that lives on, when its user's role or plan has changed.
pub(super) fn changed(user: &UserId, role: Role, plan: Plan) -> Bytes {
    let text = format!(
        "Your role is {} and your plan is {} now.",
        role.name(),
        plan.name()
    );
    event(&Notice::Changed(Access {
        user: user.0.clone(),
        access: access(role, plan),
        text,
    }))
    .into()
}

/// Something has happened to the user: what a page shows of them may be out of date.
pub(crate) fn activity(user: &UserId) -> Bytes {
    let user = user.0.clone();
    event(&Notice::Activity(Happened { user })).into()
}

/// JSON has no line ends of its own, so it is one line of data.
fn event(notice: &Notice) -> String {
    match notice.event() {
        Ok((name, data)) => format!("event: {name}\ndata: {data}\n\n"),
        Err(_) => String::new(),
    }
}
