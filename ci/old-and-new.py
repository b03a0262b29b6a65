"""The program of the commit before and this one, side by side on one PostgreSQL: python3 old-and-new.py OLD NEW

Each creates users and sessions, and each carries out remote logouts of sessions that either has created: after the answer
both refuse every one of them, and go on taking everybody else's. Then both have died and come back, beside their own schema and
beside that of a later version. Run by ci/beside-the-commit-before.sh, which finds the database by CURFEW_TEST_POSTGRES_URL."""

import http.client, os, pathlib, subprocess, sys, tempfile, time

OLD, NEW = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
PORTS = {"the old": 4291, "the new": 4292}
PROGRAMS = {"the old": OLD, "the new": NEW}
USERS, SESSIONS = 20, 5


def ask(node: str, path: str, cookie: str, body: str = "") -> int:
    port = PORTS[node]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", path, body, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def is_signed_in(node: str, cookie: str) -> bool:
    status = ask(node, "/api/fn/still_signed_in", cookie)
    if status not in (200, 401):
        sys.exit(f"{node} program answers a session check with {status}")
    return status == 200


def is_ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False


class Node:
    def __init__(self, name: str, env: dict, folder: str):
        self.name = name
        env = env | {"CURFEW_LISTEN": f"127.0.0.1:{PORTS[name]}"}
        self.process = subprocess.Popen([PROGRAMS[name], "serve"], env=env, cwd=folder)
        for _ in range(200):
            if is_ready(PORTS[name]):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        sys.exit(f"{name} program does not serve")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def seed(name: str, env: dict, folder: str) -> list[list[str]]:
    """The cookies of each user that the program has created."""
    out = f"{folder}/{name.replace(' ', '-')}.tsv"
    command = [PROGRAMS[name], "seed", "--users", str(USERS), "--sessions", str(SESSIONS), "--out", out]
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    users: dict[str, list[str]] = {}
    for line in open(out):
        email, cookie = line.rstrip("\n").split("\t")
        users.setdefault(email, []).append(cookie)
    return list(users.values())


def remote_logouts(users: list[list[str]], by: str) -> None:
    """Logs every other user out at one of the two."""
    for number, sessions in enumerate(users):
        if number % 2 == 0:
            status = ask(by, "/api/fn/remote_logout", sessions[0], "from=security")
            if status != 200:
                sys.exit(f"{by} program answers a remote logout with {status}")
        for node in PORTS:
            for cookie in sessions:
                if is_signed_in(node, cookie) != (number % 2 == 1):
                    sys.exit(f"after a remote logout by {by} program {node} one has a session of user {number} wrong")


def hold_what_they_held(users: list[list[str]]) -> None:
    """Every other user was logged out, and the others were not."""
    for number, sessions in enumerate(users):
        for node in PORTS:
            if any(is_signed_in(node, cookie) != (number % 2 == 1) for cookie in sessions):
                sys.exit(f"after a restart {node} program has a session of user {number} wrong")


def sql(env: dict, statement: str) -> None:
    subprocess.run(["psql", "-q", "-c", statement, env["CURFEW_DATABASE_URL"]], check=True)


def serves(name: str, env: dict, folder: str) -> bool:
    """Whether it goes on; one that refuses the database ends by itself."""
    env = env | {"CURFEW_LISTEN": f"127.0.0.1:{PORTS[name]}"}
    process = subprocess.Popen([PROGRAMS[name], "serve"], env=env, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        return process.wait(20) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return True


def main() -> None:
    folder = tempfile.mkdtemp(prefix="curfew-old-and-new-")
    env = {"PATH": os.environ["PATH"], "CURFEW_LOG_FILTER": "warn", "CURFEW_SECRET_KEY_FILE": f"{folder}/secret.key",
           "CURFEW_DATABASE_URL": os.environ["CURFEW_TEST_POSTGRES_URL"]}
    nodes: list[Node] = []
    try:
        # The old one first, as it is where it runs already. The new one brings the schema up to its version beside it.
        nodes.append(Node("the old", env, folder))
        by_old = seed("the old", env, folder)
        nodes.append(Node("the new", env, folder))
        by_new = seed("the new", env, folder)
        half = USERS // 2
        remote_logouts(by_old[:half] + by_new[:half], "the old")
        remote_logouts(by_old[half:] + by_new[half:], "the new")
        print(f"{2 * USERS} users, {2 * USERS * SESSIONS} sessions: every remote logout of either program holds at both")
        users = by_old + by_new
        for node in nodes:
            node.process.kill()
            node.process.wait(20)
        nodes = [Node("the new", env, folder), Node("the old", env, folder)]
        hold_what_they_held(users)
        print("and after both were killed and started again, the new one first")
        for node in nodes:
            node.stop()
        # What a version after both leaves behind: migrations that neither knows, and no higher floor.
        sql(env, "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, '', 0)")
        nodes = [Node("the old", env, folder), Node("the new", env, folder)]
        hold_what_they_held(users)
        print("and beside the schema of a later version")
        for node in nodes:
            node.stop()
        sql(env, "update instance set oldest_migration = 9999")
        for name in PORTS:
            if serves(name, env, folder):
                sys.exit(f"{name} program serves a schema below whose floor it is")
        print("and neither serves below the floor of one")
    finally:
        for node in nodes:
            if node.process.poll() is None:
                node.stop()


main()
