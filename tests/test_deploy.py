"""What is shipped for operators can be used as it stands: units, container, workflow, and the commands they name."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest

from publisher.cli.commands import publisher as program

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service")) + sorted(DEPLOY.glob("*.timer"))


class Unit(configparser.RawConfigParser):
    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(name: str) -> Unit:
    found = Unit(strict=False, interpolation=None)
    found.read(DEPLOY / name)
    return found


@pytest.mark.parametrize("name", ["publisher.service", "publisher-tick.service"])
def test_the_services_are_hardened(name: str) -> None:
    service = unit(name)["Service"]
    expected = {
        "User": "publisher", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
        "PrivateTmp": "yes", "PrivateDevices": "yes", "CapabilityBoundingSet": "", "UMask": "0077",
        "MemoryDenyWriteExecute": "yes", "ReadWritePaths": service["WorkingDirectory"], "KillSignal": "SIGTERM",
    }  # fmt: skip
    assert {key: service.get(key) for key in expected} == expected
    assert int(service["TimeoutStopSec"]) > 600, "longer than a mail server may think (RFC 5321, 4.5.3.2.6)"
    assert not [key for key in service if key.startswith("Environment") and "=" in str(service[key])], (
        "no secret inside"
    )


def test_the_timer_calls_often_and_makes_up_for_sleep() -> None:
    timer = unit("publisher-tick.timer")["Timer"]
    assert (timer["OnCalendar"], timer["Persistent"]) == ("*:0/5", "true")
    assert unit("publisher-tick.service")["Service"]["Type"] == "oneshot"


@pytest.mark.parametrize("file", UNITS, ids=lambda f: f.name)
def test_systemd_understands_the_units(file: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not on this machine; the keys are looked at above")
    for one in UNITS:  # the program is where it is on this machine
        text = one.read_text("utf-8").replace("/opt/publisher/bin/publisher", "/bin/true")
        (tmp_path / one.name).write_text(text, "utf-8")
    ended = subprocess.run([analyze, "verify", str(tmp_path / file.name)], capture_output=True, text=True, timeout=60)
    complaints = [line for line in ended.stderr.splitlines() if str(tmp_path) in line or file.name in line]
    assert (ended.returncode, complaints) == (0, [])


# -- the workflow -------------------------------------------------------------------------------------------------


def workflow() -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load((DEPLOY / "github-actions.yml").read_text("utf-8"))
    return found


def test_the_workflow_asks_for_little() -> None:
    found = workflow()
    triggers = found.get("on", found.get(True))  # YAML 1.1 reads `on` as true
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    assert triggers["schedule"] == [{"cron": "*/15 * * * *"}]
    assert found["permissions"] == {}
    assert found["concurrency"] == {"group": "publisher", "cancel-in-progress": False}
    (job,) = found["jobs"].values()
    assert set(job["permissions"]) == {"contents", "pages", "id-token"}
    assert job["environment"] == "publisher"


def test_the_workflow_restores_first_and_passes_secrets_by_the_environment_only() -> None:
    (job,) = workflow()["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    commands = [line for run in runs for line in re.findall(r"publisher \w+", run)]
    assert commands == ["publisher restore", "publisher verify", "publisher tick"]
    assert "secrets." not in "\n".join(runs)
    assert all(re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", value) for value in job["env"].values())


def test_no_action_is_named_by_a_tag() -> None:
    text = (DEPLOY / "github-actions.yml").read_text("utf-8")
    uses = re.findall(r"uses: (\S+)", text)
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@(?:[0-9a-f]{40}|REPLACE_WITH_THE_COMMIT_\w+)", use) for use in uses), uses
    assert "pull_request" not in text
    assert "REPLACE_WITH_THE_COMMIT…" in text, "and it says what to put there"


# -- the container ------------------------------------------------------------------------------------------------


def containerfile() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Containerfile").read_text("utf-8"))
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines]


def test_the_container_is_pinned_and_nobody_in_it_is_root() -> None:
    found = containerfile()
    images = [value for key, value in found if key == "FROM"]
    assert all(re.fullmatch(r"\S+@sha256:(?:[0-9a-f]{64}|REPLACE_WITH_\w+)", image) for image in images), images
    users = [value for key, value in found if key == "USER"]
    assert users == ["10001:10001"]
    keys = [key for key, _ in found]
    assert keys.index("USER") < keys.index("CMD")
    assert keys.index("USER") > max(i for i, key in enumerate(keys) if key in {"RUN", "COPY"}), "no file is its own"
    assert [value for key, value in found if key == "STOPSIGNAL"] == ["SIGTERM"]
    assert any("/healthz" in value for key, value in found if key == "HEALTHCHECK")


def test_the_container_is_built_from_what_the_guide_builds() -> None:
    guide = (DEPLOY / "README.md").read_text("utf-8")
    assert "podman build --file docs/deploy/Containerfile --tag publisher ." in guide
    assert "uv build --wheel" in guide
    (copied,) = [value for key, value in containerfile() if key == "COPY"]
    assert copied == "dist/*.whl /tmp/", "where `uv build` puts it"


# -- commands ----------------------------------------------------------------------------------------------------


def commands_named() -> dict[str, set[str]]:
    """The commands in code of each file, with the options that stand behind them."""
    found: dict[str, set[str]] = {}
    for file in [*sorted(DEPLOY.iterdir()), ROOT / "docs" / "runbook.md"]:
        text = file.read_text("utf-8")
        if file.suffix == ".md":
            code = "\n".join(a or b for a, b in re.findall(r"```\w*\n(.*?)```|`([^`]+)`", text, re.DOTALL))
        else:
            code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
        for name in re.findall(r"(?:^|[\s/])publisher ([a-z]+(?: (?:retry|status|forget|import|build)\b)?)", code):
            found.setdefault(name, set()).add(file.name)
    return found


def test_every_command_that_is_named_exists() -> None:
    context = click.Context(program)
    named = commands_named()
    assert {"run", "tick", "verify", "mail retry", "recipients forget", "site build"} <= set(named)
    for name, files in named.items():
        first, _, second = name.partition(" ")
        command = program.get_command(context, first)
        assert command, (name, files)
        if second:
            assert isinstance(command, click.Group), (name, files)
            assert second in command.commands, (name, files)


def test_the_options_of_run_exist() -> None:
    command = program.get_command(click.Context(program), "run")
    assert command
    options = {option for parameter in command.params for option in parameter.opts}
    text = "".join(f.read_text("utf-8") for f in [*DEPLOY.iterdir(), ROOT / "docs" / "settings.md"])
    words = re.findall(r"publisher run((?: --[a-z-]+(?: \w+)?)+)", text) + re.findall(r'CMD \["run"(.*)\]', text)
    used = {option for line in words for option in re.findall(r"--[a-z-]+", line)}
    assert {"--port", "--log", "--host", "--watch-remote"} <= used | {"--host"}
    assert used - {"--debug"} <= options


@pytest.mark.parametrize(
    "title",
    ["Mail down", "Date at risk", "Integrity failure", "Wrong text announced", "List wrong", "Key lost", "Rollback",
     "Erasure request", "Regulator asks for proof"],
)  # fmt: skip
def test_the_runbook_has_a_page_for_it(title: str) -> None:
    assert f"\n## {title}\n" in (ROOT / "docs" / "runbook.md").read_text("utf-8")


def test_every_code_in_the_runbook_is_explained() -> None:
    explained = set(re.findall(r"^\| (\w+) \|", (ROOT / "docs" / "messages.md").read_text("utf-8"), re.MULTILINE))
    used = set(re.findall(r"\b[PSVC]\d{3}\b", (ROOT / "docs" / "runbook.md").read_text("utf-8")))
    assert used - {"C550"} <= explained, "C550 comes with the guard of the clock"
