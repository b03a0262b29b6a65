"""The traces of a program with the feature `traces`: python3 traces.py PROGRAM

Starts it beside a collector, asks it for something as part of a trace, and looks at what the collector was sent: the spans are
there and nothing personal is in them. Then the collector is gone, is silent, or its address is nonsense, and last no collector is named."""

import http.client, http.server, os, pathlib, signal, subprocess, sys, tempfile, threading, time, urllib.parse

PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
PORT = 4293
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
EMAIL, PASSWORD = "ada@example.org", "violet tractor hums at dawn"


class Collector(http.server.BaseHTTPRequestHandler):
    taken: list[bytes] = []
    answers = threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.answers.wait(30)
        if self.path == "/v1/traces":
            self.taken.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def fields(message: bytes):
    """The numbers and values of a message (https://protobuf.dev/programming-guides/encoding/), but for those of fixed width."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
        elif kind == 2:
            length = varint()
            yield number, message[at : at + length]
            at += length
        else:
            at += {1: 8, 5: 4}[kind]


def spans(body: bytes):
    """Of each span: its trace, its id, its parent's and its name (opentelemetry-proto, trace/v1)."""
    for resource in (value for number, value in fields(body) if number == 1):
        for scope in (value for number, value in fields(resource) if number == 2):
            for span in (value for number, value in fields(scope) if number == 2):
                of = dict(reversed([field for field in fields(span) if field[0] in (1, 2, 4, 5)]))
                yield of[1].hex(), of[2].hex(), of.get(4, b"").hex(), of[5].decode()


class Server:
    """The program, in a folder of its own, until the block is left; then it has ended well, and soon enough."""

    def __init__(self, **settings: str):
        self.folder = tempfile.TemporaryDirectory()
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env = inherited | {"CURFEW_LISTEN": f"127.0.0.1:{PORT}"} | settings
        self.log = open(f"{self.folder.name}/log", "w+")
        self.process = subprocess.Popen([PROGRAM, "serve"], env=env, cwd=self.folder.name, stderr=self.log)

    def __enter__(self):
        for _ in range(200):
            try:
                if ask("GET", "/readyz") == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the program does not serve: {self.said()}")

    def __exit__(self, *_):
        start = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code, self.took = self.process.wait(20), time.monotonic() - start
        if code != 0:
            sys.exit(f"the program ends with {code}: {self.said()}")

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()


def ask(method: str, path: str, form: dict[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20)
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01", "accept": "application/json"}
    if form:
        headers["content-type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def sign_up() -> None:
    status = ask("POST", "/api/fn/sign_up", {"name": "Ada", "email": EMAIL, "password": PASSWORD})
    if status != 200:
        sys.exit(f"a sign-up is answered with {status}")


def must(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(what)


def main() -> None:
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{collector.server_port}"
    Collector.answers.set()
    # Nothing is due before the end, so what arrives was sent by it.
    named = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "OTEL_BSP_SCHEDULE_DELAY": "60000"}

    with Server(**named):
        sign_up()
        must(ask("GET", "/robots.txt?email=typed@example.org") == 200, "a file is not answered")
    sent = b"".join(Collector.taken)
    found = [span for body in Collector.taken for span in spans(body)]
    of_caller = {span: name for trace, span, parent, name in found if trace == TRACE and parent == CALLER}
    for request in ["POST /api/fn/sign_up", "GET /robots.txt"]:
        must(request in of_caller.values(), f"not a part of its caller's trace: {request} of {found}")
    signed_up = next(span for span, name in of_caller.items() if name == "POST /api/fn/sign_up")
    for waited in ["wait for a connection", "begin a transaction", "commit", "hash a password in turn"]:
        inside = any((trace, parent, name) == (TRACE, signed_up, waited) for trace, _, parent, name in found)
        must(inside, f"not a part of the sign-up: {waited} of {found}")
    must(b"curfew.request_id" in sent, "no span leads to the log")
    for personal in [EMAIL, PASSWORD, "typed@example.org", "Ada"]:
        must(personal.encode() not in sent, f"the collector was sent: {personal}")

    # A collector that is silent holds up no request, and the end by half a second.
    with Server() as alone:
        sign_up()
    Collector.answers.clear()
    with Server(**named | {"OTEL_BSP_SCHEDULE_DELAY": "100"}) as held:
        sign_up()
    Collector.answers.set()
    must(held.took < alone.took + 1.5, f"the end took {held.took:.1f} s, and {alone.took:.1f} without a collector")
    with Server(**named | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100"}) as server:
        sign_up()
        time.sleep(1)
        must("BatchSpanProcessor" in server.said(), "the log does not say that the collector is gone")

    wrong = subprocess.run(
        [PROGRAM, "serve"], env={"PATH": os.environ["PATH"], "OTEL_EXPORTER_OTLP_ENDPOINT": "not an address"}, capture_output=True, text=True, timeout=20
    )
    must(wrong.returncode != 0 and "OpenTelemetry" in wrong.stderr, f"a wrong address is not refused: {wrong}")

    before = len(Collector.taken)
    with Server(OTEL_EXPORTER_OTLP_ENDPOINT=""):
        sign_up()
    must(len(Collector.taken) == before, "there were traces although no collector is named")
    print("traces arrive, continue their caller's, hold nothing personal, and hold no request and no stop up")


main()
