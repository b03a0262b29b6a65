"""Foreign clients of the OpenID provider, none of them ours: `make clients`.

Each signs in through Curfew's own pages without JavaScript, asks for userinfo, refreshes, refuses forged logout tokens, and is logged out by
a remote logout: its own library has verified the logout token, its session is gone, and its next request is sent to the sign-in page. Then
all of them at once. None is skipped: what is missing fails."""

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import documents
import forged
import requests
from browser import Browser
from client_apache import Apache
from client_synapse import Synapse
from curfew import EMAIL, NAME, WITHOUT_PKCE, Curfew, end, free_port, listens, until

HERE = Path(__file__).resolve().parent


class Script:
    """A client that is a program of this folder."""

    def __init__(self, name, command, *switches, redirect="/callback", renewals=0):
        self.name, self.command, self.switches = name, command, switches
        self.redirect, self.logout = redirect, "/logged-out"
        # What is no refresh but another sign-in with `prompt=none`: a session of its own, and a notice.
        self.renewals = renewals

    def starts(self, curfew, folder, base, client):
        settings = {**os.environ, "ISSUER": curfew.issuer, "BASE": base, "CLIENT_ID": client[0], "CLIENT_SECRET": client[1]}
        with open(folder / "log", "wb") as log:
            # In a folder of its own: some of them leave keys there.
            return subprocess.Popen(self.command, env=settings, cwd=folder, stdout=log, stderr=log)

    def opens(self, browser, base):
        browser.get(f"{base}/")

    def user(self, browser, base):
        """What it knows of the user who is signed in."""
        return known(browser)

    def refreshes(self, browser, base):
        browser.get(f"{base}/refresh")
        known(browser)

    def asks_to_sign_in(self, browser, base, issuer):
        """Whether its next request leads to Curfew's sign-in page, by way of the provider."""
        to_provider = browser.leads_to(f"{base}/").startswith(f"{issuer}/oauth/authorize?")
        browser.get(f"{base}/")
        return to_provider and browser.page.url.startswith(f"{issuer}/sign-in")


def known(browser):
    if browser.page.status_code != 200:
        raise AssertionError(f"{browser.page.status_code} at {browser.page.url}: {browser.page.text[-3000:]}")
    return json.loads(browser.page.text)


CLIENTS = [
    Script("Authlib", [sys.executable, HERE / "client_authlib.py"]),
    Script("idpyoidc", [sys.executable, HERE / "client_idpyoidc.py"]),
    Script("simple-openid-connect", [sys.executable, HERE / "client_simple.py"], "--rs256"),
    Script("mozilla-django-oidc", [sys.executable, HERE / "client_mozilla.py"], redirect="/oidc/callback/", renewals=1),
    Script("python-social-auth", [sys.executable, HERE / "client_social.py"], redirect="/complete/oidc/"),
    Script("express-openid-connect", ["node", HERE / "client_express.mjs"]),
    Script("openid-client", ["node", HERE / "client_openid.mjs"]),
    Script("Auth.js", ["node", HERE / "client_authjs.mjs"], redirect="/auth/callback/curfew"),
    Script("OmniAuth", ["ruby", HERE / "client_omniauth.rb"], WITHOUT_PKCE),
    Script("openidconnect", [Path(sys.prefix) / "openidconnect/debug/client-openidconnect"]),
    Apache(),
    Synapse(),
]


class Running:
    """A client that runs and is registered."""

    def __init__(self, curfew, client, number):
        self.curfew, self.client = curfew, client
        # Not at Curfew's own host, and each at one of its own.
        host = f"127.0.1.{number}"
        self.base = f"http://{host}:{free_port(host)}"
        self.folder = curfew.folder / client.name.split()[0]
        self.folder.mkdir()
        self.registered = curfew.registers(
            client.name, (self.base + client.redirect, self.base + client.logout), client.switches
        )
        self.process = client.starts(curfew, self.folder, self.base, self.registered)
        self.browser = None

    def signs_in(self, browser):
        self.browser = browser
        self.client.opens(browser, self.base)
        if browser.page.url.startswith(f"{self.curfew.issuer}/sign-in"):
            self.curfew.signs_in(browser)
        user = self.client.user(browser, self.base)
        assert user["email"] == EMAIL and user["name"] == NAME, user

    def is_told(self, sign_ins):
        """That each logout notice was answered with what means that its session has ended."""
        told = until(f"{self.client.name} is told", lambda: self.answered(sign_ins))
        assert all(outcome == "logged_out" for outcome, _ in told), told
        assert self.client.asks_to_sign_in(self.browser, self.base, self.curfew.issuer), self.browser.page.url

    def answered(self, sign_ins):
        found = self.curfew.notices(self.registered[0])
        assert not any(status and status >= 400 for _, status in found), found
        notices = sign_ins + self.client.renewals
        return found if len(found) == notices and all(outcome for outcome, _ in found) else None

    def refuses_forgeries(self):
        """That its library verifies: it takes no forged logout token of a session that it has."""
        algorithm = "RS256" if "--rs256" in self.client.switches else "ES256"
        session, *_ = self.curfew.sessions(self.registered[0])
        for kind, token in forged.tokens(self.curfew.issuer, self.registered[0], session, algorithm).items():
            answer = requests.post(self.base + self.client.logout, data={"logout_token": token}, timeout=20)
            assert answer.status_code >= 400, f"{answer.status_code} to a logout token that is {kind}"

    def alone(self):
        until(f"{self.client.name} listens", lambda: self.process.poll() is not None or listens(self.base), 60)
        self.signs_in(Browser())
        self.client.refreshes(self.browser, self.base)
        self.refuses_forgeries()
        self.curfew.remote_logout()
        self.is_told(1)

    def stops(self):
        end(self.process)

    def says(self):
        return "".join(path.read_text(errors="replace")[-3000:] for path in self.folder.glob("*log"))


def together(curfew, running):
    """One browser is signed in everywhere; one remote logout ends it all, within a second of the click."""
    browser = Browser()
    for each in running:
        each.signs_in(browser)
    begun = curfew.remote_logout()
    until("every application has answered", lambda: all(each.answered(2) for each in running))
    took = time.monotonic() - begun
    for each in running:
        each.is_told(2)
    assert took < 1, f"the last application was told after {took:.2f} s"
    print(f"     all of them logged out by one remote logout in {took * 1000:.0f} ms")


def tried(name, test):
    try:
        test()
        print(f"ok   {name}")
        return True
    except Exception:
        print(f"FAIL {name}\n{traceback.format_exc()}")
        return False


def main():
    wanted = sys.argv[1:]
    clients = [client for client in CLIENTS if not wanted or client.name in wanted]
    with tempfile.TemporaryDirectory(prefix="curfew-clients-") as folder:
        curfew = Curfew(Path(folder))
        running = []
        try:
            good = [tried("the provider's documents", lambda: documents.check(curfew.issuer))]
            for number, client in enumerate(clients, 1):
                good.append(tried(f"{client.name} is registered", lambda: running.append(Running(curfew, client, number))))
            for each in running:
                good.append(tried(f"{each.client.name}: sign-in, userinfo, refresh, remote logout", each.alone))
                if not good[-1]:
                    print(each.says())
            if all(good):
                good.append(tried("all at once", lambda: together(curfew, running)))
            if not all(good):
                print((Path(folder) / "curfew.log").read_text()[-6000:])
        finally:
            for each in running:
                each.stops()
            curfew.stops()
    sys.exit(0 if all(good) else 1)


main()
