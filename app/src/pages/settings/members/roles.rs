//! The roles that a user may give, and the plans that have a feature.

use accounts::{
    plans::{Feature, Plan},
    roles::Role,
    users::User,
};

use crate::error::listed;

/// The roles that a user may give.
pub(super) fn roles_for(me: &User) -> Vec<(String, String)> {
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Owner || me.role == Role::Owner)
        .filter(|role| {
            !matches!(role, Role::Editor | Role::WatchOnly)
                || me.plan.has(Feature::EditorAndWatchOnly)
        })
        .map(|role| (role.key().to_owned(), role.name().to_owned()))
        .collect()
}

/// Says what the plan lacks before you click.
pub(super) fn about_roles(me: &User) -> Option<String> {
    let feature = Feature::EditorAndWatchOnly;
    (!me.plan.has(feature)).then(|| {
        format!(
            "The editor and watch-only roles are available on {}.",
            plans(feature)
        )
    })
}

/// The plans that have it, in a sentence.
pub(super) fn plans(feature: Feature) -> String {
    let names: Vec<String> = Plan::with(feature)
        .iter()
        .map(|p| p.name().to_owned())
        .collect();
    listed(&names)
}
