// express-openid-connect.
import express from "express";
import oidc from "express-openid-connect";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, BASE } = process.env;
const kept = new Map();
const store = {
  get: (id, done) => done(null, kept.get(id)),
  set: (id, session, done) => done(null, void kept.set(id, session)),
  destroy: (id, done) => done(null, void kept.delete(id)),
};
const app = express();
app.use(
  oidc.auth({
    issuerBaseURL: ISSUER,
    baseURL: BASE,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    secret: "only for the cookies of this test",
    idTokenSigningAlg: "ES256",
    clientAuthMethod: "client_secret_basic",
    authorizationParams: { response_type: "code", scope: "openid profile email groups" },
    backchannelLogout: true,
    routes: { backchannelLogout: "/logged-out" },
    session: { store, name: "express" },
  }),
);
app.get("/", async (request, response) => response.json(await request.oidc.fetchUserInfo()));
// By its own session alone, which only a logout notice ends: Curfew is not asked.
app.get("/session", (request, response) => response.json(request.oidc.user));
app.get("/refresh", async (request, response) => {
  const before = request.oidc.accessToken.access_token;
  const after = await request.oidc.accessToken.refresh();
  if (after.access_token === before) throw new Error("the same access token");
  response.json(await request.oidc.fetchUserInfo());
});
app.use((error, _request, response, _next) => {
  console.error(error);
  response.status(500).json({ error: String(error) });
});
const { hostname, port } = new URL(BASE);
app.listen(Number(port), hostname);
