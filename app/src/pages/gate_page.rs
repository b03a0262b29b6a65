//! The pages of the gate, drawn without the app: some are shown on the host of an application, where none of our files
//! are: the proxy passes `/.curfew/` on, and they lie there too.

use leptos::prelude::*;

use super::error_page::{Frame, document};
use crate::parts::icon::{Disc, Shape};

/// What the gate has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatePage {
    /// On to the application.
    GoingOn {
        application: String,
        to: String,
    },
    /// The browser has the cookie already, and was sent to sign in all the same.
    AlreadySignedIn {
        to: String,
    },
    /// The browser came back without the cookie that it was given on this host.
    NoCookies,
    /// The code was used, is too old, or was for another browser.
    Expired,
    /// The user may not use the application.
    NotAllowed {
        application: String,
        email: String,
    },
    /// The application asks for a second factor, and the user has none.
    SecondFactorRequired {
        application: String,
        again: String,
    },
    /// The user's account requires a second factor, and they have none.
    AccountRequiresSecondFactor {
        again: String,
    },
    UnknownHost,
    Malformed,
    Unavailable,
}

/// What a page says, and where it leads.
struct Said {
    shape: Shape,
    title: &'static str,
    text: String,
    /// The text and address of each button, the main one first.
    buttons: Vec<Button>,
}

struct Button {
    text: &'static str,
    to: String,
}

fn button(text: &'static str, to: impl Into<String>) -> Button {
    Button {
        text,
        to: to.into(),
    }
}

/// The whole page as HTML, in that frame.
#[must_use]
pub fn page(frame: &Frame, what: GatePage) -> String {
    let said = said(&frame.home, what);
    let class = |i| ["button button--primary", "button"][usize::from(i > 0)];
    let buttons: Vec<_> = said
        .buttons
        .into_iter()
        .enumerate()
        .map(|(i, button)| view! { <a class=class(i) href=button.to>{button.text}</a> })
        .collect();
    let content = view! {
        <Disc shape=said.shape tint="plain" large=true />
        <h1 class="empty__title">{said.title}</h1>
        <p class="empty__text">{said.text}</p>
        <div class="empty__actions">{buttons}</div>
    };
    document(said.title, frame, content)
}

fn said(home: &str, what: GatePage) -> Said {
    let security = || button("Your devices", format!("{home}/profile/security"));
    match what {
        GatePage::GoingOn { application, to } => Said {
            shape: Shape::Desktop,
            title: "Signing you in…",
            text: format!("You’re being signed in to {application}. It opens by itself in a moment."),
            buttons: vec![button("Open it now", to)],
        },
        GatePage::AlreadySignedIn { to } => Said {
            shape: Shape::Desktop,
            title: "You’re signed in",
            text: "If this page keeps coming back, the proxy in front of this application doesn’t pass cookies on to Curfew. Tell its operator.".into(),
            buttons: vec![button("Continue", to)],
        },
        GatePage::NoCookies => Said {
            shape: Shape::Info,
            title: "This browser doesn’t keep cookies here",
            text: "To stay signed in, allow cookies for this site. A sign-in that took longer than half an hour ends here too: then just try again.".into(),
            buttons: vec![button("Try again", "/"), security()],
        },
        GatePage::Expired => Said {
            shape: Shape::Info,
            title: "This sign-in has been used or has expired",
            text: "It’s good once, for a minute, and only in the browser that asked for it.".into(),
            buttons: vec![button("Try again", "/"), security()],
        },
        GatePage::NotAllowed { application, email } => Said {
            shape: Shape::Shield,
            title: "This application isn’t for you",
            text: format!("You’re signed in as {email}, and that account may not use {application}. An admin can change who may use it."),
            buttons: vec![button("Go home", home.to_owned() + "/")],
        },
        GatePage::SecondFactorRequired { application, again } => Said {
            shape: Shape::Shield,
            title: "Turn on two-factor authentication first",
            text: format!("{application} asks everyone who uses it for a second factor. Set it up, then come back to this page."),
            buttons: vec![
                button("Set it up", format!("{home}/profile/security")),
                button("I’ve set it up: continue", again),
            ],
        },
        GatePage::AccountRequiresSecondFactor { again } => Said {
            shape: Shape::Shield,
            title: "Turn on two-factor authentication first",
            text: "Your account requires a second factor of its members. Set it up, then come back to this page.".into(),
            buttons: vec![
                button("Set it up", format!("{home}/profile/security")),
                button("I’ve set it up: continue", again),
            ],
        },
        GatePage::UnknownHost => Said {
            shape: Shape::Search,
            title: "No application is registered there",
            text: "Ask the operator of this Curfew: the application’s address isn’t one that sign-ins are handed over to.".into(),
            buttons: vec![button("Go home", home.to_owned() + "/")],
        },
        GatePage::Malformed => Said {
            shape: Shape::Info,
            title: "This address is incomplete",
            text: "Go back to the application and open it again.".into(),
            buttons: vec![button("Go home", home.to_owned() + "/")],
        },
        GatePage::Unavailable => Said {
            shape: Shape::CloudOff,
            title: "Curfew can’t reach its database right now",
            text: "Nothing was changed. Try again in a moment.".into(),
            buttons: vec![button("Try again", "")],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Assets;

    #[test]
    fn what_an_application_is_called_is_text() {
        let frame = Frame::behind_the_gate("https://auth.example", &Assets::default());
        let what = GatePage::GoingOn {
            application: "<b>Wiki</b>".into(),
            to: "https://wiki.example/.curfew/finish?code=\"x".into(),
        };
        let page = page(&frame, what);
        assert!(
            page.contains("<title>Signing you in… · Curfew</title>"),
            "{page}"
        );
        assert!(
            !page.contains("<b>Wiki") && !page.contains("code=\"x"),
            "{page}"
        );
        assert!(page.contains("href=\"/.curfew/favicon.svg\""), "{page}");
    }
}
