"""The web application around a library that has none of its own: `/` needs a session, `/callback` starts one, `/refresh` refreshes
its tokens, `/logged-out` takes logout tokens. The library does everything that OpenID Connect says."""

import json
import os
import secrets
import sys
import traceback
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ISSUER, CLIENT_ID, CLIENT_SECRET, BASE = (os.environ.get(name, "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "BASE"))
CALLBACK = f"{BASE}/callback"
SCOPE = "openid profile email groups"
COOKIE = "session"


class Library:
    """What a foreign library is asked to do."""

    def begin(self):
        """Where the browser goes to sign in, and what is kept of it until it comes back."""
        raise NotImplementedError

    def finish(self, url, kept):
        """Takes the answer that the browser came back with. Returns the session: `sid` and `user` (userinfo), and more."""
        raise NotImplementedError

    def refresh(self, session):
        """Refreshes the tokens. Returns userinfo, asked with the new access token."""
        raise NotImplementedError

    def logged_out(self, token):
        """Verifies a logout token. Returns its `sid`."""
        raise NotImplementedError


def serve(library):
    begun, sessions = {}, {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.guarded(self.get)

        def do_POST(self):
            self.guarded(self.post)

        def guarded(self, act):
            try:
                act()
            except Exception:
                traceback.print_exc()
                self.answer(400, {"error": traceback.format_exc()})

        def get(self):
            path = self.path.split("?")[0]
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
            name = cookie.value if cookie else ""
            if path == "/callback":
                sessions[name] = library.finish(BASE + self.path, begun.pop(name))
                self.answer(303, {}, Location=f"{BASE}/")
            elif name not in sessions:
                name = secrets.token_urlsafe()
                url, begun[name] = library.begin()
                self.answer(303, {}, Location=url, **{"Set-Cookie": f"{COOKIE}={name}; HttpOnly; Path=/"})
            elif path == "/refresh":
                self.answer(200, library.refresh(sessions[name]))
            else:
                self.answer(200, sessions[name]["user"])

        def post(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sid = library.logged_out(parse_qs(body)["logout_token"][0])
            ended = [name for name, session in sessions.items() if session["sid"] == sid]
            for name in ended:
                del sessions[name]
            self.answer(200 if ended else 400, {"ended": len(ended)})

        def answer(self, status, body, **headers):
            data = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), "Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

    host, port = BASE.removeprefix("http://").split(":")
    print("listening", file=sys.stderr, flush=True)
    ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
