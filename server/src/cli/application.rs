//! `curfew application add|list|remove`.

use std::io::Write;

use accounts::{
    applications::{self, Details, Kind, OwnHost, SigningAlgorithm},
    ids::ApplicationId,
    instance::Instance,
    members,
    text::visible,
    time::Moment,
    users,
};

use super::{AddApplication, Failed, operation, user_with};
use crate::config::Config;

/// Registers an application in the account of a user, and prints its client id and its secret, this once.
pub(super) async fn add(
    instance: &Instance,
    config: &Config,
    new: &AddApplication,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let details = Details {
        address: new.address.clone().unwrap_or_default(),
        redirects: new.redirect.clone(),
        logout_address: new.logout.clone().unwrap_or_default(),
        plain_http: new.plain_http,
        is_confidential: !new.public,
        requires_second_factor: new.second_factor,
        signing_algorithm: if new.rs256 {
            SigningAlgorithm::Rs256
        } else {
            SigningAlgorithm::Es256
        },
        ..Details::new(if new.gate { Kind::Gate } else { Kind::OpenId }, &new.name)
    };
    let own = OwnHost::of(&config.public_url());
    let mut op = operation(instance).await?;
    let user = user_with(&mut op, &new.account_of).await?;
    let user = users::find(&mut op, &user).await?;
    let user = user.ok_or_else(|| Failed::Message("the user is disabled".into()))?;
    let account = user.account_id;
    let made = applications::register_by_operator(&mut op, &account, &details, &own).await?;
    op.commit().await?;
    writeln!(out, "Client ID: {}", made.application.id.as_str())?;
    if let Some(secret) = made.secret {
        writeln!(out, "Client secret: {}", secret.expose())?;
    }
    writeln!(out, "Issuer: {}", config.public_url())?;
    Ok(())
}

/// Every account's applications.
pub(super) async fn list(instance: &Instance, out: &mut impl Write) -> Result<(), Failed> {
    let mut conn = instance.read(Moment::now()).await?;
    let mut none = true;
    for account in members::accounts(&mut conn).await? {
        for application in applications::list(&mut conn, &account).await? {
            let hosts = applications::hosts(&mut conn, &application.id).await?;
            if none {
                writeln!(
                    out,
                    "ID                                    KIND            NAME                            ADDRESSES"
                )?;
                none = false;
            }
            writeln!(
                out,
                "{:<36}  {:<14}  {:<30}  {}",
                application.id.as_str(),
                application.kind.name(),
                visible(&application.name),
                hosts.join(", "),
            )?;
        }
    }
    if none {
        writeln!(out, "No application is registered.")?;
    }
    Ok(())
}

/// Removes an application: every session there ends, and is told of once more.
pub(super) async fn remove(
    instance: &Instance,
    id: &str,
    out: &mut impl Write,
) -> Result<(), Failed> {
    let mut op = operation(instance).await?;
    let name = applications::remove_by_operator(&mut op, &ApplicationId(id.to_owned())).await?;
    op.commit().await?;
    writeln!(out, "{} is removed.", visible(&name))?;
    Ok(())
}
