//! Ready configuration of common applications: what each needs, with the client id and the addresses filled in. Paths and
//! names are those of each project's own documentation.

use accounts::applications::{Application, Kind};

/// What is known of a common application.
pub(super) struct Preset {
    pub key: &'static str,
    pub name: &'static str,
    /// Where it goes, and what. `{issuer}`, `{id}`, `{host}` are filled in.
    place: &'static str,
    text: &'static str,
    /// Its redirect address and its logout notice address.
    addresses: &'static str,
}

/// Every one, by its name.
pub(super) const PRESETS: &[Preset] = &[
    Preset {
        key: "nextcloud",
        name: "Nextcloud (user_oidc)",
        place: "On the server of Nextcloud",
        text: "occ user_oidc:provider Curfew --clientid='{id}' --clientsecret='YOUR_SECRET' \\\n  --discoveryuri='{issuer}/.well-known/openid-configuration' --scope='openid profile email groups' \\\n  --unique-uid=0 --mapping-uid=sub --mapping-groups=groups",
        addresses: "Redirect address: https://{host}/apps/user_oidc/code\nLogout notice address: https://{host}/apps/user_oidc/backchannel-logout/Curfew",
    },
    Preset {
        key: "immich",
        name: "Immich",
        place: "Administration, Settings, OAuth Authentication",
        text: "Issuer URL: {issuer}\nClient ID: {id}\nClient Secret: YOUR_SECRET\nScope: openid email profile\nSigning Algorithm: ES256",
        addresses: "Redirect addresses: https://{host}/auth/login, https://{host}/user-settings, app.immich:///oauth-callback\nLogout notice address: https://{host}/api/oauth/backchannel-logout",
    },
    Preset {
        key: "mod_auth_openidc",
        name: "Apache (mod_auth_openidc)",
        place: "In the virtual host of Apache",
        text: "OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\nOIDCClientID {id}\nOIDCClientSecret YOUR_SECRET\nOIDCRedirectURI https://{host}/protected/redirect_uri\nOIDCCryptoPassphrase \"exec:/bin/bash -c \\\"head -c 32 /dev/urandom | base64\\\"\"\nOIDCScope \"openid profile email groups\"\nOIDCPKCEMethod S256\nOIDCSessionType server-cache",
        addresses: "Redirect address: https://{host}/protected/redirect_uri\nLogout notice address: https://{host}/protected/redirect_uri?logout=backchannel",
    },
    Preset {
        key: "synapse",
        name: "Matrix (Synapse)",
        place: "homeserver.yaml",
        text: "oidc_providers:\n  - idp_id: curfew\n    idp_name: Curfew\n    issuer: \"{issuer}\"\n    client_id: \"{id}\"\n    client_secret: \"YOUR_SECRET\"\n    scopes: [\"openid\", \"profile\", \"email\"]\n    backchannel_logout_enabled: true\n    user_mapping_provider:\n      config:\n        localpart_template: \"{{ user.preferred_username }}\"\n        display_name_template: \"{{ user.name }}\"",
        addresses: "Redirect address: https://{host}/_synapse/client/oidc/callback\nLogout notice address: https://{host}/_synapse/client/oidc/backchannel_logout",
    },
    Preset {
        key: "opencloud",
        name: "OpenCloud",
        place: "Environment of OpenCloud",
        text: "OC_OIDC_ISSUER={issuer}\nWEB_OIDC_CLIENT_ID={id}\nPROXY_OIDC_REWRITE_WELLKNOWN=true\nPROXY_AUTOPROVISION_ACCOUNTS=true\nPROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD=none",
        addresses: "It keeps no secret.\nRedirect addresses: https://{host}/, https://{host}/oidc-callback.html, https://{host}/oidc-silent-redirect.html\nLogout notice address: https://{host}/backchannel_logout",
    },
    Preset {
        key: "jellyfin",
        name: "Jellyfin (SSO plugin)",
        place: "Dashboard, Plugins, SSO-Auth",
        text: "Name of the provider: curfew\nOpenID endpoint: {issuer}\nClient ID: {id}\nSecret: YOUR_SECRET\nScopes: groups",
        addresses: "Redirect address: https://{host}/sso/OID/redirect/curfew",
    },
    Preset {
        key: "grafana",
        name: "Grafana",
        place: "grafana.ini",
        text: "[auth.generic_oauth]\nenabled = true\nname = Curfew\nclient_id = {id}\nclient_secret = YOUR_SECRET\nscopes = openid profile email groups offline_access\nauth_url = {issuer}/oauth/authorize\ntoken_url = {issuer}/oauth/token\napi_url = {issuer}/oauth/userinfo\nuse_pkce = true\nuse_refresh_token = true",
        addresses: "Redirect address: https://{host}/login/generic_oauth\nIt can’t be told of a logout: put the gate in front of it as well.",
    },
    Preset {
        key: "forgejo",
        name: "Gitea, Forgejo",
        place: "On its server",
        text: "forgejo admin auth add-oauth --name curfew --provider openidConnect --key '{id}' --secret 'YOUR_SECRET' \\\n  --auto-discover-url '{issuer}/.well-known/openid-configuration' --scopes 'openid profile email groups'",
        addresses: "Redirect address: https://{host}/user/oauth2/curfew/callback\nIt can’t be told of a logout: put the gate in front of it as well.",
    },
    Preset {
        key: "vikunja",
        name: "Vikunja",
        place: "config.yml",
        text: "auth:\n  openid:\n    enabled: true\n    providers:\n      curfew:\n        name: Curfew\n        authurl: {issuer}\n        clientid: {id}\n        clientsecret: YOUR_SECRET\n        scope: openid profile email",
        addresses: "Redirect address: https://{host}/auth/openid/curfew\nIt can’t be told of a logout: put the gate in front of it as well.",
    },
    Preset {
        key: "oauth2_proxy",
        name: "oauth2-proxy",
        place: "oauth2-proxy.cfg",
        text: "provider = \"oidc\"\noidc_issuer_url = \"{issuer}\"\nclient_id = \"{id}\"\nclient_secret = \"YOUR_SECRET\"\ncode_challenge_method = \"S256\"\nscope = \"openid profile email groups\"\nemail_domains = [\"*\"]",
        addresses: "Redirect address: https://{host}/oauth2/callback\nIt can’t be told of a logout. The gate does what it does, and is asked at each request.",
    },
];

