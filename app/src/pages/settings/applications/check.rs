//! What is wrong with an application's form, everything at once. What only the database knows is said by the operation.

use accounts::{
    applications::{Details, Kind, OwnHost},
    ids::{AccountId, UserId},
    members,
};

use super::{fields::ApplicationFields, presets, wrong::Wrong};
use crate::{
    context::{curfew, reader},
    error::AppError,
};

/// The fields of addresses that were not typed, because they follow from the application's own.
pub(super) type Follow = Vec<&'static str>;

/// An application as the rules take it, and the fields that follow from its address.
///
/// # Errors
/// `validation_failed` with every field that is wrong, `service_unavailable`.
pub(super) async fn checked(
    fields: &ApplicationFields,
    account: &AccountId,
    is_new: bool,
) -> Result<(Details, Follow), AppError> {
    let mut wrong = Wrong::default();
    let others = wrong.take(members_with(account, &fields.emails()).await)?;
    let members_are_there = others.is_some();
    let details = fields.details(others.unwrap_or_default(), &mut wrong)?;
    let (details, follows) = if is_new {
        with_addresses(details)
    } else {
        (details, Follow::new())
    };
    wrong.take(refuse_address(&details.logout_address).await)?;
    let own = OwnHost::of(&curfew()?.public_url);
    let mut of_the_rules = details.wrong(&own);
    if !members_are_there {
        // Members were chosen, and which of them is not there is said already.
        of_the_rules.retain(|(field, _)| *field != "access");
    }
    if !of_the_rules.is_empty() {
        wrong.take::<()>(Err(AppError::fields(of_the_rules)))?;
    }
    match wrong.into_error() {
        Some(error) => Err(beside_address(error, &follows)),
        None => Ok((details, follows)),
    }
}

/// With the addresses of its preset where none were typed.
fn with_addresses(mut details: Details) -> (Details, Follow) {
    let mut follows = Follow::new();
    let preset = details.preset.as_deref().and_then(presets::of);
    let Some(preset) = preset.filter(|_| details.kind == Kind::OpenId) else {
        return (details, follows);
    };
    let is_typed = !details.address.trim().is_empty();
    if details.redirects.is_empty() {
        follows.push("redirects");
        if is_typed {
            details.redirects = preset.redirects(&details.address);
        }
    }
    if is_typed && details.logout_address.trim().is_empty() {
        follows.push("logout_address");
        details.logout_address = preset.logout_address(&details.address);
    }
    (details, follows)
}

/// Says what is wrong with addresses beside the address that they follow from.
pub(super) fn beside_address(mut error: AppError, follows: &[&'static str]) -> AppError {
    for field in follows {
        let Some(why) = error.fields.remove(*field) else {
            continue;
        };
        let why = match why.as_str() {
            "Enter at least one redirect address." => {
                "Enter its address, such as https://app.example.com.".to_owned()
            }
            _ => why,
        };
        error.fields.entry("address".to_owned()).or_insert(why);
    }
    let mut all = error.fields.values();
    if let (Some(one), None) = (all.next(), all.next()) {
        error.message.clone_from(one);
    }
    error
}

/// The members with those emails.
async fn members_with(account: &AccountId, emails: &[String]) -> Result<Vec<UserId>, AppError> {
    let mut found = Vec::new();
    if emails.is_empty() {
        return Ok(found);
    }
    let mut conn = reader().await?;
    for email in emails {
        let listed = members::list(&mut conn, account, email, 20).await?;
        let same = listed
            .into_iter()
            .find(|member| member.email.eq_ignore_ascii_case(email));
        let member = same.ok_or_else(|| {
            let email = accounts::text::visible(email);
            AppError::field("others", format!("{email} isn’t a member of this account."))
        })?;
        found.push(member.id);
    }
    Ok(found)
}

/// Refuses an address that notices may never be sent to, while its form is still there.
async fn refuse_address(address: &str) -> Result<(), AppError> {
    let address = address.trim();
    if address.is_empty() {
        return Ok(());
    }
    match curfew()?.notices.refuses(address).await {
        // A host that is down today may be there when it is told.
        Some(why) if why.contains("not found") => Ok(()),
        Some(why) => Err(AppError::field("logout_address", why)),
        None => Ok(()),
    }
}
