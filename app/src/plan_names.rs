//! The plans that have something, in words.

use accounts::{
    plans::{Feature, Plan},
    users::User,
};

use crate::error::listed;

/// "Plus, Pro and Enterprise".
pub(crate) fn names_of(feature: Feature) -> String {
    let plans = Plan::with(feature).into_iter();
    listed(&plans.map(|p| p.name().to_owned()).collect::<Vec<_>>())
}

/// The plans that have two-factor authentication, when this user's has not.
pub(crate) fn two_factor_plans(user: &User) -> Option<String> {
    (!user.plan.has(Feature::TwoFactor)).then(|| names_of(Feature::TwoFactor))
}
