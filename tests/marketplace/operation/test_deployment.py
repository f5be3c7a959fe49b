"""What is written for other machines: no default passwords, nothing open to the world, and one version everywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.served import LIVE_SETTINGS

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / "deploy" / "market.env.example").read_text()
SERVICES = dict(
    re.findall(
        r"^  ([a-z-]+):.*\n((?:    .*\n|\n)+)",
        COMPOSE.split("\nservices:\n")[1].split("\nnetworks:\n")[0],
        re.M,
    )
)
SECRETS = {
    "SECRET_KEY",
    "PASSWORD_SALT",
    "SITE_HOST",
    "MAIL_URL",
    "AUDIT_KEY",
    "POSTGRES_PASSWORD",
    "ELASTIC_PASSWORD",
    "SEARCH_PASSWORD",
    "REDIS_PASSWORD",
}


def test_secrets_have_no_default() -> None:
    used = set(re.findall(r"\$\{(\w+)(:\?[^}]*|:-[^}]*|)\}", COMPOSE))

    assert {name for name, how in used if how.startswith(":?")} == SECRETS
    assert {name for name, how in used if not how} == set()
    assert all(f"\n{name}=\n" in EXAMPLE for name in SECRETS)


def test_the_example_starts_no_live_site_until_it_is_filled_in() -> None:
    lines = [line for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    environ = dict(line.split("=", 1) for line in lines)

    with pytest.raises(ConfigError, match="SECRET_KEY"):
        Config.from_env(environ)
    assert (
        Config.from_env(
            environ
            | {
                "SECRET_KEY": LIVE_SETTINGS["SECRET_KEY"],
                "PASSWORD_SALT": LIVE_SETTINGS["PASSWORD_SALT"],
                "AUDIT_KEY": LIVE_SETTINGS["AUDIT_KEY"],
                "SITE_HOST": "market.example",
                "MAIL_URL": LIVE_SETTINGS["MAIL_URL"],
            }
        ).https
        is True
    )


def test_what_may_be_set_reaches_the_containers() -> None:
    offered = set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.M))
    passed = set(re.findall(r"\$\{(\w+)", COMPOSE))
    # Containers know where their servers are, and their image has no scanner.
    without = {"MARKET_ENV", "DATABASE_URL", "SEARCH_URL", "REDIS_URL", "SCAN_COMMAND"}

    assert offered - passed == without


def test_only_the_site_has_a_port_and_only_on_this_machine() -> None:
    ports = {
        name: re.findall(r"ports: (.*)", text)
        for name, text in SERVICES.items()
        if "ports:" in text
    }

    assert set(ports) == {"web"}
    assert ports["web"][0].startswith('["127.0.0.1:')


@pytest.mark.parametrize("name", SERVICES)
def test_every_lasting_service_has_a_health_check(name: str) -> None:
    once = 'restart: "no"' in SERVICES[name]

    assert ("healthcheck:" in SERVICES[name]) != once


def test_every_setting_of_the_files_is_one_of_the_site_or_of_gunicorn() -> None:
    readers = sorted((ROOT / "marketplace" / "settings").glob("*.py"))
    sources = [ROOT / "config.py", ROOT / "gunicorn.conf.py", *readers]
    known = "".join(path.read_text() for path in sources)
    site = COMPOSE.split("  environment:\n")[1].split("  volumes:")[0]
    names = set(re.findall(r"^    ([A-Z_]+):", site, re.M)) | set(
        re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.M)
    )

    unknown = {
        n
        for n in names
        if n not in known and n.removeprefix("SITE_").lower() not in known
    }
    # Of the other servers of the composition.
    assert unknown == SECRETS - {
        "SECRET_KEY",
        "PASSWORD_SALT",
        "SITE_HOST",
        "AUDIT_KEY",
        "MAIL_URL",
    }


def test_the_server_is_the_one_that_was_tested() -> None:
    tested = re.search(
        r'VERSION = "([\d.]+)"', (ROOT / "scripts" / "elasticsearch.py").read_text()
    )

    assert tested is not None
    assert f"elasticsearch:{tested[1]}\n" in COMPOSE


def test_the_image_takes_every_package_and_nothing_else() -> None:
    image, kept = (
        (ROOT / "Dockerfile").read_text(),
        (ROOT / ".dockerignore").read_text(),
    )
    copied = {
        name
        for line in re.findall(r"^COPY (.+) \S+$", image, re.M)
        for name in line.split()
        if "--" not in line
    }

    assert copied == set(re.findall(r"^!(\S+)$", kept, re.M))
    assert all((ROOT / name).exists() for name in copied)
    assert re.search(r"^USER market$", image, re.M)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_held_in(name: str) -> None:
    text = SERVICES[name]
    if "*site" in text:
        text += COMPOSE.split("\nservices:\n")[0]

    for line in (
        "cap_drop: [ALL]",
        'security_opt: ["no-new-privileges:true"]',
        "logging: *logs",
        "mem_limit:",
        "pids_limit:",
        "networks:",
    ):
        assert line in text, line
    # Elasticsearch writes beside its data; everything else has a root that may only be read.
    assert ("read_only: true" in text) == (name != "elasticsearch")


def test_no_service_is_a_superuser_and_images_are_exact() -> None:
    assert "://elastic:" not in COMPOSE
    images = re.findall(r"image: (\S+)", COMPOSE)
    assert all(re.search(r":(\d+\.\d+|latest)", image) for image in images), images
    assert [image for image in images if image.endswith("latest")] == ["market:latest"]


@pytest.mark.parametrize("unit", ["market-web.service", "market-jobs.service"])
def test_units_are_held_in(unit: str) -> None:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("not installed: systemd-analyze (apt-get install systemd)")
    done = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", ROOT / "deploy" / unit],
        capture_output=True,
        text=True,
        check=False,
    )

    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= 2.5


def test_the_command_of_the_operators_runs_as_the_site_does() -> None:
    command = (ROOT / "deploy" / "market").read_text()
    unit = (ROOT / "deploy" / "market-jobs.service").read_text()

    assert os.access(ROOT / "deploy" / "market", os.X_OK)
    assert set(re.findall(r"^Environment=(.+)$", unit, re.M)[0].split()) == set(
        re.findall(r"--setenv=(\S+)", command)
    )
    for name in ("EnvironmentFile", "WorkingDirectory", "UMask"):
        value = re.search(rf"^{name}=(.+)$", unit, re.M)
        assert value is not None
        assert f"--property={name}={value[1]} " in command
    user = re.search(r"^User=(.+)$", unit, re.M)
    assert user is not None
    assert f"--uid={user[1]} " in command


def test_a_second_place_of_backups_can_be_reached_from_the_container() -> None:
    assert "BACKUP_COPY: ${BACKUP_COPY:-}\n" in COMPOSE
    assert "target: ${BACKUP_COPY:-" in SERVICES["jobs"]
    assert "source: ${BACKUP_COPY:-" in SERVICES["jobs"]
    # Made by the engine, it would hide that a disk is not mounted.
    assert "create_host_path: false" in SERVICES["jobs"]


def test_a_real_nginx_takes_the_file() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "check-nginx"], capture_output=True, text=True, check=False
    )
    if "SKIPPED" in done.stdout:
        pytest.skip(done.stdout.strip())

    assert done.returncode == 0, done.stderr
    assert "takes it" in done.stdout


def test_requirements_name_no_place_and_have_hashes() -> None:
    for name in ("requirements", "requirements-dev", "requirements-bench"):
        text = (ROOT / f"{name}.txt").read_text()
        for word in ("--find-links", "--index-url", "--extra-index-url", "--trusted"):
            assert word not in text
        pins = re.findall(r"^[A-Za-z0-9._-]+==.*", text, re.M)
        assert pins
        assert all(pin.endswith("\\") for pin in pins)
        assert text.count("--hash=sha256:") >= len(pins)
