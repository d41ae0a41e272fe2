"""The compose file: each image has a variable, and each container has only the powers that it needs."""

import re

import pytest
import yaml  # type: ignore[import-untyped]

from services.cli.databases import ROOT

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DATABASE_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]
ADDED_CAPABILITIES = {
    "gateway-db": DATABASE_CAPABILITIES,
    "permits-db": DATABASE_CAPABILITIES,
    "notifications-db": DATABASE_CAPABILITIES,
    "passwords": ["DAC_OVERRIDE", "FOWNER"],
}
VARIABLES = {"SAOLA_IMAGE", "POSTGRES_IMAGE", "HAPROXY_IMAGE", "PYTHON_IMAGE"}
NAMED_IMAGE = re.compile(r"\$\{([A-Z]+_IMAGE):-([a-z]+:[0-9][0-9a-z.-]*)\}")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_container_has_only_the_capabilities_that_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == ADDED_CAPABILITIES.get(name, [])
    assert "privileged" not in service


def test_image_of_each_container_has_a_variable_and_a_tag_by_default() -> None:
    found = {NAMED_IMAGE.fullmatch(service["image"]) for service in SERVICES.values()}
    assert None not in found
    [base] = [arg for service in SERVICES.values() for arg in service.get("build", {}).get("args", [])[1:2]][:1]
    assert NAMED_IMAGE.fullmatch(base.removeprefix("PYTHON_IMAGE="))
    named = {image[1] for image in found if image is not None}
    assert named | {"PYTHON_IMAGE"} == VARIABLES


def test_image_variables_are_listed_for_the_operator() -> None:
    for place in (".env.example", "docs/deploy.md"):
        words = (ROOT / place).read_text()
        assert {name for name in VARIABLES if name not in words} == set(), place


def test_build_begins_each_stage_with_the_variable_of_its_base() -> None:
    stages = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert stages == ["${PYTHON_IMAGE}"] * 2


def test_start_of_a_slow_machine_makes_no_container_unhealthy() -> None:
    """Compose starts the gateway only after healthy services. A failure within the start period does not count."""
    [check] = re.findall(r"^HEALTHCHECK (.+) \\$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    options = dict(re.findall(r"--([a-z-]+)=([0-9]+)s", check))
    assert int(options["start-period"]) >= 120 and int(options["timeout"]) >= 10
