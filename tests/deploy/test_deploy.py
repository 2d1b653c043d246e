"""
What an operator copies works as it stands: image, compose file, unit, example of the settings.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from gateway.cli import app
from gateway.cli.options import DEFAULT_CONFIG
from gateway.errors import EXIT_SETTINGS
from gateway.settings import Settings, load
from tests.process import ROOT, gateway, until

DEPLOY = ROOT / "deploy"
EXPOSURE = 20  # tenths; what `systemd-analyze security` calls OK ends at 4.0
AGENT = "from gateway.sandbox.deploybot import deploybot as agent\nfrom gateway.sandbox.script import script\n"

Instructions = list[tuple[str, str]]


def dockerfile() -> list[Instructions]:
    """The instructions of each stage, as (name, rest)."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    stages: list[Instructions] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append((name, rest.strip()))
    return stages


def one(stage: Instructions, name: str) -> str:
    """The rest of the last instruction of a name."""
    return [rest for found, rest in stage if found == name][-1]


def image_environment() -> dict[str, str]:
    """What the image sets."""
    return dict(pair.split("=", 1) for pair in shlex.split(one(dockerfile()[-1], "ENV")))


def unit() -> list[tuple[str, str]]:
    """The settings of the unit."""
    lines = (DEPLOY / "ringback.service").read_text().splitlines()
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#[")
    return [(name, value) for name, _, value in pairs]


