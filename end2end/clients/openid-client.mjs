// A foreign client of the OpenID provider: openid-client signs in as an application does, and jose looks at the ID token by the
// published keys. A test starts it (server/tests/http/oauth/foreign.rs); what it prints are the steps that it has taken.
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CALLBACK, COOKIE, ALGORITHM } = process.env;

const check = (what, holds) => {
  if (!holds) throw new Error(`not so: ${what}`);
  console.log(what);
};

const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: ALGORITHM },
  client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] },
);
client.enableNonRepudiationChecks(config);
check("discovered", config.serverMetadata().issuer === ISSUER);

// The browser of a user who is signed in.
const browser = async (url) => {
  const answer = await fetch(url, { headers: { cookie: COOKIE, accept: "text/html" }, redirect: "manual" });
  return new URL(answer.headers.get("location"), ISSUER);
};

const signIn = async () => {
  const verifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: "openid profile email groups",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  });
  const callback = await browser(url);
  check("the answer names its issuer", callback.searchParams.get("iss") === ISSUER);
  return client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState, expectedNonce });
};

const tokens = await signIn();
const { sub, sid } = tokens.claims();
check("signed in", typeof sub === "string" && typeof sid === "string");

const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const options = { issuer: ISSUER, audience: CLIENT_ID, algorithms: [ALGORITHM] };
const verified = await jwtVerify(tokens.id_token, keys, options);
check("another library verifies the ID token", verified.payload.sub === sub);
const swapped = { ...options, algorithms: [ALGORITHM === "ES256" ? "RS256" : "ES256"] };
const refused = await jwtVerify(tokens.id_token, keys, swapped).catch((error) => error.code);
check("by no other algorithm", refused === "ERR_JOSE_ALG_NOT_ALLOWED");

const user = await client.fetchUserInfo(config, tokens.access_token, sub);
check("userinfo", user.email === "ada@example.com" && user.groups[0] === "owner");

const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
check("refreshed", refreshed.refresh_token !== tokens.refresh_token && refreshed.claims().sid === sid);

const looked = await client.tokenIntrospection(config, refreshed.access_token);
check("introspected", looked.active === true && looked.sub === sub);

await client.tokenRevocation(config, refreshed.refresh_token);
const after = await client.tokenIntrospection(config, refreshed.access_token);
check("revoked", after.active === false);
const late = await client.refreshTokenGrant(config, refreshed.refresh_token).catch((error) => error.error);
check("a revoked token refreshes nothing", late === "invalid_grant");

const again = await signIn();
const out = client.buildEndSessionUrl(config, {
  id_token_hint: again.id_token,
  post_logout_redirect_uri: "https://cloud.example.com/bye",
});
const landed = await browser(out);
check("signed out", landed.href === "https://cloud.example.com/bye");
const gone = await client.fetchUserInfo(config, again.access_token, sub).catch((error) => error.status ?? error.cause?.status ?? String(error));
check("signed out everywhere", String(gone).includes("401") || gone === 401);
