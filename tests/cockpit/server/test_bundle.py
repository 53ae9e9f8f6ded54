"""The drawing library of the map: as its recipe built it, small, and with the licences of what is in it."""

import gzip
import json
import re
from hashlib import sha256

from cockpit.server import assets, static_files
from cockpit.serving.headers import POLICY

VENDOR = assets.TIMEMAP / "vendor"
RECORD = json.loads((VENDOR / "deckgl.json").read_text("utf-8"))
BUNDLE = (VENDOR / "deckgl.js").read_bytes()
MOST_BYTES = 330_000


def test_the_bundle_is_the_one_that_the_recipe_recorded() -> None:
    assert sha256(BUNDLE).hexdigest() == RECORD["sha256"]
    assert len(gzip.compress(BUNDLE, 9)) < MOST_BYTES


def test_the_recorded_versions_are_those_of_the_recipe() -> None:
    wanted = json.loads((assets.TIMEMAP / "build" / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((assets.TIMEMAP / "build" / "package-lock.json").read_text("utf-8"))["packages"]
    for name, about in RECORD["packages"].items():
        version = about.split()[0]
        assert locked[f"node_modules/{name}"]["version"] == version
        assert wanted.get(name, version) == version


def test_every_package_of_the_bundle_has_its_licence() -> None:
    licences = (VENDOR / "LICENCES.txt").read_text("utf-8")
    for name, about in RECORD["packages"].items():
        version, licence = about.split(maxsplit=1)
        assert f"{name} {version} ({licence})" in licences
        assert licence in ("MIT", "ISC", "BSD-2-Clause", "Apache-2.0", "0BSD")
    assert "no licence text" not in licences


def test_the_bundle_needs_no_evaluation_which_the_policy_refuses() -> None:
    assert "unsafe-eval" not in POLICY["script-src"]
    assert not [text for text in (b"new Function(", b"eval(") if text in BUNDLE]


def test_the_bundle_names_no_host_but_in_comments_of_shaders() -> None:
    hosts = set(re.findall(rb"https?://([\w.-]+)", BUNDLE))
    assert hosts <= {b"en.wikipedia.org"}


def test_the_bundle_is_no_part_of_the_module_of_all_pages() -> None:
    served = static_files.index()
    assert served[assets.url("deckgl.js")].for_ever
    assert served[assets.url("deckgl.js")].read() == BUNDLE
    assert BUNDLE.decode()[:1000] not in assets.content("cockpit.js")
