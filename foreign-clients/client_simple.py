"""simple-openid-connect."""

from application import CALLBACK, CLIENT_ID, CLIENT_SECRET, ISSUER, SCOPE, Library, serve
from simple_openid_connect.client import OpenidClient
from simple_openid_connect.data import BackChannelLogoutToken, TokenSuccessResponse, UserinfoSuccessResponse
from simple_openid_connect.pkce import generate_pkce_pair
import secrets


class Simple(Library):
    def __init__(self):
        self.client = OpenidClient.from_issuer_url(ISSUER, CALLBACK, CLIENT_ID, CLIENT_SECRET, scope=SCOPE)
        self.seen = set()

    def begin(self):
        verifier, challenge = generate_pkce_pair()
        state, nonce = secrets.token_urlsafe(), secrets.token_urlsafe()
        url = self.client.authorization_code_flow.start_authentication(
            state=state, nonce=nonce, code_challenge=challenge, code_challenge_method="S256"
        )
        return url, (state, nonce, verifier, challenge)

    def finish(self, url, kept):
        state, nonce, verifier, challenge = kept
        tokens = self.client.authorization_code_flow.handle_authentication_result(
            url, state=state, code_verifier=verifier, code_challenge=challenge, code_challenge_method="S256"
        )
        assert isinstance(tokens, TokenSuccessResponse), tokens
        id_token = self.client.decode_id_token(tokens.id_token, nonce=nonce)
        return {"sid": id_token.sid, "sub": id_token.sub, "refresh": tokens.refresh_token, "user": self.user(tokens, id_token.sub)}

    def user(self, tokens, sub):
        user = self.client.fetch_userinfo(tokens.access_token)
        assert isinstance(user, UserinfoSuccessResponse) and user.sub == sub, user
        return user.model_dump(mode="json")

    def refresh(self, session):
        tokens = self.client.exchange_refresh_token(session["refresh"])
        assert isinstance(tokens, TokenSuccessResponse), tokens
        assert tokens.refresh_token != session["refresh"]
        session["refresh"] = tokens.refresh_token
        return self.user(tokens, session["sub"])

    def logged_out(self, token):
        token = BackChannelLogoutToken.parse_jwt(token, self.client.provider_keys)
        token.validate_extern(ISSUER, CLIENT_ID, validate_unique_jti=self.unique)
        return token.sid

    def unique(self, jti):
        assert jti not in self.seen
        self.seen.add(jti)


serve(Simple())
