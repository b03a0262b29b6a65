"""Curfew as an operator runs it: the program, a fresh SQLite database, its commands, and its pages without JavaScript."""

import os
import random
import re
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

from browser import Browser

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug" / "curfew"
EMAIL = "zoe@example.com"
PASSWORD = "correct horse battery staple"
NAME = "Zoë 李, Doe"
PATIENCE = 20
WITHOUT_PKCE = "--without-pkce"


def free_port(host):
    """A port below those that a system gives out by itself: nothing else takes it before the program does that it is for."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as tried:
            try:
                tried.bind((host, port))
                return port
            except OSError:
                continue


def until(what, holds, within=PATIENCE):
    """Waits until something holds, and returns it."""
    end = time.monotonic() + within
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} seconds: {what}")
        time.sleep(0.02)


class Curfew:
    def __init__(self, folder):
        self.folder = folder
        self.issuer = f"http://127.0.0.1:{free_port('127.0.0.1')}"
        self.database = folder / "curfew.db"
        self.settings = {
            **os.environ,
            "CURFEW_DATABASE_URL": f"sqlite://{self.database}",
            "CURFEW_LISTEN": self.issuer.removeprefix("http://"),
            "CURFEW_PUBLIC_URL": self.issuer,
        }
        self.command("user", "create", "--email", EMAIL, "--name", NAME, given=PASSWORD)
        self.log = open(folder / "curfew.log", "wb")
        self.process = subprocess.Popen([PROGRAM, "serve"], env=self.settings, cwd=folder, stdout=self.log, stderr=self.log)
        try:
            until("Curfew listens", lambda: listens(self.issuer))
        except AssertionError:
            self.stops()
            raise

    def command(self, *arguments, given=""):
        run = subprocess.run([PROGRAM, *arguments], env=self.settings, cwd=self.folder, input=given, capture_output=True, text=True)
        if run.returncode != 0:
            raise AssertionError(f"curfew {' '.join(arguments)}: {run.stdout}{run.stderr}")
        return run.stdout

    def registers(self, name, addresses, switches):
        """Registers an application at its redirect and its logout notice address. Returns its client id and its secret."""
        redirect, logout = addresses
        known = [switch for switch in switches if switch != WITHOUT_PKCE]
        arguments = ["--name", name, "--redirect", redirect, "--logout", logout, "--plain-http", *known]
        printed = self.command("application", "add", "--account-of", EMAIL, *arguments)
        client_id, secret = re.search(r"Client ID: (\S+)", printed)[1], re.search(r"Client secret: (\S+)", printed)[1]
        if WITHOUT_PKCE in switches:
            self.allows_no_pkce(client_id)
        return client_id, secret

    def allows_no_pkce(self, client_id):
        """Ticks "It can't do PKCE" on the application's page: the command has no switch for it."""
        browser = Browser()
        browser.get(f"{self.issuer}/sign-in")
        self.signs_in(browser)
        browser.get(f"{self.issuer}/settings/applications/one?application={client_id}")
        answer = browser.submit("/api/fn/change_application", without_pkce="true")
        if answer.status_code != 200:
            raise AssertionError(f"{answer.status_code} at {browser.page.url}: {answer.text[:2000]}")

    def signs_in(self, browser):
        """Fills in the sign-in form that an application has led to."""
        where = browser.page.url
        if not where.startswith(f"{self.issuer}/sign-in"):
            raise AssertionError(f"not asked to sign in but at {where}: {browser.page.text[:2000]}")
        return browser.submit("/api/fn/sign_in", email=EMAIL, password=PASSWORD)

    def remote_logout(self):
        """Signs in with a second browser and logs out from all devices there."""
        other = Browser("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1")
        other.get(f"{self.issuer}/profile/remote-logout?from=security")
        self.signs_in(other)
        other.get(f"{self.issuer}/profile/remote-logout?from=security")
        begun = time.monotonic()
        other.submit("/api/fn/remote_logout")
        if "/sign-in" not in other.page.url:
            raise AssertionError(f"the remote logout led to {other.page.url}: {other.page.text[:2000]}")
        return begun

    def notices(self, client_id):
        """What became of every logout notice to an application."""
        return self.rows("select outcome, last_status from logout_notices where application_id = ?", client_id)

    def sessions(self, client_id):
        """`sid` and `sub` of every session at an application that has not ended."""
        return self.rows("select id, user_id from application_sessions where application_id = ? and ended_at is null", client_id)

    def rows(self, statement, *values):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=PATIENCE) as database:
            return database.execute(statement, values).fetchall()

    def stops(self):
        end(self.process)


def end(process):
    """Asks a process to stop, and ends it when it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listens(url):
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as tried:
        return tried.connect_ex((host, int(port))) == 0
