"""Apache with mod_auth_openidc, as Debian has it: a page that needs a user, whose sessions are Apache's own."""

import json
import os
import subprocess
from urllib.parse import quote

CONFIGURATION = """
ServerName {host}
Listen {host}:{port}
ServerRoot {folder}
DocumentRoot {folder}/pages
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule auth_openidc_module {modules}/mod_auth_openidc.so

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {id}
OIDCClientSecret {secret}
OIDCRedirectURI {base}/signed-in
OIDCCryptoPassphrase only-for-this-test
OIDCScope "openid profile email groups"
OIDCPKCEMethod S256
OIDCIDTokenSignedResponseAlg ES256
OIDCSessionType server-cache
OIDCCookie apache
OIDCInfoHook access_token id_token userinfo session

<Location />
  AuthType openid-connect
  Require valid-user
</Location>
"""


class Apache:
    name = "Apache mod_auth_openidc"
    switches, renewals = (), 0
    redirect, logout = "/signed-in", "/signed-in?logout=backchannel"

    def starts(self, curfew, folder, base, client):
        host, port = base.removeprefix("http://").split(":")
        (folder / "pages").mkdir()
        (folder / "pages" / "index.html").write_text("private")
        # Apache does not serve as root.
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        for closed in (curfew.folder, folder):
            closed.chmod(0o755)
        (folder / "apache.conf").write_text(
            CONFIGURATION.format(
                host=host, port=port, folder=folder, user=user, modules="/usr/lib/apache2/modules", issuer=curfew.issuer,
                id=client[0], secret=client[1], base=base,
            )
        )
        with open(folder / "output.log", "wb") as log:
            command = ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", folder / "apache.conf"]
            return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

    def opens(self, browser, base):
        browser.get(f"{base}/")

    def user(self, browser, base):
        assert browser.page.text == "private", browser.page.text
        return self.session(browser, base)["userinfo"]

    def session(self, browser, base):
        answer = browser.get(f"{base}/signed-in?info=json")
        assert answer.status_code == 200, answer.text
        return json.loads(answer.content)

    def refreshes(self, browser, base):
        before = self.session(browser, base)["access_token"]
        back = f"{base}/?refreshed"
        browser.get(f"{base}/signed-in?refresh={quote(back)}&access_token={before}")
        assert browser.page.url == back, browser.page.url
        assert self.session(browser, base)["access_token"] != before

    def asks_to_sign_in(self, browser, base, issuer):
        to_provider = browser.leads_to(f"{base}/").startswith(f"{issuer}/oauth/authorize?")
        browser.get(f"{base}/")
        return to_provider and browser.page.url.startswith(f"{issuer}/sign-in")
