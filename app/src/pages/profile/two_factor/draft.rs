//! What is shown of a set-up, or of a new set of codes, that is not in force yet.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{error::AppError, time::Time};

/// What is shown and not in force yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    pub codes: Vec<String>,
    /// The secret in groups of four, and the link that an authenticator app opens; none for a new
    /// set of codes alone.
    pub authenticator: Option<(String, String)>,
    pub created: Time,
    /// Where this install is.
    pub install: String,
}

/// The draft of the user signed in.
///
/// # Errors
/// When no user is signed in or the database is unavailable.
#[server(prefix = "/api/fn", endpoint = "two_factor_draft")]
pub async fn two_factor_draft() -> Result<Option<Draft>, AppError> {
    use accounts::second_factor::draft;

    use crate::context::{curfew, reader, signed_in};

    let (curfew, me) = (curfew()?, signed_in()?);
    let mut conn = reader().await?;
    let draft = draft::of(&mut conn, &me.user.id, &me.session).await?;
    Ok(draft.map(|draft| Draft {
        authenticator: draft
            .secret
            .map(|secret| (in_fours(&secret.base32()), secret.otpauth(&me.user.email))),
        codes: draft.codes,
        created: draft.created_at.into(),
        install: curfew.public_url.clone(),
    }))
}

/// Easier to read and to type.
fn in_fours(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let fours: Vec<String> = chars.chunks(4).map(|four| four.iter().collect()).collect();
    fours.join(" ")
}
