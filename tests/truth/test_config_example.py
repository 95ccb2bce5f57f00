from __future__ import annotations

from pathlib import Path

from cobi.config.settings import example

ROOT = Path(__file__).resolve().parents[2]


def test_the_example_configuration_is_what_the_settings_declare() -> None:
    assert (ROOT / "config.example.toml").read_text() == example(), (
        "cobi config example > config.example.toml"
    )
