//! The presets, by their names. Above each stands the page of its project that it was checked against.

use super::{Needs, Preset};

/// Every one.
pub(in super::super) const PRESETS: &[Preset] = &[
    // auth_openidc.conf of github.com/OpenIDC/mod_auth_openidc; `?logout=backchannel` of the redirect address: its wiki and
    // src/handle/logout.c.
    Preset {
        key: "mod_auth_openidc",
        name: "Apache (mod_auth_openidc)",
        what: "A site served by Apache",
        place: "In the virtual host of Apache",
        text: "OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\nOIDCClientID {id}\nOIDCClientSecret YOUR_SECRET\nOIDCRedirectURI {at}/protected/redirect_uri\nOIDCCryptoPassphrase \"exec:/bin/bash -c \\\"head /dev/urandom | tr -dc A-Za-z0-9 | head -c 32\\\"\"\nOIDCScope \"openid profile email groups\"\nOIDCPKCEMethod S256\nOIDCSessionType server-cache\n\n<Location />\n    AuthType openid-connect\n    Require valid-user\n</Location>",
        redirects: &["{at}/protected/redirect_uri"],
        logout_address: Some("{at}/protected/redirect_uri?logout=backchannel"),
        needs: &[],
        note: None,
    },
    // Its commands: `cmd/admin_auth_oauth.go` of Gitea, which it shares. The callback, and PKCE: Authelia's page on Forgejo,
    // authelia.com/integration/openid-connect/clients/forgejo. It takes no logout notices.
    Preset {
        key: "forgejo",
        name: "Forgejo",
        what: "Git hosting",
        place: "On its server",
        text: "forgejo admin auth add-oauth --name curfew --provider openidConnect --key '{id}' --secret 'YOUR_SECRET' \\\n  --auto-discover-url '{issuer}/.well-known/openid-configuration' --scopes openid,profile,email,groups \\\n  --group-claim-name groups",
        redirects: &["{at}/user/oauth2/curfew/callback"],
        logout_address: None,
        needs: &[],
        note: None,
    },
    // Its commands: `cmd/admin_auth_oauth.go`. The callback, and that it sends no PKCE: Authelia's page on Gitea 1.25,
    // authelia.com/integration/openid-connect/clients/gitea. It takes no logout notices.
    Preset {
        key: "gitea",
        name: "Gitea",
        what: "Git hosting",
        place: "On its server",
        text: "gitea admin auth add-oauth --name curfew --provider openidConnect --key '{id}' --secret 'YOUR_SECRET' \\\n  --auto-discover-url '{issuer}/.well-known/openid-configuration' --scopes openid,profile,email,groups \\\n  --group-claim-name groups",
        redirects: &["{at}/user/oauth2/curfew/callback"],
        logout_address: None,
        needs: &[Needs::NoPkce],
        note: None,
    },
    // grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth: the callback, PKCE,
    // and that a refresh that is refused ends its session. It takes no logout notices.
    Preset {
        key: "grafana",
        name: "Grafana",
        what: "Dashboards",
        place: "grafana.ini",
        text: "[auth.generic_oauth]\nenabled = true\nname = Curfew\nclient_id = {id}\nclient_secret = YOUR_SECRET\nscopes = openid profile email groups offline_access\nauth_url = {issuer}/oauth/authorize\ntoken_url = {issuer}/oauth/token\napi_url = {issuer}/oauth/userinfo\nlogin_attribute_path = preferred_username\nuse_pkce = true\nuse_refresh_token = true",
        redirects: &["{at}/login/generic_oauth"],
        logout_address: None,
        needs: &[],
        note: Some(
            "It isn’t told, and notices at its next refresh: within ten minutes. For that it asks for offline access.",
        ),
    },
    // docs.immich.app/administration/oauth, and "Set up OAuth authentication" there: redirect and logout addresses, RS256.
    Preset {
        key: "immich",
        name: "Immich",
        what: "Photos",
        place: "Administration, Settings, OAuth Authentication",
        text: "Issuer URL: {issuer}\nClient ID: {id}\nClient Secret: YOUR_SECRET\nScope: openid email profile\nSigning Algorithm: RS256",
        redirects: &[
            "{at}/auth/login",
            "{at}/user-settings",
            "app.immich:///oauth-callback",
        ],
        logout_address: Some("{at}/api/oauth/backchannel-logout"),
        needs: &[Needs::Rs256],
        note: None,
    },
    // README of github.com/9p4/jellyfin-plugin-sso: the callback. The logout address is in its successors
    // (`OID/backchannel-logout/{provider}`), not in the plugin's own last release, which is archived.
    Preset {
        key: "jellyfin",
        name: "Jellyfin (SSO plugin)",
        what: "Films and music",
        place: "Dashboard, Plugins, SSO-Auth",
        text: "Name of OpenID Provider: curfew\nOpenID Endpoint: {issuer}\nOpenID Client ID: {id}\nOpenID Secret: YOUR_SECRET\nRole Claim: groups\nRequest Additional Scopes: groups",
        redirects: &["{at}/sso/OID/redirect/curfew"],
        logout_address: Some("{at}/sso/OID/backchannel-logout/curfew"),
        needs: &[],
        note: Some(
            "The plugin’s successors take logout notices; its archived original (9p4) answers 404. Send a test to find out which you have.",
        ),
    },
    // docs/openid.md of github.com/element-hq/synapse, "OIDC Back-Channel Logout"; `user_profile_method`, because it reads the ID
    // token alone else.
    Preset {
        key: "synapse",
        name: "Matrix (Synapse)",
        what: "Chat",
        place: "homeserver.yaml",
        text: "oidc_providers:\n  - idp_id: curfew\n    idp_name: Curfew\n    issuer: \"{issuer}\"\n    client_id: \"{id}\"\n    client_secret: \"YOUR_SECRET\"\n    scopes: [\"openid\", \"profile\", \"email\"]\n    user_profile_method: \"userinfo_endpoint\"\n    backchannel_logout_enabled: true\n    user_mapping_provider:\n      config:\n        localpart_template: \"{{ user.preferred_username }}\"\n        display_name_template: \"{{ user.name }}\"",
        redirects: &["{at}/_synapse/client/oidc/callback"],
        logout_address: Some("{at}/_synapse/client/oidc/backchannel_logout"),
        needs: &[],
        note: None,
    },
    // README of github.com/nextcloud/user_oidc, "Backchannel logout" and "Call the userinfo endpoint to enrich the login ID
    // token" (it reads the ID token alone); the options of `occ user_oidc:provider`: lib/Command/UpsertProvider.php.
    Preset {
        key: "nextcloud",
        name: "Nextcloud (user_oidc)",
        what: "Files and calendars",
        place: "On the server of Nextcloud",
        text: "occ user_oidc:provider Curfew --clientid='{id}' --clientsecret='YOUR_SECRET' \\\n  --discoveryuri='{issuer}/.well-known/openid-configuration' --scope='openid profile email groups' \\\n  --unique-uid=0 --mapping-uid=sub --group-provisioning=1 --mapping-groups=groups",
        redirects: &[
            "{at}/apps/user_oidc/code",
            "{at}/index.php/apps/user_oidc/code",
        ],
        logout_address: Some("{at}/index.php/apps/user_oidc/backchannel-logout/Curfew"),
        needs: &[Needs::ClaimsInIdToken],
        note: None,
    },
    // docs/docs/features/endpoints.md and configuration/overview.md of github.com/oauth2-proxy/oauth2-proxy. It takes no logout
    // notices.
    Preset {
        key: "oauth2_proxy",
        name: "oauth2-proxy",
        what: "Sign-in in front of a site",
        place: "oauth2-proxy.cfg",
        text: "provider = \"oidc\"\noidc_issuer_url = \"{issuer}\"\nclient_id = \"{id}\"\nclient_secret = \"YOUR_SECRET\"\nredirect_url = \"{at}/oauth2/callback\"\ncode_challenge_method = \"S256\"\nscope = \"openid profile email groups\"\nemail_domains = [\"*\"]\ncookie_secret = \"32 random characters\"",
        redirects: &["{at}/oauth2/callback"],
        logout_address: None,
        needs: &[],
        note: Some("Curfew’s gate does the same without it, and is asked at each request."),
    },
    // services/proxy and services/web of github.com/opencloud-eu/opencloud: the settings, `/backchannel_logout`; the redirect
    // addresses are those of its own identity provider's client `web`.
    Preset {
        key: "opencloud",
        name: "OpenCloud",
        what: "Files",
        place: "Environment of OpenCloud",
        text: "OC_EXCLUDE_RUN_SERVICES=idp\nOC_OIDC_ISSUER={issuer}\nWEB_OIDC_CLIENT_ID={id}\nPROXY_OIDC_REWRITE_WELLKNOWN=true\nPROXY_OIDC_ACCESS_TOKEN_VERIFY_METHOD=none\nPROXY_AUTOPROVISION_ACCOUNTS=true",
        redirects: &[
            "{at}/",
            "{at}/oidc-callback.html",
            "{at}/oidc-silent-redirect.html",
        ],
        logout_address: Some("{at}/backchannel_logout"),
        needs: &[Needs::NoSecret],
        note: None,
    },
    // config-raw.json of github.com/go-vikunja/vikunja (`auth.openid`), and pkg/modules/auth/openid: it sends no PKCE and takes no
    // logout notices.
    Preset {
        key: "vikunja",
        name: "Vikunja",
        what: "Tasks",
        place: "config.yml",
        text: "auth:\n  openid:\n    enabled: true\n    providers:\n      curfew:\n        name: Curfew\n        authurl: {issuer}\n        clientid: {id}\n        clientsecret: YOUR_SECRET\n        scope: openid profile email",
        redirects: &["{at}/auth/openid/curfew"],
        logout_address: None,
        needs: &[Needs::NoPkce],
        note: None,
    },
];
