"""What an open event stream takes, to 10,000: python3 measure-streams.py [path to curfew]

Starts the program over a database of its own, opens streams in steps, and reads the program's resident
memory and open files from /proc. Then one user logs out everywhere, and it is counted whose streams end."""

import asyncio, os, pathlib, resource, subprocess, sys, tempfile, time

BINARY = sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parent.parent / "target/debug/curfew")
STEPS = [0, 100, 1_000, 2_500, 5_000, 7_500, 10_000]
EACH = 10


def memory(pid: int) -> int:
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


async def listen(port: int, cookie: str):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
    said = await reader.readuntil(b"event: hello\n")
    assert b" 200 OK" in said, said
    await reader.readuntil(b"\n\n")
    return reader, writer


async def remote_logout(port: int, cookie: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b"from=security"
    writer.write(
        (f"POST /api/fn/remote_logout HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
         f"Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
         f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
    answer = await reader.read()
    assert b" 200 OK" in answer.split(b"\r\n")[0], answer


async def main() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (20_000, 20_000))
    folder = tempfile.mkdtemp(prefix="curfew-streams-")
    env = {"PATH": os.environ["PATH"], "CURFEW_LISTEN": "127.0.0.1:4290", "CURFEW_LOG_FILTER": "warn",
           "CURFEW_DATABASE_URL": f"sqlite://{folder}/curfew.db"}
    out = f"{folder}/cookies.tsv"
    most = STEPS[-1]
    subprocess.run([BINARY, "seed", "--users", str(most // EACH), "--sessions", str(EACH), "--out", out],
                   env=env, check=True, stdout=subprocess.DEVNULL)
    users = [line.rstrip("\n").split("\t") for line in open(out)]
    server = subprocess.Popen([BINARY, "serve"], env=env, cwd=folder)
    try:
        for _ in range(100):
            await asyncio.sleep(0.1)
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", 4290)
                writer.close()
                break
            except OSError:
                pass
        open_ = [(*users[0], *await listen(4290, users[0][1]))]
        await asyncio.sleep(2)
        first = memory(server.pid)
        for step in STEPS[1:]:
            while len(open_) < step:
                some = users[len(open_):min(step, len(open_) + 50)]
                got = await asyncio.gather(*(listen(4290, cookie) for _, cookie in some))
                open_ += [(*who, *stream) for who, stream in zip(some, got)]
            await asyncio.sleep(3)
            now = memory(server.pid)
            print(f"{step:>6} streams: {now:>7} KB, {(now - first) * 1024 / step:>6.0f} bytes each", flush=True)
        email, cookie = users[4_170]
        start = time.monotonic()
        mine = [asyncio.create_task(reader.readuntil(b"\r\n0\r\n\r\n")) for e, _, reader, _ in open_ if e == email]
        await remote_logout(4290, cookie)
        answered = time.monotonic()
        said = await asyncio.wait_for(asyncio.gather(*mine), 10)
        ended = time.monotonic()
        assert all(b"remote_logout" in s for s in said)
        others = [asyncio.create_task(reader.read(200)) for e, _, reader, _ in open_ if e != email]
        done, _ = await asyncio.wait(others, timeout=1)
        # But for the comment that keeps it open.
        heard = sum(1 for t in done if b"event" in t.result())
        print(f"a remote logout among {most}: answered in {(answered - start) * 1000:.0f} ms, its {len(mine)} streams ended "
              f"{(ended - answered) * 1000:.0f} ms after the answer, {heard} others were told anything")
        for task in others:
            task.cancel()
        start = time.monotonic()
        server.terminate()
        server.wait(20)
        print(f"stopped within {(time.monotonic() - start) * 1000:.0f} ms")
    finally:
        server.kill()


asyncio.run(main())
