"""Authlib, in Flask. It has no back-channel logout of its own: what verifies the logout token is its own JOSE library, joserfc."""

import secrets

from application import BASE, CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE
from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, request, session
from joserfc import jwt
from joserfc.jwk import KeySet

app = Flask(__name__)
app.secret_key = secrets.token_urlsafe()
app.config["SESSION_COOKIE_NAME"] = "authlib"
oauth = OAuth(app)
oauth.register(
    "curfew",
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_id=CLIENT_ID,
    client_secret=CLIENT_SECRET,
    client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
)
live = {}


@app.get("/")
def page():
    held = live.get(session.get("sid"))
    if not held:
        return oauth.curfew.authorize_redirect(f"{BASE}/callback")
    return jsonify(held["user"])


@app.get("/callback")
def callback():
    # Checks state, `iss`, nonce and the ID token.
    token = oauth.curfew.authorize_access_token()
    session["sid"] = token["userinfo"]["sid"]
    live[session["sid"]] = {"token": token, "user": oauth.curfew.userinfo(token=token)}
    return redirect(f"{BASE}/")


@app.get("/refresh")
def refresh():
    held = live[session["sid"]]
    with oauth.curfew._get_oauth_client(**oauth.curfew.load_server_metadata()) as client:
        url = oauth.curfew.load_server_metadata()["token_endpoint"]
        token = client.refresh_token(url, refresh_token=held["token"]["refresh_token"])
    assert token["access_token"] != held["token"]["access_token"]
    held["token"] = token
    return jsonify(oauth.curfew.userinfo(token=token))


@app.post("/logged-out")
def logged_out():
    keys = KeySet.import_key_set(oauth.curfew.fetch_jwk_set(force=True))
    token = jwt.decode(request.form["logout_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "logout+jwt"
    needed = {"essential": True}
    claims = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": CLIENT_ID}, sid=needed, sub=needed, jti=needed, iat=needed,
        exp=needed, events=needed,
    )
    claims.validate(token.claims)
    assert "nonce" not in token.claims
    return ("", 204) if live.pop(token.claims["sid"], None) else ("", 400)


host, port = BASE.removeprefix("http://").split(":")
app.run(host=host, port=int(port), threaded=True)
