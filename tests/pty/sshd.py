"""A real sshd for one test run: its own port, keys, configuration and home; nothing of the person's is touched."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.patience import PATIENCE
from tests.pty.explorer import COMMAND, surroundings

_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin:/usr/local/sbin"
SEPARATION = Path("/run/sshd")
"""The folder that sshd as root requires for privilege separation."""


def missing() -> str:
    """Why no sshd can be run here; '' if one can."""
    lacking = [name for name in ("sshd", "ssh", "ssh-keygen") if shutil.which(name, path=_PATH) is None]
    if lacking:
        return f"no {', '.join(lacking)} here (package openssh-server)"
    shell = Path(pwd.getpwuid(os.getuid()).pw_shell).name
    return "" if shell == "bash" else f"the login shell is {shell}, and it is a .bashrc that is to print"


class Sshd:
    """Reached as `ssh -F CONFIG gpubox`; there, `samplescope` is the program under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.known = folder / "known_hosts"
        self.port = _free_port()
        for made in (self.home, folder / "bin"):
            made.mkdir(parents=True)
        for name in ("host", "person"):
            subprocess.run([_found("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        self._write()
        self.process = self._start()

    @property
    def command(self) -> str:
        """The command for --engine."""
        return f"{_found('ssh')} -F {self.folder / 'config'} gpubox samplescope engine"

    def know(self) -> None:
        """Add the host's key to ssh's known hosts."""
        key = (self.folder / "host.pub").read_text()
        self.known.write_text(f"[127.0.0.1]:{self.port} {key}")

    def engines(self) -> list[int]:
        """The process ids of the engines started on this host so far, in order."""
        started = self.folder / "engines"
        return [int(line) for line in started.read_text().split()] if started.exists() else []

    def close(self) -> None:
        """End the sshd; sessions under way continue."""
        self.process.terminate()
        self.process.wait(PATIENCE)

    def _start(self) -> subprocess.Popen[bytes]:
        if os.getuid() == 0:
            SEPARATION.mkdir(mode=0o755, exist_ok=True)
        log = (self.folder / "sshd.log").open("wb")
        process = subprocess.Popen([_found("sshd"), "-D", "-e", "-f", self.folder / "sshd_config"], stderr=log)
        log.close()
        end = time.monotonic() + PATIENCE
        while "Server listening" not in (said := (self.folder / "sshd.log").read_text()):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"sshd does not listen: {said}")
            time.sleep(0.02)
        return process

    def _write(self) -> None:
        program = " ".join(COMMAND)
        (self.folder / "bin" / "samplescope").write_text(
            f'#!/bin/sh\necho $$ >> "{self.folder}/engines"\nexec {program} "$@"\n'
        )
        (self.folder / "bin" / "samplescope").chmod(0o755)
        shutil.copy(self.folder / "person.pub", self.folder / "authorized_keys")
        there = {
            **surroundings(self.folder),
            "HOME": str(self.home),
            "PATH": f"{self.folder / 'bin'}:{os.environ.get('PATH', os.defpath)}",
            **{name: value for name, value in os.environ.items() if name in _THREADS},
        }
        (self.folder / "sshd_config").write_text(f"""
ListenAddress 127.0.0.1
Port {self.port}
HostKey {self.folder}/host
AuthorizedKeysFile {self.folder}/authorized_keys
StrictModes no
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
SetEnv {" ".join(f'"{name}={value}"' for name, value in there.items())}
""")
        (self.folder / "config").write_text(f"""
Host gpubox
    HostName 127.0.0.1
    Port {self.port}
    User {pwd.getpwuid(os.getuid()).pw_name}
    IdentityFile {self.folder}/person
    IdentityAgent none
    IdentitiesOnly yes
    UserKnownHostsFile {self.known}
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking ask
""")


_THREADS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS")


def _found(name: str) -> str:
    """A program's full path, which sshd needs to start itself again."""
    return shutil.which(name, path=_PATH) or name


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
