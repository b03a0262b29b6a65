"""Python Social Auth, in Django. It has no back-channel logout of its own: its verifier of ID tokens verifies the logout token."""

import os
import secrets

import django
from django.conf import settings
from django.core.management import call_command
from django.core.servers.basehttp import run
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import include, path
from jwt import get_unverified_header

ISSUER, CLIENT_ID, CLIENT_SECRET, BASE = (os.environ[name] for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "BASE"))
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
settings.configure(
    ALLOWED_HOSTS=["*"],
    AUTHENTICATION_BACKENDS=["social_core.backends.open_id_connect.OpenIdConnectAuth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.db", "OPTIONS": {"timeout": 20}}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions", "social_django"],
    LOGIN_REDIRECT_URL="/",
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=secrets.token_urlsafe(),
    SESSION_COOKIE_NAME="social",
    SOCIAL_AUTH_OIDC_EXTRA_DATA=["name"],
    SOCIAL_AUTH_OIDC_JWT_ALGORITHMS=["ES256"],
    SOCIAL_AUTH_OIDC_KEY=CLIENT_ID,
    SOCIAL_AUTH_OIDC_OIDC_ENDPOINT=ISSUER,
    SOCIAL_AUTH_OIDC_SCOPE=["groups"],
    SOCIAL_AUTH_OIDC_SECRET=CLIENT_SECRET,
    SOCIAL_AUTH_OIDC_USE_PKCE=True,
    SOCIAL_AUTH_PIPELINE=[
        *(f"social_core.pipeline.social_auth.{step}" for step in ("social_details", "social_uid", "auth_allowed", "social_user")),
        *(f"social_core.pipeline.user.{step}" for step in ("get_username", "create_user")),
        *(f"social_core.pipeline.social_auth.{step}" for step in ("associate_user", "load_extra_data")),
        f"{__name__}.keep_sid",
    ],
)
django.setup()

from django.contrib.sessions.models import Session  # noqa: E402
from social_core.actions import do_auth  # noqa: E402
from social_django.utils import load_backend, load_strategy, psa  # noqa: E402


def keep_sid(backend, strategy, **_):
    strategy.session_set("sid", backend.id_token["sid"])


begin = psa("social:complete")(lambda request, _: do_auth(request.backend))


def page(request):
    if not request.user.is_authenticated:
        return begin(request, "oidc")
    return JsonResponse({"email": request.user.email, "name": request.user.social_auth.get().extra_data["name"]})


def refresh(request):
    held = request.user.social_auth.get()
    before = held.access_token
    # Verifies the new ID token, and that it goes on with the first.
    held.refresh_token(load_strategy(request))
    assert held.access_token != before
    backend = load_backend(load_strategy(request), "oidc", None)
    return JsonResponse(backend.get_json(backend.userinfo_url(), headers={"Authorization": f"Bearer {held.access_token}"}))


def logged_out(request):
    token = request.POST["logout_token"]
    claims = load_backend(load_strategy(), "oidc", None).decode_and_validate_id_token(token, None)
    assert get_unverified_header(token)["typ"] == "logout+jwt" and LOGOUT in claims["events"] and "nonce" not in claims, claims
    ended = [session for session in Session.objects.all() if session.get_decoded().get("sid") == claims["sid"]]
    for session in ended:
        session.delete()
    return HttpResponse(status=204 if ended else 400)


urlpatterns = [path("", page), path("", include("social_django.urls")), path("logged-out", logged_out), path("refresh", refresh)]

call_command("migrate", verbosity=0)
host, port = BASE.removeprefix("http://").split(":")
run(host, int(port), get_wsgi_application(), threading=True)
