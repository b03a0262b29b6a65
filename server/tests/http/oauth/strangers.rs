//! What another application's secret opens: nothing of this one's.

use accounts::applications::{Details, Kind};

use super::relying::{Relying, cloud};
use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(another_application_s_secret_opens_nothing);

async fn another_application_s_secret_opens_nothing(app: TestApp) {
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    let cloud = Relying::registered(&ada, &cloud()).await;
    let details = Details {
        redirects: vec!["https://wiki.example.com/callback".into()],
        ..Details::new(Kind::OpenId, "Wiki")
    };
    let wiki = Relying::registered(&ada, &details).await;
    let mixed = Relying {
        secret: wiki.secret.clone(),
        ..cloud.clone()
    };
    let tokens = cloud.signs_in(&ada, &[]).await;
    let token = |name: &str| tokens[name].as_str().unwrap();
    let (access, refresh) = (token("access_token"), token("refresh_token"));

    // In this one's name.
    let code = cloud.code(&ada, &[]).await;
    mixed.redeems(&code).await.is(401);
    mixed.refreshes(refresh).await.is(401);
    for path in ["/oauth/introspect", "/oauth/revoke"] {
        mixed.posts(path, &[("token", access)]).await.is(401);
    }
    // In its own.
    for shown in [access, refresh] {
        let looked = wiki.posts("/oauth/introspect", &[("token", shown)]).await;
        assert_eq!(looked.is(200).json()["active"], false);
        // Not said, because it would tell that there is such a token (RFC 7009, 2.2).
        wiki.posts("/oauth/revoke", &[("token", shown)])
            .await
            .is(200);
    }
    cloud.userinfo(access).await.is(200);
    cloud.refreshes(refresh).await.is(200);
    cloud.redeems(&code).await.is(200);
}
