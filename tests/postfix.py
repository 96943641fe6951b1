"""A Postfix of one's own: a folder with its configuration, queue and log, one port of loopback, mail into Maildirs.

Debian's package is installed without being started and without a configuration; nothing of the machine's is touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.needs import needs

_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - discard
relay unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextmanager
def postfix(*addresses: str) -> Iterator[tuple[int, Path]]:
    """A server that takes mail for `addresses`; its port, and the folder of the Maildirs, called like local parts.

    Its folder is one of its own below the machine's for temporary files: its services run as other users, who cannot
    pass through pytest's.
    """
    with TemporaryDirectory(prefix="postfix-") as folder:
        Path(folder).chmod(0o755)
        with _running(Path(folder), addresses) as server:
            yield server


@contextmanager
def _running(folder: Path, addresses: Sequence[str]) -> Iterator[tuple[int, Path]]:
    program = shutil.which("postfix") or "/usr/sbin/postfix"
    needs(Path(program).exists(), "Postfix (Debian's package)")
    needs(os.geteuid() == 0, "root, as whom Postfix's master runs")
    config, queue, data, mail = (folder / name for name in ("etc", "queue", "data", "mail"))
    for made in (config, queue, data, mail):
        made.mkdir(parents=True)
    owner = pwd.getpwnam("postfix")
    nobody = pwd.getpwnam("nobody")
    os.chown(data, owner.pw_uid, owner.pw_gid)
    os.chown(mail, nobody.pw_uid, nobody.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (config / "master.cf").write_text(_SERVICES.format(port=port))
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": queue,
        "data_directory": data,
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "myhostname": "mx.example.net",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "alias_maps": "",
        "alias_database": "",
        "local_recipient_maps": "",
        "virtual_mailbox_domains": " ".join({a.partition("@")[2] for a in addresses}),
        "virtual_mailbox_base": mail,
        "virtual_mailbox_maps": "inline:{" + ", ".join(f"{a}={a.partition('@')[0]}/" for a in addresses) + "}",
        "virtual_uid_maps": f"static:{nobody.pw_uid}",
        "virtual_gid_maps": f"static:{nobody.pw_gid}",
        "virtual_mailbox_limit": "0",
        "default_transport": "discard",
        "smtp_dns_support_level": "disabled",
        "smtpd_peername_lookup": "no",
    }
    (config / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    log = (folder / "start").open("wb")
    master = subprocess.Popen([program, "-c", str(config), "start-fg"], stdout=log, stderr=log)
    try:
        _answers(port, master, folder)
        yield port, mail
    finally:
        subprocess.run([program, "-c", str(config), "stop"], capture_output=True)
        try:
            master.wait(15)
        except subprocess.TimeoutExpired:
            master.kill()
            master.wait()
        log.close()


def _answers(port: int, master: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(200):
        if master.poll() is not None:
            break
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                if connection.recv(200).startswith(b"220"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    said = [(folder / name).read_text("utf-8", "replace") for name in ("start", "log") if (folder / name).exists()]
    raise AssertionError("Postfix did not start: " + "\n".join(said))


def delivered(maildir: Path, count: int) -> list[Path]:
    """The messages in a Maildir, when there are `count`."""
    for _ in range(200):
        found = sorted((maildir / "new").glob("*")) if (maildir / "new").is_dir() else []
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{maildir} has not got {count} messages")
