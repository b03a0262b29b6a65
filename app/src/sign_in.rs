//! Signing in, up and out: the functions behind the forms.

use leptos::prelude::*;

use crate::error::AppError;

/// Signs in. `remember_me` is ticked when it is there at all; `next` is a path of this site. Where a
/// second factor is set it leads to `/sign-in/code`, and the user is not signed in yet.
///
/// # Errors
/// `invalid_credentials`, `validation_failed`, `too_many_attempts`, `conflict`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "sign_in")]
pub async fn sign_in(
    email: String,
    password: String,
    remember_me: Option<String>,
    next: Option<String>,
) -> Result<(), AppError> {
    use accounts::{
        secret::Secret,
        sign_in::{Credentials, SignInOutcome, sign_in},
    };

    use crate::{
        context::{curfew, now, set_cookie, visit},
        error::Code,
        forms::ticked,
    };

    let (curfew, visit) = (curfew()?, visit()?);
    let mut missing = AppError::new(Code::ValidationFailed, "Something is missing.");
    if email.trim().is_empty() {
        missing
            .fields
            .insert("email".into(), "Enter your email address.".into());
    }
    if password.is_empty() {
        missing
            .fields
            .insert("password".into(), "Enter your password.".into());
    }
    if !missing.fields.is_empty() {
        return Err(missing);
    }
    let password = Secret::new(password);
    let credentials = Credentials {
        email: &email,
        password: &password,
        remember_me: ticked(remember_me.as_deref()),
        next: &same_site(next.as_deref()),
    };
    let outcome = sign_in(&curfew.instance, &visit.client, now(), credentials).await?;
    match outcome {
        SignInOutcome::SignedIn(signed_in) => welcome(&visit, &signed_in).await,
        SignInOutcome::SecondFactorRequired(pending) => {
            set_cookie(&curfew.cookies.pending_sign_in(&pending.token));
            leptos_axum::redirect("/sign-in/code");
            Ok(())
        }
    }
}

/// Completes a sign-in with a code of the authenticator app, or with a recovery code.
///
/// # Errors
/// `validation_failed`, `too_many_attempts`, `sign_in_expired`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "verify_code")]
pub async fn verify_code(code: String) -> Result<(), AppError> {
    use accounts::sign_in::{CodeError, verify_code};

    use crate::context::{curfew, now, visit};

    let (curfew, visit) = (curfew()?, visit()?);
    let pending = visit.pending_sign_in.clone().ok_or(CodeError::Expired)?;
    let signed_in = verify_code(&curfew.instance, &visit.client, now(), &pending, &code).await?;
    welcome(&visit, &signed_in).await
}

/// Creates a user with an account of their own, and signs them in. Where sign-ups are confirmed, all but
/// the first user of an install are emailed a link instead, and the answer does not tell which addresses have users already.
/// The first user shows the setup code, unless they come from the machine itself.
///
/// # Errors
/// `validation_failed`, `sign_up_closed`, `too_many_attempts`, `service_unavailable`.
#[server(prefix = "/api/fn", endpoint = "sign_up")]
pub async fn sign_up(
    name: String,
    email: String,
    password: String,
    setup_code: Option<String>,
) -> Result<(), AppError> {
    use accounts::{
        secret::Secret,
        sign_up::{FirstUser, Opening, ask, sign_up, sign_up_first},
        users::{NewUser, UserError},
    };

    use crate::context::{curfew, now, visit};

    let (curfew, visit, now) = (curfew()?, visit()?, now());
    let (instance, client) = (&curfew.instance, &visit.client);
    let password = Secret::new(password);
    let new = NewUser {
        name: &name,
        email: &email,
        password: &password,
    };
    let code = Secret::new(setup_code.unwrap_or_default());
    let policy = curfew.sign_up_policy(if visit.at_the_machine {
        FirstUser::AtTheMachine
    } else {
        FirstUser::Shows(&code)
    });
    if !curfew.confirm_sign_up {
        let user = sign_up(instance, client, now, &policy, new).await?;
        return welcome_new(&visit, &user, now).await;
    }
    // The first user sets the install up, perhaps its email as well.
    if visit.sign_up == Opening::First {
        match sign_up_first(instance, client, now, &policy, new).await {
            // Another user was the first.
            Err(UserError::Closed) => {}
            user => return welcome_new(&visit, &user?, now).await,
        }
    }
    ask(instance, client, now, &policy, new).await?;
    leptos_axum::redirect("/confirm-sign-up");
    Ok(())
}

