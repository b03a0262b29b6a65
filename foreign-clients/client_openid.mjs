// openid-client, in Express. It has no back-channel logout of its own: what verifies the logout token is jose, by the same author.
import express from "express";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as client from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE } = process.env;
const ALGORITHM = "ES256";
const COOKIE = "openid";
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";

const config = await client.discovery(
  new URL(ISSUER),
  CLIENT_ID,
  { id_token_signed_response_alg: ALGORITHM },
  client.ClientSecretBasic(CLIENT_SECRET),
  { execute: [client.allowInsecureRequests] },
);
client.enableNonRepudiationChecks(config);
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const begun = new Map();
const sessions = new Map();
const app = express();
app.use(express.urlencoded());

const cookie = (request) => request.headers.cookie?.match(new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`))?.[1];

async function begin(response) {
  const [name, state, nonce, verifier] = [client.randomState(), client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${BASE}/callback`,
    scope: "openid profile email groups",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  begun.set(name, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier });
  response.cookie(COOKIE, name, { httpOnly: true, sameSite: "lax" }).redirect(303, url.href);
}

app.get("/callback", async (request, response) => {
  const name = cookie(request);
  const tokens = await client.authorizationCodeGrant(config, new URL(request.originalUrl, BASE), begun.get(name));
  begun.delete(name);
  const { sub, sid } = tokens.claims();
  sessions.set(name, { sub, sid, tokens, user: await client.fetchUserInfo(config, tokens.access_token, sub) });
  response.redirect(303, "/");
});

app.get("/refresh", async (request, response) => {
  const held = sessions.get(cookie(request));
  const tokens = await client.refreshTokenGrant(config, held.tokens.refresh_token);
  if (tokens.access_token === held.tokens.access_token) throw new Error("the same access token");
  held.tokens = tokens;
  response.json(await client.fetchUserInfo(config, tokens.access_token, held.sub));
});

// Both by its own session alone, which only a logout notice ends: Curfew is not asked.
app.get(["/", "/session"], async (request, response) => {
  const held = sessions.get(cookie(request));
  if (held) response.json(held.user);
  else await begin(response);
});

app.post("/logged-out", async (request, response) => {
  const { payload } = await jwtVerify(request.body.logout_token, keys, {
    issuer: ISSUER,
    audience: CLIENT_ID,
    algorithms: [ALGORITHM],
    typ: "logout+jwt",
    requiredClaims: ["sub", "sid", "jti", "iat", "exp", "events"],
  });
  if (!(LOGOUT in payload.events) || "nonce" in payload) throw new Error("no logout token");
  const ended = [...sessions].filter(([, { sid }]) => sid === payload.sid);
  for (const [name] of ended) sessions.delete(name);
  response.status(ended.length ? 204 : 400).end();
});

app.use((error, _request, response, _next) => {
  console.error(error);
  response.status(400).json({ error: String(error) });
});
const { hostname, port } = new URL(BASE);
app.listen(Number(port), hostname);
