//! Whom webhooks trust.

use std::sync::Arc;

use tokio_rustls::rustls::{
    self, ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer,
};

/// TLS that trusts the authorities that browsers trust and these, with the one cryptography provider that this
/// program has.
///
/// # Errors
/// When the provider lacks what TLS needs.
pub fn trusting(authorities: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let mut roots: RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    roots.add_parsable_certificates(authorities.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
