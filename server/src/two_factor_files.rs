//! What setting up two-factor authentication offers beside its pages: the recovery codes as a text file, and the
//! QR code as a picture. Both only while the codes are shown, to their user.

use accounts::second_factor::{Draft, draft};
use app::{
    context::{Presence, Visit, now},
    error::AppError,
    time::Time,
};
use axum::{
    extract::{Extension, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use fast_qr::{
    ECL, QRBuilder,
    convert::{Builder, Shape, svg::SvgBuilder},
};

use crate::{error_page, permitted, redirects::to_sign_in, state::AppState};

/// The page that both belong to.
const PAGE: &str = "/profile/two-factor";

/// The recovery codes as a file.
pub const RECOVERY_CODES: &str = "/profile/two-factor/recovery-codes.txt";

/// The secret of the authenticator app as a picture.
pub const QR_CODE: &str = "/profile/two-factor/qr.svg";

/// `GET /profile/two-factor/recovery-codes.txt`: the codes to be kept.
pub async fn recovery_codes(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
) -> Response {
    give(&state, &visit, RECOVERY_CODES, |draft, email| {
        let install = state.config.public_url();
        let made = Time::from(draft.created_at).utc;
        let codes = draft.codes.join("\r\n");
        let text = format!(
            "Curfew recovery codes\r\n\r\nAccount: {email}\r\nAddress: {install}\r\nCreated: {made}\r\n\r\n{codes}\r\n\r\n\
             Each code works once, in place of a code of your authenticator app.\r\n"
        );
        let headers = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (
                header::CONTENT_DISPOSITION,
                "attachment; filename=\"curfew-recovery-codes.txt\"",
            ),
        ];
        (headers, text).into_response()
    })
    .await
}

/// `GET /profile/two-factor/qr.svg`: the secret for an authenticator app's camera, black on white in
/// either theme, with its quiet zone.
pub async fn qr_code(
    State(state): State<AppState>,
    Extension(visit): Extension<Visit>,
) -> Response {
    give(&state, &visit, QR_CODE, |draft, email| {
        let link = draft.secret.as_ref().map(|secret| secret.otpauth(email));
        let drawn = link.and_then(|link| QRBuilder::new(link).ecl(ECL::M).build().ok());
        let Some(qr) = drawn else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let svg = SvgBuilder::default()
            .margin(4)
            .shape(Shape::Square)
            .background_color("#ffffff")
            .module_color("#000000")
            .to_str(&qr);
        ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
    })
    .await
}

async fn give(
    state: &AppState,
    visit: &Visit,
    path: &str,
    show: impl FnOnce(&Draft, &str) -> Response,
) -> Response {
    let Presence::SignedIn(me) = &visit.presence else {
        return to_sign_in(PAGE);
    };
    if let Err(error) = permitted::check(state, visit, path).await {
        return error_page::json(&error);
    }
    let found = async {
        let mut conn = state.curfew.instance.read(now()).await?;
        draft::of(&mut conn, &me.user.id, &me.session).await
    };
    match found.await {
        Ok(Some(draft)) => show(&draft, &me.user.email),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        // Logs the cause.
        Err(error) => error_page::json(&AppError::from(error)),
    }
}
