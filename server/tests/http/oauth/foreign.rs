//! A foreign client signs in: openid-client and jose, from npm, over a connection.

use std::{net::SocketAddr, path::Path, process::Command};

use accounts::applications::{Details, SigningAlgorithm};
use app::cookies::Kind;
use tokio::{net::TcpListener, task::spawn_blocking};

use super::relying::{CALLBACK, Relying, cloud};
use crate::test_app::{FIREFOX_ON_LINUX, TestApp};

on_both!(openid_client_and_jose_sign_in_refresh_and_sign_out);

async fn openid_client_and_jose_sign_in_refresh_and_sign_out(app: TestApp) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let app = app.with(&[("CURFEW_PUBLIC_URL", issuer.clone().leak())]);
    let service = app.router.clone();
    let serving = tokio::spawn(async move {
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await.unwrap();
    });
    let ada = app.browser(FIREFOX_ON_LINUX);
    ada.sign_up("Ada").await;
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::Rs256] {
        crate::databases::run(app.db(), "delete from application_hosts").await;
        let details = Details {
            signing_algorithm: algorithm,
            ..cloud()
        };
        let cloud = Relying::registered(&ada, &details).await;
        let session = ada.cookie(Kind::Session).unwrap();
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/clients/openid-client.mjs");
        let mut run = Command::new("node");
        run.arg(script)
            .env("ISSUER", &issuer)
            .env("CLIENT_ID", &cloud.id)
            .env("CLIENT_SECRET", &cloud.secret)
            .env("CALLBACK", CALLBACK)
            .env(
                "COOKIE",
                format!("{}={session}", app.cookie_name(Kind::Session)),
            )
            .env("ALGORITHM", algorithm.name());
        let run = spawn_blocking(move || run.output()).await.unwrap();
        let run = run.expect("Node is installed: ci/install.sh node");
        let (out, errors) = (
            String::from_utf8_lossy(&run.stdout),
            String::from_utf8_lossy(&run.stderr),
        );
        assert!(run.status.success(), "{out}\n{errors}");
        assert!(out.ends_with("signed out everywhere\n"), "{out}");
        // The client has signed the user out.
        assert!(!ada.is_signed_in().await);
        ada.sign_in("Ada").await;
    }
    serving.abort();
}
