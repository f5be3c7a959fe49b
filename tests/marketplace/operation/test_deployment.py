"""What is written for other machines: no default passwords, nothing open to the world, and one version everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import Config, ConfigError
from tests.served import LIVE_SECRETS

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = (ROOT / "compose.yaml").read_text()
EXAMPLE = (ROOT / "deploy" / "market.env.example").read_text()
SERVICES = dict(
    re.findall(
        r"^  ([a-z]+):.*\n((?:    .*\n|\n)+)", COMPOSE.split("\nservices:\n")[1], re.M
    )
)
SECRETS = {"SECRET_KEY", "PASSWORD_SALT", "POSTGRES_PASSWORD", "ELASTIC_PASSWORD"}


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
                "SECRET_KEY": LIVE_SECRETS["SECRET_KEY"],
                "PASSWORD_SALT": LIVE_SECRETS["PASSWORD_SALT"],
            }
        ).https
        is True
    )


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
    known = (ROOT / "config.py").read_text() + (ROOT / "gunicorn.conf.py").read_text()
    site = COMPOSE.split("  environment:\n")[1].split("  volumes:")[0]
    names = set(re.findall(r"^    ([A-Z_]+):", site, re.M)) | set(
        re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.M)
    )

    unknown = {
        n
        for n in names
        if n not in known and n.removeprefix("SITE_").lower() not in known
    }
    assert unknown == {"POSTGRES_PASSWORD", "ELASTIC_PASSWORD"}


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
