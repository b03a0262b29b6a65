"""idpyoidc, the identity Python project's relying party."""

from urllib.parse import parse_qsl, urlsplit

from application import CALLBACK, CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, Library, serve
from idpyoidc.client.rp_handler import RPHandler
from idpyoidc.message.oidc.session import BackChannelLogoutRequest

CLIENT = {
    "issuer": ISSUER,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "client_type": "oidc",
    "redirect_uris": [CALLBACK],
    "scope": SCOPE.split(),
    "response_types_supported": ["code"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    "id_token_signing_alg_values_supported": ["ES256"],
    "client_authn_methods": ["client_secret_basic"],
    "add_ons": {
        "pkce": {
            "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
            "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
        }
    },
    "services": {
        name: {"class": f"idpyoidc.client.oidc.{module}"}
        for name, module in {
            "discovery": "provider_info_discovery.ProviderInfoDiscovery",
            "authorization": "authorization.Authorization",
            "access_token": "access_token.AccessToken",
            "refresh_token": "refresh_access_token.RefreshAccessToken",
            "userinfo": "userinfo.UserInfo",
        }.items()
    },
}


class Idpyoidc(Library):
    def __init__(self):
        self.handler = RPHandler(base_url=CALLBACK.removesuffix("/callback"), client_configs={ISSUER: CLIENT})

    def begin(self):
        return self.handler.begin(ISSUER, req_args={"scope": SCOPE.split()}), None

    def finish(self, url, kept):
        answer = dict(parse_qsl(urlsplit(url).query))
        done = self.handler.finalize(ISSUER, answer)
        assert "error" not in done, done
        return {"sid": done["id_token"]["sid"], "sub": done["id_token"]["sub"], "state": answer["state"], "user": dict(done["userinfo"])}

    def refresh(self, session):
        tokens = self.handler.refresh_access_token(session["state"])
        user = self.handler.get_user_info(session["state"], access_token=tokens["access_token"])
        assert user["sub"] == session["sub"]
        return user.to_dict()

    def logged_out(self, token):
        client = self.handler.issuer2rp[ISSUER]
        request = BackChannelLogoutRequest(logout_token=token)
        good = request.verify(keyjar=client.get_attribute("keyjar"), iss=ISSUER, aud=CLIENT_ID, allowed_sign_alg="ES256")
        assert good
        return request["__verified_logout_token"]["sid"]


serve(Idpyoidc())
