"""A local console makes its secrets at its first start, once, for nobody else to read."""

import json
import subprocess
import sys
from pathlib import Path

from vault.keyring import parse_rings
from workflows_console.settings.first_start import secret_file, vault_ring_file

ROOT = Path(__file__).resolve().parents[2]
MAKE = """
import sys
from pathlib import Path
from workflows_console.settings.first_start import secret_file, vault_ring_file
folder = Path(sys.argv[1])
sys.stdin.read()
print(secret_file(folder / "secret_key"))
print(Path(vault_ring_file(folder / "ring.json", ["connection", "run"])).read_text())
"""


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "var"
    secret_file(folder / "secret_key")
    vault_ring_file(folder / "ring.json", ["connection"])
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in (folder / "secret_key", folder / "ring.json")} == {
        "secret_key": "0o600",
        "ring.json": "0o600",
    }
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_start_finds_what_the_first_one_made(tmp_path: Path) -> None:
    key = secret_file(tmp_path / "secret_key")
    ring = Path(vault_ring_file(tmp_path / "ring.json", ["connection"])).read_bytes()
    assert secret_file(tmp_path / "secret_key") == key
    assert Path(vault_ring_file(tmp_path / "ring.json", ["connection"])).read_bytes() == ring
    assert len(key) >= 50


def test_two_consoles_share_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert secret_file(first / "secret_key") != secret_file(second / "secret_key")
    rings = [parse_rings(Path(vault_ring_file(each / "ring.json", ["run"])).read_text()) for each in (first, second)]
    assert rings[0]["run"].active != rings[1]["run"].active


def test_processes_that_start_together_make_one_of_each(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MAKE, str(tmp_path / "var")],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(4)
    ]
    for process in processes:  # all of them are loaded by now, or about to be
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    said = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0] * 4
    assert len(said) == 1
    assert said != {""}
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == [
        "ring.json",
        "ring.json.lock",
        "secret_key",
        "secret_key.lock",
    ]


def test_a_purpose_of_a_newer_version_gets_its_key_and_no_other_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    vault_ring_file(path, ["connection"])
    before = json.loads(path.read_text())["keys"]
    vault_ring_file(path, ["connection", "webhook"])
    after = json.loads(path.read_text())["keys"]
    assert after[:1] == before
    assert [key["purpose"] for key in after] == ["connection", "webhook"]
    assert set(parse_rings(path.read_text())) == {"connection", "webhook"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_ring_that_is_no_ring_is_left_as_it_is(tmp_path: Path) -> None:
    """The vault says what is wrong with it; to make another would lose the way to what is sealed."""
    path = tmp_path / "ring.json"
    path.write_text("nonsense")
    vault_ring_file(path, ["connection"])
    assert path.read_text() == "nonsense"
