"""What the provider publishes, validated by two foreign libraries."""

import requests
from authlib.oidc.discovery import OpenIDProviderMetadata
from cryptojwt.key_jar import KeyJar
from idpyoidc.message.oidc import ProviderConfigurationResponse
from joserfc.jwk import KeySet


def check(issuer):
    found = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=20).json()
    assert found == requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=20).json()
    assert found["issuer"] == issuer

    # Authlib wants https of every address (RFC 8414), which a test on this machine has not.
    authlib = OpenIDProviderMetadata({name: secure(value) for name, value in found.items()})
    authlib.validate()
    idpyoidc = ProviderConfigurationResponse(**found)
    assert idpyoidc.verify(allow_http=True)

    published = requests.get(found["jwks_uri"], timeout=20).json()
    joserfc = KeySet.import_key_set(published)
    jar = KeyJar()
    jar.import_jwks(published, issuer)
    names = sorted(key["kid"] for key in published["keys"])
    assert names and names == sorted(key.kid for key in joserfc.keys), published
    assert names == sorted(key.kid for key in jar.get_issuer_keys(issuer)), published
    assert not any(key.is_private for key in joserfc.keys), published


def secure(value):
    return value.replace("http://", "https://", 1) if isinstance(value, str) else value
