// Auth.js, in Express. Its sessions are cookies that it encrypts; without a list of those that are live, no remote logout could end one. It has
// neither back-channel logout nor refresh of its own: what it is built on does both, jose and oauth4webapi.
import { Auth, raw, skipCSRFCheck } from "@auth/core";
import { ExpressAuth, getSession } from "@auth/express";
import express from "express";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE } = process.env;
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";
const insecure = { [oauth.allowInsecureRequests]: true };
const provider = await oauth.discoveryRequest(new URL(ISSUER), insecure).then((it) => oauth.processDiscoveryResponse(new URL(ISSUER), it));
const client = { client_id: CLIENT_ID, id_token_signed_response_alg: "ES256" };
const keys = createRemoteJWKSet(new URL(provider.jwks_uri));
const live = new Map();

const config = {
  basePath: "/auth",
  trustHost: true,
  secret: "only for the cookies of this test",
  providers: [
    {
      id: "curfew", name: "Curfew", type: "oidc", issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, client,
      checks: ["pkce", "state", "nonce"],
      authorization: { params: { scope: "openid profile email groups" } },
      idToken: false, // asks userinfo
    },
  ],
  callbacks: {
    jwt({ token, account }) {
      if (account) {
        token.sid = decodeJwt(account.id_token).sid;
        live.set(token.sid, account);
      }
      // Without a token Auth.js ends the session.
      return live.has(token.sid) ? token : null;
    },
    session: ({ session, token }) => ({ ...session, sid: token.sid }),
  },
};

const app = express();

async function begin(response) {
  const asked = new Request(`${BASE}/auth/signin/curfew`, { method: "POST", body: new URLSearchParams({ callbackUrl: `${BASE}/` }) });
  const answer = await Auth(asked, { ...config, raw, skipCSRFCheck });
  // Express counts an age in milliseconds, Auth.js in seconds; what has one has an expiry too.
  for (const { name, value, options } of answer.cookies) response.cookie(name, value, { ...options, maxAge: undefined });
  response.redirect(303, answer.redirect);
}

app.get("/", async (request, response) => {
  const session = await getSession(request, config);
  if (session) response.json(session.user);
  else await begin(response);
});

app.get("/refresh", async (request, response) => {
  const { sid } = await getSession(request, config);
  const held = live.get(sid);
  const secret = oauth.ClientSecretBasic(CLIENT_SECRET);
  const answer = await oauth.refreshTokenGrantRequest(provider, client, secret, held.refresh_token, insecure);
  const tokens = await oauth.processRefreshTokenResponse(provider, client, answer);
  if (tokens.access_token === held.access_token) throw new Error("the same access token");
  live.set(sid, { ...held, ...tokens });
  const user = await oauth.userInfoRequest(provider, client, tokens.access_token, insecure);
  response.json(await oauth.processUserInfoResponse(provider, client, held.providerAccountId, user));
});

app.post("/logged-out", express.urlencoded(), async (request, response) => {
  const { payload } = await jwtVerify(request.body.logout_token, keys, {
    issuer: ISSUER,
    audience: CLIENT_ID,
    algorithms: ["ES256"],
    typ: "logout+jwt",
    requiredClaims: ["sub", "sid", "jti", "iat", "exp", "events"],
  });
  if (!(LOGOUT in payload.events) || "nonce" in payload) throw new Error("no logout token");
  response.status(live.delete(payload.sid) ? 204 : 400).end();
});

app.use(config.basePath, ExpressAuth(config));
app.use((error, _request, response, _next) => {
  console.error(error);
  response.status(400).end();
});
const { hostname, port } = new URL(BASE);
app.listen(Number(port), hostname);
