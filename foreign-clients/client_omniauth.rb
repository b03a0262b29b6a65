# OmniAuth's OpenID Connect, GitLab's, in Rack, as Debian has it. It has no PKCE and no back-channel logout of its own: its verifier of ID
# tokens verifies the logout token.
require "json"
require "omniauth_openid_connect"
require "rack"
require "securerandom"
require "webrick"

ISSUER, CLIENT_ID, CLIENT_SECRET, BASE = ENV.values_at("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "BASE")
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
# Plain http.
SWD.url_builder = URI::HTTP
OmniAuth.config.allowed_request_methods = [:get]
OmniAuth.config.silence_get_warning = true
OPTIONS = {
  issuer: ISSUER,
  discovery: true,
  scope: [:openid, :profile, :email, :groups],
  request_path: ->(env) { env["PATH_INFO"] == "/" && !LIVE.key?(env["rack.session"]["sid"]) },
  callback_path: "/callback",
  client_options: { identifier: CLIENT_ID, secret: CLIENT_SECRET, redirect_uri: "#{BASE}/callback" },
}
LIVE = {}

def answers(status, body, headers = {})
  [status, { "Content-Type" => "application/json", **headers }, [JSON.generate(body)]]
end

def strategy
  OmniAuth::Strategies::OpenIDConnect.new(nil, OPTIONS)
end

def decoded(token)
  strategy.send(:decode_id_token, token)
end

def signed_in(request)
  auth = request.env["omniauth.auth"]
  sid = decoded(auth.credentials.id_token).sid
  LIVE[sid] = { refresh: auth.credentials.refresh_token, access: auth.credentials.token, user: { name: auth.info.name, email: auth.info.email } }
  request.session["sid"] = sid
  answers(303, {}, "Location" => "#{BASE}/")
end

def refreshed(request)
  held, provider = LIVE.fetch(request.session["sid"]), strategy.config
  client = OpenIDConnect::Client.new(
    identifier: CLIENT_ID, secret: CLIENT_SECRET, token_endpoint: provider.token_endpoint, userinfo_endpoint: provider.userinfo_endpoint
  )
  client.refresh_token = held[:refresh]
  tokens = client.access_token!
  raise "the same access token" if tokens.access_token == held[:access]

  held.update(refresh: tokens.refresh_token, access: tokens.access_token)
  answers(200, tokens.userinfo!.raw_attributes)
end

def logged_out(request)
  token = request.params["logout_token"]
  verified = decoded(token)
  verified.verify!(issuer: ISSUER, client_id: CLIENT_ID)
  plain = JSON::JWT.decode(token, :skip_verification)
  raise "no logout token" unless plain.typ == "logout+jwt" && plain["events"].key?(LOGOUT) && !plain.key?("nonce")

  answers(LIVE.delete(verified.sid) ? 200 : 400, {})
end

application = lambda do |env|
  request = Rack::Request.new(env)
  case request.path
  when "/callback" then signed_in(request)
  when "/refresh" then refreshed(request)
  when "/logged-out" then logged_out(request)
  else answers(200, LIVE.fetch(request.session["sid"])[:user])
  end
rescue StandardError, OpenIDConnect::ResponseObject::IdToken::InvalidToken => error
  warn error.full_message
  answers(400, { error: error.message })
end
stack = Rack::Builder.app do
  use Rack::Session::Pool, key: "omniauth"
  use OmniAuth::Strategies::OpenIDConnect, OPTIONS
  run application
end
address = URI(BASE)
trap("TERM") { exit! }
Rack::Handler::WEBrick.run(stack, Host: address.host, Port: address.port)