def named_secrets(*channels: str) -> set[str]:
    """The environment variables that the example takes secrets of channels from."""
    example = tomllib.loads((DEPLOY / "ringback.example.toml").read_text())
    values = [value for channel in channels for table in example[channel] for value in table.values()]
    return {value.removeprefix("env:") for value in values if isinstance(value, str) and value.startswith("env:")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A fresh environment without pip, in which the wheel is installed as the Dockerfile does it."""
    folder = tmp_path_factory.mktemp("image")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("ringback-*.whl")
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    known = [path for path in sys.path if path.endswith("site-packages")] or [sysconfig.get_path("purelib")]
    (packages / "dependencies.pth").write_text("\n".join(known))  # what pip would have fetched
    yield folder / "venv"
    shutil.rmtree(folder)


def test_the_image_is_small_and_runs_as_nobody_in_particular():
    """
    Two stages, of which only the installed environment crosses; an ordinary user, a data volume, a version in the tag.
    """
    build, final = dockerfile()
    assert re.fullmatch(r"python:3\.1[123]-slim-\w+( AS build)?", one(build, "FROM"))
    assert one(build, "FROM").removesuffix(" AS build") == one(final, "FROM")
    assert ["--from=build /opt/ringback /opt/ringback"] == [rest for name, rest in final if name == "COPY"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", one(final, "USER"))
    assert image_environment()["RINGBACK_SERVER_DATA"] == one(final, "VOLUME")
    names = [name for name, _ in final]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_what_the_image_copies_is_there_and_not_ignored():
    """
    Every file that the build stage copies exists, and .dockerignore lets it through and nothing else.
    """
    copied = {name for line, rest in dockerfile()[0] if line == "COPY" for name in rest.split()[:-1]}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_the_images_environment_is_read(tmp_path: Path):
    """
    Each RINGBACK_ variable of the image is a setting, and arrives.
    """
    file = tmp_path / DEFAULT_CONFIG
    file.write_text('[[people]]\nid = "ana"\nname = "Ana"\nroles = ["owner"]\n')
    settings = load(file, image_environment()).server
    for name, value in image_environment().items():
        if name.startswith("RINGBACK_"):
            section, _, key = name.removeprefix("RINGBACK_").lower().partition("_")
            assert key in Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]
            assert value == str(getattr(settings, key))


def test_the_example_passes_its_check(installed: Path, tmp_path: Path):
    """
    Installed as in the image, `ringback config check` takes the example as it stands, with secrets in files.
    """
    shutil.copy(DEPLOY / "ringback.example.toml", tmp_path / DEFAULT_CONFIG)
    (tmp_path / "deploybot.py").write_text(AGENT)
    (tmp_path / "secret").write_text("a secret of more than thirty-two characters\n")
    files = {f"{name}_FILE": str(tmp_path / "secret") for name in named_secrets("email", "slack")}
    bare = {"PATH": os.environ["PATH"]}
    command = [installed / "bin" / "ringback", "config", "check"]

    told = subprocess.run(command, cwd=tmp_path, env=bare | files, capture_output=True, text=True, check=False)
    assert (0, "") == (told.returncode, told.stderr)
    assert "fine" in told.stdout

    told = subprocess.run(command, cwd=tmp_path, env=bare, capture_output=True, text=True, check=False)
    assert EXIT_SETTINGS == told.returncode
    assert "set the environment variable" in told.stderr


async def test_the_image_is_healthy_when_the_gateway_is(installed: Path, tmp_path: Path):
    """
    The installed command serves with nothing of the repository on its path; the image's own check passes while it runs,
    and fails when it does not.
    """
    check = json.loads(one(dockerfile()[-1], "HEALTHCHECK").partition("CMD ")[2])
    async with gateway(tmp_path) as slack:
        environment = {name: slack.environment[name] for name in ("PATH", "BOT", "APP")}
        environment |= image_environment() | {"PATH": f"{installed / 'bin'}:{os.environ['PATH']}"}
        environment |= {"RINGBACK_SERVER_DATA": str(tmp_path / "data"), "RINGBACK_SERVER_PORT": "0"}
        log = tmp_path / "log"
        with log.open("wb") as out:
            serving = await asyncio.create_subprocess_exec(
                installed / "bin" / "ringback", "serve", cwd=tmp_path, env=environment, stderr=out
            )
        try:
            await until(lambda: serving.returncode is not None or re.search(r"running on port (\d+)", log.read_text()))
            found = re.search(r"running on port (\d+)", log.read_text())
            assert found, log.read_text()
            environment["RINGBACK_SERVER_PORT"] = found.group(1)
            await until(lambda: slack.emulator.state()["connections"])
            assert 0 == await ended(check, environment)
            assert (tmp_path / "data" / "ringback.sqlite").exists()
        finally:
            serving.terminate()
            code = await serving.wait()
        assert 0 == code
        assert 0 != await ended(check, environment)


async def ended(command: list[str], environment: dict[str, str]) -> int:
    """How a command ends."""
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


def test_the_compose_file_fits_the_image_and_the_example():
    """
    Its secrets are those that the example names; its folders and port are the image's; nothing more is let in.
    """
    file: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = file["services"]["ringback"]
    build, final = service["build"], dockerfile()[-1]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")

    files = {name.removesuffix("_FILE"): Path(path) for name, path in service["environment"].items()}
    assert named_secrets("slack") == set(files)
    assert set(service["secrets"]) == set(file["secrets"]) == {path.name for path in files.values()}
    assert {"/run/secrets"} == {str(path.parent) for path in files.values()}

    app_mount, data_mount = service["volumes"]
    assert app_mount.split(":")[1:] == [one(final, "WORKDIR"), "ro"]
    assert data_mount.split(":") == [*file["volumes"], one(final, "VOLUME")]
    assert [f"127.0.0.1:8080:{one(final, 'EXPOSE')}"] == service["ports"]
    assert service["read_only"]
    assert ["ALL"] == service["cap_drop"]


def test_the_unit_fits_the_command_and_the_example():
    """
    It starts a command that exists, is not started again where that cannot help, and hands over the example's secrets.
    """
    settings = unit()
    (start,) = (value for name, value in settings if name == "ExecStart")
    program, command, *options = start.split()
    assert "ringback" == Path(program).name
    known = {option for p in get_command(app).commands[command].params for option in p.opts}  # type: ignore[attr-defined]
    assert {option for option in options if option.startswith("--")} <= known
    assert ("RestartPreventExitStatus", str(EXIT_SETTINGS)) in settings

    loaded = {value.partition(":")[0] for name, value in settings if name == "LoadCredential"}
    handed = dict(value.split("=") for name, value in settings if name == "Environment")
    assert {f"{name}_FILE" for name in named_secrets("slack")} == set(handed)
    assert {f"%d/{name}" for name in loaded} == set(handed.values())


def test_the_unit_is_verified_and_hardened(tmp_path: Path):
    """
    systemd itself finds nothing wrong with the unit, and rates what a break-in could reach as small.
    """
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no systemd-analyze")
        pytest.skip("no systemd-analyze")
    copy = tmp_path / "ringback.service"
    text = (DEPLOY / "ringback.service").read_text()
    copy.write_text(text.replace("/opt/ringback/bin/ringback", "/bin/true"))  # verify looks for the program

    verified = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert (0, "") == (verified.returncode, verified.stderr)

    rating = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", copy]
    rated = subprocess.run(rating, capture_output=True, text=True, check=False)
    assert 0 == rated.returncode, rated.stdout[-200:]
