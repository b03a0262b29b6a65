"""mozilla-django-oidc. It keeps no refresh token: its middleware renews a session by asking Curfew again with `prompt=none`. It has no
back-channel logout of its own: its verifier of ID tokens verifies the logout token."""

import os
import secrets

import django
import requests
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import include, path
from jwt import get_unverified_header

ISSUER, CLIENT_ID, CLIENT_SECRET, BASE = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "BASE"))
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
provider = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=20).json()
settings.configure(
    ALLOWED_HOSTS=["*"],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Backend"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.db", "OPTIONS": {"timeout": 20}}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "mozilla_django_oidc"],
    LOGIN_REDIRECT_URL="/",
    MIDDLEWARE=[
        *("django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"),
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    OIDC_OP_AUTHORIZATION_ENDPOINT=provider["authorization_endpoint"],
    OIDC_OP_JWKS_ENDPOINT=provider["jwks_uri"],
    OIDC_OP_TOKEN_ENDPOINT=provider["token_endpoint"],
    OIDC_OP_USER_ENDPOINT=provider["userinfo_endpoint"],
    OIDC_RP_CLIENT_ID=CLIENT_ID,
    OIDC_RP_CLIENT_SECRET=CLIENT_SECRET,
    OIDC_RP_SCOPES="openid profile email groups",
    OIDC_RP_SIGN_ALGO="ES256",
    OIDC_USE_PKCE=True,
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_urlsafe(),
    SESSION_COOKIE_NAME="mozilla",
)
django.setup()

from django.contrib.sessions.models import Session  # noqa: E402
from mozilla_django_oidc.auth import OIDCAuthenticationBackend  # noqa: E402
from mozilla_django_oidc.views import OIDCAuthenticationRequestView  # noqa: E402


class Backend(OIDCAuthenticationBackend):
    def get_userinfo(self, access_token, id_token, payload):
        session = self.request.session
        session["sid"], session["user"] = payload["sid"], super().get_userinfo(access_token, id_token, payload)
        return session["user"]


def page(request):
    if not request.user.is_authenticated:
        return OIDCAuthenticationRequestView.as_view()(request)
    # The middleware lets no request through before it has renewed a session that is due.
    assert request.session["oidc_id_token_expiration"] > 0
    return JsonResponse(request.session["user"])


def refresh(request):
    request.session["oidc_id_token_expiration"] = 0
    return HttpResponseRedirect("/")


def logged_out(request):
    token = request.POST["logout_token"]
    claims = Backend().verify_token(token)
    assert get_unverified_header(token)["typ"] == "logout+jwt" and LOGOUT in claims["events"], claims
    assert (claims["iss"], claims["aud"]) == (ISSUER, CLIENT_ID), claims
    for session in Session.objects.all():
        if session.get_decoded().get("sid") == claims["sid"]:
            session.delete()
    # Also of a session that `prompt=none` has replaced: a user who is logged out already is logged out.
    return HttpResponse(status=204)


own = {"": page, "logged-out": logged_out, "refresh": refresh}
urlpatterns = [*(path(at, view) for at, view in own.items()), path("oidc/", include("mozilla_django_oidc.urls"))]

call_command("migrate", verbosity=0)
host, port = BASE.removeprefix("http://").split(":")
run(host, int(port), get_wsgi_application(), threading=True)