/// Signs this browser out. `next` is a path of this site that is led to, such as an invitation; the sign-in page without.
///
/// # Errors
/// `service_unavailable`: still signed in.
#[server(prefix = "/api/fn", endpoint = "sign_out")]
pub async fn sign_out(next: Option<String>) -> Result<(), AppError> {
    use accounts::sessions::sign_out;

    use crate::{
        context::{Presence, curfew, leave, operation, set_cookie, visit},
        cookies::Kind,
        flash::{Done, Flash},
    };

    let (curfew, visit) = (curfew()?, visit()?);
    if let Presence::SignedIn(me) = &visit.presence {
        let mut op = operation().await?;
        sign_out(&mut op, &me.user.id, &me.session).await?;
        op.commit().await?;
    }
    set_cookie(&curfew.cookies.removed(Kind::Session));
    set_cookie(&curfew.cookies.removed(Kind::RememberMe));
    leave(&Flash::Done(Done::SignedOut))?;
    leptos_axum::redirect(&match next {
        Some(next) => same_site(Some(&next)),
        None => "/sign-in".to_owned(),
    });
    Ok(())
}

/// Ends the session over which a user signed in, so that sessions do not pile up in one browser.
#[cfg(feature = "ssr")]
async fn replace_session(visit: &crate::context::Visit) {
    use crate::context::{Presence, operation};

    let Presence::SignedIn(me) = &visit.presence else {
        return;
    };
    let replaced = async {
        let mut op = operation().await?;
        accounts::sessions::sign_out(&mut op, &me.user.id, &me.session).await?;
        op.commit().await?;
        Ok::<(), AppError>(())
    };
    if let Err(error) = replaced.await {
        tracing::warn!(%error, "the session before this sign-in was not ended");
    }
}

/// Signs a user in who was created a moment ago.
#[cfg(feature = "ssr")]
pub(crate) async fn welcome_new(
    visit: &crate::context::Visit,
    user: &accounts::ids::UserId,
    now: accounts::time::Moment,
) -> Result<(), AppError> {
    use accounts::sign_in::{SignInOutcome, sign_in_new};

    let instance = &crate::context::curfew()?.instance;
    match sign_in_new(instance, &visit.client, now, user).await? {
        SignInOutcome::SignedIn(signed_in) => welcome(visit, &signed_in).await,
        // A second factor is set up by a user who has been signed in.
        SignInOutcome::SecondFactorRequired(_) => Err(AppError::not_signed_in()),
    }
}

/// Gives the browser its cookies and redirects it.
#[cfg(feature = "ssr")]
pub(crate) async fn welcome(
    visit: &crate::context::Visit,
    signed_in: &accounts::sign_in::CompletedSignIn,
) -> Result<(), AppError> {
    use crate::{
        context::{curfew, set_cookie},
        cookies::Kind,
    };

    if let Some(request) = use_context::<tracing::Span>() {
        request.record("user", signed_in.user.as_str());
    }
    replace_session(visit).await;
    let cookies = curfew()?.cookies;
    set_cookie(&cookies.session(&signed_in.session.token));
    match &signed_in.remembered {
        Some(remembered) => {
            set_cookie(&cookies.remember_me(&remembered.token, cookies.remember_for()));
        }
        None => set_cookie(&cookies.removed(Kind::RememberMe)),
    }
    set_cookie(&cookies.known_device(&signed_in.device));
    if visit.pending_sign_in.is_some() {
        set_cookie(&cookies.removed(Kind::PendingSignIn));
    }
    leptos_axum::redirect(&same_site(Some(&signed_in.next)));
    Ok(())
}

/// The path to redirect to: of this site, or the home page. `//host`, `/\host` and control characters
/// lead elsewhere in some browsers. It is as long as a request for a code may be.
#[must_use]
pub fn same_site(next: Option<&str>) -> String {
    let ours = |path: &&str| {
        stays_on_its_host(path) && !path.starts_with("/api/") && !path.starts_with("/sign-")
    };
    next.filter(ours).unwrap_or("/").to_owned()
}

/// Whether a browser that is led there stays on the host it is on.
#[must_use]
pub fn stays_on_its_host(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 8_000
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_takes_paths_of_this_site_only() {
        for good in ["/", "/profile/security", "/profile?tab=1#x"] {
            assert_eq!(same_site(Some(good)), good);
        }
        for bad in [
            "",
            "profile",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nb",
            "javascript:alert(1)",
            "/\tx",
            "/sign-out",
            "/api/fn/sign_out",
            "/ä",
        ] {
            assert_eq!(same_site(Some(bad)), "/", "{bad:?}");
        }
        assert_eq!(same_site(None), "/");
    }
}
