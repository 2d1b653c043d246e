"""
Dovecot and Postfix from the system's packages, each as a private instance on free ports of loopback.

Postfix takes submissions and hands them to Dovecot over LMTP; Dovecot keeps the mailboxes. `opendmarc` is played by
Postfix itself: whatever comes in through its port is given the Authentication-Results of the receiving server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import free_port

DOMAIN = "x.test"
PASSWORD = "pw"
WAIT = 30.0  # seconds until a server listens
MISSING = "no dovecot or postfix here, or this is not root"


def can_run() -> bool:
    """Tell whether both can be started here."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return os.geteuid() == 0 and all(shutil.which(name, path=path) for name in ("dovecot", "postfix"))


class Dovecot:
    """A mailbox server. Whoever logs in with `PASSWORD` has a mailbox."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.lmtp_port = free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        base = self.folder / "dovecot"
        user = pwd.getpwnam("nobody").pw_name
        group = "nogroup"
        for name in ("base", "state", "mail"):
            (base / name).mkdir(parents=True, exist_ok=True)
        config = base / "dovecot.conf"
        config.write_text(
            f"""
base_dir = {base}/base
state_dir = {base}/state
log_path = {base}/log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{base}/mail/%u
mail_uid = {user}
mail_gid = {group}
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/mail/%u
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {self.lmtp_port}
  }}
}}
"""
        )
        for path in (base, *base.rglob("*")):
            shutil.chown(path, user, group)
        self._process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", str(config)], stderr=subprocess.DEVNULL, start_new_session=True
        )
        for port in (self.port, self.lmtp_port):
            _until_it_listens(port, base / "log")

    def empty(self) -> None:
        """Throw all mail away."""
        for box in (self.folder / "dovecot" / "mail").iterdir():
            shutil.rmtree(box)

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            (self.folder / "dovecot" / "base" / "master.pid").unlink(missing_ok=True)


class Postfix:
    """A submission server, which delivers what is for `DOMAIN` to Dovecot and refuses the rest."""

    def __init__(self, folder: Path, lmtp_port: int) -> None:
        self.folder = folder / "postfix"
        self.port = free_port()
        self._lmtp_port = lmtp_port

    def start(self) -> None:
        """Start it, and wait until it listens."""
        config, queue, data = (self.folder / name for name in ("config", "queue", "data"))
        for path in (config, queue, data):
            path.mkdir(parents=True, exist_ok=True)
        (config / "main.cf").write_text(
            f"""
compatibility_level = 3.6
queue_directory = {queue}
data_directory = {data}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {self.folder}/log
maillog_file_prefixes = {self.folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{DOMAIN}
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:127.0.0.1:{self._lmtp_port}
lmtp_destination_recipient_limit = 1
recipient_delimiter = +
default_transport = error:5.1.2 mail goes nowhere else from here
smtpd_recipient_restrictions = permit_mynetworks, reject
mynetworks = 127.0.0.0/8
header_checks = regexp:{config}/header_checks
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""
        )
        # What a DMARC filter in front of this server would write: mail of @x.test passes, mail of others fails.
        (config / "header_checks").write_text(
            f"/^From:.*@{DOMAIN}>?$/ PREPEND Authentication-Results: mx.{DOMAIN}; dmarc=pass header.from={DOMAIN}\n"
            f"/^From:/ PREPEND Authentication-Results: mx.{DOMAIN}; dmarc=fail header.from=elsewhere.test\n"
        )
        services = ("cleanup", "qmgr", "rewrite", "bounce", "defer", "trace", "proxymap", "error", "retry", "lmtp")
        kinds = {
            "cleanup": ("unix", "n", "0", "cleanup"),
            "qmgr": ("unix", "n", "1", "qmgr"),
            "rewrite": ("unix", "-", "-", "trivial-rewrite"),
            "bounce": ("unix", "-", "0", "bounce"),
            "defer": ("unix", "-", "0", "bounce"),
            "trace": ("unix", "-", "0", "bounce"),
            "proxymap": ("unix", "-", "-", "proxymap"),
            "error": ("unix", "-", "-", "error"),
            "retry": ("unix", "-", "-", "error"),
            "lmtp": ("unix", "-", "-", "lmtp"),
        }
        lines = [f"127.0.0.1:{self.port} inet n - n - - smtpd"]
        for name in services:
            kind, private, limit, command = kinds[name]
            wake = "300" if name == "qmgr" else "-"
            lines.append(f"{name} {kind} {private} - n {wake} {limit if limit != '-' else '-'} {command}")
        lines.append("anvil unix - - n - 1 anvil")
        lines.append("postlog unix-dgram n - n - 1 postlogd")
        (config / "master.cf").write_text("\n".join(lines) + "\n")
        shutil.chown(data, "postfix")
        started = subprocess.run(["/usr/sbin/postfix", "-c", str(config), "start"], capture_output=True, check=False)
        if started.returncode:
            said = (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""
            raise RuntimeError(f"postfix does not start: {started.stderr.decode()} {said}")
        _until_it_listens(self.port, self.folder / "log")

    def stop(self) -> None:
        """End it."""
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "config"), "stop"], capture_output=True, check=False
        )


class Peers:
    """Both, running."""

    def __init__(self, dovecot: Dovecot, postfix: Postfix) -> None:
        self.dovecot, self.postfix = dovecot, postfix


@contextmanager
def running() -> Iterator[Peers]:
    """Start both in a folder that others may enter (each of their parts runs as somebody else), and end them."""
    with tempfile.TemporaryDirectory(prefix="ringback-mail-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with _running(folder) as peers:
            yield peers


@contextmanager
def _running(folder: Path) -> Iterator[Peers]:
    dovecot = Dovecot(folder)
    postfix = Postfix(folder, dovecot.lmtp_port)
    dovecot.start()
    try:
        postfix.start()
        yield Peers(dovecot, postfix)
    finally:
        postfix.stop()
        dovecot.kill()


def _until_it_listens(port: int, log: Path) -> None:
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        with socket.socket() as door:
            if door.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    said = log.read_text(errors="replace")[-2_000:] if log.exists() else "nothing"
    raise TimeoutError(f"nobody listens on port {port}; the log says: {said}")


def deliver(peers: Peers, to: str, *subjects: str) -> None:
    """Have Dovecot take mail."""
    with smtplib.LMTP("127.0.0.1", peers.dovecot.lmtp_port) as client:
        for subject in subjects:
            client.sendmail(f"ana@{DOMAIN}", [to], f"Subject: {subject}\r\n\r\nhello\r\n".encode())