/// The preset of that key.
pub(super) fn of(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.key == key)
}

/// A text to copy, and where it goes.
pub(super) struct Text {
    pub title: String,
    pub place: &'static str,
    pub content: String,
}

/// What is copied into an application's own settings: what every one needs, and its preset's.
pub(super) fn texts(application: &Application, hosts: &[String], issuer: &str) -> Vec<Text> {
    let id = application.id.as_str();
    let host = hosts.first().map_or("app.example.com", String::as_str);
    let fill = |text: &str| {
        text.replace("{issuer}", issuer)
            .replace("{id}", id)
            .replace("{host}", host)
    };
    let mut texts = Vec::new();
    if application.kind == Kind::OpenId {
        texts.push(Text {
            title: "Issuer and client ID".into(),
            place: "Where an application asks for them one by one",
            content: fill(
                "Issuer: {issuer}\nDiscovery: {issuer}/.well-known/openid-configuration\nClient ID: {id}\nScopes: openid profile email groups",
            ),
        });
    }
    if let Some(preset) = application.preset.as_deref().and_then(of) {
        texts.push(Text {
            title: preset.name.to_owned(),
            place: preset.place,
            content: fill(preset.text),
        });
        texts.push(Text {
            title: format!("Addresses of {}", preset.name),
            place: "In the form below",
            content: fill(preset.addresses),
        });
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_found_by_its_key_and_names_what_is_filled_in() {
        for preset in PRESETS {
            assert_eq!(of(preset.key).map(|found| found.name), Some(preset.name));
            assert!(
                preset.text.contains("{issuer}") && preset.text.contains("{id}"),
                "{}",
                preset.key
            );
            assert!(
                preset.addresses.contains("https://{host}/"),
                "{}",
                preset.key
            );
        }
        assert!(of("").is_none());
    }
}
