"""Logout tokens that are right in all but the signature: one has none, the other was signed by another key under the name of Curfew's."""

import base64
import json
import time
import uuid

import requests
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def tokens(issuer, client_id, session, algorithm):
    sid, sub = session
    now = int(time.time())
    claims = {
        "iss": issuer, "aud": client_id, "sub": sub, "sid": sid, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 120, "events": {LOGOUT: {}},
    }
    published = requests.get(f"{issuer}/oauth/jwks.json", timeout=20).json()["keys"]
    kid = next(key["kid"] for key in published if key["alg"] == algorithm)
    key = ECKey.generate_key("P-256") if algorithm == "ES256" else RSAKey.generate_key(2048)
    unsigned = ".".join(coded(part) for part in ({"alg": "none", "typ": "logout+jwt"}, claims)) + "."
    signed = jwt.encode({"alg": algorithm, "typ": "logout+jwt", "kid": kid}, claims, key, algorithms=[algorithm])
    return {"unsigned": unsigned, "signed by another key": signed}


def coded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
