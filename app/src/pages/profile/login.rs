//! `/profile/login`: what one signs in with.

use leptos::prelude::*;

use super::ProfilePage;
use crate::{boot::viewer, parts::link::Link, time::When};

#[component]
pub fn Login() -> impl IntoView {
    viewer().map(|viewer| {
        view! {
            <ProfilePage here="/profile/login" title="Login">
                <section class="card" aria-labelledby="login-title">
                    <div class="card__body">
                        <div class="card__header">
                            <h2 class="card__title" id="login-title">"How you sign in"</h2>
                            <p class="card__text">
                                "Your email address and your password. Nobody but you sees them together."
                            </p>
                        </div>
                        <dl class="facts">
                            <div class="facts__row">
                                <dt class="facts__label">"Email"</dt>
                                <dd class="facts__value">{viewer.email}</dd>
                            </div>
                            <div class="facts__row">
                                <dt class="facts__label">"Password"</dt>
                                <dd class="facts__value">
                                    "Changed " <When at=viewer.password_changed />
                                    <span class="facts__note">
                                        <Link href="/profile/password">"Change it"</Link>
                                    </span>
                                </dd>
                            </div>
                            <div class="facts__row">
                                <dt class="facts__label">"Signed in here"</dt>
                                <dd class="facts__value"><When at=viewer.signed_in /></dd>
                            </div>
                        </dl>
                    </div>
                </section>
            </ProfilePage>
        }
    })
}
