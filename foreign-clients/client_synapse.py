"""Synapse, the Matrix server: a foreign application with accounts and access tokens of its own. It keeps no refresh token of ours."""

import json
import subprocess
import sys
from urllib.parse import parse_qs, quote, urlsplit

CONFIGURATION = """
server_name: {host}
public_baseurl: {base}/
pid_file: {folder}/synapse.pid
listeners: [{{port: {port}, bind_addresses: ["{host}"], type: http, resources: [{{names: [client]}}]}}]
database: {{name: sqlite3, args: {{database: "{folder}/synapse.db"}}}}
log_config: {folder}/logging.yaml
signing_key_path: {folder}/signing.key
macaroon_secret_key: only-for-this-test
form_secret: only-for-this-test
trusted_key_servers: []
report_stats: false
sso: {{client_whitelist: ["{base}/app"]}}
oidc_providers:
- idp_id: curfew
  idp_name: Curfew
  issuer: {issuer}
  skip_verification: true # plain http
  client_id: {id}
  client_secret: {secret}
  scopes: [openid, profile, email]
  user_profile_method: userinfo_endpoint
  backchannel_logout_enabled: true
  user_mapping_provider:
    config:
      localpart_template: "{{{{ user.email.split('@')[0] }}}}"
      display_name_template: "{{{{ user.name }}}}"
      email_template: "{{{{ user.email }}}}"
"""

LOGGING = """
version: 1
handlers: {{file: {{class: logging.FileHandler, filename: "{folder}/synapse.log"}}}}
root: {{level: INFO, handlers: [file]}}
disable_existing_loggers: false
"""


class Synapse:
    name = "Synapse"
    switches, renewals = (), 0
    redirect, logout = "/_synapse/client/oidc/callback", "/_synapse/client/oidc/backchannel_logout"

    def starts(self, curfew, folder, base, client):
        host, port = base.removeprefix("http://").split(":")
        values = {"host": host, "port": port, "base": base, "folder": folder, "issuer": curfew.issuer, "id": client[0], "secret": client[1]}
        (folder / "homeserver.yaml").write_text(CONFIGURATION.format(**values))
        (folder / "logging.yaml").write_text(LOGGING.format(**values))
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", folder / "homeserver.yaml"]
        with open(folder / "output.log", "wb") as log:
            subprocess.run([*command, "--generate-keys"], cwd=folder, stdout=log, stderr=log, check=True)
            return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def opens(self, browser, base):
        browser.get(self.sign_in_at(base))

    def sign_in_at(self, base):
        return f"{base}/_matrix/client/v3/login/sso/redirect/oidc-curfew?redirectUrl={quote(base)}/app"

    def user(self, browser, base):
        """Redeems the login token that came back for an access token of Synapse's own, as an app of Matrix does."""
        token = parse_qs(urlsplit(browser.page.url).query).get("loginToken")
        assert token, f"{browser.page.url}: {browser.page.text}"
        login = browser.session.post(f"{base}/_matrix/client/v3/login", json={"type": "m.login.token", "token": token[0]}, timeout=20)
        assert login.status_code == 200, login.text
        self.token, user = login.json()["access_token"], login.json()["user_id"]
        name = self.asks(browser, f"{base}/_matrix/client/v3/profile/{quote(user)}/displayname")
        email = self.asks(browser, f"{base}/_matrix/client/v3/account/3pid")
        return {"name": json.loads(name.content)["displayname"], "email": email.json()["threepids"][0]["address"]}

    def asks(self, browser, url):
        return browser.session.get(url, headers={"Authorization": f"Bearer {self.token}"}, timeout=20)

    def refreshes(self, browser, base):
        """It has no use for refresh tokens."""

    def asks_to_sign_in(self, browser, base, issuer):
        refused = self.asks(browser, f"{base}/_matrix/client/v3/account/whoami").status_code == 401
        browser.get(self.sign_in_at(base))
        return refused and browser.page.url.startswith(f"{issuer}/sign-in")
