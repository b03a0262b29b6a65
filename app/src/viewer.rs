//! What a page is drawn with: the viewer, and what the last operation has to say.

use accounts::{
    limits::Limits,
    permissions::{self, Permission, Refusal},
    plans::Feature,
    sessions::SignedIn,
    sign_up::Opening,
    step_up,
    text::visible,
};

use crate::{
    boot::{Boot, Viewer},
    context::{Presence, curfew, here, now, visit},
    flash::Flash,
    pages::settings,
    parts::avatar,
    plan_names::{names_of, two_factor_plans},
};

/// What this request's page is drawn with.
pub(crate) fn boot() -> Boot {
    let (Ok(curfew), Ok(visit)) = (curfew(), visit()) else {
        return Boot::default();
    };
    Boot {
        viewer: match &visit.presence {
            Presence::SignedIn(signed_in) => Some(viewer(signed_in, &curfew.instance.limits)),
            _ => None,
        },
        page: here(),
        form_token: visit.form_token.clone(),
        refused_form: match &visit.flash {
            Some(Flash::Form(refused)) => Some(refused.clone()),
            _ => None,
        },
        // A token's value is for one page, which asks for it itself.
        sign_up_open: visit.sign_up != Opening::Closed,
        asks_setup_code: visit.asks_setup_code(),
        flash: visit.flash.filter(|f| !matches!(f, Flash::Made(_))),
        refused: visit.refused,
        password_min: curfew.instance.limits.password_min,
        remember_days: curfew.instance.limits.remember_for.as_secs() / (24 * 60 * 60),
    }
}

fn viewer(signed_in: &SignedIn, limits: &Limits) -> Viewer {
    let user = &signed_in.user;
    Viewer {
        id: user.id.0.clone(),
        epoch: signed_in.epoch,
        name: visible(&user.name).into_owned(),
        username: user.username.clone(),
        email: user.email.clone(),
        role: user.role.name().to_owned(),
        account: visible(&user.account_name).into_owned(),
        plan: user.plan.name().to_owned(),
        initials: avatar::initials(&user.name),
        tint: avatar::tint(&user.id.0),
        password_changed: user.password_changed_at.into(),
        signed_in: signed_in.started_at.into(),
        two_factor: user.two_factor_since.map(Into::into),
        two_factor_plans: two_factor_plans(user),
        second_factor_required: user.second_factor_required,
        confirm: step_up::is_needed(signed_in, limits, now()),
        remote_logout: user.available().has(Feature::RemoteLogout),
        remote_logout_kept: user.keeps_remote_logout && !user.plan.has(Feature::RemoteLogout),
        remote_logout_plans: names_of(Feature::RemoteLogout),
        change_plan: permissions::check(user.role, user.available(), Permission::ChangePlan)
            .is_ok()
            .then(|| "/settings#plan-title".to_owned()),
        settings: settings_of(signed_in),
    }
}

/// What the role may see. What only the plan lacks is there, and says so. Nothing for a user who owes a second factor.
fn settings_of(signed_in: &SignedIn) -> Vec<(String, String)> {
    let user = &signed_in.user;
    settings::TABS
        .iter()
        .filter(|(_, _, permission)| {
            let may = permissions::check(user.role, user.available(), *permission);
            matches!(may, Ok(()) | Err(Refusal::PlanRequired(_)))
        })
        .map(|&(address, label, _)| (address.to_owned(), label.to_owned()))
        .collect()
}
